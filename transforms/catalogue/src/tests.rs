use crate::{CATALOG, Catalogue, CatalogueError, FEED, RELEASES, Releases, Settings, schemas_needed};
use chrono::NaiveDate;
use serde_json::{Value, json};
use solidata_model::{
    CodeListEntry, Digest, Done, Erratum, FileEntry, Index, IndexEntry, MANIFEST_FORMAT, Manifest, Month, Part, ReleaseState, RevisionSpec,
    RunSpec, SnapshotPin, SnapshotRole, Thresholds, Tool, WithdrawalClass, kind,
};
use std::collections::{BTreeMap, BTreeSet};

/// A store in memory.
#[derive(Clone)]
struct Store {
    index: Index,
    manifests: BTreeMap<String, Manifest>,
    schemas: BTreeMap<Digest<kind::File>, Vec<u8>>,
}

fn schema(id: &str, version: &str) -> Vec<u8> {
    let feeds = if id.starts_with("demande") { "demand" } else { "supply" };
    let text = json!({
        "name": id, "title": format!("Titre de {id}"), "title_en": format!("Title of {id}"), "description": format!("Ce qu’est {id}"),
        "version": version, "licence": "etalab-2.0", "feeds": feeds, "cadence": "monthly", "fields": [],
    });
    serde_json::to_vec(&text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl Store {
    fn new() -> Self {
        Self { index: Index::empty(), manifests: BTreeMap::new(), schemas: BTreeMap::new() }
    }

    fn change(&mut self, done: Done, new: Vec<IndexEntry>) {
        let before = (self.index.counter > 0).then(|| Digest::of(&self.index.counter.to_le_bytes()));
        self.index = self.index.next(before, vec![done], new, None).unwrap();
    }

    /// Publishes a revision of a month, whose run is of a day, with `structures` and `demande_territoires` in this version.
    fn publish(&mut self, month: &str, revision: u32, now: &str, version: &str) {
        let month: Month = month.parse().unwrap();
        let mut files = Vec::new();
        let mut file = |path: String, bytes: &[u8], schema: Option<String>| {
            let (sha256, size) = (Digest::of(bytes), bytes.len() as u64);
            let piece = path.starts_with("parts/").then_some(1);
            let part = piece.map(|_| Part { piece, pieces: piece, ..Part::default() });
            files.push(FileEntry { path, media_type: String::new(), bytes: size, sha256, logical_sha256: None, rows: None, schema, part });
        };
        for (id, version) in [("structures", "1.0.0"), ("demande_territoires", version)] {
            let (path, text) = (format!("schemas/{id}.json"), schema(id, version));
            self.schemas.insert(Digest::of(&text), text.clone());
            file(path.clone(), &text, None);
            // The spreadsheet has parts only; the CSV in gzip has its whole beside one.
            let names = ["data/{}.csv", "data/{}.csv.gz", "data/{}.parquet", "parts/{}/table-1.xlsx", "parts/{}/table-1.csv.gz"];
            for name in names.map(|name| name.replace("{}", id)) {
                file(name.clone(), format!("{name}{month}{revision}").as_bytes(), Some(path.clone()));
            }
            file(format!("pages/{id}.md"), b"x", None);
        }
        file("provenance.intoto.json".into(), b"{}", None);
        let corrected = (revision > 1).then(|| RevisionSpec {
            reason: "Adresses mal géocodées".into(),
            corrects: format!("releases/{month}/r{}", revision - 1),
            demand_kept: true,
        });
        let run = RunSpec {
            month,
            snapshots: [SnapshotRole::Lieux, SnapshotRole::Search].map(|role| SnapshotPin { role, sha256: Digest::of(b"s") }).into(),
            date_photo: day(now),
            now: day(now),
            partial: false,
            covered_until: Some(day(now)),
            cut_off: None,
            thresholds: Thresholds::default(),
            since: None,
            revision: corrected.clone(),
        };
        let manifest = Manifest {
            format: MANIFEST_FORMAT.into(),
            month,
            revision,
            licence: "etalab-2.0".into(),
            parameters_sha256: Digest::of(b""),
            run,
            code_lists: vec![CodeListEntry {
                name: "communes.csv".into(),
                vintage: "COG 2024".into(),
                licence: "etalab-2.0".into(),
                sha256: Digest::of(b"c"),
            }],
            sql: Vec::new(),
            contracts: Vec::new(),
            tool: Tool { name: "solidata".into(), version: "0.1.0".into(), writer: 1, cargo_lock_sha256: Digest::of(b"lock") },
            checks: Vec::new(),
            tests: Vec::new(),
            files,
            previous: None,
        };
        let prefix = manifest.prefix();
        let entry = IndexEntry {
            month,
            revision,
            prefix: prefix.clone(),
            manifest_sha256: Digest::of(prefix.as_bytes()),
            partial: false,
            sealed: self.index.sealed + 1,
            state: ReleaseState::Current,
        };
        let done = match corrected {
            None => Done::Publish { prefix: prefix.clone() },
            Some(revision) => Done::Revise { prefix: prefix.clone(), reason: Some(revision.reason) },
        };
        self.manifests.insert(prefix, manifest);
        self.change(done, vec![entry]);
    }

    fn withdraw(&mut self, prefix: &str) {
        self.change(Done::Withdraw { prefix: prefix.into(), class: WithdrawalClass::Erasure }, Vec::new());
        self.manifests.remove(prefix);
    }

    fn views(&self) -> Result<BTreeMap<String, String>, CatalogueError> {
        let settings = Settings::at("https://donnees.exemple.fr/solidata");
        let catalogue = Catalogue { settings: &settings, index: &self.index, manifests: &self.manifests, schemas: &self.schemas };
        Ok(catalogue.views()?.into_iter().map(|view| (view.path, String::from_utf8(view.bytes).unwrap())).collect())
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.views().unwrap()[path]).unwrap()
    }
}

/// August, September, a correction of September.
fn store() -> Store {
    let mut store = Store::new();
    store.publish("2024-08", 1, "2024-09-02", "1.0.0");
    store.publish("2024-09", 1, "2024-10-03", "1.1.0");
    store.publish("2024-09", 2, "2024-10-09", "1.1.0");
    store
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// Every node of a JSON-LD tree that is of a type.
fn of_type(value: &Value, kind: &str, found: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| of_type(item, kind, found)),
        Value::Object(map) => {
            if map.get("@type").is_some_and(|t| list(t).contains(&json!(kind))) {
                found.push(value.clone());
            }
            map.values().for_each(|inner| of_type(inner, kind, found));
        }
        _ => {}
    }
}

