//! Attacks a table of counts, protected by a pattern or only by a threshold.
//!
//! ```text
//! attack_table TABLE.csv [PATTERN.csv] [--k 11] [--witnesses] [--truth] [--programs 200] [--formulas N] [--reveal]
//! ```
//!
//! `TABLE.csv` has the inner cells: `commune,epci,dept,region,cat1,cat2,cat3,profile,n` (what `synthetic_tables.py` writes). The joint problem is the
//! cross product of the geography (when an EPCI crosses départements it is a second hierarchy over the communes), the categories and the profiles,
//! each with a total.
//!
//! `PATTERN.csv` has a header and one line per cell: the codes of geography, category and profile (any node; the total is `Total`, `all`, `*` or
//! empty), then, found by their names in the header, `masked` (0 or 1) and, optionally, `primary` (0 or 1). Lines of cells that are not masked may be
//! left out. Without a pattern every cell from 1 to k - 1 is masked.
//!
//! Zeros are published. `--witnesses` certifies intervals of the primary cells (of all masked ones when the pattern does not say which are primary);
//! with `--truth` the search starts from the true table as the publisher has it, without from a
//! table that the attacker finds himself; `--programs` is how many linear programs per part may look for proofs.
//! It prints what has fallen, what is certified, seconds and peak memory; formulas are shown without values unless `--reveal` is given. Exit code 1 when
//! a cell has fallen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::time::Instant;

use solidata_attack::{CellId, CertifyOptions, CrossTable, ExactOptions, Problem, State, certify, exact};

#[path = "common/cpu.rs"]
mod cpu;
#[path = "common/table.rs"]
mod table;

use table::TOTAL;

struct Arguments {
    table: String,
    pattern: Option<String>,
    k: i64,
    witnesses: bool,
    truth: bool,
    programs: usize,
    formulas: usize,
    reveal: bool,
}

fn arguments() -> Arguments {
    let mut out =
        Arguments { table: String::new(), pattern: None, k: 11, witnesses: false, truth: false, programs: 200, formulas: 5, reveal: false };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--k" => out.k = given.next().unwrap().parse().unwrap(),
            "--formulas" => out.formulas = given.next().unwrap().parse().unwrap(),
            "--programs" => out.programs = given.next().unwrap().parse().unwrap(),
            "--witnesses" => out.witnesses = true,
            "--truth" => out.truth = true,
            "--reveal" => out.reveal = true,
            _ if out.table.is_empty() => out.table = argument,
            _ => out.pattern = Some(argument),
        }
    }
    assert!(
        !out.table.is_empty(),
        "usage: attack_table TABLE.csv [PATTERN.csv] [--k 11] [--witnesses] [--truth] [--programs 200] [--formulas N] [--reveal]"
    );
    out
}

/// Masked and primary cells.
fn pattern(table: &CrossTable, arguments: &Arguments) -> (Vec<CellId>, BTreeSet<CellId>) {
    let Some(path) = &arguments.pattern else {
        let small = |cell: &CellId| matches!(table.state(*cell), State::Published(n) if n > 0 && n < arguments.k);
        let masked: Vec<CellId> = (0..table.len()).filter(small).collect();
        let primary = masked.iter().copied().collect();
        return (masked, primary);
    };
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (masked_at, primary_at) = (column("masked").expect("a column masked"), column("primary"));
    let codes: Vec<usize> = (0..headers.len()).filter(|&at| at != masked_at && Some(at) != primary_at && &headers[at] != "n").collect();
    let (mut masked, mut primary) = (Vec::new(), BTreeSet::new());
    for row in reader.records().map(Result::unwrap) {
        if &row[masked_at] != "1" {
            continue;
        }
        let names: Vec<&str> =
            codes.iter().map(|&at| if ["", "*", "all", "Total"].contains(&&row[at]) { TOTAL } else { &row[at] }).collect();
        let cell = table.cell_named(&names).unwrap();
        masked.push(cell);
        if primary_at.is_none_or(|at| &row[at] == "1") {
            primary.insert(cell);
        }
    }
    (masked, primary)
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let arguments = arguments();
    let start = Instant::now();
    let mut table = table::read(&arguments.table);
    let (masked, primary) = pattern(&table, &arguments);
    let truth = table.clone();
    for &cell in &masked {
        table.set(cell, State::Withheld);
    }
    let cells = table.len();
    println!("{cells} cells, {} masked, {} primary; read in {:.2} s", masked.len(), primary.len(), start.elapsed().as_secs_f64());
    let start = Instant::now();
    let report = exact(&table, &ExactOptions { formulas: arguments.formulas, ..ExactOptions::default() }).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let fallen_primary = report.fallen.iter().filter(|cell| primary.contains(cell)).count();
    println!(
        "exact: {} fallen ({:.1} % of masked), {fallen_primary} of them primary, {} unchecked; {seconds:.2} s, {:.0} cells/s; {} parts, largest {}, fill {:.1} per unknown",
        report.fallen.len(),
        100.0 * report.fallen.len() as f64 / masked.len().max(1) as f64,
        report.unchecked.len(),
        cells as f64 / seconds,
        report.parts,
        report.largest_part,
        report.fill as f64 / report.unknowns.max(1) as f64
    );
    for formula in &report.formulas {
        println!("  {}", formula.words(&table, arguments.reveal));
    }
    if arguments.witnesses {
        let start = Instant::now();
        let targets: Vec<CellId> = primary.iter().copied().collect();
        let value = |cell: CellId| if let State::Published(n) = truth.state(cell) { n } else { 0 };
        let options = CertifyOptions { k: arguments.k, linear_programs: arguments.programs, ..CertifyOptions::default() };
        let known = arguments.truth.then_some(&value as solidata_attack::Truth<'_>);
        let intervals = certify(&table, Some(&targets), &report.fallen, known, &options).unwrap();
        println!(
            "intervals: {intervals}; {} parts without a table; {:.2} s, {:.2} s of processors until now",
            intervals.parts_without_table,
            start.elapsed().as_secs_f64(),
            cpu::seconds()
        );
        for pinned in intervals.fallen.iter().take(arguments.formulas) {
            println!("  {}", pinned.words(&table, arguments.reveal));
        }
    }
    println!("peak memory {} MB", peak_megabytes());
    if !report.fallen.is_empty() {
        std::process::exit(1);
    }
}
