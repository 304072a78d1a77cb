//! Protects a made-up month of demand with the shape of the real one, and prints what it took: thousands of communes, most with a search or two,
//! in two hierarchies that cross each other; families of categories; outcomes with their total. Nearly every cell is small.
//!
//! `protect_month [--communes 6000] [--searches 30000] [--k 11] [--pool on|off] [--intervals on|width|off] [--objective count|value]
//! [--threads 2] [--seed 1]`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::Instant;

use solidata_disclosure::{Cube, Dimension, DimensionBuilder, Fate, Intervals, Objective, Options, Outcome, Pool, Table, protect};

#[path = "common/process.rs"]
mod process;

/// Communes of an EPCI, EPCI of a département if they did not cross its border, départements of a région.
const SIZES: (usize, usize, usize) = (28, 12, 8);
/// Families of categories, and leaves of each.
const FAMILIES: (usize, usize) = (20, 6);

/// Numbers that look like chance (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A rank below `count` whose weight falls as its power (Zipf).
    fn rank(&mut self, weights: &[f64]) -> usize {
        let at = self.part() * weights.last().copied().unwrap_or(1.0);
        weights.partition_point(|w| *w <= at).min(weights.len().saturating_sub(1))
    }
}

/// Sums of `1 / rank^power`.
fn zipf(count: usize, power: f64) -> Vec<f64> {
    let mut sum = 0.0;
    (1..=count)
        .map(|rank| {
            sum += (rank as f64).powf(-power);
            sum
        })
        .collect()
}

fn commune(c: usize) -> String {
    format!("com-{c:05}")
}

/// Communes in EPCI and in départements whose borders they cross; searches made for a whole département or région are leaves of their own.
fn places(communes: usize) -> Result<Dimension, Box<dyn Error>> {
    let (epci, departement, regions) = SIZES;
    let departement = epci * departement + 5;
    let mut geo = (0..communes).fold(DimensionBuilder::new("territoire").node("pays", "fr"), |b, c| b.node("commune", commune(c)));
    let (mut zones, mut wholes, mut tops) = (Vec::new(), Vec::new(), Vec::new());
    for e in 0..communes.div_ceil(epci) {
        let name = format!("epci-{e:04}");
        geo = geo.node("epci", name.clone()).sum(name.clone(), (e * epci..communes.min((e + 1) * epci)).map(commune));
        zones.push(name);
    }
    let departements = communes.div_ceil(departement);
    for d in 0..departements {
        let (name, outside) = (format!("dep-{d:03}"), format!("dep-{d:03}-sans-precision"));
        let inside = (d * departement..communes.min((d + 1) * departement)).map(commune);
        geo = geo.node("departement", name.clone()).node("sans precision", outside.clone());
        geo = geo.sum(name, inside.chain([outside.clone()]));
        wholes.push(outside);
    }
    for r in 0..departements.div_ceil(regions) {
        let (name, outside) = (format!("reg-{r:02}"), format!("reg-{r:02}-sans-precision"));
        let inside = (r * regions..departements.min((r + 1) * regions)).map(|d| format!("dep-{d:03}"));
        geo = geo.node("region", name.clone()).node("sans precision", outside.clone());
        geo = geo.sum(name.clone(), inside.chain([outside.clone()]));
        wholes.push(outside);
        tops.push(name);
    }
    Ok(geo.sum("fr", tops).sum("fr", zones.into_iter().chain(wholes)).build()?)
}