fn nodes(store: &Store, path: &str, kind: &str) -> Vec<Value> {
    let mut found = Vec::new();
    of_type(&store.json(path), kind, &mut found);
    found
}

#[test]
fn the_harvested_catalogue_names_what_stays() {
    let store = store();
    let datasets = nodes(&store, "catalog.jsonld", "dcat:Dataset");
    let identifiers: Vec<_> = datasets.iter().map(|d| d["dct:identifier"].as_str().unwrap()).collect();
    assert_eq!(identifiers, ["solidata-demande_territoires", "solidata-structures"]);
    assert!(nodes(&store, "catalog.jsonld", "dcat:DatasetSeries").is_empty());
    let files = nodes(&store, "catalog.jsonld", "dcat:Distribution");
    let addresses = |files: &[Value]| files.iter().map(|f| f["dcat:downloadURL"]["@id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let names = ["data/{}.csv", "data/{}.csv.gz", "data/{}.parquet", "parts/{}/table-1.xlsx"];
    let expected: Vec<_> = ["demande_territoires", "structures"]
        .iter()
        .flat_map(|id| names.map(|name| format!("https://donnees.exemple.fr/solidata/latest/{}", name.replace("{}", id))))
        .collect();
    assert_eq!(addresses(&files), expected);
    assert!(files.iter().all(|file| file["spdx:checksum"]["spdx:checksumValue"].is_string()));
    let words = files[3]["dct:description"]["@value"].as_str().unwrap();
    assert!(words.ends_with("Une partie des lignes : partie 1 sur 1."), "{words}");
    let titles = files[3]["dct:title"].as_array().unwrap();
    let titles = titles.iter().map(|t| t["@value"].as_str().unwrap().rsplit_once('(').unwrap().1).collect::<Vec<_>>();
    assert_eq!(titles, ["Excel, partie 1 sur 1)", "Excel, part 1 of 1)"]);
    let mut before = Store::new();
    before.publish("2024-08", 1, "2024-09-02", "1.0.0");
    assert_eq!(addresses(&nodes(&before, "catalog.jsonld", "dcat:Distribution")), addresses(&files));
    // what a dataset says of time
    let demand = &datasets[0];
    assert_eq!(demand["dct:temporal"]["dcat:startDate"]["@value"], "2024-09-01");
    assert_eq!(demand["dct:temporal"]["dcat:endDate"]["@value"], "2024-09-30");
    assert!(demand["dct:temporal"].get("@id").is_none());
    assert_eq!(datasets[1]["dct:temporal"]["dcat:startDate"]["@value"], "2024-10-09");
    assert_eq!((&demand["dct:issued"]["@value"], &demand["dct:modified"]["@value"]), (&json!("2024-09-02"), &json!("2024-10-09")));
    assert_eq!(demand["dct:license"]["@id"], "https://www.etalab.gouv.fr/licence-ouverte-open-licence");
    assert_eq!(demand["dcat:hasVersion"].as_array().unwrap().len(), 3);
    assert_eq!(files[0]["dct:conformsTo"]["@id"], "https://donnees.exemple.fr/solidata/schemas/demande_territoires/1.1.0.json");
}

#[test]
fn the_strict_catalogue_has_every_release_that_is_there() {
    let mut store = store();
    let path = "catalog-dcat-ap.jsonld";
    assert_eq!(nodes(&store, path, "dcat:Dataset").len(), 2 + 2 * 3);
    assert_eq!(nodes(&store, path, "dcat:DatasetSeries").len(), 2);
    assert_eq!(nodes(&store, path, "dcat:Distribution").len(), 8 + 10 * 3);
    for checksum in nodes(&store, path, "spdx:Checksum") {
        assert_eq!(checksum["spdx:checksumValue"]["@type"], "xsd:hexBinary");
    }
    let datasets = nodes(&store, path, "dcat:Dataset");
    let revised = datasets.iter().find(|d| d["dct:identifier"] == "solidata-structures-2024.9.2").unwrap();
    assert_eq!(revised["dcat:previousVersion"]["@id"], "https://donnees.exemple.fr/solidata/releases/2024-09/r1/manifest.json#structures");
    assert!(revised["adms:versionNotes"]["@value"].as_str().unwrap().ends_with(": Adresses mal géocodées."));
    store.withdraw("releases/2024-09/r2");
    assert_eq!(nodes(&store, path, "dcat:Dataset").len(), 2 + 2 * 2);
    assert!(!store.views().unwrap()["catalog-dcat-ap.ttl"].contains("2024-09/r2"));
    // September has none to use: August is what `latest/` shows
    let latest = &nodes(&store, "catalog.jsonld", "dcat:Dataset")[0];
    assert_eq!(latest["dcat:version"], "2024.8.1");
}

#[test]
fn releases_say_which_schema_version_is_where() {
    let mut store = store();
    store.publish("2024-07", 1, "2024-10-10", "1.0.0");
    store.withdraw("releases/2024-09/r1");
    let erratum = Erratum {
        release: "releases/2024-08/r1".into(),
        dataset: "structures".into(),
        columns: vec!["latitude".into()],
        fr: "Latitudes fausses".into(),
        en: "Wrong latitudes".into(),
    };
    store.change(Done::Erratum { erratum: erratum.clone() }, Vec::new());
    let releases: Releases = serde_json::from_value(store.json(RELEASES)).unwrap();
    assert_eq!(releases.current.as_deref(), Some("releases/2024-09/r2"));
    let of = |prefix: &str| releases.releases.iter().find(|r| r.prefix == prefix).unwrap();
    let published: Vec<_> = releases.releases.iter().map(|r| (r.prefix.as_str(), r.published)).collect();
    let expected = [("releases/2024-07/r1", 4), ("releases/2024-08/r1", 1), ("releases/2024-09/r1", 2), ("releases/2024-09/r2", 3)];
    assert_eq!(published, expected);
    let gone = of("releases/2024-09/r1");
    assert_eq!((gone.state, gone.withdrawal, gone.day), (ReleaseState::Withdrawn, Some(WithdrawalClass::Erasure), None));
    assert_eq!(gone.superseded_by.as_deref(), Some("releases/2024-09/r2"));
    let revised = of("releases/2024-09/r2");
    assert_eq!((revised.corrects.as_deref(), revised.reason.as_deref()), (Some("releases/2024-09/r1"), Some("Adresses mal géocodées")));
    assert_eq!(of("releases/2024-08/r1").errata, [erratum]);
    let demand = &releases.datasets[0];
    assert_eq!(
        (demand.dataset.as_str(), demand.current.as_deref(), demand.latest.as_str()),
        ("demande_territoires", Some("1.1.0"), "1.1.0")
    );
    let versions: Vec<_> = demand.versions.iter().map(|v| (v.version.as_str(), v.first.as_str(), v.last.as_str(), v.releases)).collect();
    assert_eq!(
        versions,
        [("1.0.0", "releases/2024-07/r1", "releases/2024-08/r1", 2), ("1.1.0", "releases/2024-09/r2", "releases/2024-09/r2", 1)]
    );
    // each version of a schema has an address of its own, which it names
    let schema = store.json("schemas/demande_territoires/1.0.0.json");
    assert_eq!(schema["path"], json!(demand.versions[0].url));
    assert!(revised.schemas["structures"].url.ends_with("/releases/2024-09/r2/schemas/structures.json"));
}

fn entries(store: &Store) -> Vec<(String, String)> {
    let feed = store.views().unwrap().remove(FEED).unwrap();
    let between = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>")).unwrap();
        rest.split_once(&format!("</{tag}>")).unwrap().0.to_owned()
    };
    feed.split("<entry>").skip(1).map(|entry| (between(entry, "id"), between(entry, "updated"))).collect()
}

#[test]
fn entries_of_the_feed_stay_what_they_are() {
    let mut store = store();
    let before = entries(&store);
    let id = |what: &str| format!("tag:soliguide.fr,2024:solidata/{what}");
    let expected = [("releases/2024-09/r2", "2024-10-09"), ("releases/2024-09/r1", "2024-10-03"), ("releases/2024-08/r1", "2024-09-02")];
    assert_eq!(before, expected.map(|(what, day)| (id(what), format!("{day}T00:00:00Z"))));
    store.change(Done::Rollback { prefix: "releases/2024-09/r1".into(), reason: Some("r2 <fausse> & vide".into()) }, Vec::new());
    store.withdraw("releases/2024-08/r1");
    let after = entries(&store);
    assert_eq!(after.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), 5);
    let ids: Vec<_> = after.iter().map(|(id, _)| id.clone()).collect();
    let expected = ["changes/5/1", "changes/4/1", "releases/2024-09/r2", "releases/2024-08/r1", "releases/2024-09/r1"];
    assert_eq!(ids, expected.map(id));
    assert_eq!((&after[2], &after[4]), (&before[0], &before[1]));
    let feed = store.views().unwrap().remove(FEED).unwrap();
    assert!(feed.contains("Raison : r2 &lt;fausse&gt; &amp; vide.") && feed.contains("Raison : demande d&apos;effacement."), "{feed}");
    assert!(feed.contains("Cette édition a été retirée depuis."));
}

