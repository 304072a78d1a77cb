//! The cases that nobody of this project wrote: what leaks is exactly what `expected.csv` says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use solidata_attack::{CertifyOptions, ExactOptions, Knowledge, State, certify, exact, interval};

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
            let found = report
                .formulas
                .iter()
                .find(|formula| case.names[formula.cell as usize] == name && case.primary[formula.cell as usize])
                .unwrap();
            assert_eq!(found.value(&problem).unwrap().to_string(), value);
            println!("{}: {}", &row[0], found.words(&problem, true));
        }
        seen += 1;
    }
    assert_eq!(seen, 24);
}

/// expected.csv has intervals of linear programs with x >= 0, whatever the marker tells.
const AT_LEAST_ZERO: Knowledge = Knowledge { withheld_at_least: 0 };

#[test]
fn intervals_are_those_of_expected() {
    let Some(folder) = common::shared() else { return };
    let mut reader = csv::Reader::from_path(folder.join("cases/expected.csv")).unwrap();
    for row in reader.records().map(Result::unwrap) {
        let case = common::case(&folder, &row[0]);
        let pattern = &case.patterns.iter().find(|(name, _)| *name == row[1]).unwrap().1;
        let problem = case.problem(pattern);
        let primaries: Vec<u64> = (0..case.primary.len() as u64).filter(|&cell| case.primary[cell as usize]).collect();
        let found = interval(&problem, &primaries, AT_LEAST_ZERO).unwrap();
        let mut widths: Vec<i64> = found.iter().map(|pinned| pinned.unwrap().width().unwrap()).collect();
        widths.sort_unstable();
        let narrow = widths.iter().filter(|width| **width < 1).count();
        assert_eq!(format!("{narrow}/{}", widths.len()), row[7], "{} {}", &row[0], &row[1]);
        let (least, middle) = (widths[0] as f64, (widths[(widths.len() - 1) / 2] + widths[widths.len() / 2]) as f64 / 2.0);
        assert_eq!([least, middle], [row[8].parse::<f64>().unwrap(), row[9].parse().unwrap()], "{} {}", &row[0], &row[1]);
        for (pinned, &cell) in found.iter().zip(&primaries) {
            let (pinned, value) = (pinned.unwrap(), case.values[cell as usize]);
            assert!(pinned.low <= value && pinned.high.unwrap() >= value);
        }
    }
}

#[test]
fn the_three_cells_that_a_rank_test_passes_are_caught() {
    let Some(folder) = common::shared() else { return };
    let case = common::case(&folder, "ssb_doc15_zerosec");
    let pattern = &case.patterns.iter().find(|(name, _)| name == "gauss_none").unwrap().1;
    let problem = case.problem(pattern);
    let primaries: Vec<u64> = (0..case.primary.len() as u64).filter(|&cell| case.primary[cell as usize]).collect();
    assert!(exact(&problem, &ExactOptions::default()).unwrap().fallen.iter().all(|cell| !case.primary[*cell as usize]));
    let options = CertifyOptions { knowledge: AT_LEAST_ZERO, ..CertifyOptions::default() };
    let report = certify(&problem, Some(&primaries), &[], None, &options).unwrap();
    assert_eq!(report.fallen.iter().map(|pinned| pinned.cell).collect::<Vec<_>>(), primaries);
    assert!(!report.passes(0.0));
}

#[test]
fn publishing_any_secondary_of_a_tight_pattern_makes_it_object() {
    let Some(folder) = common::shared() else { return };
    let (mut mutations, mut caught) = (0, 0);
    for name in ["issue136_linked", "sdctable_4x4_hidden", "ssb_d2", "ssb_doc15", "ssb_doc15_zerosec", "ssb_z1", "ssb_z2"] {
        let case = common::case(&folder, name);
        let pattern = &case.patterns.iter().find(|(name, _)| name == "gauss_none").unwrap().1;
        for cell in (0..pattern.len()).filter(|&cell| pattern[cell] && !case.primary[cell]) {
            let mut problem = case.problem(pattern);
            problem.set_state(cell as u64, State::Published(case.values[cell]));
            let report = exact(&problem, &ExactOptions::default()).unwrap();
            mutations += 1;
            caught += usize::from(report.fallen.iter().any(|&fallen| case.primary.get(fallen as usize) == Some(&true)));
        }
    }
    println!("{caught} of {mutations} mutations caught");
    assert_eq!(caught, mutations);
}
