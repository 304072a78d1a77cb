//! Withholding, controlled rounding and cell-key perturbation side by side, as a table in Markdown: what each costs and what an attacker makes of it.
//!
//! `alternatives [xs|s|crossing] [SEED] [PRIMARIES]`
//!
//! The attacker proves bounds for so many of the primaries by linear programs; the bounds of the protector are for all.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_disclosure::{CellKey, Intervals, Method, Options, Pool};

#[path = "common/risk.rs"]
mod risk;
#[path = "common/tables.rs"]
mod tables;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let name = args.first().map_or("xs", String::as_str);
    let seed: u64 = args.get(1).map_or(4, |a| a.parse().unwrap());
    let ask: usize = args.get(2).map_or(40, |a| a.parse().unwrap());
    let k = 11;
    let (shape, inner) = match name {
        "xs" => tables::synthetic(12, [3, 2, 2], 2, 60.0, seed, false),
        "s" => tables::synthetic(30, [4, 3, 2], 3, 200.0, seed, false),
        "crossing" => tables::synthetic(12, [3, 2, 2], 2, 60.0, seed, true),
        other => panic!("no such table: {other}"),
    };
    let pool = Options { pool: Pool::Searches { k }, ..Options::default() };
    let mut methods = vec![
        Method::Suppression(Options::default()),
        Method::Suppression(pool.clone()),
        Method::Suppression(Options { intervals: Some(Intervals::default()), ..pool }),
    ];
    methods.extend([5, 10, 11].map(|base| Method::Rounding { base }));
    methods.extend([(3, 2.0), (5, 4.0), (10, 8.0)].map(|(limit, variance)| Method::CellKey(CellKey::new(limit, variance).unwrap())));
    println!("Table {name}, seed {seed}: {} cells, zeros included\n\n{}", shape.cells.len(), risk::HEAD);
    for method in &methods {
        for (_, quality, risk) in risk::side_by_side(&shape, &inner, std::slice::from_ref(method), k, ask, seed) {
            println!("{}", risk::line(&quality, &risk));
        }
    }
}
