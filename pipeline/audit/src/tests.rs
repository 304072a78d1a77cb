use super::*;
use arrow::array::{Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use chrono::NaiveDate;
use solidata_canon::{TableWriter, csv_path, parquet_path, schema_path, table_schema};
use solidata_model::{
    ChainLink, DatasetSpec, Digest, FileEntry, Index, MANIFEST_FORMAT, Manifest, Month, PROVENANCE, RunSpec, Thresholds, Tool,
    canonical_json,
};
use solidata_store::{
    Fault, PublicStore,
    release::{Release, describe_file, publish_all},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

const DATASET: &str = r#"
title_fr = "Essai"
title_en = "Trial"
description_fr = "Un jeu inventé."
licence = "etalab-2.0"
cadence = "monthly"
feeds = "supply"
sort_key = ["id"]
"#;
const SCHEMA: &str = r#"
version = "1.0.0"
[[column]]
name = "id"
type = "string"
fr = "Identifiant."
en = "Identifier."
since = "1.0.0"
example = "lieu-1"
[[column]]
name = "nombre"
type = "integer"
null = true
fr = "Nombre."
en = "Number."
since = "1.0.0"
example = "1"
"#;

/// The files of an invented release, made by the canonical writer, and their manifest.
pub(crate) fn make(dir: &Path, month: &str, rows: i64) -> Manifest {
    let spec = DatasetSpec::parse("essai", DATASET, SCHEMA).unwrap();
    for folder in ["data", "schemas"] {
        fs::create_dir_all(dir.join(folder)).unwrap();
    }
    fs::write(dir.join(schema_path("essai")), table_schema(&spec).unwrap()).unwrap();
    let ids = StringArray::from_iter_values((0..rows).map(|i| format!("lieu-{i:05}")));
    let numbers = Int64Array::from_iter((0..rows).map(|i| (i % 3 != 0).then_some(i)));
    let batch = RecordBatch::try_new(solidata_canon::arrow_schema(&spec.contract), vec![Arc::new(ids), Arc::new(numbers)]);
    let (parquet, csv) =
        (fs::File::create(dir.join(parquet_path("essai"))).unwrap(), fs::File::create(dir.join(csv_path("essai"))).unwrap());
    let mut writer = TableWriter::new(&spec, parquet, csv).unwrap();
    writer.write(&batch.unwrap()).unwrap();
    let receipt = writer.finish().unwrap();
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
        table(parquet_path("essai"), "application/vnd.apache.parquet", receipt.parquet),
        table(csv_path("essai"), "text/csv; charset=utf-8", receipt.csv),
        describe_file(dir, &schema_path("essai"), "application/json").unwrap(),
    ];
    manifest(month, 1, files)
}

/// What a further revision says of itself.
fn correction(month: solidata_model::Month, revision: u32) -> Option<solidata_model::RevisionSpec> {
    let corrects = format!("releases/{month}/r{}", revision.checked_sub(1).filter(|r| *r > 0)?);
    Some(solidata_model::RevisionSpec { reason: "essai".into(), corrects, demand_kept: true })
}

/// The manifest of an invented release.
pub(crate) fn manifest(month: &str, revision: u32, files: Vec<FileEntry>) -> Manifest {
    let month: Month = month.parse().unwrap();
    let day = NaiveDate::from_ymd_opt(2024, 10, 3).unwrap();
    let run = RunSpec {
        month,
        snapshots: Vec::new(),
        date_photo: day,
        now: day,
        partial: false,
        covered_until: None,
        cut_off: None,
        thresholds: Thresholds::default(),
        since: correction(month, revision).map(|told| told.corrects),
        revision: correction(month, revision),
    };
    Manifest {
        format: MANIFEST_FORMAT.into(),
        month,
        revision,
        licence: "etalab-2.0".into(),
        parameters_sha256: Digest::of(&canonical_json(&run).unwrap()),
        run,
        code_lists: Vec::new(),
        sql: Vec::new(),
        contracts: Vec::new(),
        tool: Tool {
            name: "solidata".into(),
            version: "0.0.0".into(),
            writer: solidata_canon::WRITER_VERSION,
            cargo_lock_sha256: Digest::of(b""),
        },
        checks: Vec::new(),
        tests: Vec::new(),
        files,
        previous: None,
    }
}

/// A public folder with two months.
struct World {
    dir: tempfile::TempDir,
    _files: [tempfile::TempDir; 2],
}

impl World {
    async fn publish() -> Self {
        let (dir, files) = (tempfile::tempdir().unwrap(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
        let draft = |i: usize, month: &str, rows| {
            let manifest = make(files[i].path(), month, rows);
            Release::draft(files[i].path(), manifest, &()).unwrap()
        };
        let drafts = vec![draft(0, "2024-08", 5), draft(1, "2024-09", 3_000)];
        publish_all(&PublicStore::folder(dir.path()).unwrap(), drafts, None, &()).await.unwrap();
        Self { dir, _files: files }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    async fn verify(&self) -> Report {
        verify(self.dir.path().to_str().unwrap(), &VerifyOptions::default(), none(), &()).await.unwrap()
    }

    /// Does something to a file, sees what is found, and puts the file back.
    async fn damaged(&self, path: &str, damage: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Report {
        let before = fs::read(self.at(path)).unwrap();
        match damage(before.clone()) {
            Some(bytes) => fs::write(self.at(path), bytes).unwrap(),
            None => fs::remove_file(self.at(path)).unwrap(),
        }
        let report = self.verify().await;
        fs::write(self.at(path), before).unwrap();
        report
    }
}

fn of_month(month: &str) -> VerifyOptions {
    VerifyOptions { month: Some(month.parse().unwrap()), ..VerifyOptions::default() }
}

pub(crate) fn none() -> Vec<(String, String)> {
    Vec::new()
}

fn found(report: &Report) -> Vec<(&str, Code)> {
    report.findings.iter().map(|f| (f.path.as_str(), f.code)).collect()
}

const R1: &str = "releases/2024-09/r1";

#[tokio::test(flavor = "multi_thread")]
async fn a_good_store_and_a_good_release_are_good() {
    let world = World::publish().await;
    let report = world.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!(report.notes, ["this store is not signed: who can write to it can forge it"]);
    assert_eq!(report.releases, ["releases/2024-08/r1", R1]);
    assert_eq!(report.objects, 2 * 7 + 2 + 1);
    let on_disk: u64 = solidata_store::walk(world.dir.path()).unwrap().iter().map(|p| fs::metadata(world.at(p)).unwrap().len()).sum();
    assert_eq!(report.bytes, on_disk);

    let one = verify(world.dir.path().to_str().unwrap(), &of_month("2024-09"), none(), &()).await.unwrap();
    assert_eq!((one.findings.len(), one.releases.len()), (0, 1));
    let alone = verify(world.at(R1).to_str().unwrap(), &VerifyOptions::default(), none(), &()).await.unwrap();
    assert_eq!((alone.findings.len(), alone.releases), (0, vec![".".to_owned()]));
    let e = verify(world.dir.path().to_str().unwrap(), &of_month("2023-01"), none(), &()).await.unwrap_err();
    assert_eq!(e.fault(), Fault::Usage);
    for nothing in [world.at("none"), world.at("releases/2024-09")] {
        let e = verify(nothing.to_str().unwrap(), &VerifyOptions::default(), none(), &()).await.unwrap_err();
        assert_eq!(e.fault(), Fault::Usage, "{e}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_of_every_published_file_counts() {
    let world = World::publish().await;
    for path in solidata_store::walk(world.dir.path()).unwrap() {
        let flip = |at: usize| {
            move |mut bytes: Vec<u8>| {
                let at = at.min(bytes.len() - 1);
                bytes[at] ^= 1;
                Some(bytes)
            }
        };
        for at in [0, 100, usize::MAX] {
            let report = world.damaged(&path, flip(at)).await;
            assert!(!report.findings.is_empty(), "{path}: a flipped byte is not seen");
        }
        let report = world.damaged(&path, |b| Some(b[..b.len() - 1].to_vec())).await;
        assert!(!report.findings.is_empty(), "{path}: a lost byte is not seen");
        let report = world.damaged(&path, |b| Some([&b, &b"\n"[..]].concat())).await;
        assert!(!report.findings.is_empty(), "{path}: a byte too many is not seen");
        let report = world.damaged(&path, |_| Some(Vec::new())).await;
        assert!(!report.findings.is_empty(), "{path}: an empty file is not seen");
        let report = world.damaged(&path, |_| None).await;
        assert!(!report.findings.is_empty(), "{path}: a missing file is not seen");
        assert!(report.findings.iter().any(|f| f.path == path), "{path}: {report:?}");
    }
    assert_eq!(world.verify().await.findings, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_say_what_and_where() {
    let world = World::publish().await;
    let csv = format!("{R1}/data/essai.csv");
    let report = world.damaged(&csv, |b| Some(b[..b.len() / 2].to_vec())).await;
    assert_eq!(found(&report), [(csv.as_str(), Code::Size), (csv.as_str(), Code::Digest)]);
    assert!(report.findings[0].to_string().starts_with(&format!("{csv}: it has ")), "{}", report.findings[0]);
    let report = world.damaged(&csv, |_| None).await;
    assert_eq!(found(&report), [(csv.as_str(), Code::Missing)]);
    for extra in [format!("{R1}/data/more.csv"), format!("{R1}/.hidden"), format!("{R1}/data/essai.csv#1"), "chain/000001.json.bak".into()]
    {
        fs::write(world.at(&extra), "x").unwrap();
        let report = world.verify().await;
        assert_eq!(report.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::Extra], "{extra}: {report:?}");
        fs::remove_file(world.at(&extra)).unwrap();
    }
    let sums = format!("{R1}/SHA256SUMS");
    let report = world.damaged(&sums, |b| Some(b[b.iter().position(|c| *c == b'\n').unwrap() + 1..].to_vec())).await;
    assert_eq!(found(&report), [(sums.as_str(), Code::Sums)]);
    let report = world.damaged(&sums, |b| Some([&b[..], "0".repeat(64).as_bytes(), b"  zz\n"].concat())).await;
    assert_eq!(found(&report), [(sums.as_str(), Code::Sums)]);
    let report = world.damaged("chain/000001.json", |_| None).await;
    assert_eq!(found(&report), [("chain/000001.json", Code::Chain)]);
    let report = world.damaged("index.json", |_| Some(b"{}".to_vec())).await;
    assert_eq!(found(&report), [("index.json", Code::Index)]);
    let report = world.damaged("index.json", |_| None).await;
    assert_eq!(found(&report), [("index.json", Code::Missing)]);
    // What index.json does not name is not published; it is worth a note.
    fs::create_dir_all(world.at("releases/2024-10/r1/data")).unwrap();
    fs::write(world.at("releases/2024-10/r1/data/a.csv"), "x").unwrap();
    fs::write(world.at("chain/000003.json"), "x").unwrap();
    let report = world.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!(report.notes.len(), 3, "{:?}", report.notes);
}

/// Edits a manifest and makes index, chain and sums agree with it, as a careful forger would.
fn forge(world: &World, edit: impl FnOnce(&mut Manifest)) {
    let path = world.at(&format!("{R1}/manifest.json"));
    let mut manifest: Manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut manifest);
    let provenance = manifest.provenance().unwrap();
    if let Some(file) = manifest.files.iter_mut().find(|f| f.path == PROVENANCE) {
        (file.bytes, file.sha256) = (provenance.len() as u64, Digest::of(&provenance));
        fs::write(world.at(&format!("{R1}/{PROVENANCE}")), provenance).unwrap();
    }
    let bytes = canonical_json(&manifest).unwrap();
    let sha256 = Digest::of(&bytes);
    fs::write(&path, &bytes).unwrap();
    let sums = manifest.files.iter().map(|f| (f.path.as_str(), f.sha256)).chain([("manifest.json", sha256)]);
    fs::write(world.at(&format!("{R1}/SHA256SUMS")), solidata_canon::sha256sums(sums).unwrap()).unwrap();
    let mut index: Index = serde_json::from_slice(&fs::read(world.at("index.json")).unwrap()).unwrap();
    index.releases[1].manifest_sha256 = sha256;
    fs::write(world.at("index.json"), canonical_json(&index).unwrap()).unwrap();
    let mut link: ChainLink = serde_json::from_slice(&fs::read(world.at("chain/000002.json")).unwrap()).unwrap();
    link.manifest_sha256 = sha256;
    fs::write(world.at("chain/000002.json"), canonical_json(&link).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_agrees_with_everything_but_the_rows_is_seen() {
    let manifest = format!("{R1}/manifest.json");
    let (csv, parquet) = (format!("{R1}/data/essai.csv"), format!("{R1}/data/essai.parquet"));
    let tables = |m: &mut Manifest, change: &dyn Fn(&mut FileEntry)| m.files.iter_mut().filter(|f| f.rows.is_some()).for_each(change);
    let world = World::publish().await;
    forge(&world, |m| tables(m, &|f| f.rows = Some(7)));
    assert_eq!(found(&world.verify().await), [(csv.as_str(), Code::Rows), (parquet.as_str(), Code::Rows)]);
    let world = World::publish().await;
    forge(&world, |m| tables(m, &|f| f.logical_sha256 = Some(Digest::of(b"other"))));
    assert_eq!(found(&world.verify().await), [(csv.as_str(), Code::Logical), (parquet.as_str(), Code::Logical)]);

    // A CSV with one changed figure, whose bytes everything agrees with.
    let world = World::publish().await;
    let text = fs::read_to_string(world.at(&csv)).unwrap().replace("lieu-00007,7\n", "lieu-00007,8\n");
    fs::write(world.at(&csv), &text).unwrap();
    forge(&world, |m| m.files.iter_mut().filter(|f| f.path.ends_with(".csv")).for_each(|f| f.sha256 = Digest::of(text.as_bytes())));
    assert_eq!(found(&world.verify().await), [(csv.as_str(), Code::Logical)]);

    // A CSV that is none.
    let world = World::publish().await;
    let text = "id,nombre\nlieu-1\n";
    fs::write(world.at(&csv), text).unwrap();
    forge(&world, |m| {
        let file = m.files.iter_mut().find(|f| f.path.ends_with(".csv")).unwrap();
        (file.sha256, file.bytes) = (Digest::of(text.as_bytes()), text.len() as u64);
    });
    assert_eq!(found(&world.verify().await), [(csv.as_str(), Code::Logical)]);

    // Manifests that contradict themselves.
    let contradictions: [fn(&mut Manifest); 5] = [
        |m| m.run.thresholds.daily_cap += 1,
        |m| m.files.reverse(),
        |m| m.licence.clear(),
        |m| m.files.retain(|f| f.path != "schemas/essai.json"),
        |m| m.previous = None,
    ];
    for (i, edit) in contradictions.into_iter().enumerate() {
        let world = World::publish().await;
        forge(&world, edit);
        let report = world.verify().await;
        // The licence is a text like any other: nothing contradicts it.
        assert_eq!(report.findings.is_empty(), i == 2, "{i}: {report:?}");
    }
    let world = World::publish().await;
    let report =
        world.damaged(&manifest, |b| Some(String::from_utf8(b).unwrap().replacen('{', "{\n  \"apart\": 1,", 1).into_bytes())).await;
    assert!(report.findings.iter().any(|f| f.code == Code::Manifest && f.problem.contains("apart")), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_does_not_hold_is_seen() {
    let edit = |world: &World, change: &dyn Fn(&mut ChainLink)| {
        let path = world.at("chain/000002.json");
        let mut link: ChainLink = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut link);
        fs::write(path, canonical_json(&link).unwrap()).unwrap();
    };
    let changes: [&dyn Fn(&mut ChainLink); 4] =
        [&|l| l.number = 1, &|l| l.previous_manifest_sha256 = None, &|l| l.manifest_sha256 = Digest::of(b"other"), &|l| {
            l.prefix = "releases/2024-09/r2".into()
        }];
    for change in changes {
        let world = World::publish().await;
        edit(&world, change);
        let report = world.verify().await;
        assert!(report.findings.iter().any(|f| f.code == Code::Chain), "{report:?}");
    }
    // The whole of the first release and its link exchanged for another one.
    let (world, other) = (World::publish().await, tempfile::tempdir().unwrap());
    let files = tempfile::tempdir().unwrap();
    let draft = Release::draft(files.path(), make(files.path(), "2024-08", 6), &()).unwrap();
    publish_all(&PublicStore::folder(other.path()).unwrap(), vec![draft], None, &()).await.unwrap();
    for path in solidata_store::walk(other.path()).unwrap().iter().filter(|p| *p != "index.json") {
        fs::copy(other.path().join(path), world.at(path)).unwrap();
    }
    let mut index: Index = serde_json::from_slice(&fs::read(world.at("index.json")).unwrap()).unwrap();
    let theirs: Index = serde_json::from_slice(&fs::read(other.path().join("index.json")).unwrap()).unwrap();
    index.releases[0] = theirs.releases[0].clone();
    fs::write(world.at("index.json"), canonical_json(&index).unwrap()).unwrap();
    assert_eq!(found(&world.verify().await), [("chain/000002.json", Code::Chain)]);
}

#[tokio::test]
async fn a_store_in_memory_is_verified_like_a_folder() {
    let files = tempfile::tempdir().unwrap();
    let store = PublicStore::memory();
    assert!(matches!(verify_store(&store, &VerifyOptions::default(), &()).await.unwrap_err(), AuditError::Nothing { .. }));
    let draft = Release::draft(files.path(), make(files.path(), "2024-08", 0), &()).unwrap();
    publish_all(&store, vec![draft], None, &()).await.unwrap();
    assert_eq!(verify_store(&store, &VerifyOptions::default(), &()).await.unwrap().findings, []);
    store.put_new("releases/2024-08/r1/data/more.csv", Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(verify_store(&store, &VerifyOptions::default(), &()).await.unwrap().findings[0].code, Code::Extra);
}

/// A release on a plain web server: read without a listing.
#[tokio::test(flavor = "multi_thread")]
async fn a_web_address_is_verified_without_a_listing() {
    let world = World::publish().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = std::process::Command::new("python3")
        .args(["-m", "http.server", "--bind", "127.0.0.1", &port.to_string()])
        .current_dir(world.dir.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let Ok(mut server) = server else {
        println!("SKIPPED: no python3 on this machine");
        return;
    };
    let address = format!("http://127.0.0.1:{port}/");
    let mut report = verify(&address, &VerifyOptions::default(), none(), &()).await;
    for _ in 0..50 {
        if report.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        report = verify(&address, &VerifyOptions::default(), none(), &()).await;
    }
    fs::remove_file(world.at(&format!("{R1}/data/essai.csv"))).unwrap();
    let missing = verify(&format!("{address}{R1}"), &VerifyOptions::default(), none(), &()).await;
    server.kill().unwrap();
    server.wait().unwrap();
    let report = report.unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.releases.len(), report.notes.len()), (2, 2));
    assert_eq!(found(&missing.unwrap()), [("data/essai.csv", Code::Missing)]);
}