#[test]
fn what_is_done_has_the_day_on_which_it_was_done() {
    let mut store = store();
    let dated = |store: &mut Store, on: &str| store.index = store.index.clone().dated(Some(day(on)));
    dated(&mut store, "2026-11-20");
    store.withdraw("releases/2024-09/r1");
    dated(&mut store, "2026-11-29");
    let feed = store.views().unwrap().remove(FEED).unwrap();
    let (head, _) = feed.split_once("<entry>").unwrap();
    assert!(head.contains("<updated>2026-11-29T00:00:00Z</updated>"), "{head}");
    let expected = [("changes/4/1", "2026-11-29"), ("releases/2024-09/r2", "2026-11-20"), ("releases/2024-09/r1", "2026-11-29")];
    let found: BTreeMap<_, _> = entries(&store).into_iter().collect();
    for (what, on) in expected {
        assert_eq!(found[&format!("tag:soliguide.fr,2024:solidata/{what}")], format!("{on}T00:00:00Z"));
    }
}

#[test]
fn equal_stores_have_equal_views() {
    assert_eq!(store().views().unwrap(), store().views().unwrap());
    let paths: Vec<_> = Store::new().views().unwrap().into_keys().collect();
    let expected = [
        "catalog-dcat-ap.jsonld",
        "catalog-dcat-ap.ttl",
        "catalog.jsonld",
        "catalog.ttl",
        FEED,
        "index.schema.json",
        RELEASES,
        "releases.schema.json",
    ];
    assert_eq!(paths, expected);
    assert!(store().views().unwrap()[&format!("{CATALOG}.ttl")].contains("a dcat:Catalog"));
}

#[test]
fn what_is_missing_is_named() {
    let mut store = store();
    let needed = schemas_needed(&store.manifests);
    assert_eq!(needed.len(), 3);
    assert_eq!(needed.keys().collect::<Vec<_>>(), store.schemas.keys().collect::<Vec<_>>());
    store.schemas.clear();
    assert!(store.views().unwrap_err().to_string().contains("the schema of data/"));
    store.manifests.remove("releases/2024-08/r1");
    assert_eq!(store.views().unwrap_err().to_string(), "the manifest of releases/2024-08/r1 is missing");
}
