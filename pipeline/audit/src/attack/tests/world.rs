//! A small invented country, its searches, and the tables that are published of them. What adds up is written here by hand, apart from the code under test.

use crate::attack::{CodeListFiles, CodeLists};
use arrow::array::{BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use solidata_canon::{TableWriter, csv_path, parquet_path, schema_path, table_schema};
use solidata_model::{DatasetSpec, FileEntry, Manifest};
use solidata_store::{
    PublicStore,
    release::{Release, describe_file, publish_all},
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

/// EPCI 200000001 crosses the border of two départements of one région; 03 has no région; 01003 has boroughs.
pub(crate) const FILES: CodeListFiles<'static> = CodeListFiles {
    communes: b"code_commune,nom,code_departement,code_region,code_epci\n\
        01001,Aa,01,10,200000001\n01002,Ab,01,10,200000001\n01003,Ac,01,10,\n\
        02001,Ba,02,10,200000001\n02002,Bb,02,10,200000002\n02003,Bc,02,10,200000002\n\
        03001,Ca,03,,\n03002,Cb,03,,\n",
    arrondissements_municipaux: b"code_arrondissement_municipal,nom,code_commune,population\n01931,Ac 1er,01003,1\n01932,Ac 2e,01003,1\n",
    epci: b"code_epci,nom\n200000001,CC Une\n200000002,CC Deux\n",
    departements: b"code_departement,nom,code_region\n01,Premier,10\n02,Second,10\n03,Tiers,\n",
    regions: b"code_region,nom\n10,Nord\n",
    categories: b"categorie_code,libelle\nfood,A\nmeals,B\nhealth,C\nsocial,D\nmental,E\nlodging,F\n",
    categories_liens: b"categorie_parent,categorie_code\nfood,meals\nhealth,mental\nsocial,mental\n",
};

pub(crate) fn lists() -> CodeLists {
    CodeLists::read(&FILES).unwrap()
}

/// Territories without parts, and what each is part of.
const PLACES: &[(&str, &[&str])] = &[
    ("com-01001", &["epci-200000001", "dep-01", "reg-10", "fr"]),
    ("com-01002", &["epci-200000001", "dep-01", "reg-10", "fr"]),
    ("arr-01931", &["com-01003", "dep-01", "reg-10", "fr"]),
    ("arr-01932", &["com-01003", "dep-01", "reg-10", "fr"]),
    ("com-01003-sp", &["com-01003", "dep-01", "reg-10", "fr"]),
    ("com-02001", &["epci-200000001", "dep-02", "reg-10", "fr"]),
    ("com-02002", &["epci-200000002", "dep-02", "reg-10", "fr"]),
    ("com-02003", &["epci-200000002", "dep-02", "reg-10", "fr"]),
    ("com-03001", &["dep-03", "fr"]),
    ("com-03002", &["dep-03", "fr"]),
    ("epci-200000001-sp", &["epci-200000001", "reg-10", "fr"]),
    ("epci-200000002-sp", &["epci-200000002", "dep-02", "reg-10", "fr"]),
    ("dep-01-sp", &["dep-01", "reg-10", "fr"]),
    ("reg-10-sp", &["reg-10", "fr"]),
    ("fr-sp", &["fr"]),
];
/// Categories without parts, and what each is part of.
const CATEGORIES: &[(&str, &[&str])] = &[
    ("meals", &["food", "toutes"]),
    ("food.sans_precision", &["food", "toutes"]),
    ("mental", &["health", "social", "toutes"]),
    ("social.plusieurs", &["social", "toutes"]),
    ("lodging", &["toutes"]),
    ("sans_categorie", &["toutes"]),
];
const OUTCOMES: [&str; 3] = ["trouve", "rien", "inconnu"];

/// Searches that no table tells apart.
#[derive(Debug, Clone)]
pub(crate) struct Inner {
    pub(crate) place: &'static str,
    pub(crate) category: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) net: i64,
    /// Removed searches: none, or so many that no sum of them is a small count.
    pub(crate) removed: i64,
}

impl Inner {
    pub(crate) fn places(&self) -> Vec<&'static str> {
        let above = PLACES.iter().find(|(leaf, _)| *leaf == self.place).unwrap().1;
        [self.place].into_iter().chain(above.iter().copied()).collect()
    }
    pub(crate) fn categories(&self) -> Vec<&'static str> {
        let above = CATEGORIES.iter().find(|(leaf, _)| *leaf == self.category).unwrap().1;
        [self.category].into_iter().chain(above.iter().copied()).collect()
    }
}

