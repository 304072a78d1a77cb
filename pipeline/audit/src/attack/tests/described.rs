//! What describes a release says nothing of its own: the manifest, the data package.

use super::made::{near_batch, near_spec, shares_batch, shares_spec, write_all};
use super::world::{Line, lists, publish, rows, searches, spec, withhold};
use crate::attack::{AttackRequest, AttackSettings, TelltaleKind, attack, read_draft};
use chrono::NaiveDate;
use solidata_canon::{DataPackage, FileReceipt, FormReceipt, PackageSource, TableReceipt, datapackage};
use solidata_model::{CheckResult, CodeListEntry, DatasetSpec, Digest, FileEntry, Manifest, NamedDigest, canonical_json};
use solidata_store::release::{Release, describe_file};
use std::{fs, path::Path};

pub(super) const MONTH: &str = "2024-09";
const CHECK: &str = "sql/checks/demande_locale/valeurs.sql";

pub(super) fn lines() -> Vec<Line> {
    let mut lines = rows("mois", MONTH, &searches(5));
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-0300"));
    lines
}

/// The words of a data package.
#[derive(Clone)]
pub(super) struct Words {
    title: String,
    description: String,
    pub(super) publisher: String,
    sources: Vec<PackageSource>,
    created: NaiveDate,
}

pub(super) fn words() -> Words {
    let source = |version: Option<&str>| PackageSource { title: "Liste".into(), version: version.map(str::to_owned), path: None };
    Words {
        title: "Solidata, 2024-09".into(),
        description: "Offre et demande, 2024-09 ; offre au 2024-10-03.".into(),
        publisher: "Solinum".into(),
        sources: vec![source(Some("2024-10-03")), source(Some("COG 2026")), source(None)],
        created: NaiveDate::from_ymd_opt(2024, 10, 3).unwrap(),
    }
}

/// What a release has beside what [`make`] writes.
#[derive(Default)]
pub(super) struct More {
    pub(super) forms: Vec<(String, FormReceipt)>,
    pub(super) files: Vec<FileEntry>,
    pub(super) contracts: Vec<NamedDigest>,
}

/// Writes a whole release with everything that a real one has but other forms of its tables, and gives its manifest.
fn make(dir: &Path, words: &Words) -> Manifest {
    make_with(dir, words, |_, _| More::default())
}

/// The same, with more, which is made when the tables are there.
pub(super) fn make_with(dir: &Path, words: &Words, more: impl FnOnce(&Path, &[(&DatasetSpec, TableReceipt)]) -> More) -> Manifest {
    let lines = lines();
    let (near, shares) = (near_batch(&super::made::near(&lines, MONTH)), shares_batch(&super::made::shares(&lines, MONTH)));
    let mut files = write_all(dir, MONTH, &lines);
    let mut specs: Vec<DatasetSpec> = vec![spec(), near_spec(&near), shares_spec(&shares)];
    specs.sort_by(|a, b| a.id.cmp(&b.id));
    let entry = |path: String| files.iter().find(|file| file.path == path).unwrap();
    let receipt = |spec: &DatasetSpec| {
        let (parquet, csv) = (entry(format!("data/{}.parquet", spec.id)), entry(format!("data/{}.csv", spec.id)));
        let file = |entry: &FileEntry| FileReceipt { bytes: entry.bytes, sha256: entry.sha256 };
        let (rows, logical_sha256) = (parquet.rows.unwrap(), parquet.logical_sha256.unwrap());
        TableReceipt { rows, logical_sha256, parquet: file(parquet), csv: file(csv) }
    };
    let tables: Vec<(&DatasetSpec, TableReceipt)> = specs.iter().map(|spec| (spec, receipt(spec))).collect();
    let more = more(dir, &tables);
    let package = DataPackage {
        name: "solidata-2024-09",
        title: &words.title,
        description: &words.description,
        version: "2024.9.1",
        created: words.created,
        licence: "etalab-2.0",
        publisher: &words.publisher,
        sources: &words.sources,
        tables: &tables,
        forms: &more.forms,
    };
    files.extend(more.forms.iter().map(|(table, form)| form.entry(table)).chain(more.files));
    let mut add = |path: &str, media_type: &str, bytes: &[u8]| {
        fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
        fs::write(dir.join(path), bytes).unwrap();
        files.push(describe_file(dir, path, media_type).unwrap());
    };
    add("datapackage.json", "application/json", &datapackage(&package).unwrap());
    add("pages/confidentialite.md", "text/markdown; charset=utf-8", b"# Secret\n");
    add("pages/demande_locale.html", "text/html; charset=utf-8", b"<!DOCTYPE html>\n");
    add("sql/datasets/demande_locale.sql", "text/plain; charset=utf-8", b"SELECT 1");
    add(CHECK, "text/plain; charset=utf-8", b"SELECT 2");
    let mut manifest = crate::tests::manifest(MONTH, 1, files);
    let text = |name: &str, bytes: &[u8]| NamedDigest { name: name.into(), sha256: Digest::of(bytes) };
    manifest.sql = vec![text("sql/datasets/demande_locale.sql", b"SELECT 1")];
    manifest.contracts = match more.contracts.is_empty() {
        true => vec![text("datasets/demande_locale/schema.toml", b"")],
        false => more.contracts,
    };
    let check = |name: &str, bytes: &[u8]| CheckResult { name: name.into(), sha256: Digest::of(bytes), violations: 0 };
    manifest.checks = vec![check("contrat/demande_locale/cle", b""), check(CHECK, b"SELECT 2")];
    let vintage = |name: &str| CodeListEntry {
        name: name.into(),
        vintage: "COG 2026".into(),
        licence: "etalab-2.0".into(),
        sha256: Digest::of(super::world::FILES.communes),
    };
    manifest.code_lists = vec![vintage("communes.csv")];
    Release::draft(dir, manifest, &()).unwrap().manifest().clone()
}

