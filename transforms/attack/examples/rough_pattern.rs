//! Writes a rough pattern for a table, to have something to try the attacker on: no protector, and no part of one.
//!
//! ```text
//! rough_pattern TABLE.csv PATTERN.csv [K]
//! ```
//!
//! Cells from 1 to K - 1 (11) are primary. Whatever relation leaves a sum of withheld cells below K, or one withheld cell alone, gets its smallest published
//! cell masked too; then the smallest published cell of every formula that the exact attack finds, until it finds none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::io::Write as _;

use solidata_attack::{CellId, CrossTable, ExactOptions, Problem, State, exact};

fn main() {
    let given: Vec<String> = std::env::args().collect();
    let k: i64 = given.get(3).map_or(11, |k| k.parse().unwrap());
    let truth = table::read(&given[1]);
    let value = |cell: CellId| if let State::Published(n) = truth.state(cell) { n } else { 0 };
    let primary: BTreeSet<CellId> = (0..truth.len()).filter(|&cell| value(cell) > 0 && value(cell) < k).collect();
    let mut published = truth.clone();
    let mut masked = BTreeSet::new();
    let mut queue: Vec<CellId> = primary.iter().copied().collect();
    loop {
        for &cell in &queue {
            published.set(cell, State::Withheld);
            masked.insert(cell);
        }
        while let Some(cell) = queue.pop() {
            let mut relations = Vec::new();
            published.touching(cell, &mut relations);
            for relation in relations {
                if let Some(cheapest) = short(&published, relation, k, &value) {
                    published.set(cheapest, State::Withheld);
                    masked.insert(cheapest);
                    queue.extend([cheapest, cell]);
                }
            }
        }
        let report = exact(&published, &ExactOptions { formulas: usize::MAX, ..ExactOptions::default() }).unwrap();
        eprintln!("{} masked, {} fallen", masked.len(), report.fallen.len());
        if report.fallen.is_empty() {
            break;
        }
        for formula in &report.formulas {
            if formula.terms.iter().any(|(cell, _)| masked.contains(cell)) {
                continue;
            }
            queue.extend(formula.terms.iter().map(|&(cell, _)| cell).min_by_key(|&cell| value(cell)));
        }
        queue.sort_unstable();
        queue.dedup();
    }
    let mut out = std::io::BufWriter::new(std::fs::File::create(&given[2]).unwrap());
    writeln!(out, "geography,category,profile,masked,primary").unwrap();
    for &cell in &masked {
        writeln!(out, "{},1,{}", truth.name(cell).replace(" · ", ","), u8::from(primary.contains(&cell))).unwrap();
    }
}

/// The smallest published cell of a relation that says too much of its withheld cells.
fn short(published: &CrossTable, relation: u64, k: i64, value: &impl Fn(CellId) -> i64) -> Option<CellId> {
    let mut terms = Vec::new();
    published.terms(relation, &mut terms);
    let hidden: Vec<(CellId, i64)> = terms.iter().copied().filter(|&(cell, _)| published.state(cell) == State::Withheld).collect();
    let sum: i64 = hidden.iter().map(|&(cell, _)| value(cell)).sum();
    let one_side = hidden.iter().all(|(_, c)| *c < 0) || hidden.iter().all(|(_, c)| *c > 0);
    if hidden.is_empty() || !one_side || (hidden.len() > 1 && sum >= k) {
        return None;
    }
    terms
        .iter()
        .map(|&(cell, _)| cell)
        .filter(|&cell| matches!(published.state(cell), State::Published(n) if n > 0))
        .min_by_key(|&cell| value(cell))
}
