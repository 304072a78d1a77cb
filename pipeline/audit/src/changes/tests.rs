use super::*;
use solidata_canon::changes_page;
use solidata_model::{SchemaChange, SchemaLevel};
use std::{fs, path::Path};

const DATASET: &str = r#"title_fr = "T"
title_en = "T"
description_fr = "D"
licence = "etalab-2.0"
cadence = "monthly"
feeds = "FEEDS"
sort_key = [KEY]
[protection]
k = 11
dominance_percent = 85
organisations = 3
per_person = 2
per_person_sensitive = 3
population = 5000
pool = true
width = 2
reach_percent = 99
"#;
const INDICATOR: &str = r#"
[[indicator]]
id = "n"
fr = "Nombre"
en = "Number"
where = { code = ["a", "b"] }
sum = "n"
"#;

#[allow(clippy::too_many_arguments)]
fn dataset(folder: &Path, id: &str, feeds: &str, key: &str, indicators: &str, version: &str, columns: &[&str], csv: &str) {
    let at = folder.join("datasets").join(id);
    fs::create_dir_all(&at).unwrap();
    fs::create_dir_all(folder.join("data")).unwrap();
    fs::write(at.join("dataset.toml"), DATASET.replace("FEEDS", feeds).replace("KEY", key) + indicators).unwrap();
    let mut schema = format!("version = \"{version}\"\n");
    for column in columns {
        let (name, rest) = column.split_once(' ').unwrap();
        schema += &format!("[[column]]\nname = \"{name}\"\nfr = \"F\"\nen = \"E\"\nsince = \"1.0.0\"\n{}\n", rest.replace("; ", "\n"));
    }
    fs::write(at.join("schema.toml"), schema).unwrap();
    fs::write(folder.join("data").join(format!("{id}.csv")), csv).unwrap();
}

const CODE: &str = "code type = \"string\"";
const N: &str = "n type = \"integer\"; null = true";
const MOIS: &str = "mois type = \"string\"";

fn open(folder: &Path, month: &str, revision: u32, datasets: &[&str]) -> ReleaseTables {
    let datasets = datasets.iter().map(|d| (*d).to_owned());
    ReleaseTables::open(folder, &format!("releases/{month}/r{revision}"), month.parse().unwrap(), datasets).unwrap()
}

