//! What is wanted, and what becomes of it on a portal in memory.

mod portal;

use crate::{Address, Cause, Change, Current, DatasetRecord, Options, Published, Settings, WantedDataset, What, changes, desired};
use portal::{Event, Portal, events};
use proptest::prelude::*;
use serde_json::{Value, json};
use solidata_model::{DatasetSpec, Digest, FileEntry, MANIFEST_FORMAT, Manifest, Part, RunSpec, Thresholds, Tool};

fn file(path: &str, text: &str) -> FileEntry {
    let table = path.starts_with("data/");
    let id = path.trim_start_matches("data/").split('.').next().unwrap_or_default();
    FileEntry {
        path: path.into(),
        media_type: "text/csv; charset=utf-8".into(),
        bytes: text.len() as u64,
        sha256: Digest::of(text.as_bytes()),
        logical_sha256: table.then(|| Digest::of(text.as_bytes())),
        rows: table.then_some(3),
        schema: table.then(|| format!("schemas/{id}.json")),
        part: None,
    }
}

fn published(month: &str, revision: u32, paths: &[&str]) -> Published {
    let month = month.parse().unwrap();
    let day = "2024-11-02".parse().unwrap();
    let run = RunSpec {
        month,
        snapshots: vec![],
        date_photo: day,
        now: day,
        partial: false,
        covered_until: Some(day),
        cut_off: None,
        thresholds: Thresholds::default(),
        since: None,
        revision: None,
    };
    let mut files: Vec<_> = paths.iter().map(|path| file(path, &format!("{path} {month} {revision}"))).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        format: MANIFEST_FORMAT.into(),
        month,
        revision,
        licence: "etalab-2.0".into(),
        run,
        code_lists: vec![],
        sql: vec![],
        contracts: vec![],
        parameters_sha256: Digest::of(b""),
        tool: Tool { name: "solidata".into(), version: "0".into(), writer: 1, cargo_lock_sha256: Digest::of(b"") },
        checks: vec![],
        tests: vec![],
        files,
        previous: None,
    };
    let prefix = manifest.prefix();
    Published { manifest_sha256: Digest::of(prefix.as_bytes()), prefix, manifest, manifest_bytes: 9 }
}

const PATHS: [&str; 9] = [
    "data/demande.csv",
    "data/demande.parquet",
    "data/demande.fgb",
    "data/demande.xlsx",
    "data/demande_locale.csv",
    "datasets/demande/CHANGELOG.md",
    "pages/confidentialite.md",
    "pages/demande.md",
    "schemas/demande.json",
];

fn spec(feeds: &str) -> DatasetSpec {
    let dataset = format!(
        "title_fr = \"Demande\"\ntitle_en = \"T\"\ndescription_fr = \"Des nombres.\"\nlicence = \"etalab-2.0\"\ncadence = \"monthly\"\nfeeds = \
         \"{feeds}\"\nsort_key = [\"a\"]\n[protection]\nk = 11\ndominance_percent = 85\norganisations = 3\nper_person = 2\nper_person_sensitive = 3\n\
         population = 5000\npool = true\nwidth = 2\nreach_percent = 99\n"
    );
    let schema = "version = \"1.2.0\"\n[[column]]\nname = \"a\"\ntype = \"string\"\nfr = \"x\"\nen = \"x\"\nsince = \"1.0.0\"\n";
    DatasetSpec::parse("demande", &dataset, schema).unwrap()
}

fn current(months: Vec<Published>) -> Current {
    Current { release: months[0].clone(), specs: vec![spec("demand")], months, key: Some("RWQ".into()) }
}

fn settings(change: impl FnOnce(&mut Options)) -> Settings {
    let mut options = crate::settings::tests::options();
    change(&mut options);
    Settings::new(options).unwrap()
}

fn wanted(months: Vec<Published>, updates: bool) -> WantedDataset {
    desired(&current(months), &settings(|o| o.updates = updates)).unwrap().remove(0)
}

fn keys(wanted: &WantedDataset) -> Vec<&str> {
    wanted.resources.iter().map(|r| r.key.as_str()).collect()
}

