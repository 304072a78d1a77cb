//! The cases that nobody of this project wrote: what leaks is exactly what `expected.csv` says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use solidata_attack::{ExactOptions, exact};

#[test]
fn exact_attack_finds_what_expected_says() {
    let Some(folder) = common::shared() else { return };
    let mut reader = csv::Reader::from_path(folder.join("cases/expected.csv")).unwrap();
    let mut seen = 0;
    for row in reader.records().map(Result::unwrap) {
        let case = common::case(&folder, &row[0]);
        let pattern = &case.patterns.iter().find(|(name, _)| *name == row[1]).unwrap().1;
        let problem = case.problem(pattern);
        let report = exact(&problem, &ExactOptions::default()).unwrap();
        let primaries: Vec<u64> = report.fallen.iter().copied().filter(|&cell| case.primary[cell as usize]).collect();
        assert_eq!(primaries.len().to_string(), row[6], "{} {}", &row[0], &row[1]);
        assert!(report.unchecked.is_empty());
        for formula in &report.formulas {
            assert_eq!(formula.value(&problem), Some(case.values[formula.cell as usize]), "{}", &row[0]);
        }
        for exposed in row[10].split(" ; ").filter(|text| !text.is_empty()) {
            let (name, value) = exposed.split_once('=').unwrap();
            let found = report.formulas.iter().find(|formula| case.names[formula.cell as usize] == name && case.primary[formula.cell as usize]).unwrap();
            assert_eq!(found.value(&problem).unwrap().to_string(), value);
            println!("{}: {}", &row[0], found.words(&problem, true));
        }
        seen += 1;
    }
    assert_eq!(seen, 24);
}