/// Families of leaves with a level between, one leaf in ten in a second family, and searches without category.
fn categories() -> Result<Dimension, Box<dyn Error>> {
    let (families, leaves) = FAMILIES;
    let leaf = |f: usize, l: usize| format!("cat-{f:02}-{l}");
    let mut cat = DimensionBuilder::new("categorie").node("total", "toutes").node("sans precision", "sans-categorie");
    let mut parts = vec!["sans-categorie".to_owned()];
    for f in 0..families {
        let (family, middle) = (format!("fam-{f:02}"), format!("mid-{f:02}"));
        cat = (0..leaves).fold(cat, |b, l| b.node("feuille", leaf(f, l)));
        cat = cat.node("milieu", middle.clone()).sum(middle.clone(), (0..leaves / 2).map(|l| leaf(f, l)));
        let other = (f % 2 == 0).then(|| leaf((f + 1) % families, leaves - 1));
        cat = cat
            .node("famille", family.clone())
            .sum(family.clone(), [middle].into_iter().chain((leaves / 2..leaves).map(|l| leaf(f, l))).chain(other));
        parts.push(family);
    }
    Ok(cat.union("toutes", parts).build()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).map(String::as_str);
    let number = |name: &str, default: u64| option(name).map_or(Ok(default), str::parse);
    let (communes, searches, k) = (number("--communes", 6_000)? as usize, number("--searches", 30_000)?, number("--k", 11)?);
    let threads = number("--threads", 2)? as usize;

    let dimensions = vec![places(communes)?, categories()?, Dimension::total("issue", "toutes", ["avec", "sans"])?];
    let mut chance = Chance(number("--seed", 1)?);
    // Large communes lie anywhere: ranks are spread over the list.
    let (people, wishes) = (zipf(communes, 0.9), zipf(FAMILIES.0 * FAMILIES.1 + 1, 0.7));
    let leaves = |d: &Dimension| (0..d.len() as u32).filter(|n| d.is_leaf(*n)).collect::<Vec<u32>>();
    let (towns, kinds) = (leaves(&dimensions[0]), leaves(&dimensions[1]));
    let mut inner = std::collections::BTreeMap::new();
    for _ in 0..searches {
        let town = towns[chance.rank(&people) * 2_503 % towns.len()];
        let kind = kinds[chance.rank(&wishes) * 37 % kinds.len()];
        let issue = dimensions[2].find(if chance.part() < 0.7 { "avec" } else { "sans" })?;
        *inner.entry([town, kind, issue]).or_insert(0u64) += 1;
    }
    let per_inner = searches as f64 / inner.len() as f64;
    let start = Instant::now();
    let cube = Cube::fold(dimensions, inner)?;
    let problem = cube.problem(&[Table::new()], |_, n| (n < k, Fate::Free), threads)?;
    let build = start.elapsed().as_secs_f64();
    let options = Options {
        pool: if option("--pool") == Some("off") { Pool::Off } else { Pool::Searches { k } },
        intervals: match option("--intervals").unwrap_or("on") {
            "on" => Some(Intervals { reach: k, ..Intervals::default() }),
            "width" => Some(Intervals { reach: 0, ..Intervals::default() }),
            _ => None,
        },
        objective: if option("--objective") == Some("value") { Objective::Value } else { Objective::Count },
        threads,
        ..Options::default()
    };
    let (start, before) = (Instant::now(), process::processor());
    let pattern = protect(&problem, &options);
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), process::processor() - before);
    let small = (0..cube.len()).filter(|c| cube.value(*c) < 4).count();
    println!("cells {} not_zero {} below_four {small} searches_per_inner {per_inner:.2}", cube.possible(), cube.len());
    println!("variables {} constraints {}", problem.variables(), problem.constraints());
    println!(
        "primary {} secondary {} published {} rounds {} pruned {} lost {} narrow {} short {}",
        pattern.count(Outcome::Primary),
        pattern.count(Outcome::Secondary),
        pattern.count(Outcome::Published),
        pattern.rounds,
        pattern.pruned,
        pattern.lost.len(),
        pattern.narrow.len(),
        pattern.short.len()
    );
    let mut levels: std::collections::BTreeMap<(&str, &str), [u64; 4]> = std::collections::BTreeMap::new();
    for (cell, outcome) in pattern.outcomes().iter().enumerate() {
        let nodes = cube.nodes(cell);
        let level = |d: usize| cube.dimensions()[d].level(nodes[d]);
        if cube.dimensions()[2].is_leaf(nodes[2]) {
            continue;
        }
        let line = levels.entry((level(0), level(1))).or_default();
        let published = u64::from(*outcome == Outcome::Published);
        for (at, n) in [published, 1, published * cube.value(cell), cube.value(cell)].into_iter().enumerate() {
            line[at] += n;
        }
    }
    for ((place, category), [published, all, given, searches]) in levels {
        println!("{place} x {category}: {published} of {all} cells, {} % of searches", given * 100 / searches.max(1));
    }
    println!("build_s {build:.2} protect_s {seconds:.2} cpu_s {cpu:.2} peak_mib {}", process::peak_mib().unwrap_or(0));
    Ok(())
}
