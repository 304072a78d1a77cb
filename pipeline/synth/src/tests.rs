//! The invariants of a whole snapshot, on small volumes.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use serde_json::Value;

use crate::generate::generate_on;
use crate::reference::tests::Files;
use crate::{Compression, Departments, Form, Silent, SynthReport, SynthSpec};

pub(crate) fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// Two départements, two months around a clock change, small.
pub(crate) fn small(form: Form) -> SynthSpec {
    let departments = Departments::List(vec!["68".to_owned(), "67".to_owned()]);
    SynthSpec { scale: 0.05, ..SynthSpec::new(date(2024, 3, 1), date(2024, 4, 30), departments, 7, form) }
}

pub(crate) fn make(spec: &SynthSpec, threads: usize) -> (tempfile::TempDir, SynthReport) {
    let folder = tempfile::tempdir().unwrap();
    let report = generate_on(spec, &Files::load().bytes(), folder.path(), &Silent, threads).unwrap();
    (folder, report)
}

pub(crate) fn truth(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap()
}

pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let bytes = std::fs::read(path).unwrap();
    bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect()
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            out.extend(files(&path).into_iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            out.insert(path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap());
        }
    }
    out
}

#[test]
fn same_seed_same_bytes_on_any_number_of_threads() {
    let mut spec = small(Form::Archive);
    spec.to = date(2024, 3, 20);
    let (one, _) = make(&spec, 1);
    let (three, _) = make(&spec, 3);
    assert!(files(one.path()) == files(three.path()));
    spec.seed = 8;
    let (other, _) = make(&spec, 2);
    assert!(files(one.path())["snapshot.archive.gz"] != files(other.path())["snapshot.archive.gz"]);
    spec.compression = Compression::Zstd;
    spec.form = Form::NdjsonCanonical;
    let (zstd, _) = make(&spec, 2);
    assert!(zstd.path().join("search.ndjson.zst").exists());
}

#[test]
fn gross_totals_are_the_planned_ones_and_the_waterfall_adds_up() {
    let (folder, report) = make(&small(Form::Ndjson), 2);
    let truth = truth(folder.path());
    // A twentieth of the published months of March and April.
    let expected = [("67", 11_000 / 20 + 11_200 / 20), ("68", 3_020 / 20 + 154)];
    for (code, total) in expected {
        let rows = truth["rule_by_departement"].as_array().unwrap();
        let row = rows.iter().find(|row| row["departement"] == code).unwrap();
        assert_eq!(row["brute"], total, "{row}");
    }
    let steps = &truth["waterfall_total"];
    let step = |name: &str| steps[name].as_u64().unwrap();
    let dropped: u64 = ["robots", "localhost", "jumeaux", "pages", "repetitions", "rafales", "plafond"].into_iter().map(step).sum();
    assert_eq!(step("brute") - dropped, step("nette"));
    assert_eq!(step("valides") - step("admin_drapeau") - step("admin_statut"), step("brute"));
    let documents = &truth["documents"];
    let unusable = documents["search_date_invalide"].as_u64().unwrap() + documents["search_id_en_double"].as_u64().unwrap();
    assert_eq!(step("valides") + unusable, report.searches);
    assert_eq!(documents["search_date_invalide"], 12);
    assert!(report.ratio().is_some_and(|ratio| (1.7..3.0).contains(&ratio)), "{:?}", report.ratio());
}

#[test]
fn the_rows_of_the_rule_agree_with_each_other() {
    let (folder, _) = make(&small(Form::Ndjson), 2);
    let truth = truth(folder.path());
    let sum = |table: &str, key: &str| -> u64 { truth[table].as_array().unwrap().iter().map(|row| row[key].as_u64().unwrap()).sum() };
    for key in ["brute", "nette"] {
        let once = sum("rule_by_month", key);
        assert_eq!(once, sum("rule_by_departement", key));
        assert_eq!(once, truth["waterfall_total"][key].as_u64().unwrap());
        // A search for two categories counts in both.
        assert!(sum("rule", key) >= once && sum("rule_by_root", key) >= once && sum("rule_by_commune", key) < once);
    }
    let categories: Vec<&str> = truth["rule"].as_array().unwrap().iter().filter_map(|row| row["categorie"].as_str()).collect();
    assert!(categories.contains(&"sans_categorie"));
}

#[test]
fn searches_are_sorted_by_insertion_and_hold_what_the_recipe_plants() {
    let (folder, report) = make(&small(Form::Ndjson), 2);
    let docs = lines(&folder.path().join("search.ndjson"));
    assert_eq!(docs.len() as u64, report.searches);
    let ids: Vec<&str> = docs.iter().map(|doc| doc["_id"]["$oid"].as_str().unwrap()).collect();
    let seconds: Vec<&str> = ids.iter().map(|id| &id[..8]).collect();
    let late = seconds.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(late <= ids.len() / 500, "only repeated documents are out of order: {late}");
    let truth = truth(folder.path());
    let traps: BTreeMap<&str, u64> = truth["traps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trap| (trap["piege"].as_str().unwrap(), trap["documents"].as_u64().unwrap()))
        .collect();
    for label in
        ["jumeau_maraude", "double_envoi", "cas_limite", "a_cheval_sur_deux_mois", "changement_heure", "fin_de_mois_utc", "etranger"]
    {
        assert!(traps[label] > 0, "{label}: {traps:?}");
    }
    assert_eq!(traps["createdAt_invalide"], 12);
    assert!(docs.iter().all(|doc| doc.get("searchType").is_none() && doc.get("slug").is_none()), "not logged in 2024");
}
