//! Protects the table of a CSV of inner counts (`commune,epci,dept,region,cat1,cat2,cat3,profile,n`) and prints what it took.
//!
//! `protect_table INPUT.csv [--k 11] [--pool on|off] [--intervals on|width|off] [--objective count|value] [--threads N] [--out PATTERN.csv]`
#![allow(clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::io::{BufWriter, Write};
use std::time::Instant;

use solidata_disclosure::{Cube, Dimension, DimensionBuilder, Fate, Intervals, Objective, Options, Outcome, Pool, Table, protect};

#[path = "common/process.rs"]
mod process;

type Links = BTreeMap<String, BTreeSet<String>>;

/// A dimension whose levels are columns, from the finest. A level that nests in the next is summed into it; one that does not (an EPCI that
/// crosses a département border) is a hierarchy of its own up to the total.
fn dimension(name: &str, levels: &[&str], rows: &BTreeSet<Vec<String>>) -> Result<Dimension, Box<dyn Error>> {
    let mut builder = DimensionBuilder::new(name).node("total", "*");
    let mut below = 0;
    for (i, level) in levels.iter().enumerate() {
        builder = rows.iter().fold(builder, |b, row| b.node(level, row[i].clone()));
        if i == 0 {
            continue;
        }
        let links = |from: usize, to: usize| {
            let mut links = Links::new();
            rows.iter().for_each(|r| _ = links.entry(r[to].clone()).or_default().insert(r[from].clone()));
            links
        };
        if links(i, below).values().any(|parents| parents.len() > 1) {
            builder = builder.sum("*", rows.iter().map(|r| r[below].clone()).collect::<BTreeSet<_>>());
            below = 0;
        }
        for (parent, children) in links(below, i) {
            builder = builder.sum(parent, children);
        }
        below = i;
    }
    Ok(builder.sum("*", rows.iter().map(|r| r[below].clone()).collect::<BTreeSet<_>>()).build()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).map(String::as_str);
    let input = args.first().ok_or("usage: protect_table INPUT.csv [--pool on|off] [--out PATTERN.csv]")?;
    let k: u64 = option("--k").unwrap_or("11").parse()?;

    let text = fs::read_to_string(input)?;
    let fields = |line: &str| line.split(',').map(|f| f.trim().to_owned()).collect::<Vec<String>>();
    let (mut geo, mut cat, mut prof) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut last = Vec::new();
    for line in text.lines().skip(1) {
        let f = fields(line);
        if last != f[..4] {
            last = f[..4].to_vec();
            geo.insert(last.clone());
        }
        cat.insert(f[4..7].iter().rev().cloned().collect::<Vec<_>>());
        prof.insert(vec![f[7].clone()]);
    }
    let dimensions = vec![
        dimension("territoire", &["commune", "epci", "departement", "region"], &geo)?,
        dimension("categorie", &["feuille", "milieu", "racine"], &cat)?,
        dimension("profil", &["profil"], &prof)?,
    ];
    let start = Instant::now();
    let mut inner = Vec::new();
    for line in text.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let n: u64 = f[8].trim().parse()?;
        if n > 0 {
            inner.push(([dimensions[0].find(f[0])?, dimensions[1].find(f[6])?, dimensions[2].find(f[7])?], n));
        }
    }
    let read = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let cube = Cube::fold(dimensions, inner)?;
    let threads = option("--threads").unwrap_or("0").parse()?;
    let problem = cube.problem(&[Table::new()], |_, n| (n < k, Fate::Free), threads)?;
    let build = start.elapsed().as_secs_f64();
    let options = Options {
        pool: if option("--pool") == Some("on") { Pool::Searches { k } } else { Pool::Off },
        objective: if option("--objective") == Some("value") { Objective::Value } else { Objective::Count },
        intervals: match option("--intervals") {
            Some("on") => Some(Intervals { reach: k, ..Intervals::default() }),
            Some("width") => Some(Intervals { reach: 0, ..Intervals::default() }),
            _ => None,
        },
        threads,
        ..Options::default()
    };
    let start = Instant::now();
    let begun = process::processor();
    let pattern = protect(&problem, &options);
    let seconds = start.elapsed().as_secs_f64();
    let cpu = process::processor() - begun;

    let searches: u64 = (0..cube.len()).filter(|i| pattern.outcomes()[*i] == Outcome::Secondary).map(|i| cube.value(i)).sum();
    let all: u64 = (0..cube.len()).map(|i| cube.value(i)).sum();
    println!("cells {} not_zero {} variables {} constraints {}", cube.possible(), cube.len(), problem.variables(), problem.constraints());
    println!(
        "primary {} secondary {} secondary_share_of_searches {:.4} rounds {} pruned {} lost {} narrow {} short {}",
        pattern.count(Outcome::Primary),
        pattern.count(Outcome::Secondary),
        searches as f64 / all as f64,
        pattern.rounds,
        pattern.pruned,
        pattern.lost.len(),
        pattern.narrow.len(),
        pattern.short.len()
    );
    println!(
        "read_s {read:.2} build_s {build:.3} protect_s {seconds:.3} cpu_s {cpu:.2} cells_per_s {:.0} with_build {:.0} peak_mib {}",
        cube.possible() as f64 / seconds,
        cube.possible() as f64 / (seconds + build),
        process::peak_mib().unwrap_or(0)
    );
    if let Some(path) = option("--out") {
        let mut out = BufWriter::new(fs::File::create(path)?);
        writeln!(out, "territoire,categorie,profil,masked,primary")?;
        for (i, outcome) in pattern.outcomes().iter().enumerate().filter(|(_, outcome)| outcome.withheld()) {
            writeln!(out, "{},1,{}", cube.names(i).join(","), u8::from(*outcome == Outcome::Primary))?;
        }
        out.flush()?;
    }
    Ok(())
}
