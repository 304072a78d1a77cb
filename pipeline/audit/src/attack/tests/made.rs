//! The tables that are made of published cells: made here by hand, apart from the code under test, and then changed in every way that could tell something.

use super::world::{Inner, Line, batch, lists, rows, searches, spec, spec_of, withhold, write_table};
use crate::attack::{TelltaleKind, read_draft};
use arrow::array::{BooleanArray, Int64Array, RecordBatch, StringArray};
use solidata_canon::TableWriter;
use solidata_model::FileEntry;
use std::{fs, path::Path, sync::Arc};

/// What each commune lies in, the smallest first, and their names.
const COMMUNES: [(&str, &[&str]); 8] = [
    ("com-01001", &["epci-200000001", "dep-01", "reg-10", "fr"]),
    ("com-01002", &["epci-200000001", "dep-01", "reg-10", "fr"]),
    ("com-01003", &["dep-01", "reg-10", "fr"]),
    ("com-02001", &["epci-200000001", "dep-02", "reg-10", "fr"]),
    ("com-02002", &["epci-200000002", "dep-02", "reg-10", "fr"]),
    ("com-02003", &["epci-200000002", "dep-02", "reg-10", "fr"]),
    ("com-03001", &["dep-03", "fr"]),
    ("com-03002", &["dep-03", "fr"]),
];
const NAMES: [(&str, &str, &str); 15] = [
    ("com-01001", "commune", "Aa"),
    ("com-01002", "commune", "Ab"),
    ("com-01003", "commune", "Ac"),
    ("com-02001", "commune", "Ba"),
    ("com-02002", "commune", "Bb"),
    ("com-02003", "commune", "Bc"),
    ("com-03001", "commune", "Ca"),
    ("com-03002", "commune", "Cb"),
    ("epci-200000001", "epci", "CC Une"),
    ("epci-200000002", "epci", "CC Deux"),
    ("dep-01", "departement", "Premier"),
    ("dep-02", "departement", "Second"),
    ("dep-03", "departement", "Tiers"),
    ("reg-10", "region", "Nord"),
    ("fr", "france", "France"),
];
const FAMILIES: [(&str, &str); 4] = [("food", "A"), ("health", "C"), ("lodging", "F"), ("social", "D")];

/// A row of the counts that are near a commune.
#[derive(Debug, Clone)]
pub(crate) struct Near {
    pub(crate) texts: [String; 10],
    pub(crate) count: i64,
    pub(crate) complete: bool,
}

fn named(id: &str) -> (String, String) {
    let found = NAMES.iter().find(|(name, ..)| *name == id).unwrap();
    (found.1.to_owned(), found.2.to_owned())
}

/// What the table of the demand says of a territory and category in its month; nothing when it is withheld.
fn shown(lines: &[Line], place: &str, category: &str) -> Option<i64> {
    lines.iter().find(|line| line.texts[0] == "mois" && line.is(place, category, "tous")).map_or(Some(0), |line| line.net)
}

/// The finest safe counts of every commune.
pub(crate) fn near(lines: &[Line], month: &str) -> Vec<Near> {
    let mut found = Vec::new();
    for (commune, above) in COMMUNES {
        for (family, label) in FAMILIES {
            let places = [commune].into_iter().chain(above.iter().copied());
            let cells = places.flat_map(|place| [(place, family), (place, "toutes")]);
            let (count, place, category) = cells.filter_map(|(p, c)| Some((shown(lines, p, c)?, p, c))).min_by_key(|cell| cell.0).unwrap();
            let departement = above.iter().find(|place| place.starts_with("dep-")).unwrap().replace("dep-", "");
            let ((_, name), (level, place_name)) = (named(commune), named(place));
            let code = commune.replace("com-", "");
            let texts = [month, &code, &name, &departement, family, label, &level, place, &place_name, category].map(str::to_owned);
            found.push(Near { texts, count, complete: true });
        }
    }
    found
}