#[test]
fn what_is_wanted_follows_from_the_manifest() {
    let dataset = wanted(vec![published("2024-09", 1, &PATHS)], false);
    assert_eq!(keys(&dataset), ["csv", "xlsx", "parquet", "fgb", "page", "confidentialite", "schema", "changelog", "manifest"]);
    let field = |name: &str| dataset.fields.get(name).unwrap().clone();
    assert_eq!(field("license"), "lov2");
    assert_eq!(field("temporal_coverage"), json!({"start": "2024-09-01", "end": "2024-09-30"}));
    assert_eq!(field("extras.solidata:release"), "releases/2024-09/r1");
    let text = field("description");
    for word in ["ligne absente vaut zéro", "`secret`", "sha256sum -c --strict", "1.2.0", "-P RWQ"] {
        assert!(text.as_str().unwrap().contains(word), "{word} is not in {text}");
    }
    let csv = &dataset.resources[0].fields;
    assert_eq!(csv.get("url").unwrap(), "https://data.example.org/solidata/latest/data/demande.csv");
    assert_eq!(csv.get("mime").unwrap(), "text/csv");
    assert_eq!(csv.get("extras.solidata:url").unwrap(), "https://data.example.org/solidata/releases/2024-09/r1/data/demande.csv");
    assert_eq!(csv.get("schema").unwrap(), &json!({"url": "https://data.example.org/solidata/releases/2024-09/r1/schemas/demande.json"}));
    assert_eq!(dataset.resources[3].fields.get("format").unwrap(), "fgb");
    assert_eq!(dataset.resources[8].fields.get("type").unwrap(), "documentation");
}

#[test]
fn tables_with_points_and_tables_in_parts_are_registered_under_keys_that_stay() {
    let part = |value: Option<&str>, piece: Option<(u32, u32)>| Part {
        of: "data/demande.csv".into(),
        column: (value.is_some() || piece.is_none()).then(|| "code_region".into()),
        value: value.map(str::to_owned),
        piece: piece.map(|(n, _)| n),
        pieces: piece.map(|(_, of)| of),
        ..Part::default()
    };
    let parts = [
        ("parts/demande/code_region-11-1.csv.gz", part(Some("11"), Some((1, 2)))),
        ("parts/demande/code_region-11-2.csv.gz", part(Some("11"), Some((2, 2)))),
        ("parts/demande/code_region-vide.csv.gz", part(None, None)),
        ("parts/demande/table-1.xlsx", part(None, Some((1, 3)))),
        ("geo/demande/code_region-11.geojson", part(Some("11"), None)),
        ("geo/demande/code_region-11.parquet", part(Some("11"), None)),
    ];
    let paths = ["data/demande.csv", "geo/demande.geojson", "geo/demande.parquet", "geo/autre.geojson", "parts/autre/table-1.xlsx"];
    let mut release = published("2024-09", 1, &paths);
    release.manifest.files.extend(parts.map(|(path, part)| FileEntry { part: Some(part), ..file(path, path) }));
    let dataset = wanted(vec![release], false);
    let wanted = [
        ("csv", "Demande (CSV)"),
        ("geojson", "Demande (GeoJSON)"),
        ("geoparquet", "Demande (GeoParquet)"),
        ("parts/table-1.xlsx", "Demande (XLSX, partie 1 sur 3)"),
        ("parts/code_region-11-1.csv.gz", "Demande (CSV compressé, code_region 11, partie 1 sur 2)"),
        ("parts/code_region-11-2.csv.gz", "Demande (CSV compressé, code_region 11, partie 2 sur 2)"),
        ("parts/code_region-vide.csv.gz", "Demande (CSV compressé, sans code_region)"),
        ("parts/code_region-11.geojson", "Demande (GeoJSON, code_region 11)"),
        ("parts/code_region-11.geoparquet", "Demande (GeoParquet, code_region 11)"),
    ];
    for (resource, (key, title)) in dataset.resources.iter().zip(wanted) {
        assert_eq!((resource.key.as_str(), resource.fields.get("title").unwrap()), (key, &json!(title)));
    }
    assert_eq!(keys(&dataset)[wanted.len()..], ["manifest"]);
}