/// What a draft tells when its manifest was changed after it was made.
async fn told_of(words: &Words, change: impl FnOnce(&Path, &mut Manifest)) -> Vec<(String, TelltaleKind, String)> {
    let dir = tempfile::tempdir().unwrap();
    let mut manifest = make(dir.path(), words);
    change(dir.path(), &mut manifest);
    let read = read_draft(dir.path(), (MONTH.parse().unwrap(), 1), Some(&manifest), None, &lists(), &()).await.unwrap();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    read.releases.into_iter().flat_map(|r| r.telltales).map(|t| (name(&t.path), t.kind, t.problem)).collect()
}

/// The one thing that is told of a changed manifest.
async fn manifest_tells(part: &str, change: impl FnOnce(&mut Manifest)) {
    let told = told_of(&words(), |_, manifest| change(manifest)).await;
    let seen =
        told.iter().any(|(name, kind, problem)| name == "manifest.json" && *kind == TelltaleKind::Manifest && problem.contains(part));
    assert!(seen, "{part}: {told:?}");
}

#[tokio::test]
async fn a_manifest_says_what_follows_from_the_files_before_it_is_published() {
    assert_eq!(told_of(&words(), |_, _| {}).await, []);
    fn file<'a>(manifest: &'a mut Manifest, path: &str) -> &'a mut FileEntry {
        manifest.files.iter_mut().find(|file| file.path == path).unwrap()
    }
    manifest_tells("has violations", |m| m.checks[0].violations = 12).await;
    manifest_tells("neither published nor of a table", |m| m.checks[0].name = "12 cellules primaires".into()).await;
    manifest_tells("is not the text that it names", |m| m.checks[1].sha256 = Digest::of(b"12")).await;
    manifest_tells("is not the text that it names", |m| m.sql.clear()).await;
    manifest_tells("among the contracts", |m| m.contracts[0].name = "primaires/12".into()).await;
    manifest_tells("other rows than it says", |m| file(m, "data/demande_locale.csv").rows = Some(12)).await;
    manifest_tells("another size or sha256", |m| file(m, "data/demande_diffusion.parquet").bytes = 12).await;
    manifest_tells("another size or sha256", |m| file(m, "schemas/demande_diffusion.json").sha256 = Digest::of(b"12")).await;
    manifest_tells("another size or sha256", |m| file(m, "datapackage.json").bytes = 12).await;
    manifest_tells("the media type of", |m| file(m, "data/demande_locale.csv").media_type = "text/csv; primaires=12".into()).await;
    manifest_tells("what is said of tables", |m| file(m, CHECK).rows = Some(12)).await;
    manifest_tells("does not list schemas/demande_locale.json", |m| m.files.retain(|f| f.path != "schemas/demande_locale.json")).await;
    manifest_tells("parameters_sha256", |m| m.run.partial = true).await;
    for path in [
        "data/primaires.json",
        "exacts.parquet",
        "pages/primaires.md",
        "pages/primaires.html",
        "sql/primaires/12.sql",
        "schemas/primaires.json",
    ] {
        let more = |m: &mut Manifest| {
            let mut more = file(m, CHECK).clone();
            more.path = path.into();
            m.files.push(more);
            m.files.sort_by(|a, b| a.path.cmp(&b.path));
        };
        manifest_tells("which no release has", more).await;
    }
}