pub(crate) fn near_batch(rows: &[Near]) -> RecordBatch {
    let names = [
        "mois",
        "code_commune",
        "commune_libelle",
        "code_departement",
        "famille_code",
        "famille_libelle",
        "territoire_niveau",
        "territoire_id",
        "territoire_libelle",
        "categorie_code",
    ];
    let mut columns: Vec<(&str, arrow::array::ArrayRef)> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        columns.push((name, Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.texts[at])))));
    }
    columns.push(("recherches", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.count)))));
    columns.push(("mois_complet", Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.complete))))));
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A row of the shares: its period, its levels, and whole percents.
type Share = ([String; 4], i64);

/// The shares of one month.
pub(crate) fn shares(lines: &[Line], month: &str) -> Vec<Share> {
    let all = |line: &&Line| line.texts[0] == "mois" && line.texts[10] == "tous" && line.net.is_some();
    let leaf = |code: &str| ["meals", "food.sans_precision", "mental", "social.plusieurs", "lodging", "sans_categorie"].contains(&code);
    let total = shown(lines, "fr", "toutes").unwrap();
    let mut found = Vec::new();
    for level in ["arrondissement", "commune", "departement", "epci", "france", "region"] {
        for kind in ["feuille", "toutes"] {
            let counts =
                |line: &&Line| line.texts[2] == level && if kind == "toutes" { line.texts[8] == kind } else { leaf(&line.texts[8]) };
            let given: Vec<i64> = lines.iter().filter(all).filter(counts).filter_map(|line| line.net).collect();
            if !given.is_empty() {
                found.push((["mois", month, level, kind].map(str::to_owned), given.iter().sum::<i64>() * 100 / total));
            }
        }
    }
    found
}

pub(crate) fn shares_batch(rows: &[Share]) -> RecordBatch {
    let mut columns: Vec<(&str, arrow::array::ArrayRef)> = Vec::new();
    for (at, name) in ["periode_type", "periode", "territoire_niveau", "categorie_niveau"].iter().enumerate() {
        columns.push((name, Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.0[at])))));
    }
    columns.push(("part_publiee", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))));
    RecordBatch::try_from_iter(columns).unwrap()
}

pub(crate) const NEAR_KEY: &str = r#"["mois", "code_commune", "famille_code"]"#;
pub(crate) const SHARES_KEY: &str = r#"["periode_type", "periode", "territoire_niveau", "categorie_niveau"]"#;

pub(crate) fn near_spec(batch: &RecordBatch) -> solidata_model::DatasetSpec {
    spec_of("demande_locale", NEAR_KEY, batch)
}

pub(crate) fn shares_spec(batch: &RecordBatch) -> solidata_model::DatasetSpec {
    spec_of("demande_diffusion", SHARES_KEY, batch)
}

/// The three tables of the demand as the project writes them.
pub(crate) fn write_all(dir: &Path, month: &str, lines: &[Line]) -> Vec<FileEntry> {
    let (near, shares) = (near_batch(&near(lines, month)), shares_batch(&shares(lines, month)));
    let mut files = write_table(dir, &spec(), &batch(lines));
    files.extend(write_table(dir, &near_spec(&near), &near));
    files.extend(write_table(dir, &shares_spec(&shares), &shares));
    files
}

const MONTH: &str = "2024-09";

fn good() -> Vec<Line> {
    let found: Vec<Inner> = searches(5).into_iter().filter(|i| i.place != "com-02003" || i.category == "lodging").collect();
    let mut lines = rows("mois", MONTH, &found);
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-0300") || line.texts[8] == "lodging" && line.texts[3] == "com-01001");
    lines
}

/// What the files tell after something was done to them: file, kind and how often.
async fn told(edit: impl FnOnce(&Path)) -> Vec<(String, TelltaleKind, u64)> {
    let dir = tempfile::tempdir().unwrap();
    write_all(dir.path(), MONTH, &good());
    edit(dir.path());
    let read = read_draft(dir.path(), (MONTH.parse().unwrap(), 1), None, None, &lists(), &()).await.unwrap();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    read.releases.iter().flat_map(|r| &r.telltales).map(|t| (name(&t.path), t.kind, t.times)).collect()
}

