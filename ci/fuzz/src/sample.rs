//! What the targets stand on, made once by the repository's own writers.

use arrow::array::{Array, BooleanArray, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use solidata_anonymise::{
    Categories, Door, HashKey, KeyRing, Localities,
    contract::{PlaceDoc, SearchDoc},
    place::{PlaceContext, PlaceLists, PlaceTables, publish_places},
};
use solidata_audit::{VerifyOptions, verify_store};
use solidata_canon::{TableWriter, arrow_schema, csv_path, parquet_path, schema_path, table_schema};
use solidata_model::{DatasetSpec, Digest, FileEntry, MANIFEST_FORMAT, Manifest, RunSpec, Thresholds, Tool, canonical_json};
use solidata_signing::{NewKey, PublicKey, SecretKey};
use solidata_sources::{Breach, Consumer, ConsumerError, Position};
use solidata_store::{
    PublicStore,
    release::{Release, describe_file, find_stale, publish_all},
};
use solidata_territory::{Geography, ReferenceTables};
use std::{
    collections::BTreeMap,
    fs,
    hint::black_box,
    io::Write,
    path::Path,
    sync::{Arc, LazyLock, Once},
};

/// Lets the library of Parquet panic without a word and without ending the fuzzer: whoever calls it must contain that.
pub fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
}

/// Its columns.
pub const SCHEMA: &str = r#"
version = "1.0.0"
[[column]]
name = "id"
type = "string"
fr = "Identifiant."
en = "Identifier."
since = "1.0.0"
pattern = "lieu-[0-9]+"
example = "lieu-1"
[[column]]
name = "nombre"
type = "integer"
null = true
fr = "Nombre."
en = "Number."
since = "1.0.0"
[[column]]
name = "taux"
type = "decimal(12,3)"
null = true
fr = "Taux."
en = "Rate."
since = "1.0.0"
[[column]]
name = "jour"
type = "date"
null = true
fr = "Jour."
en = "Day."
since = "1.0.0"
[[column]]
name = "ouvert"
type = "boolean"
null = true
fr = "Ouvert."
en = "Open."
since = "1.0.0"
[[column]]
name = "statut"
type = "string"
null = true
fr = "Statut."
en = "Status."
since = "1.0.0"
values = ["publie", "secret"]
"#;

const HEAD: &str = r#"
title_fr = "Essai"
title_en = "Trial"
description_fr = "Un jeu d'essai."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["id"]
"#;

/// The dataset of the samples.
pub fn contract() -> &'static DatasetSpec {
    static SPEC: LazyLock<DatasetSpec> = LazyLock::new(|| DatasetSpec::parse("essai", HEAD, SCHEMA).expect("the sample's contract"));
    &SPEC
}

/// The texts of the sample's contract.
pub fn contract_texts() -> String {
    format!("{HEAD}\n---\n{SCHEMA}")
}

/// Rows of the sample.
pub fn rows(count: i64) -> RecordBatch {
    let every = |n: i64, of: i64| (n % of != 0).then_some(n);
    let n = 0..count;
    let columns: Vec<Arc<dyn Array>> = vec![
        Arc::new(StringArray::from_iter_values(n.clone().map(|i| format!("lieu-{i:05}")))),
        Arc::new(Int64Array::from_iter(n.clone().map(|i| every(i, 3)))),
        Arc::new(
            Decimal128Array::from_iter(n.clone().map(|i| every(i, 4).map(i128::from))).with_precision_and_scale(12, 3).expect("a type"),
        ),
        Arc::new(Date32Array::from_iter(n.clone().map(|i| every(i, 5).map(|i| 19_000 + i as i32)))),
        Arc::new(BooleanArray::from_iter(n.clone().map(|i| every(i, 6).map(|i| i % 2 == 0)))),
        Arc::new(StringArray::from_iter(n.map(|i| every(i, 7).map(|i| if i % 2 == 0 { "publie" } else { "secret" })))),
    ];
    RecordBatch::try_new(arrow_schema(&contract().contract), columns).expect("the sample's rows")
}

/// The sample as Parquet and CSV.
pub fn table(count: i64) -> (Vec<u8>, Vec<u8>) {
    let (mut parquet, mut csv) = (Vec::new(), Vec::new());
    let mut writer = TableWriter::new(contract(), &mut parquet, &mut csv).expect("a writer");
    writer.write(&rows(count)).expect("rows");
    writer.finish().expect("a table");
    (parquet, csv)
}

/// Compressed.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).and_then(|()| out.finish()).expect("memory")
}

/// Compressed.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory")
}

