//! What a public, deterministic protector gives away: its replay on candidate tables, as the table in Markdown that `datasets/confidentialite.md` gives.
//!
//! `replay [SEED] [REPLAYS]`
//!
//! Tiny tables of which every candidate is listed, then one table of 12 communes, 12 categories and 2 profiles on which walks are made: REPLAYS of them with
//! each program. A walk does not see everything: what it calls narrow or certain, and how sure of the truth it is, are upper bounds that fall with more replays.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/moves.rs"]
mod moves;
#[path = "common/replay.rs"]
mod replay;
#[path = "common/tables.rs"]
mod tables;

use replay::{Game, HEAD, K, programs, tiny};

fn main() {
    let mut args = std::env::args().skip(1);
    let seed: u64 = args.next().map_or(4, |a| a.parse().unwrap());
    let runs: usize = args.next().map_or(4_000, |a| a.parse().unwrap());
    println!("{HEAD}");
    (0..4).for_each(|program| println!("{}", tiny(program, seed)));
    let (shape, inner) = tables::synthetic(12, [3, 2, 2], 2, 60.0, seed, false);
    for (name, program) in programs(&inner, seed) {
        println!("{}", Game { shape: &shape, program, k: K }.walk(&inner, seed, runs).line(&format!("xs, {name}")));
    }
}