/// A month of searches.
pub(crate) fn searches(seed: u64) -> Vec<Inner> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % n
    };
    let mut found = Vec::new();
    for (place, _) in PLACES {
        for (category, _) in CATEGORIES {
            for outcome in OUTCOMES {
                let net = match next(4) {
                    0 => 0,
                    1 => 1 + next(10) as i64,
                    _ => 11 + next(90) as i64,
                };
                let removed = if next(5) == 0 { 20 + next(20) as i64 } else { 0 };
                if net > 0 || removed > 0 {
                    found.push(Inner { place, category, outcome, net, removed });
                }
            }
        }
    }
    found
}

/// A row as it is published.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) texts: [String; 11],
    pub(crate) net: Option<i64>,
    pub(crate) gross: Option<i64>,
    pub(crate) status: String,
    pub(crate) gross_status: String,
    pub(crate) complete: bool,
    pub(crate) extra: Option<&'static str>,
}

impl Line {
    pub(crate) fn is(&self, place: &str, category: &str, outcome: &str) -> bool {
        (self.texts[3].as_str(), self.texts[8].as_str(), self.texts[10].as_str()) == (place, category, outcome)
    }
}

fn level(place: &str) -> String {
    let whole = place.strip_suffix("-sp");
    let kind = match whole.unwrap_or(place).split('-').next().unwrap() {
        "arr" => "arrondissement",
        "com" => "commune",
        "epci" => "epci",
        "dep" => "departement",
        "reg" => "region",
        _ => "france",
    };
    format!("{kind}{}", if whole.is_some() { "_sans_precision" } else { "" })
}

fn category_level(code: &str) -> &'static str {
    match code {
        "toutes" => "total",
        "sans_categorie" => "sans_categorie",
        "inconnu" => "inconnu",
        "food" | "health" | "social" | "lodging" => "racine",
        code if code.ends_with(".plusieurs") => "plusieurs",
        code if code.ends_with(".sans_precision") => "sans_precision",
        _ => "categorie",
    }
}

pub(crate) fn has_gross(place: &str) -> bool {
    !place.ends_with("-sp") && (place.starts_with("dep-") || place.starts_with("reg-") || place == "fr")
}

/// The rows of a period, all published.
pub(crate) fn rows(kind: &str, period: &str, searches: &[Inner]) -> Vec<Line> {
    let mut counts: BTreeMap<(String, &str, &str, &str), (i64, i64)> = BTreeMap::new();
    for inner in searches {
        for place in inner.places() {
            for category in inner.categories() {
                for outcome in [inner.outcome, "tous"] {
                    let cell = counts.entry((level(place), place, category, outcome)).or_default();
                    cell.0 += inner.net;
                    cell.1 += inner.net + inner.removed;
                }
            }
        }
    }
    let mut lines = Vec::new();
    for ((place_level, place, category, outcome), (net, gross)) in counts {
        let given = has_gross(place) && outcome == "tous";
        if net == 0 && !given {
            continue;
        }
        let text = str::to_owned;
        let label = format!("Lieu {place}");
        let texts = [
            text(kind),
            text(period),
            place_level,
            text(place),
            label,
            String::new(),
            String::new(),
            text(category_level(category)),
            text(category),
            text("Étiquette"),
            text(outcome),
        ];
        let gross_status = if given { "publie" } else { "non_diffuse" };
        let gross = given.then_some(gross);
        let line =
            Line { texts, net: Some(net), gross, status: text("publie"), gross_status: text(gross_status), complete: true, extra: None };
        lines.push(line);
    }
    lines
}

/// Withholds what a rule names; the second argument of the rule says whether it is about the gross count.
pub(crate) fn withhold(lines: &mut [Line], rule: impl Fn(&Line, bool) -> bool) {
    for line in lines {
        let (net, gross) = (rule(line, false), line.gross.is_some() && rule(line, true));
        if net {
            line.net = None;
            line.status = "secret".into();
        }
        if gross {
            line.gross = None;
            line.gross_status = "secret".into();
        }
    }
}

/// A threshold alone: what is from 1 to 10 is withheld and nothing else.
pub(crate) fn threshold(line: &Line, gross: bool) -> bool {
    (if gross { line.gross } else { line.net }).is_some_and(|n| (1..11).contains(&n))
}