#[test]
fn a_month_after_another_changes_named_rows_counts_and_figures() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    dataset(
        a.path(),
        "lieux",
        "supply",
        "\"code\"",
        INDICATOR,
        "1.0.0",
        &[CODE, N, "date_photo type = \"date\""],
        "code,n,date_photo\na,1,2024-08-31\nb,2,2024-08-31\nc,3,2024-08-31\n",
    );
    dataset(
        b.path(),
        "lieux",
        "supply",
        "\"code\"",
        INDICATOR,
        "1.1.0",
        &[CODE, N, "date_photo type = \"date\"", "z type = \"string\"; null = true"],
        "code,n,date_photo,z\na,1,2024-09-30,\nb,5,2024-09-30,\nd,4,2024-09-30,\n",
    );
    let month = "\"mois\", \"code\"";
    dataset(a.path(), "offre", "supply", month, "", "1.0.0", &[MOIS, CODE, N], "mois,code,n\n2024-08,a,1\n2024-08,b,2\n");
    dataset(b.path(), "offre", "supply", month, "", "1.0.0", &[MOIS, CODE, N], "mois,code,n\n2024-09,a,1\n2024-09,b,3\n");
    dataset(a.path(), "demande", "demand", month, INDICATOR, "1.0.0", &[MOIS, CODE, N], "mois,code,n\n2024-08,a,12\n2024-08,b,30\n");
    dataset(b.path(), "demande", "demand", month, INDICATOR, "1.0.0", &[MOIS, CODE, N], "mois,code,n\n2024-09,a,\n2024-09,b,31\n");
    dataset(b.path(), "neuf", "supply", "\"code\"", "", "1.0.0", &[CODE], "code\nx\n");
    let before = open(a.path(), "2024-08", 1, &["lieux", "offre", "demande"]);
    let after = open(b.path(), "2024-09", 1, &["lieux", "offre", "demande", "neuf"]);
    let found = changes(Some(&before), &after, None, Keys::Named).unwrap();
    assert_eq!((found.release.as_str(), found.since.as_deref()), ("releases/2024-09/r1", Some("releases/2024-08/r1")));
    let of = |name: &str| found.datasets.iter().find(|d| d.dataset == name).unwrap();
    let lieux = of("lieux");
    assert_eq!(lieux.rows, Some(RowCounts { before: 3, after: 3, added: 1, removed: 1, changed: 1 }));
    let keys = lieux.keys.as_ref().unwrap();
    assert_eq!((&keys.added[..], &keys.changed[..]), (&["d".to_owned()][..], &["b".to_owned()][..]));
    assert_eq!(keys.removed, [RemovedKey { key: "c".into(), reason: "retirée".into() }]);
    let schema = lieux.schema.as_ref().unwrap();
    assert_eq!((schema.level, schema.changes[0].what), (Some(SchemaLevel::Minor), SchemaChange::Added));
    assert_eq!((lieux.indicators[0].before, lieux.indicators[0].after), (Some(3), Some(6)));
    let offre = of("offre");
    assert_eq!((offre.rows.unwrap().changed, offre.rows.unwrap().added), (1, 0), "the month names no row");
    assert_eq!(of("demande").rows, None, "the counts of two months are no versions of one another");
    // What is withheld now: its earlier value is not told.
    assert_eq!((of("demande").indicators[0].before, of("demande").indicators[0].after), (None, None));
    assert!(!serde_json::to_string(&found).unwrap().contains("12") && !changes_page(&found).contains("12"));
    assert_eq!(of("neuf").presence, Presence::Added);
    assert_eq!(wrong_versions(&before, &after), Vec::<String>::new());
    let back = changes(Some(&after), &before, None, Keys::Named).unwrap();
    assert_eq!(back.datasets.iter().find(|d| d.dataset == "neuf").unwrap().presence, Presence::Removed);
    assert_eq!(wrong_versions(&after, &before), ["lieux: the version went back from 1.1.0 to 1.0.0"]);
    let first = changes(None, &before, None, Keys::Named).unwrap();
    assert!(first.since.is_none() && first.datasets.iter().all(|d| d.presence == Presence::Kept && d.rows.is_none()));
}

#[test]
fn a_correction_is_compared_row_by_row_and_its_version_is_checked() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let month = "\"mois\", \"code\"";
    let rows = "mois,code,n\n2024-08,a,12\n2024-08,b,30\n";
    dataset(a.path(), "demande", "demand", month, "", "1.0.0", &[MOIS, CODE, N], rows);
    dataset(b.path(), "demande", "demand", month, "", "1.0.0", &[MOIS, CODE, "n type = \"string\"; null = true"], &rows.replace("30", ""));
    let (before, after) = (open(a.path(), "2024-08", 1, &["demande"]), open(b.path(), "2024-08", 2, &["demande"]));
    let found = changes(Some(&before), &after, Some("Essai"), Keys::All).unwrap();
    assert_eq!(found.reason.as_deref(), Some("Essai"));
    assert_eq!(found.datasets[0].rows, Some(RowCounts { before: 2, after: 2, added: 0, removed: 0, changed: 1 }));
    assert_eq!(found.datasets[0].keys.as_ref().unwrap().changed, ["2024-08/b"]);
    assert_eq!(changes(Some(&before), &after, None, Keys::Named).unwrap().datasets[0].keys, None);
    assert_eq!(
        wrong_versions(&before, &after),
        ["demande: this is a major change (n: another type), and the version went from 1.0.0 to 1.0.0"]
    );
    // Another key: rows cannot be told apart alike.
    dataset(b.path(), "demande", "demand", "\"code\"", "", "2.0.0", &[MOIS, CODE, N], rows);
    let after = open(b.path(), "2024-08", 2, &["demande"]);
    assert_eq!(changes(Some(&before), &after, None, Keys::All).unwrap().datasets[0].rows, None);
    assert_eq!(wrong_versions(&before, &after), Vec::<String>::new());
    fs::remove_file(b.path().join("data/demande.csv")).unwrap();
    assert!(changes(Some(&before), &open(a.path(), "2024-08", 2, &["demande"]), None, Keys::All).is_ok());
    fs::remove_file(b.path().join("datasets/demande/schema.toml")).unwrap();
    assert!(ReleaseTables::open(b.path(), "releases/2024-08/r2", "2024-08".parse().unwrap(), ["demande".to_owned()]).is_err());
}