async fn near_tells(edit: impl FnOnce(&mut Vec<Near>)) -> Vec<(String, TelltaleKind, u64)> {
    let mut rows = near(&good(), MONTH);
    edit(&mut rows);
    told(|dir| drop(write_table(dir, &near_spec(&near_batch(&rows)), &near_batch(&rows)))).await
}

async fn shares_tell(edit: impl FnOnce(&mut Vec<Share>)) -> Vec<(String, TelltaleKind, u64)> {
    let mut rows = shares(&good(), MONTH);
    edit(&mut rows);
    told(|dir| drop(write_table(dir, &shares_spec(&shares_batch(&rows)), &shares_batch(&rows)))).await
}

#[tokio::test]
async fn rows_that_do_not_follow_from_published_cells_are_seen() {
    assert_eq!(told(|_| {}).await, []);
    let one = |name: &str, kind| vec![(name.to_owned(), kind, 1)];
    let near = |kind| one("demande_locale.parquet", kind);
    let shares = |kind| one("demande_diffusion.parquet", kind);
    // a count that is given nowhere, one that is withheld and guessed right or wrong, a territory that nobody knows, another month
    for count in [1, 5, 20, 77_777] {
        assert_eq!(near_tells(|rows| rows[26].count = count).await, near(TelltaleKind::Derived), "{count}");
    }
    assert_eq!(near_tells(|rows| rows[26].texts[7] = "dep-99".into()).await, near(TelltaleKind::Derived));
    // another cell that is published: which one was chosen tells something too
    let france = shown(&good(), "fr", "toutes").unwrap();
    let other = |rows: &mut Vec<Near>| {
        rows[26].count = france;
        for (at, text) in [(6, "france"), (7, "fr"), (8, "France"), (9, "toutes")] {
            rows[26].texts[at] = text.into();
        }
    };
    assert_eq!(near_tells(other).await, near(TelltaleKind::Derived));
    // rows that are missing, or are one too many
    assert_eq!(near_tells(|rows| drop(rows.remove(3))).await, near(TelltaleKind::Rows));
    assert_eq!(near_tells(|rows| drop(rows.drain(4..12))).await, [("demande_locale.parquet".to_owned(), TelltaleKind::Rows, 8)]);
    let part = |rows: &mut Vec<Near>| {
        let mut more = rows[3].clone();
        more.texts[4] = "social.plusieurs".into();
        rows.insert(4, more);
    };
    assert_eq!(near_tells(part).await, near(TelltaleKind::Rows));
    // labels, levels and codes say nothing but what the code lists say; mois_complet is of the month
    for (at, text) in [(2, "Aa (1)"), (3, "02"), (5, "A *"), (6, "zone"), (8, "Ici")] {
        assert_eq!(near_tells(|rows| rows[6].texts[at] = text.into()).await, near(TelltaleKind::Column), "{text}");
    }
    assert_eq!(near_tells(|rows| rows[6].complete = false).await, near(TelltaleKind::Column));
    assert!(near_tells(|rows| rows.last_mut().unwrap().texts[0] = "2024-10".into()).await.contains(&near(TelltaleKind::Derived)[0]));

    assert_eq!(shares_tell(|rows| rows[1].1 += 1).await, shares(TelltaleKind::Derived));
    assert_eq!(shares_tell(|rows| drop(rows.remove(1))).await, shares(TelltaleKind::Rows));
    let more = (["mois", MONTH, "zone", "toutes"].map(str::to_owned), 3);
    assert_eq!(shares_tell(|rows| rows.push(more)).await, shares(TelltaleKind::Derived));
}

/// Writes a table as the project does, but sorted by another key, which its schema then names.
fn sorted_otherwise(dir: &Path, dataset: &str, key: &str, batch: &RecordBatch) {
    let spec = spec_of(dataset, key, batch);
    write_table(dir, &spec, batch);
}

