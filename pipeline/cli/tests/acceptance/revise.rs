//! A month is corrected: the correction takes the place of what it corrects, which stays readable; the figures of demand stay as they were published.

use crate::{
    project::small_project,
    world::{expect, files, folder, rows, text},
};
use std::{collections::BTreeMap, fs, path::Path};

const R1: &str = "releases/2024-09/r1/";
const R2: &str = "releases/2024-09/r2/";

fn synth(work: &Path, out: &str, seed: &str) -> String {
    expect(
        work,
        0,
        &["synth", "--out", out, "--from", "2024-08-20", "--to", "2024-09-30", "--departments", "67", "--seed", seed, "--scale", "0.3"],
    );
    format!("{out}/snapshot.archive.gz")
}

fn beneath(all: &BTreeMap<String, Vec<u8>>, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    all.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(prefix)?.to_owned(), bytes.clone()))).collect()
}

#[test]
fn a_month_is_corrected_and_its_demand_stays() {
    let work = folder();
    let (work, at) = (work.path(), |name: &str| text(&work.path().join(name)).to_owned());
    fs::write(at("solidata.toml"), "vault = \"v\"\npublic = \"p\"\n[signing]\nkey = \"v/signing/solidata.key\"\n").unwrap();
    small_project(work);
    let (first, second) = (synth(work, "s", "5"), synth(work, "t", "6"));
    let correct = |snapshot: &str, reason: &str| {
        vec!["run", "--month", "2024-09", "--revise", "--reason", reason, "--lieux", snapshot, "--project", "small"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let run = |code: i32, args: &[String]| expect(work, code, &args.iter().map(String::as_str).collect::<Vec<_>>());

    expect(work, 0, &["keygen", "--no-password"]);
    assert!(run(2, &correct(&first, "trop tôt")).contains("publish it without --revise first"));
    expect(work, 0, &["run", "--month", "2024-09", "--lieux", &first, "--search", &first, "--project", "small"]);
    assert!(run(2, &correct(&first, "rien")).contains("nothing would change"));
    let before = files(&work.join("p"));
    let said = run(0, &correct(&second, "Des adresses étaient mal géocodées"));
    assert!(said.contains("releases/2024-09/r2") && said.contains("the figures of demand stay those of releases/2024-09/r1"), "{said}");

    let after = files(&work.join("p"));
    let (r1, r2) = (beneath(&after, R1), beneath(&after, R2));
    assert!(beneath(&before, R1) == r1, "what was published stays");
    for same in ["cubes/demande_protegee.parquet", "data/demande_territoires.parquet", "data/demande_locale.csv"] {
        assert!(r1[same] == r2[same], "{same}");
    }
    assert!(r1["data/structures.csv"] != r2["data/structures.csv"]);
    assert_ne!(rows(&work.join(format!("p/{R1}data/structures.csv"))).len(), 0);
    let index: serde_json::Value = serde_json::from_slice(&after["index.json"]).unwrap();
    let states: Vec<&str> = index["releases"].as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["superseded", "current"]);
    assert_eq!(index["log"][1]["done"][0]["reason"], "Des adresses étaient mal géocodées");
    let manifest: serde_json::Value = serde_json::from_slice(&r2["manifest.json"]).unwrap();
    assert_eq!(manifest["run"]["revision"]["corrects"], "releases/2024-09/r1");

    // Both are whole, and can be made again; nothing of the demand falls.
    let key = fs::read_to_string(work.join("v/signing/solidata.pub")).unwrap().lines().nth(1).unwrap().to_owned();
    expect(work, 0, &["verify", "p", "--key", &key]);
    expect(work, 0, &["attack", "p", "--vault", "v"]);
    for release in [R1, R2] {
        let target = format!("p/{release}");
        for args in [vec!["reproduce", &target], vec!["reproduce", &target, "--vault", "v"]] {
            assert!(expect(work, 0, &args).contains("same bytes"), "{args:?}");
        }
    }
    // The same commands again change nothing.
    for args in [
        correct(&second, "Des adresses étaient mal géocodées"),
        vec!["run", "--month", "2024-09", "--lieux", &first, "--search", &first, "--project", "small"]
            .into_iter()
            .map(str::to_owned)
            .collect(),
    ] {
        assert!(run(0, &args).contains("is there already, the same"), "{args:?}");
        assert!(files(&work.join("p")) == after, "{args:?}");
    }
    // Back to the first snapshot: a third revision, which says so.
    run(0, &correct(&first, "La correction était fausse"));
    let third = files(&work.join("p"));
    assert!(beneath(&third, "releases/2024-09/r3/")["data/structures.csv"] == r1["data/structures.csv"]);
    expect(work, 0, &["verify", "p", "--key", &key]);
    // Without the key nothing is published any more.
    fs::write(at("solidata.toml"), "vault = \"v\"\npublic = \"p\"\n").unwrap();
    assert!(run(2, &correct(&second, "sans clé")).contains("signed by the key"));
    assert!(files(&work.join("p")) == third);
}