pub(crate) fn batch(lines: &[Line]) -> RecordBatch {
    let names = [
        "periode_type",
        "periode",
        "territoire_niveau",
        "territoire_id",
        "territoire_libelle",
        "code_departement",
        "code_region",
        "categorie_niveau",
        "categorie_code",
        "categorie_libelle",
        "resultat",
    ];
    let mut columns: Vec<(&str, arrow::array::ArrayRef)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let text = StringArray::from_iter(lines.iter().map(|l| Some(l.texts[at].as_str()).filter(|t| !t.is_empty())));
        columns.push((name, Arc::new(text)));
    }
    columns.push(("recherches", Arc::new(Int64Array::from_iter(lines.iter().map(|l| l.net)))));
    columns.push(("recherches_brutes", Arc::new(Int64Array::from_iter(lines.iter().map(|l| l.gross)))));
    columns.push(("statut", Arc::new(StringArray::from_iter_values(lines.iter().map(|l| &l.status)))));
    columns.push(("statut_brutes", Arc::new(StringArray::from_iter_values(lines.iter().map(|l| &l.gross_status)))));
    columns.push(("periode_complete", Arc::new(BooleanArray::from_iter(lines.iter().map(|l| Some(l.complete))))));
    if lines.iter().any(|line| line.extra.is_some()) {
        columns.push(("raison", Arc::new(StringArray::from_iter(lines.iter().map(|l| l.extra)))));
    }
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

/// It feeds nothing that asks for rules of protection: those are the business of another.
const DATASET: &str = r#"
title_fr = "Demande"
title_en = "Demand"
description_fr = "Une demande inventée."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
"#;

pub(crate) const KEY: &str = r#"["periode_type", "periode", "territoire_niveau", "territoire_id", "categorie_code", "resultat"]"#;

pub(crate) fn spec() -> DatasetSpec {
    spec_of("demande_territoires", KEY, &batch(&[]))
}

/// A specification with a column for each of a batch.
pub(crate) fn spec_of(dataset: &str, sort_key: &str, batch: &RecordBatch) -> DatasetSpec {
    let [about, schema] = texts_of(sort_key, batch);
    DatasetSpec::parse(dataset, &about, &schema).unwrap()
}

/// Its two files.
pub(crate) fn texts_of(sort_key: &str, batch: &RecordBatch) -> [String; 2] {
    let mut schema = "version = \"2.0.0\"\n".to_owned();
    for field in batch.schema().fields() {
        let kind = match field.data_type() {
            DataType::Int64 => "integer",
            DataType::Boolean => "boolean",
            _ => "string",
        };
        let name = field.name();
        let null = (name.starts_with("recherches") || name.starts_with("code_")) && !sort_key.contains(name.as_str());
        schema += &format!(
            "[[column]]\nname = \"{name}\"\ntype = \"{kind}\"\nnull = {null}\nfr = \"Une colonne.\"\nen = \"A column.\"\nsince = \"2.0.0\"\n"
        );
    }
    [format!("{DATASET}sort_key = {sort_key}\n"), schema]
}

/// Writes a table as the project does; gives what the manifest says of its files.
pub(crate) fn write_table(dir: &Path, spec: &DatasetSpec, batch: &RecordBatch) -> Vec<FileEntry> {
    for folder in ["data", "schemas"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    fs::write(dir.join(schema_path(&spec.id)), table_schema(spec).unwrap()).unwrap();
    let (parquet, csv) = (dir.join(parquet_path(&spec.id)), dir.join(csv_path(&spec.id)));
    let mut writer = TableWriter::new(spec, fs::File::create(parquet).unwrap(), fs::File::create(csv).unwrap()).unwrap();
    writer.write(batch).unwrap();
    let receipt = writer.finish().unwrap();
    let table = |path: String, media_type: &str, file: solidata_canon::FileReceipt| FileEntry {
        path,
        media_type: media_type.into(),
        bytes: file.bytes,
        sha256: file.sha256,
        logical_sha256: Some(receipt.logical_sha256),
        rows: Some(receipt.rows),
        schema: Some(schema_path(&spec.id)),
        part: None,
    };
    vec![
        table(parquet_path(&spec.id), "application/vnd.apache.parquet", receipt.parquet),
        table(csv_path(&spec.id), "text/csv; charset=utf-8", receipt.csv),
        describe_file(dir, &schema_path(&spec.id), "application/json").unwrap(),
    ]
}

/// Writes the files of a release as the project does, and its manifest.
pub(crate) fn write(dir: &Path, month: &str, revision: u32, lines: &[Line]) -> Manifest {
    crate::tests::manifest(month, revision, write_table(dir, &spec(), &batch(lines)))
}

/// Publishes releases, in this order, into a folder.
pub(crate) async fn publish(root: &Path, releases: &[(&str, u32, Vec<Line>)]) {
    for (month, revision, lines) in releases {
        let files = tempfile::tempdir().unwrap();
        let manifest = write(files.path(), month, *revision, lines);
        let draft = Release::draft(files.path(), manifest, &()).unwrap();
        publish_all(&PublicStore::folder(root).unwrap(), vec![draft], None, &()).await.unwrap();
    }
}
