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

#[test]
fn fields_appear_when_the_site_began_to_log_them() {
    let mut spec = small(Form::Ndjson);
    (spec.from, spec.to, spec.scale, spec.truth) = (date(2025, 12, 20), date(2026, 6, 15), 0.01, false);
    let (folder, _) = make(&spec, 2);
    assert!(!folder.path().join("truth.json").exists());
    let mut seen = BTreeMap::new();
    for doc in lines(&folder.path().join("search.ndjson")) {
        let Some(created) = doc["createdAt"]["$date"].as_str() else { continue };
        if !("2025-12-20".."2026-07").contains(&created) {
            continue;
        }
        let [old, new] = ["suggestionType", "searchType"].map(|key| doc.get(key).and_then(Value::as_str));
        let period = match created {
            created if created < "2025-12-24" => {
                assert!(old.is_none() && new.is_none() && doc.get("slug").is_none());
                "before"
            }
            created if created < "2026-01-15" => {
                assert!(matches!(old, Some("CATEGORY" | "ASSISTANT")) && new.is_none(), "{old:?}");
                "bug"
            }
            created if created < "2026-06-11" => {
                assert!(old.is_some() && new.is_none());
                "old name"
            }
            _ => {
                assert!(old.is_none() && new.is_some());
                "new name"
            }
        };
        *seen.entry(period).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn the_web_app_sends_two_requests_from_september_2025() {
    let mut spec = small(Form::Ndjson);
    (spec.from, spec.to, spec.scale, spec.truth) = (date(2025, 9, 1), date(2025, 9, 14), 0.2, false);
    let (folder, _) = make(&spec, 2);
    let mut twins = [0, 0];
    for doc in lines(&folder.path().join("search.ndjson")) {
        let web_app = doc["userData"]["origin"] == "WEBAPP_SOLIGUIDE" && doc["placeType"] == "PARCOURS_MOBILE";
        let Some(created) = doc["createdAt"]["$date"].as_str() else { continue };
        if web_app && doc["word"].as_str().is_none_or(|word| !word.starts_with("cas limite")) {
            twins[usize::from(created >= "2025-09-07T22")] += 1;
        }
    }
    assert!(twins[0] == 0 && twins[1] > 50, "{twins:?}");
}

#[test]
fn small_cells_are_what_the_disclosure_tests_need() {
    let departments = Departments::List(vec!["67".to_owned()]);
    let (folder, _) = make(&SynthSpec::new(date(2024, 1, 1), date(2024, 2, 29), departments, 7, Form::Bson), 2);
    let truth = truth(folder.path());
    let rows = truth["rule"].as_array().unwrap();
    let net = |month: &str, code: &str| -> u64 {
        let mine = rows.iter().filter(|row| row["departement"] == "67" && row["mois"] == month && row["categorie"] == code);
        mine.map(|row| row["nette"].as_u64().unwrap()).sum()
    };
    // Six single searches, and a commune with ten, then eleven.
    assert_eq!((net("2024-01", "allergology"), net("2024-02", "allergology")), (16, 11));
    for code in ["museums", "driving_license", "vehicle_maintenance", "libraries", "animal_assitance"] {
        assert_eq!((net("2024-01", code), net("2024-02", code)), (43, 0), "{code}");
    }
    let communes = truth["rule_by_commune"].as_array().unwrap();
    let only_one = communes.iter().filter(|row| row["mois"] == "2024-01" && row["nette"] == 1).count();
    assert!(only_one >= 6, "{only_one}");
}

#[test]
fn bad_requests_say_what_to_write_instead() {
    let refused = |change: &dyn Fn(&mut SynthSpec)| {
        let mut spec = small(Form::Ndjson);
        change(&mut spec);
        let folder = tempfile::tempdir().unwrap();
        crate::generate(&spec, &Files::load().bytes(), folder.path(), &Silent).unwrap_err().to_string()
    };
    assert!(refused(&|spec| spec.to = date(2024, 2, 1)).contains("exchange them"));
    assert!(refused(&|spec| spec.scale = 0.0).contains("--scale"));
    assert!(refused(&|spec| spec.from = date(2010, 1, 1)).contains("between 2017-01-02"));
    assert!(refused(&|spec| spec.departments = Departments::List(Vec::new())).contains("names none"));
    assert!(refused(&|spec| spec.departments = Departments::List(vec!["99".to_owned()])).contains("unknown département \"99\""));
}

#[test]
fn with_the_net_target_the_published_totals_are_about_net() {
    let mut spec = small(Form::Bson);
    (spec.target, spec.scale) = (crate::Target::Nette, 0.2);
    let (folder, _) = make(&spec, 2);
    let truth = truth(folder.path());
    let rows = truth["rule_by_departement"].as_array().unwrap();
    for (code, total) in [("67", 22_200.0 * 0.2), ("68", 6_095.0 * 0.2)] {
        let net = rows.iter().find(|row| row["departement"] == code).unwrap()["nette"].as_f64().unwrap();
        assert!((net / total - 1.0_f64).abs() < 0.05, "{code}: {net} for {total}");
    }
}
