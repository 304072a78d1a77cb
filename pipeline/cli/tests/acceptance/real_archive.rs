//! The real test archive of Soliguide: what is published of it, and that its form does not matter.

use crate::world::{Row, assert_absent, expect, files, folder, readable, rows, shared, text};
use bson::{Bson, Document};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
};

const PROTECTED: [&str; 8] = ["lieu-10", "lieu-11", "lieu-14", "lieu-15", "lieu-29", "lieu-33", "lieu-38", "lieu-39"];

fn archive() -> Option<PathBuf> {
    shared("soliguide/soliguide_test.archive.gz")
}

/// Publishes the supply alone and returns the release's folder.
fn publish(work: &Path, snapshot: &Path) -> PathBuf {
    expect(work, 0, &["run", "--month", "2026-10", "--lieux", text(snapshot), "--vault", "vault", "--public", "public"]);
    work.join("public/releases/2026-10/r1")
}

/// The `lieux` of the archive, by the framing that mongodump writes.
fn lieux(path: &Path) -> Vec<Vec<u8>> {
    let mut data = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut data).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
    let document = |at: usize| Document::from_reader(&data[at..at + u32_at(at) as usize]).unwrap();
    let mut at = 4;
    while u32_at(at) != u32::MAX {
        at += u32_at(at) as usize;
    }
    at += 4;
    let mut out = Vec::new();
    while at < data.len() {
        let header = document(at);
        at += u32_at(at) as usize;
        while u32_at(at) != u32::MAX {
            let length = u32_at(at) as usize;
            if header.get_str("collection").is_ok_and(|c| c == "lieux") {
                out.push(data[at..at + length].to_vec());
            }
            at += length;
        }
        at += 4;
    }
    out
}

fn by_id(rows: Vec<Row>) -> BTreeMap<String, Row> {
    rows.into_iter().map(|r| (r["lieu_id"].clone(), r)).collect()
}

#[test]
fn what_is_published_of_it() {
    let Some(archive) = archive() else { return };
    let work = folder();
    let release = publish(work.path(), &archive);
    let places = by_id(rows(&release.join("data/structures.csv")));
    assert_eq!(places.len(), 28);
    assert_eq!(rows(&release.join("data/services.csv")).len(), 31);
    assert!(!release.join("data/demande_territoires.csv").exists(), "there were no searches");

    // The protected, and those that share position and name or slug with one of them.
    let documents: Vec<Document> = lieux(&archive).iter().map(|d| Document::from_reader(d.as_slice()).unwrap()).collect();
    assert_eq!(documents.len(), 142);
    let id = |d: &Document| format!("lieu-{}", number(d.get("lieu_id").unwrap()));
    let position = |d: &Document| d.get_document("position").unwrap().get_document("location").unwrap().clone();
    let shares =
        |a: &Document, b: &Document| position(a) == position(b) && (a.get("name") == b.get("name") || a.get("seo_url") == b.get("seo_url"));
    let mut hidden: Vec<&Document> = documents.iter().filter(|d| PROTECTED.contains(&id(d).as_str())).collect();
    assert_eq!(hidden.len(), PROTECTED.len());
    loop {
        let more: Vec<&Document> = documents.iter().filter(|d| !hidden.contains(d) && hidden.iter().any(|h| shares(d, h))).collect();
        if more.is_empty() {
            break;
        }
        hidden.extend(more);
    }
    let mut seen = 0;
    for row in hidden.iter().filter_map(|d| places.get(&id(d))) {
        seen += 1;
        for column in ["adresse", "latitude", "longitude", "telephone", "site_web", "url_fiche"] {
            assert_eq!(row[column], "", "{} shows {column}", row["lieu_id"]);
        }
        assert_ne!(row["precision_localisation"], "adresse");
    }
    assert!(seen > PROTECTED.len());
    for place in ["lieu-10", "lieu-11"] {
        assert_eq!(places[place]["precision_localisation"], "departement");
        for column in ["code_commune", "code_epci", "code_postal", "commune", "code_arrondissement_municipal"] {
            assert_eq!(places[place][column], "", "{place} shows {column}");
        }
    }
    assert_eq!(places["lieu-14"]["code_commune"], "75056");
    assert_eq!(places["lieu-6"]["code_arrondissement_municipal"], "75103");
    assert!(places["lieu-6"]["latitude"].starts_with("48.86"));
}

fn number(value: &Bson) -> i64 {
    match value {
        Bson::Int32(n) => i64::from(*n),
        Bson::Int64(n) => *n,
        Bson::Double(n) => *n as i64,
        other => panic!("{other:?} is no number"),
    }
}

