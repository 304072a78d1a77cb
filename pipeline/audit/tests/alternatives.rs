//! Ways of publishing side by side: the attacker agrees with what the protector says of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../examples/common/risk.rs"]
mod risk;
#[path = "../examples/common/tables.rs"]
mod tables;

use solidata_disclosure::{CellKey, Given, Method, Options, judge};

const K: u64 = 11;

#[test]
fn the_attacker_sees_what_each_way_leaves() {
    let (shape, inner) = tables::synthetic(5, [1, 2, 2], 1, 50.0, 8, true);
    let methods = [
        Method::Suppression(Options { threads: 1, ..Options::default() }),
        Method::Rounding { base: 5 },
        Method::CellKey(CellKey::new(4, 3.0).unwrap()),
    ];
    let truth = shape.fold(&inner);
    let all = risk::side_by_side(&shape, &inner, &methods, K, 12, 1);
    for (given, quality, risk) in &all {
        assert_eq!(risk.by_algebra, 0, "{}", quality.method);
        assert!(risk.asked > 0 && risk.certain <= risk.narrow && risk.narrow <= risk.asked);
        // Bounds that the protector sees the attacker sees as well, cell by cell where all are asked.
        let every = risk::attack(&shape, &truth, given, K, usize::MAX);
        assert!(every.narrow >= quality.primary_narrow && every.certain >= quality.primary_certain, "{}", quality.method);
        assert!(risk::line(quality, risk).starts_with(&format!("| {} | ", quality.method)));
    }
    assert!(all[1].1.broken_sums == 0 && all[2].1.broken_sums > 0);
    // A threshold alone: both see that it leaks, and how much.
    let bare = Given { values: truth.iter().map(|n| (!(1..K).contains(n)).then_some(*n)).collect(), ..Given::default() };
    let (told, found) = (judge(&shape.problem(&truth, K), "threshold", &bare), risk::attack(&shape, &truth, &bare, K, usize::MAX));
    assert!(found.by_algebra > 0 && found.by_algebra <= told.primary_certain && told.primary_certain <= found.certain);
}