#[test]
fn settings_decide_addresses_schemas_and_months() {
    let months = vec![published("2024-10", 2, &PATHS), published("2024-09", 1, &PATHS[..2])];
    let settings = settings(|o| {
        o.address = Address::Release;
        o.updates = true;
        o.contact_point = Some("c1".into());
        o.schemas.insert("demande".into(), "solinum/demande".into());
    });
    let dataset = desired(&current(months), &settings).unwrap().remove(0);
    let csv = &dataset.resources[0].fields;
    assert_eq!(csv.get("url").unwrap(), "https://data.example.org/solidata/releases/2024-10/r2/data/demande.csv");
    assert_eq!(csv.get("schema").unwrap(), &json!({"name": "solinum/demande", "version": "1.2.0"}));
    assert_eq!(keys(&dataset)[9..], ["2024-10/csv", "2024-10/xlsx", "2024-10/parquet", "2024-10/fgb", "2024-09/csv", "2024-09/parquet"]);
    assert_eq!(dataset.resources[13].fields.get("type").unwrap(), "update");
    assert_eq!(dataset.fields.get("temporal_coverage").unwrap(), &json!({"start": "2024-09-01", "end": "2024-10-31"}));
    assert_eq!(dataset.fields.get("contact_points").unwrap(), &json!(["c1"]));
}

fn left(portal: &Portal, wanted: &WantedDataset, record: &DatasetRecord) -> Vec<Change> {
    changes(wanted, portal.look(wanted).as_ref(), record)
}

fn releases() -> [WantedDataset; 3] {
    let september = published("2024-09", 1, &PATHS);
    let october = published("2024-10", 1, &PATHS);
    let revised = published("2024-10", 2, &PATHS);
    [wanted(vec![september], false), wanted(vec![october], false), wanted(vec![revised], false)]
}

proptest! {
    /// Whatever is published in whatever order, and wherever it is interrupted: no difference is taken for one by hand, nothing is made twice, ids stay.
    #[test]
    fn interruptions_leave_nothing(events in events(false)) {
        let releases = releases();
        let (mut portal, mut record) = (Portal::default(), DatasetRecord::default());
        let mut ids: Vec<(String, String)> = Vec::new();
        for event in &events {
            let Event::Publish { release, stop } = event else { continue };
            let wanted = &releases[*release];
            // The effects look for the mark when no id is known.
            if record.id.is_none() { record.id = portal.look(wanted).map(|p| p.id); }
            let changes = portal.publish(wanted, &mut record, false, *stop);
            prop_assert!(changes.iter().all(|c| c.cause == Cause::Due), "{changes:?}");
            let now = portal.ids();
            prop_assert!(ids.iter().all(|id| now.contains(id)), "{ids:?} {now:?}");
            ids = now;
        }
        if record.id.is_none() { record.id = portal.look(&releases[0]).map(|p| p.id); }
        portal.publish(&releases[0], &mut record, false, None);
        prop_assert_eq!(left(&portal, &releases[0], &record), vec![]);
        prop_assert_eq!((portal.datasets_made, portal.resources.len()), (1, releases[0].resources.len()));
        let before = (portal.clone().made, record.clone());
        portal.publish(&releases[0], &mut record, false, None);
        prop_assert_eq!((portal.made, record), before);
    }

    /// Whatever is done by hand: without mending only that is left, no digest stands beside another file's address; with it nothing is left.
    #[test]
    fn changes_by_hand_are_left_or_mended(events in events(true)) {
        let releases = releases();
        let (mut portal, mut record) = (Portal::default(), DatasetRecord::default());
        for event in &events {
            match event {
                Event::Publish { release, stop } => {
                    if record.id.is_none() { record.id = portal.look(&releases[*release]).map(|p| p.id); }
                    portal.publish(&releases[*release], &mut record, false, *stop);
                    if stop.is_none() {
                        let left = left(&portal, &releases[*release], &record);
                        prop_assert!(left.iter().all(|c| c.cause == Cause::Drift), "{left:?}");
                        // What is left of a file's facts was all changed by hand since this release was written.
                        for change in &left {
                            if let What::Field { name, portal, .. } = &change.what {
                                let hand = [json!("À la main"), json!(["autre"]), json!({"type": "sha256", "value": "00"}), json!("https://x.example.org"), Value::Null];
                                prop_assert!(hand.contains(portal), "{name}: {portal}");
                            }
                        }
                    }
                }
                by_hand => portal.happen(by_hand),
            }
        }
        let foreign = portal.resources.iter().filter(|r| r["title"] == "Autre").count();
        if record.id.is_none() { record.id = portal.look(&releases[1]).map(|p| p.id); }
        portal.publish(&releases[1], &mut record, true, None);
        prop_assert_eq!(left(&portal, &releases[1], &record), vec![]);
        prop_assert_eq!(portal.resources.iter().filter(|r| r["title"] == "Autre").count(), foreign, "what others added stays");
        prop_assert_eq!(portal.datasets_made, 1);
    }
}

