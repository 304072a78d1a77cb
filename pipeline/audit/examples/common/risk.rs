//! Ways of publishing side by side, with what the attacker makes of each.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_attack::{CellId, ExactOptions, Explicit, Knowledge, State, exact, interval};
use solidata_disclosure::{CellKey, Given, Method, Quality, compare};

use crate::tables::{Dice, Shape};

/// What the attacker finds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Risk {
    /// Primaries whose value algebra gives; only where values are true.
    pub by_algebra: usize,
    /// Primaries asked about one by one, by linear programs.
    pub asked: usize,
    /// Of those: whose value is certain; whose possible values are proven to differ by less than 2.
    pub certain: usize,
    pub narrow: usize,
}

/// Attacks what was given. Where values are near the truth each is between two bounds: the value plus something, and the value less something.
pub fn attack(shape: &Shape, truth: &[u64], given: &Given, k: u64, ask: usize) -> Risk {
    let mut seen = Explicit::new();
    for (cell, value) in given.values.iter().enumerate() {
        let state = match value {
            // Zeros stay zeros, but not every zero was one.
            Some(n) if given.within == 0 || truth[cell] == 0 => State::Published(*n as i64),
            _ => State::Withheld,
        };
        seen.cell(format!("cell {cell}"), state);
    }
    let within = given.within as i64;
    for (cell, value) in given.values.iter().enumerate().filter(|(c, _)| within > 0 && truth[*c] > 0) {
        let Some(n) = value.map(|n| n as i64) else { continue };
        let least = seen.cell("least", State::Published((n - within).max(i64::from(n > 0))));
        let above = seen.cell("above the least", State::Unpublished);
        let most = seen.cell("most", State::Published(n + within));
        let below = seen.cell("below the most", State::Unpublished);
        seen.sum(cell as CellId, &[least, above]).unwrap();
        seen.sum(most, &[cell as CellId, below]).unwrap();
    }
    for (parent, children) in &shape.sums {
        let children: Vec<CellId> = children.iter().map(|c| CellId::from(*c)).collect();
        seen.sum(CellId::from(*parent), &children).unwrap();
    }
    let primaries: Vec<CellId> = (0..truth.len()).filter(|c| (1..k).contains(&truth[*c])).map(|c| c as CellId).collect();
    let fallen = if within == 0 { exact(&seen, &ExactOptions::default()).unwrap().fallen } else { Vec::new() };
    let asked: Vec<CellId> = primaries.iter().copied().step_by(primaries.len().div_ceil(ask).max(1)).collect();
    let knowledge = Knowledge { withheld_at_least: i64::from(within == 0) };
    let found = interval(&seen, &asked, knowledge).unwrap();
    let width = |at: usize| found[at].map(|pinned| pinned.width());
    let under = |n: i64| (0..asked.len()).filter(|at| width(*at).is_none_or(|w| w.is_some_and(|w| w < n))).count();
    Risk {
        by_algebra: primaries.iter().filter(|c| fallen.binary_search(c).is_ok()).count(),
        asked: asked.len(),
        certain: under(1),
        narrow: under(2),
    }
}

/// Publishes a table in several ways and attacks each.
pub fn side_by_side(shape: &Shape, inner: &[u64], methods: &[Method], k: u64, ask: usize, seed: u64) -> Vec<(Given, Quality, Risk)> {
    let truth = shape.fold(inner);
    let problem = shape.problem(&truth, k);
    let keys = CellKey::keys(&problem, |cell| Dice(seed ^ (u64::from(cell) << 20)).next()).unwrap();
    let all = compare(&problem, methods, &keys).unwrap();
    all.into_iter().map(|(given, quality)| (given.clone(), quality, attack(shape, &truth, &given, k, ask))).collect()
}

pub const HEAD: &str = "| method | cells with a value | true value | searches given | mean error | largest error | broken sums | primaries | certain by bounds | narrower than 2 by bounds | certain by algebra | attacker asked | certain | narrower than 2 | within the base |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

pub fn line(quality: &Quality, risk: &Risk) -> String {
    let q = quality;
    format!(
        "| {} | {} of {} | {} | {:.1} % | {:.2} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        q.method,
        q.cells - q.withheld,
        q.cells,
        q.exact,
        100.0 * q.searches_given,
        q.mean_error,
        q.largest_error,
        q.broken_sums,
        q.primaries,
        q.primary_certain,
        q.primary_narrow,
        risk.by_algebra,
        risk.asked,
        risk.certain,
        risk.narrow,
        q.restricted.map_or("", |r| match r {
            solidata_disclosure::Restricted::Found => "yes",
            solidata_disclosure::Restricted::Impossible => "there is none",
            solidata_disclosure::Restricted::Unknown => "not found",
        })
    )
}
