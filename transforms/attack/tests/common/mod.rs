//! What the tests share: the cases of `../shared/disclosure`.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use solidata_attack::{Explicit, State};

/// The folder of shared material, or nothing after saying that the test is skipped. It must be there when CI=true.
pub fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("SOLIDATA_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"))
        .join("disclosure");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "../shared is missing");
    println!("SKIPPED: ../shared is missing");
    None
}

/// One case: cells with their true values, which are primary, and patterns by name.
pub struct Case {
    pub names: Vec<String>,
    pub values: Vec<i64>,
    pub primary: Vec<bool>,
    pub patterns: Vec<(String, Vec<bool>)>,
    pub incidence: Vec<(usize, u64, i64)>,
}

pub fn case(folder: &std::path::Path, name: &str) -> Case {
    let mut reader = csv::Reader::from_path(folder.join(format!("cases/{name}.cells.csv"))).unwrap();
    let headers = reader.headers().unwrap().clone();
    let n = headers.iter().position(|h| h == "n").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let flags = |at: usize| rows.iter().map(|row| &row[at] == "TRUE").collect::<Vec<bool>>();
    let primary = flags(n + 1);
    let mut patterns = vec![("naive".to_owned(), primary.clone())];
    for at in n + 2..headers.len() {
        patterns.push((headers[at].to_owned(), flags(at)));
    }
    let names = rows.iter().map(|row| row.iter().skip(1).take(n - 1).collect::<Vec<_>>().join("|")).collect();
    let values = rows.iter().map(|row| row[n].parse().unwrap()).collect();
    let incidence = csv::Reader::from_path(folder.join(format!("cases/{name}.incidence.csv")))
        .unwrap()
        .records()
        .map(|row| {
            let row = row.unwrap();
            (row[0].parse::<usize>().unwrap() - 1, row[1].parse().unwrap(), row[2].parse().unwrap())
        })
        .collect();
    Case { names, values, primary, patterns, incidence }
}

impl Case {
    pub fn problem(&self, pattern: &[bool]) -> Explicit {
        let cells = self.names.iter().zip(&self.values).zip(pattern);
        let cells = cells.map(|((name, &n), &masked)| (name.clone(), if masked { State::Withheld } else { State::Published(n) })).collect();
        Explicit::from_incidence(cells, &self.incidence).unwrap()
    }
}