/// Every text of a free or personal field, wherever it is nested, long enough to be told from codes and names that are public.
fn private_texts(value: &Bson, key: &str, inside: bool, out: &mut Vec<String>) {
    const PRIVATE: [&str; 22] = [
        "createdBy",
        "label",
        "mail",
        "description",
        "precisions",
        "additionalInformation",
        "complementAdresse",
        "other",
        "precision",
        "activityName",
        "jobsList",
        "usageModality",
        "users",
        "photos",
        "docs",
        "facebook",
        "instagram",
        "fax",
        "slugs",
        "entityName",
        "ukrainePrecisions",
        "campaignUserUuid",
    ];
    let private = inside || PRIVATE.contains(&key);
    match value {
        Bson::String(s) if private && s.trim().len() >= 8 => out.push(s.trim().to_owned()),
        Bson::Document(d) => {
            // `publics.other` is a list of codes, `modalities.other` is a text; `position.slugs` are names of territories.
            d.iter().for_each(|(k, v)| private_texts(v, k, private && k != "slugs", out));
        }
        Bson::Array(items) if key != "other" => items.iter().for_each(|v| private_texts(v, key, private, out)),
        _ => {}
    }
}

#[test]
fn no_personal_text_is_published() {
    let Some(archive) = archive() else { return };
    let work = folder();
    publish(work.path(), &archive);
    let public_names: Vec<String> = rows(&work.path().join("public/releases/2026-10/r1/data/structures.csv"))
        .iter()
        .flat_map(|r| [r["nom"].to_lowercase(), r["commune"].to_lowercase(), r["url_fiche"].to_lowercase()])
        .collect();
    let mut secrets = Vec::new();
    for document in lieux(&archive) {
        let document = Document::from_reader(document.as_slice()).unwrap();
        for (key, value) in &document {
            if key != "position" && key != "name" {
                private_texts(value, key, false, &mut secrets);
            }
        }
    }
    secrets.retain(|s| !public_names.iter().any(|n| n.contains(&s.to_lowercase())));
    secrets.sort();
    secrets.dedup();
    assert!(secrets.len() > 100, "the archive is full of such texts: {}", secrets.len());
    assert!(secrets.iter().any(|s| s.contains('@')) && secrets.iter().any(|s| s.contains("soliguide")));
    assert_absent(&readable(&work.path().join("public")), &secrets);
}

#[test]
fn the_form_of_the_snapshot_does_not_matter() {
    let Some(archive) = archive() else { return };
    let work = folder();
    let documents = lieux(&archive);
    let relaxed: String = documents.iter().map(|d| json(d, true)).collect();
    let canonical: String = documents.iter().map(|d| json(d, false)).collect();
    let array = format!("[{}]", relaxed.trim_end().replace('\n', ",\n"));
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(&archive).unwrap()).read_to_end(&mut plain).unwrap();

    let at = |name: &str| work.path().join(name);
    fs::write(at("lieux.ndjson"), &relaxed).unwrap();
    fs::write(at("lieux.canonical.ndjson"), &canonical).unwrap();
    fs::write(at("lieux.json"), &array).unwrap();
    fs::write(at("lieux.ndjson.zst"), zstd::encode_all(relaxed.as_bytes(), 3).unwrap()).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(canonical.as_bytes()).unwrap();
    fs::write(at("lieux.ndjson.gz"), gz.finish().unwrap()).unwrap();
    fs::write(at("snapshot.archive"), &plain).unwrap();
    fs::write(at("snapshot.archive.zst"), zstd::encode_all(plain.as_slice(), 3).unwrap()).unwrap();
    fs::create_dir_all(at("dump/soliguide")).unwrap();
    fs::write(at("dump/soliguide/lieux.bson"), documents.concat()).unwrap();
    fs::write(at("dump/soliguide/lieux.metadata.json"), "{}").unwrap();

    let published = |name: &str, snapshot: &Path| {
        let own = at(&format!("run-{name}"));
        fs::create_dir(&own).unwrap();
        let release = publish(&own, snapshot);
        let mut both = files(&release.join("data"));
        both.extend(files(&release.join("schemas")));
        both
    };
    let expected = published("archive.gz", &archive);
    assert!(expected.len() >= 6);
    for name in [
        "lieux.ndjson",
        "lieux.canonical.ndjson",
        "lieux.json",
        "lieux.ndjson.zst",
        "lieux.ndjson.gz",
        "snapshot.archive",
        "snapshot.archive.zst",
        "dump",
    ] {
        assert_eq!(published(name, &at(name)), expected, "{name}");
    }
}

fn json(document: &[u8], relaxed: bool) -> String {
    let value = Bson::Document(Document::from_reader(document).unwrap());
    let value = if relaxed { value.into_relaxed_extjson() } else { value.into_canonical_extjson() };
    format!("{value}\n")
}
