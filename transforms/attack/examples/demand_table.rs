//! Measures the attack on a made-up month of demand (see `common/demand.rs`).
//!
//! ```text
//! demand_table [--communes 4000] [--searches 130000] [--organisations 0] [--k 11] [--blind] [--seed 1]
//! ```
//!
//! It prints cells, what is withheld, and seconds of processors (all threads) and cells a second of the exact attack, of certification from the true table, with `--blind` of
//! certification without it, and of the attack of each organisation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use solidata_attack::{CellId, CertifyOptions, ExactOptions, Insider, InsiderReport, Truth, certify, exact};

#[path = "common/cpu.rs"]
mod cpu;
#[path = "common/demand.rs"]
mod demand;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| given.iter().any(|argument| argument == name);
    let number = |name: &str, default: u64| {
        let at = given.iter().position(|argument| argument == name);
        at.map_or(default, |at| given[at + 1].parse().unwrap())
    };
    let (communes, searches) = (number("--communes", 4000) as usize, number("--searches", 130_000) as usize);
    let (organisations, k) = (number("--organisations", 0) as usize, number("--k", 11) as i64);
    let start = cpu::seconds();
    let mut demand = demand::make(communes, searches, organisations, number("--seed", 1));
    let withheld = demand.withhold(k);
    let demand = demand;
    println!(
        "{} cells that are not 0 ({:.2} searches in an inner one), {withheld} withheld; made in {:.2} s",
        demand.values.len(),
        searches as f64 / demand.inner.len() as f64,
        cpu::seconds() - start
    );
    let start = cpu::seconds();
    let report = exact(&demand.table, &ExactOptions { formulas: 0, ..ExactOptions::default() }).unwrap();
    let seconds = cpu::seconds() - start;
    println!(
        "exact: {} fallen; {} parts, largest {}; {seconds:.2} s, {:.0} cells/s",
        report.fallen.len(),
        report.parts,
        report.largest_part,
        withheld as f64 / seconds
    );
    let truth = |cell: CellId| demand.value(cell);
    let options = CertifyOptions { k, ..CertifyOptions::default() };
    for (name, truth) in [("with truth", Some(&truth as Truth<'_>)), ("without truth", None)] {
        if truth.is_none() && !flag("--blind") {
            continue;
        }
        let start = cpu::seconds();
        let intervals = certify(&demand.table, None, &report.fallen, truth, &options).unwrap();
        let seconds = cpu::seconds() - start;
        println!("{name}: {intervals}; {seconds:.2} s, {:.0} cells/s", withheld as f64 / seconds);
    }
    if organisations == 0 {
        return;
    }
    let start = cpu::seconds();
    let insider = Insider::new(&demand.table, options).unwrap();
    println!("insider prepared in {:.2} s", cpu::seconds() - start);
    let (mut all, mut known, start) = (InsiderReport::default(), 0, cpu::seconds());
    let mut slowest: f64 = 0.0;
    for organisation in 0..organisations {
        let own = demand.own(organisation);
        known += own.counts.len();
        let once = cpu::seconds();
        let report = insider.attack(&own, &report.fallen, Some(&truth)).unwrap();
        slowest = slowest.max(cpu::seconds() - once);
        all.targets += report.targets;
        all.wide += report.wide;
        all.reaching += report.reaching;
        all.computed.extend(report.computed);
        all.pinned.extend(report.pinned);
        all.below.extend(report.below);
        all.not_wide.extend(report.not_wide);
        all.published_below.extend(report.published_below);
    }
    let seconds = cpu::seconds() - start;
    println!(
        "{organisations} insiders with {known} cells: {} targets, {} wide, {} computed, {} pinned, {} below, {} open, {} published below; {seconds:.2} s, slowest {slowest:.2} s",
        all.targets,
        all.wide,
        all.computed.len(),
        all.pinned.len(),
        all.below.len(),
        all.not_wide.len(),
        all.published_below.len()
    );
}