#[tokio::test]
async fn files_of_made_tables_hold_nothing_beside_their_rows() {
    let seen = |found: &[(String, TelltaleKind, u64)], name: &str, kind| found.iter().any(|(n, k, _)| n == name && *k == kind);
    let (near, shares) = (near_batch(&near(&good(), MONTH)), shares_batch(&shares(&good(), MONTH)));
    // the order of the rows
    let reversed: Vec<Near> = super::made::near(&good(), MONTH).into_iter().rev().collect();
    let mut by_label = reversed.clone();
    by_label.sort_by(|a, b| (&a.texts[4], &a.texts[1]).cmp(&(&b.texts[4], &b.texts[1])));
    let key = r#"["famille_code", "code_commune"]"#;
    let found = told(|dir| sorted_otherwise(dir, "demande_locale", key, &near_batch(&by_label))).await;
    assert!(seen(&found, "demande_locale.parquet", TelltaleKind::Order), "{found:?}");
    // columns that the format does not have
    for (dataset, batch, key) in [
        ("demande_locale", &near, r#"["mois", "code_commune", "famille_code"]"#),
        ("demande_diffusion", &shares, r#"["periode_type", "periode", "territoire_niveau", "categorie_niveau"]"#),
    ] {
        let field = |at: usize| (batch.schema().field(at).name().clone(), batch.column(at).clone());
        let raison: arrow::array::ArrayRef = Arc::new(StringArray::from_iter_values((0..batch.num_rows()).map(|_| "primaire")));
        let columns = (0..batch.num_columns()).map(field).chain([("raison".to_owned(), raison)]);
        let more = RecordBatch::try_from_iter(columns).unwrap();
        let found = told(|dir| sorted_otherwise(dir, dataset, key, &more)).await;
        assert!(seen(&found, &format!("{dataset}.parquet"), TelltaleKind::Column), "{found:?}");
        // CSV and Parquet of other rows, a CSV that is written otherwise, files that are not there, a schema that says more
        let csv = format!("data/{dataset}.csv");
        let edit = |path: String, from: &'static str, to: &'static str| {
            move |dir: &Path| {
                let text = fs::read_to_string(dir.join(&path)).unwrap();
                assert!(text.contains(from));
                fs::write(dir.join(path), text.replacen(from, to, 1)).unwrap();
            }
        };
        let name = |end: &str| format!("{dataset}.{end}");
        let found = told(edit(csv.clone(), ",commune,", ",zone,")).await;
        assert!(seen(&found, &name("csv"), TelltaleKind::Rows), "{found:?}");
        let found = told(edit(csv.clone(), "2024-09", "\"2024-09\"")).await;
        assert!(seen(&found, &name("csv"), TelltaleKind::Bytes), "{found:?}");
        let found = told(|dir| fs::remove_file(dir.join(&csv)).unwrap()).await;
        assert!(seen(&found, &name("csv"), TelltaleKind::Rows), "{found:?}");
        let found = told(|dir| fs::remove_file(dir.join(format!("data/{dataset}.parquet"))).unwrap()).await;
        assert!(seen(&found, &name("parquet"), TelltaleKind::Rows), "{found:?}");
        let found = told(edit(format!("schemas/{dataset}.json"), "{\n", "{\n  \"primaires\": 12,\n")).await;
        assert!(seen(&found, &name("json"), TelltaleKind::Schema), "{found:?}");
        // Parquet by another writer
        let by_another = |dir: &Path| {
            let file = fs::File::create(dir.join(format!("data/{dataset}.parquet"))).unwrap();
            let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
            writer.write(batch).unwrap();
            writer.close().unwrap();
        };
        let found = told(by_another).await;
        assert!(seen(&found, &name("parquet"), TelltaleKind::Bytes), "{found:?}");
    }
    // the canonical writer itself refuses a key that is there twice
    let mut twice = super::made::near(&good(), MONTH);
    twice.insert(1, twice[0].clone());
    let batch = near_batch(&twice);
    let mut writer = TableWriter::new(&near_spec(&batch), std::io::sink(), std::io::sink()).unwrap();
    assert!(writer.write(&batch).and_then(|()| writer.finish().map(drop)).is_err());
}