#[test]
fn months_come_and_go() {
    let (october, september) = (published("2024-10", 1, &PATHS), published("2024-09", 1, &PATHS[..2]));
    let both = wanted(vec![october.clone(), september], true);
    let (mut portal, mut record) = (Portal::default(), DatasetRecord::default());
    portal.publish(&both, &mut record, false, None);
    assert_eq!(left(&portal, &both, &record), vec![]);
    // September is withdrawn: its files are gone, so their resources go too.
    let one = wanted(vec![october.clone()], true);
    portal.publish(&one, &mut record, false, None);
    assert_eq!(left(&portal, &one, &record), vec![]);
    assert_eq!(portal.resources.len(), one.resources.len());
    assert!(record.resources.keys().all(|key| !key.starts_with("2024-09")));
    // Months are no longer registered: their permanent links are not broken unasked.
    let none = wanted(vec![october], false);
    portal.publish(&none, &mut record, false, None);
    assert_eq!(left(&portal, &none, &record).iter().map(|c| c.cause).collect::<Vec<_>>(), vec![Cause::Drift; 4]);
    portal.publish(&none, &mut record, true, None);
    assert_eq!(left(&portal, &none, &record), vec![]);
}

#[test]
fn a_part_that_is_gone_goes_and_comes_back() {
    let in_parts = |pieces: u32| {
        let mut release = published("2024-10", 1, &PATHS);
        release.manifest.files.extend((1..=pieces).map(|piece| {
            let path = format!("parts/demande/table-{piece}.xlsx");
            let part = Part { of: "data/demande.csv".into(), piece: Some(piece), pieces: Some(pieces), ..Part::default() };
            FileEntry { part: Some(part), ..file(&path, &path) }
        }));
        wanted(vec![release], false)
    };
    let (mut portal, mut record) = (Portal::default(), DatasetRecord::default());
    let mut shows = |wanted: &WantedDataset| {
        portal.publish(wanted, &mut record, false, None);
        assert_eq!(left(&portal, wanted, &record), vec![]);
        assert_eq!(portal.resources.len(), wanted.resources.len());
        portal.ids()
    };
    let three = shows(&in_parts(3));
    // Two are enough now: the address of the third leads nowhere, and the others keep their ids.
    let two = shows(&in_parts(2));
    assert!(two.len() == three.len() - 1 && two.iter().all(|id| three.contains(id)));
    assert!(shows(&in_parts(3)).iter().filter(|id| !three.contains(id)).count() == 1);
}

#[test]
fn a_dataset_is_shown_when_it_is_whole() {
    let wanted = releases()[0].clone();
    let (mut portal, mut record) = (Portal::default(), DatasetRecord::default());
    while portal.resources.len() < wanted.resources.len() {
        portal.publish(&wanted, &mut record, false, Some((1, false)));
        let dataset = portal.dataset.clone().unwrap_or_default();
        assert!(dataset.get("private").is_none_or(|p| *p == json!(true)));
        assert!(dataset.get("extras").is_none_or(|e| e.get("solidata:release").is_none()));
    }
    portal.publish(&wanted, &mut record, false, None);
    assert_eq!(portal.dataset.unwrap()["private"], json!(false));
}
