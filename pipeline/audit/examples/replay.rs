//! What a public, deterministic protector gives away: its replay on candidate tables, as a table in Markdown.
//!
//! `replay [SEED] [REPLAYS]`
//!
//! Tiny tables of which every candidate is listed, then one table of 12 communes, 12 categories and 2 profiles on which walks are made: REPLAYS of them in
//! each mode. A walk does not see everything: what it calls narrow or certain, and how sure of the truth it is, are upper bounds that fall with more replays.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_disclosure::{Intervals, Options, Pool};

#[path = "common/replay.rs"]
mod replay;
#[path = "common/tables.rs"]
mod tables;

use replay::{Game, HEAD, Told};

fn main() {
    let mut args = std::env::args().skip(1);
    let seed: u64 = args.next().map_or(4, |a| a.parse().unwrap());
    let runs: usize = args.next().map_or(4_000, |a| a.parse().unwrap());
    let k = 11;
    let linear = Options { threads: 1, ..Options::default() };
    let pool = Options { pool: Pool::Searches { k }, ..linear.clone() };
    let intervals = Options { intervals: Some(Intervals::default()), ..pool.clone() };
    println!("{HEAD}");
    // Everything has two parts in the tiny tables, so that pools alone change nothing there.
    for (name, options) in [("linear", &linear), ("pool, intervals", &intervals)] {
        let mut told = Told::default();
        for table in 0..300 {
            let (shape, inner) = tables::synthetic(4, [1, 2, 2], 1, 40.0, seed + table, false);
            told.add(&Game { shape: &shape, options: options.clone(), k }.all(&inner, 5_000));
        }
        println!("{}", told.line(&format!("tiny, {name} ({} more: over 5000 candidates, no primary, or not safe)", told.skipped)));
    }
    let (shape, inner) = tables::synthetic(12, [3, 2, 2], 2, 60.0, seed, false);
    for (name, options) in [("linear", linear), ("pool", pool)] {
        let told = Game { shape: &shape, options, k }.walk(&inner, seed, runs);
        println!("{}", told.line(&format!("xs, {name}, by walks")));
    }
}
