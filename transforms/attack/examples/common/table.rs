//! Reads the tables of `synthetic_tables.py`.

use std::collections::{BTreeMap, BTreeSet};

use solidata_attack::{CrossTable, Dimension, State};

/// Name of the total of each dimension.
pub const TOTAL: &str = "Total";

/// The table of inner cells, added up to all levels.
pub fn read(path: &str) -> CrossTable {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = || text.lines().skip(1).map(|line| line.split(',').collect::<Vec<&str>>());
    let (mut parents, mut categories, mut profiles) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut last = "";
    for f in lines() {
        if f[0] != last {
            last = f[0];
            parents.insert(f[0], (f[1], f[2], f[3]));
        }
        categories.insert((f[4], f[5], f[6]));
        profiles.insert(f[7]);
    }
    let mut geography = Dimension::new("geography");
    let mut departments_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (epci, department, _) in parents.values() {
        departments_of.entry(epci).or_default().insert(department);
    }
    let nested = departments_of.values().all(|set| set.len() == 1);
    let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut second: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (commune, (epci, department, region)) in &parents {
        if nested {
            pairs.extend([(*commune, *epci), (*epci, *department), (*department, *region), (*region, TOTAL)]);
        } else {
            pairs.extend([(*commune, *department), (*department, *region), (*region, TOTAL)]);
            second.extend([(*commune, *epci), (*epci, TOTAL)]);
        }
    }
    geography.hierarchy(pairs);
    geography.hierarchy(second);
    let mut category = Dimension::new("category");
    category.hierarchy(categories.iter().flat_map(|(a, b, c)| [(*c, *b), (*b, *a), (*a, TOTAL)]));
    let mut profile = Dimension::new("profile");
    profile.sum(TOTAL, profiles.iter().copied());
    let mut table = CrossTable::dense(vec![geography, category, profile]).unwrap();
    let (mut commune, mut node) = ("", 0);
    for f in lines() {
        if f[0] != commune {
            commune = f[0];
            node = table.dimensions()[0].find(commune).unwrap();
        }
        let (c, p) = (table.dimensions()[1].find(f[6]).unwrap(), table.dimensions()[2].find(f[7]).unwrap());
        let cell = table.cell(&[node, c, p]);
        table.set(cell, State::Published(f[8].parse().unwrap()));
    }
    table.add_up().unwrap();
    table
}
