//! What is done about published releases, as an operator does it, and what their readers see: changes, corrections, rollback, errata, withdrawal, and `latest/`.

use crate::{
    project::small_project,
    world::{expect, files, folder},
};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

const AUGUST: &str = "p/releases/2024-08/r1";
const SEPTEMBER: &str = "p/releases/2024-09/r1";

fn synth(work: &Path, out: &str, seed: &str) -> String {
    expect(
        work,
        0,
        &["synth", "--out", out, "--from", "2024-07-20", "--to", "2024-09-30", "--departments", "67", "--seed", seed, "--scale", "0.2"],
    );
    format!("{out}/snapshot.archive.gz")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

fn said_json(work: &Path, code: i32, args: &[&str]) -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_solidata")).current_dir(work).arg("--json").args(args).output().unwrap();
    assert_eq!(out.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}"))
}

/// `latest/` is the release, with a digest beside each table; coreutils and `verify` agree.
fn assert_latest(work: &Path, release: &str) {
    let (latest, wanted) = (files(&work.join("p/latest")), files(&work.join("p").join(release)));
    for (path, bytes) in &wanted {
        assert!(latest.get(path) == Some(bytes), "{release}: {path}");
    }
    let beside: Vec<&String> = latest.keys().filter(|path| !wanted.contains_key(*path)).collect();
    assert!(beside.iter().all(|path| path.ends_with(".sha256") && !path.starts_with("pages/")), "{release}: {beside:?}");
    let tables = wanted.keys().filter(|path| ["data/", "geo/", "parts/"].iter().any(|folder| path.starts_with(folder)));
    assert_eq!(beside.len(), tables.count());
    let status = Command::new("sh")
        .current_dir(work.join("p/latest"))
        .args(["-c", "sha256sum --check --strict --quiet SHA256SUMS && cd data && sha256sum --check --strict --quiet *.sha256"])
        .status();
    assert!(status.unwrap().success(), "{release}");
    expect(work, 0, &["verify", "p/latest"]);
}