/// A key of the run's own.
pub static KEYS: LazyLock<(SecretKey, PublicKey)> = LazyLock::new(|| {
    let new = NewKey::generate(None).expect("randomness");
    (SecretKey::read(new.secret_file(), None).expect("a key"), new.public().clone())
});

const NAMES: [&str; 15] = [
    "communes.csv",
    "arrondissements_municipaux.csv",
    "communes_anciennes.csv",
    "codes_postaux.csv",
    "epci.csv",
    "departements.csv",
    "regions.csv",
    "pays.csv",
    "variantes_territoires.csv",
    "categories.csv",
    "categories_anciennes.csv",
    "publics.csv",
    "langues.csv",
    "licences.csv",
    "sources.csv",
];

/// The code lists of the repository.
pub struct CodeLists {
    files: Vec<(&'static str, Vec<u8>)>,
    geography: Geography,
    localities: Localities,
    categories: Categories,
    places: PlaceLists,
    keys: KeyRing,
}

/// Read once.
pub static LISTS: LazyLock<CodeLists> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/reference");
    let files: Vec<(&str, Vec<u8>)> = NAMES.map(|name| (name, fs::read(folder.join(name)).unwrap_or_default())).into();
    let (geography, categories, places) = parse(&files, usize::MAX, b"").expect("the lists of the repository");
    CodeLists {
        localities: Localities::of(&geography).expect("time zones"),
        keys: KeyRing::new(HashKey([7; 16]), KeyRing::YEARS.map(|year| (year, HashKey([year as u8; 16]))).collect()),
        files,
        geography,
        categories,
        places,
    }
});

fn parse(files: &[(&str, Vec<u8>)], other: usize, bytes: &[u8]) -> Option<(Geography, Categories, PlaceLists)> {
    let file = |name: &str| {
        let at = files.iter().position(|(known, _)| *known == name);
        at.map_or(&[][..], |at| if at == other { bytes } else { &files[at].1 })
    };
    let geography = Geography::from_csv(&ReferenceTables {
        communes: file("communes.csv"),
        arrondissements_municipaux: file("arrondissements_municipaux.csv"),
        communes_anciennes: file("communes_anciennes.csv"),
        codes_postaux: file("codes_postaux.csv"),
        epci: file("epci.csv"),
        departements: file("departements.csv"),
        regions: file("regions.csv"),
        pays: file("pays.csv"),
        variantes_territoires: file("variantes_territoires.csv"),
    });
    let categories = Categories::from_csv(file("categories.csv"), file("categories_anciennes.csv"));
    let (publics, langues) = (file("publics.csv"), file("langues.csv"));
    let places = PlaceLists::from_csv(&PlaceTables { publics, langues, licences: file("licences.csv"), sources: file("sources.csv") });
    Some((geography.ok()?, categories.ok()?, places.ok()?))
}

impl CodeLists {
    /// Reads them with one list replaced. The long ones are left out unless they are what is replaced: reading them takes most of the time.
    pub fn read_with(&self, which: usize, bytes: &[u8]) {
        let which = which % NAMES.len();
        let short: Vec<(&str, Vec<u8>)> = self
            .files
            .iter()
            .map(|(name, bytes)| {
                let lines = bytes.split_inclusive(|b| *b == b'\n').take(if bytes.len() > 100_000 { 1 } else { usize::MAX });
                (*name, lines.flatten().copied().collect())
            })
            .collect();
        let _ = black_box(parse(&short, which, bytes).is_some());
    }

    /// A short piece of each list.
    pub fn pieces(&self) -> impl Iterator<Item = (usize, Vec<u8>)> + '_ {
        self.files
            .iter()
            .enumerate()
            .map(|(at, (_, bytes))| (at, bytes.split_inclusive(|b| *b == b'\n').take(6).flatten().copied().collect()))
    }
}

/// Takes records as the vault does: searches go through the door, places are shown as the public may see them.
#[derive(Default)]
pub struct Records;

impl Consumer for Records {
    type Worker = Vec<PlaceDoc>;

    fn worker(&self) -> Vec<PlaceDoc> {
        Vec::new()
    }

    fn lieu(&self, own: &mut Vec<PlaceDoc>, _: Position, doc: PlaceDoc) -> Result<(), Breach> {
        own.push(doc.without_copies());
        Ok(())
    }

    fn search(&self, _: &mut Vec<PlaceDoc>, _: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
        let door = Door::new(&LISTS.geography, &LISTS.localities, &LISTS.categories, &LISTS.keys);
        let event = door.event(doc)?;
        black_box(event.to_bytes());
        Ok(())
    }