#[tokio::test]
async fn a_data_package_says_what_follows_from_the_manifest_and_the_schemas() {
    let package = |told: &[(String, TelltaleKind, String)], part: &str| {
        let seen = |(name, kind, problem): &(String, TelltaleKind, String)| {
            name == "datapackage.json" && *kind == TelltaleKind::Manifest && problem.contains(part)
        };
        assert!(told.iter().any(seen), "{part}: {told:?}");
    };
    let edits: [fn(&mut Words); 5] = [
        |w| w.description += " 12 cellules primaires.",
        |w| w.title += " (12)",
        |w| w.publisher += " 12",
        |w| w.sources[0].version = Some("2024-10-12".into()),
        |w| w.sources[2].path = Some("https://example.org/12".into()),
    ];
    for edit in edits {
        let mut words = words();
        edit(&mut words);
        package(&told_of(&words, |_, _| {}).await, "its words hold a number");
    }
    let mut other_day = words();
    other_day.created = NaiveDate::from_ymd_opt(2024, 10, 12).unwrap();
    package(&told_of(&other_day, |_, _| {}).await, "does not follow from the manifest");
    for (from, to) in
        [("{\n", "{\n  \"primaires\": 12,\n"), ("\"bytes\": ", "\"bytes\": 1"), ("sha256:", "md5:"), ("\"utf-8\"", "\"utf8\"")]
    {
        let edit = |dir: &Path, _: &mut Manifest| {
            let path = dir.join("datapackage.json");
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(from), "{text}");
            fs::write(path, text.replacen(from, to, 1)).unwrap();
        };
        package(&told_of(&words(), edit).await, "does not follow from the manifest");
    }
}

/// A published manifest is read from the store, with its place in the chain.
#[tokio::test(flavor = "multi_thread")]
async fn a_published_manifest_is_read_from_the_store() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), &[(MONTH, 1, lines())]).await;
    let settings = AttackSettings { intervals: false, ..AttackSettings::default() };
    let request = AttackRequest { target: root.path().to_str().unwrap().into(), month: None, settings };
    let outcome = attack(&request, &lists(), Vec::new(), &()).await.unwrap();
    assert_eq!(outcome.telltales, []);
    let provenance = root.path().join("releases/2024-09/r1/provenance.intoto.json");
    let good = fs::read_to_string(&provenance).unwrap();
    fs::write(&provenance, good.replacen('{', "{\n  \"primaires\": 12,", 1)).unwrap();
    let outcome = attack(&request, &lists(), Vec::new(), &()).await.unwrap();
    assert!(outcome.telltales.iter().any(|t| t.path.ends_with("intoto.json") && t.problem.contains("does not follow")));
    fs::write(&provenance, good).unwrap();
    let path = root.path().join("releases/2024-09/r1/manifest.json");
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest.files[0].media_type = "text/csv; primaires=12".into();
    fs::write(&path, canonical_json(&manifest).unwrap()).unwrap();
    let outcome = attack(&request, &lists(), Vec::new(), &()).await.unwrap();
    let problems: Vec<&str> = outcome.telltales.iter().map(|t| t.problem.as_str()).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems.iter().any(|p| p.contains("index.json lists another")) && problems.iter().any(|p| p.contains("media type")));
}