#[test]
fn what_happens_to_releases_after_their_publication() {
    let work = folder();
    let work = work.path();
    fs::write(work.join("solidata.toml"), "vault = \"v\"\npublic = \"p\"\n[signing]\nkey = \"v/signing/solidata.key\"\n").unwrap();
    small_project(work);
    let (first, second) = (synth(work, "s", "5"), synth(work, "t", "6"));
    expect(work, 0, &["keygen", "--no-password"]);
    let key = fs::read_to_string(work.join("v/signing/solidata.pub")).unwrap().lines().nth(1).unwrap().to_owned();
    // Two months at once: the second is compared with the first.
    let range = ["run", "--from", "2024-08", "--to", "2024-09", "--lieux", &first, "--search", &first, "--project", "small"];
    expect(work, 0, &range);
    let verify = || expect(work, 0, &["verify", "p", "--key", &key]);
    verify();
    assert_latest(work, "releases/2024-09/r1");

    let changes = json(&work.join(SEPTEMBER).join("changes.json"));
    assert_eq!((&changes["release"], &changes["since"]), (&"releases/2024-09/r1".into(), &"releases/2024-08/r1".into()));
    assert_eq!(json(&work.join(AUGUST).join("changes.json"))["since"], Value::Null);
    let dataset = |name: &str| changes["datasets"].as_array().unwrap().iter().find(|d| d["dataset"] == name).unwrap();
    assert_eq!((&dataset("demande_territoires")["rows"], &dataset("structures")["rows"]["changed"]), (&Value::Null, &0.into()));
    let france = dataset("demande_territoires")["indicators"].as_array().unwrap().iter().find(|i| i["territoire_id"] == "fr").unwrap();
    assert!(france["after"].as_i64().unwrap() > 100 && france["before"].as_i64().unwrap() > 100, "{france}");
    let page = fs::read_to_string(work.join(SEPTEMBER).join("CHANGES.md")).unwrap();
    assert!(page.contains("Par rapport à `releases/2024-08/r1`") && page.contains("France (`fr`)"), "{page}");
    // `diff` says the same of any two releases.
    let mut told = said_json(work, 0, &["diff", AUGUST, SEPTEMBER]);
    told.as_object_mut().unwrap().remove("wrong_versions");
    assert_eq!(told, changes);
    assert!(expect(work, 0, &["diff", AUGUST, "p"]).contains("Searches of the month, France:"));
    assert!(expect(work, 2, &["diff", "p/releases", SEPTEMBER]).contains("neither index.json nor manifest.json"));
    // Both can be made again, the second only beside the first; alone what it says of the first is taken as it is.
    for month in ["2024-08", "2024-09"] {
        assert!(expect(work, 0, &["reproduce", "p", "--month", month]).contains("same bytes"), "{month}");
    }
    for (path, bytes) in files(&work.join(SEPTEMBER)) {
        let to = work.join("alone").join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, bytes).unwrap();
    }
    let alone = expect(work, 0, &["reproduce", "alone"]);
    assert!(alone.contains("same bytes") && alone.contains("changes.json was taken as it is published"), "{alone}");

    // A correction, and back.
    expect(
        work,
        0,
        &["run", "--month", "2024-09", "--revise", "--reason", "Adresses mal géocodées", "--lieux", &second, "--project", "small"],
    );
    assert_latest(work, "releases/2024-09/r2");
    let changes = json(&work.join("p/releases/2024-09/r2/changes.json"));
    assert_eq!((&changes["since"], &changes["reason"]), (&"releases/2024-09/r1".into(), &"Adresses mal géocodées".into()));
    let rows = |name: &str| changes["datasets"].as_array().unwrap().iter().find(|d| d["dataset"] == name).unwrap()["rows"].clone();
    assert_eq!((&rows("demande_territoires")["changed"], &rows("demande_territoires")["added"]), (&0.into(), &0.into()));
    assert!(
        rows("structures")["changed"].as_u64().unwrap() + rows("structures")["removed"].as_u64().unwrap() > 0,
        "{}",
        rows("structures")
    );
    assert!(expect(work, 0, &["reproduce", "p", "--month", "2024-09"]).contains("same bytes"));
    let published = files(&work.join("p/releases"));
    let back = expect(work, 0, &["rollback", "--month", "2024-09", "--reason", "r2 était pire"]);
    assert!(back.contains("releases/2024-09/r1 is current again"), "{back}");
    assert_latest(work, "releases/2024-09/r1");
    assert!(expect(work, 0, &["rollback", "--month", "2024-09", "--to", "1", "--reason", "r2 était pire"]).contains("is current already"));
    assert!(expect(work, 2, &["rollback", "--month", "2024-08", "--reason", "x"]).contains("no earlier revision"));
    assert!(files(&work.join("p/releases")) == published, "a rollback moves nothing");
    verify();
    // Whoever runs the months again changes nothing, whatever is current.
    expect(work, 0, &range);
    expect(
        work,
        0,
        &["run", "--month", "2024-09", "--revise", "--reason", "Adresses mal géocodées", "--lieux", &second, "--project", "small"],
    );
    assert!(files(&work.join("p/releases")) == published);

    // An erratum.
    let erratum = [
        "errata",
        "--release",
        "releases/2024-08/r1",
        "--dataset",
        "structures",
        "--column",
        "code_postal",
        "--fr",
        "Codes décalés",
        "--en",
        "Codes shifted",
    ];
    expect(work, 0, &erratum);
    assert!(expect(work, 0, &erratum).contains("1 erratum(s)"));
    assert_eq!(json(&work.join("p/errata.json"))["errata"][0]["columns"][0], "code_postal");
    assert!(fs::read_to_string(work.join("p/ERRATA.md")).unwrap().contains("Codes décalés"));
    let unknown: Vec<&str> = erratum.iter().map(|a| if *a == "code_postal" { "couleur" } else { a }).collect();
    assert!(expect(work, 2, &unknown).contains("no column 'couleur'"));
    assert!(files(&work.join("p/releases")) == published, "an erratum moves nothing");
    verify();

    // A withdrawal: only with --yes, and then for good.
    let withdraw = ["withdraw", "--release", "releases/2024-09/r1", "--class", "protected-place"];
    let said = expect(work, 2, &withdraw);
    assert!(said.contains("would remove releases/2024-09/r1/data/structures.csv") && said.contains("no other current revision"), "{said}");
    assert!(files(&work.join("p/releases")) == published);
    let gone: Vec<&str> = withdraw.iter().copied().chain(["--yes"]).collect();
    expect(work, 0, &gone);
    let left: Vec<String> = files(&work.join(SEPTEMBER)).into_keys().collect();
    assert_eq!(left, ["WITHDRAWN.json", "WITHDRAWN.json.minisig"]);
    assert_eq!(json(&work.join(SEPTEMBER).join("WITHDRAWN.json"))["class"], "protected_place");
    // No other revision becomes current by itself: readers have the month before, until someone decides.
    assert_latest(work, "releases/2024-08/r1");
    let said = verify();
    assert!(said.contains("releases/2024-09/r1: it was withdrawn (protected_place)"), "{said}");
    expect(work, 0, &gone);
    expect(work, 0, &["rollback", "--month", "2024-09", "--reason", "La correction est la bonne"]);
    assert_latest(work, "releases/2024-09/r2");
    verify();
    expect(work, 0, &["attack", "p"]);
    assert!(expect(work, 0, &["status"]).contains("releases/2024-09/r1 (withdrawn)"));
    assert!(expect(work, 0, &["gc"]).contains("0 object(s), 0 left"));
    assert!(expect(work, 1, &range).contains("withdrawn"), "what was withdrawn is not published again");
    // The correction can be made again still; what it said of the release that is gone is taken as it is.
    let again = expect(work, 0, &["reproduce", "p", "--month", "2024-09"]);
    assert!(again.contains("same bytes") && again.contains("changes.json was taken as it is published"), "{again}");
    expect(
        work,
        0,
        &["run", "--month", "2024-09", "--revise", "--reason", "Adresses mal géocodées", "--lieux", &second, "--project", "small"],
    );
}