    fn finish(&self, own: Vec<PlaceDoc>) -> Result<(), ConsumerError> {
        let context = PlaceContext {
            geography: &LISTS.geography,
            localities: &LISTS.localities,
            categories: &LISTS.categories,
            lists: &LISTS.places,
            date_photo: None,
        };
        black_box(publish_places(own, &context));
        Ok(())
    }
}

/// A small signed store.
pub struct Store {
    objects: Vec<(String, Bytes)>,
    runtime: tokio::runtime::Runtime,
    key: PublicKey,
}

thread_local! {
    /// Made once.
    pub static STORE: Store = Store::new();
}

fn make(dir: &Path) -> Manifest {
    for folder in ["data", "schemas"] {
        fs::create_dir_all(dir.join(folder)).expect("a folder");
    }
    let (parquet, csv) = (parquet_path("essai"), csv_path("essai"));
    let (mut a, mut b) = (fs::File::create(dir.join(&parquet)).expect("a file"), fs::File::create(dir.join(&csv)).expect("a file"));
    let mut writer = TableWriter::new(contract(), &mut a, &mut b).expect("a writer");
    writer.write(&rows(20)).expect("rows");
    let receipt = writer.finish().expect("a table");
    fs::write(dir.join(schema_path("essai")), table_schema(contract()).expect("a schema")).expect("a file");
    let table = |path: String, media_type: &str, file: solidata_canon::FileReceipt| FileEntry {
        path,
        media_type: media_type.into(),
        bytes: file.bytes,
        sha256: file.sha256,
        logical_sha256: Some(receipt.logical_sha256),
        rows: Some(receipt.rows),
        schema: Some(schema_path("essai")),
        part: None,
    };
    let files = vec![
        table(parquet, "application/vnd.apache.parquet", receipt.parquet),
        table(csv, "text/csv; charset=utf-8", receipt.csv),
        describe_file(dir, &schema_path("essai"), "application/json").expect("a file"),
    ];
    let day = chrono::NaiveDate::from_ymd_opt(2024, 10, 3).expect("a day");
    let run = RunSpec {
        month: "2024-09".parse().expect("a month"),
        snapshots: Vec::new(),
        date_photo: day,
        now: day,
        partial: false,
        covered_until: None,
        cut_off: None,
        thresholds: Thresholds::default(),
        since: None,
        revision: None,
    };
    Manifest {
        format: MANIFEST_FORMAT.into(),
        month: run.month,
        revision: 1,
        licence: "etalab-2.0".into(),
        parameters_sha256: Digest::of(&canonical_json(&run).expect("a run")),
        run,
        code_lists: Vec::new(),
        sql: Vec::new(),
        contracts: Vec::new(),
        tool: Tool { name: "solidata".into(), version: "0.0.0".into(), writer: 1, cargo_lock_sha256: Digest::of(b"") },
        checks: Vec::new(),
        tests: Vec::new(),
        files,
        previous: None,
    }
}

impl Store {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (secret, key) = &*KEYS;
        let objects = runtime.block_on(async {
            let store = PublicStore::memory();
            let dir = tempfile::tempdir().expect("a folder");
            let draft = Release::draft(dir.path(), make(dir.path()), &()).expect("a release");
            publish_all(&store, vec![draft], Some(secret), &()).await.expect("a publication");
            let mut objects = BTreeMap::new();
            for object in store.list("").await.expect("a listing") {
                objects.insert(object.path.clone(), store.get(&object.path).await.expect("an object").unwrap_or_default());
            }
            // What a killed publication leaves.
            objects.insert("staging/unfinished/2024-10-r1.json".to_owned(), Bytes::new());
            objects.insert("chain/000002.json".to_owned(), Bytes::new());
            objects.into_iter().collect()
        });
        Self { objects, runtime, key: key.clone() }
    }

    /// Verifies it with one object replaced; the leftovers are there only when they are what is replaced.
    pub fn verify_with(&self, which: usize, bytes: &[u8]) {
        let which = which % self.objects.len();
        self.runtime.block_on(async {
            let store = PublicStore::memory();
            for (at, (path, good)) in self.objects.iter().enumerate().filter(|(at, (_, good))| *at == which || !good.is_empty()) {
                let bytes = if at == which { Bytes::copy_from_slice(bytes) } else { good.clone() };
                store.put_new(path, bytes).await.expect("memory");
            }
            let options = VerifyOptions { month: None, key: Some(self.key.clone()), since: None };
            let _ = black_box(verify_store(&store, &options, &()).await);
            let _ = black_box(find_stale(&store).await);
        });
    }

    /// Each object with its number.
    pub fn objects(&self) -> impl Iterator<Item = (usize, &Bytes)> {
        self.objects.iter().map(|(_, bytes)| bytes).enumerate()
    }
}
