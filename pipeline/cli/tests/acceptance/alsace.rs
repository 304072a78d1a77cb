//! Ten months of synthetic Alsace, from one snapshot that is read once: what is counted, what is published, what is not.

use crate::world::{assert_absent, expect, files, folder, parquet_rows, readable, rows};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

const YEAR: [&str; 2] = ["2024-01", "2024-10"];

#[test]
fn ten_months_of_alsace() {
    let work = folder();
    let at = |name: &str| work.path().join(name);
    expect(
        work.path(),
        0,
        &[
            "synth",
            "--out",
            "s",
            "--from",
            "2024-01-01",
            "--to",
            "2024-10-03",
            "--departments",
            "67,68",
            "--seed",
            "7",
            "--form",
            "archive",
        ],
    );
    let snapshot = "s/snapshot.archive.gz";
    let run = |code, [from, to]: [&str; 2], extra: &[&str]| {
        let mut args = vec!["run", "--from", from, "--to", to, "--lieux", snapshot, "--search", snapshot];
        args.extend(["--vault", "vault", "--public", "public"]);
        args.extend(extra);
        expect(work.path(), code, &args)
    };
    let said = run(2, YEAR, &[]);
    assert!(said.contains("2024-10") && said.contains("--partial"), "{said}");
    assert!(files(&at("public")).is_empty());
    let mut log = said;
    log += &run(0, YEAR, &["--partial", "--json"]);

    // Read once: the extraction of the first, refused run was kept.
    assert!(log.contains("\"reused\": true"), "{log}");

    let truth = json(&at("s/truth.json"));
    let report = json(&at("vault/reports/run-2024-01-2024-10.json"));
    waterfalls(&report, &truth);
    supply(&at("public/releases/2024-09/r1"), &report);
    exact(&at("vault"), &truth);
    demand(&at("public/releases"), &truth, &report);
    reports(&report);
    attacks(work.path());
    confidentiality(work.path(), &truth, &log);

    // A month of it alone is the same as in the range (that a range may be run again is seen in `history`).
    let before = files(&at("public"));
    run(0, ["2024-09", "2024-09"], &[]);
    assert_eq!(files(&at("public")), before);
    expect(work.path(), 0, &["verify", "public"]);
    expect(work.path(), 0, &["verify", "public/releases/2024-03/r1"]);
}

fn waterfalls(report: &Value, truth: &Value) {
    let mut gross: BTreeMap<&str, u64> = BTreeMap::new();
    for line in report["demande"]["waterfall"].as_array().unwrap() {
        let removed: u64 = line["retirees"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(line["valides"].as_u64().unwrap(), removed + line["nettes"].as_u64().unwrap(), "{line}");
        *gross.entry(line["code_departement"].as_str().unwrap()).or_default() += line["brutes"].as_u64().unwrap();
    }
    assert_eq!((gross["67"], gross["68"]), (102_000, 28_000));
    assert!(truth["secrets"].as_array().is_some_and(|s| s.len() > 100));
}

fn supply(release: &Path, report: &Value) {
    let counted: BTreeMap<(String, String), (u64, u64)> = rows(&release.join("data/offre_territoires.csv"))
        .into_iter()
        .filter(|r| r["territoire_niveau"] == "departement")
        .map(|r| ((r["territoire_id"].clone(), r["categorie_code"].clone()), (r["lieux"].parse().unwrap(), r["services"].parse().unwrap())))
        .collect();
    let all = |d: &str| counted[&(d.to_owned(), "toutes".to_owned())];
    assert_eq!(all("dep-67"), (818, 2_718));
    assert_eq!(all("dep-68"), (513, 2_179));
    let listed = rows(&release.join("data/structures.csv"));
    assert!(listed.len() < 818 + 513 + 200 && listed.len() > 1_000);
    assert!(listed.iter().any(|r| r["precision_localisation"] == "departement"));
    assert!(report["snapshots"][0]["supply"]["counts"]["licence_non_ouverte"].as_u64().unwrap() > 0);
}

type Counts = BTreeMap<(String, String, String), (u64, u64)>;

/// A table of the truth, by département (empty when unknown), month and code.
fn truth_table(truth: &Value, table: &str, code: &str) -> Counts {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let number = |line: &Value, key: &str| line[key].as_u64().unwrap();
    let rows = truth[table].as_array().unwrap().iter().filter(|l| l["departement"].is_string());
    rows.map(|l| ((text(l, "departement"), text(l, "mois"), text(l, code)), (number(l, "brute"), number(l, "nette")))).collect()
}

/// The exact counts of the vault are those of the independent reference, in every département, month and category.
fn exact(vault: &Path, truth: &Value) {
    let stages = files(&vault.join("stages/recherches"));
    let mut counts: Counts = BTreeMap::new();
    for (path, bytes) in stages.iter().filter(|(p, _)| p.ends_with(".recherches.parquet")) {
        let sets = &stages[&path.replace(".recherches.", ".ensembles.")];
        let mut codes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in parquet_rows(sets.clone()) {
            codes.entry(row["ensemble"].clone()).or_default().push(row["categorie_code"].clone());
        }
        for row in parquet_rows(bytes.clone()).into_iter().filter(|r| r["code_departement"] != "null") {
            for code in &codes[&row["ensemble"]] {
                let cell = counts.entry((row["code_departement"].clone(), row["mois"].clone(), code.clone())).or_default();
                cell.0 += row["brute"].parse::<u64>().unwrap();
                cell.1 += row["nette"].parse::<u64>().unwrap();
            }
        }
    }
    let expected = truth_table(truth, "rule", "categorie");
    assert!(expected.len() > 1_000);
    let differ: Vec<_> = expected.keys().chain(counts.keys()).filter(|k| expected.get(*k) != counts.get(*k)).collect();
    assert!(
        differ.is_empty(),
        "{} cells differ, such as {:?}",
        differ.len(),
        differ.first().map(|k| (k, expected.get(*k), counts.get(*k)))
    );
}

/// The published counts are the exact ones; nothing small is published, and what is not published is not zero.
fn demand(releases: &Path, truth: &Value, report: &Value) {
    let by_root = truth_table(truth, "rule_by_root", "racine");
    let mut whole: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for line in report["demande"]["waterfall"].as_array().unwrap() {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        whole.insert((text("code_departement"), text("mois")), (line["brutes"].as_u64().unwrap(), line["nettes"].as_u64().unwrap()));
    }
    let (mut given, mut withheld, mut wholes) = (0, 0, 0);
    for month in 1..=10 {
        let table = rows(&releases.join(format!("2024-{month:02}/r1/data/demande_territoires.csv")));
        let quarters = table.iter().filter(|r| r["periode_type"] == "trimestre").count();
        assert_eq!(quarters > 0, month % 3 == 0, "a quarter comes with its last month");
        for row in table.iter().filter(|r| r["periode_type"] == "mois") {
            assert_eq!(row["periode_complete"], if month == 10 { "false" } else { "true" });
            match row["statut"].as_str() {
                "publie" => given += 1,
                _ => withheld += 1,
            }
            if row["territoire_niveau"] != "departement" || row["resultat"] != "tous" {
                continue;
            }
            let (departement, period) = (row["code_departement"].clone(), row["periode"].clone());
            let number = |column: &str| row[column].parse::<u64>().ok();
            let (gross, net) = (number("recherches_brutes"), number("recherches"));
            assert!(gross != Some(0) && [gross, net].iter().flatten().all(|n| *n == 0 || *n > 10), "{row:?}");
            if row["categorie_niveau"] == "total" {
                let exact = whole[&(departement, period)];
                assert!(gross.is_none_or(|n| n == exact.0) && net.is_none_or(|n| n == exact.1), "{row:?}");
                wholes += 1;
            } else if row["categorie_niveau"] == "racine" {
                // The reference counts a search of several root categories in each of them; the table in none, but in all together.
                let exact = by_root[&(departement, period, row["categorie_code"].clone())];
                assert!(gross.is_none_or(|n| n <= exact.0) && net.is_none_or(|n| n <= exact.1), "{row:?}");
            }
        }
    }
    assert!(given > 500 && withheld > 50_000 && wholes > 20, "{given} {withheld} {wholes}");
}

/// What the operator alone may read: how much of the demand is given at each level, and what one account does beside what one person is taken to do.
fn reports(report: &Value) {
    let september = &report["protection"]["2024-09"]["2024-09"];
    let loss = september["loss"].as_array().unwrap();
    let level =
        |territory: &str| loss.iter().find(|l| l["territory"] == territory && l["category"] == "total" && l["period"] == "mois").unwrap();
    let number = |line: &Value, key: &str| line[key].as_u64().unwrap();
    assert!(
        loss.iter().all(|l| l["searches_published"].as_u64() <= l["searches"].as_u64() && l["published"].as_u64() <= l["cells"].as_u64())
    );
    assert!(number(level("france"), "searches") >= number(level("commune"), "searches") && number(level("commune"), "cells") > 100);
    let persons = &september["per_person"];
    assert_eq!((number(persons, "assumed"), number(persons, "assumed_sensitive")), (2, 3));
    assert!(number(&persons["organisation_cell"], "of") > 100, "{persons}");
}

/// What anyone can do with the public store, and the operator with the vault.
fn attacks(work: &Path) {
    let said = expect(work, 0, &["attack", "public"]);
    assert!(said.contains("the attack found nothing, and every withheld cell is certified") && said.contains("2024-T3@r1"), "{said}");
    assert!((1..=10).all(|month| said.contains(&format!("2024-{month:02}@r1"))), "{said}");
    let told = expect(work, 0, &["explain", "demande_territoires", "2024-02/com-67482/toutes/tous", "--vault", "vault"]);
    assert!(told.starts_with("2024-02/com-67482/toutes/tous: "), "{told}");
    let said = expect(work, 2, &["explain", "demande_territoires", "2024-02/com-67482/tous/tous", "--vault", "vault"]);
    assert!(said.contains("`tous` is no category"), "{said}");
    expect(work, 2, &["explain", "demande_territoires", "2031-02/com-67482/toutes/tous", "--vault", "vault"]);

    // Every commune of the country, as it was in 2024, has each root category once (that its value is one of the other table, a check of the dataset proves).
    let local = rows(&work.join("public/releases/2024-09/r1/data/demande_locale.csv"));
    let pairs: BTreeSet<(&str, &str)> = local.iter().map(|r| (r["code_commune"].as_str(), r["famille_code"].as_str())).collect();
    let of = |list: &str| rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/reference").join(list));
    let (communes, categories) = (of("cog-2024/communes.csv"), of("categories.csv"));
    let roots = || categories.iter().filter(|c| !c["rang_racine"].is_empty()).map(|c| c["categorie_code"].as_str());
    let all: BTreeSet<(&str, &str)> = communes.iter().flat_map(|c| roots().map(|root| (c["code_commune"].as_str(), root))).collect();
    assert_eq!((local.len(), roots().count()), (pairs.len(), 11), "each once");
    assert!(pairs == all, "{} of {} pairs", pairs.len(), all.len());
}

fn confidentiality(work: &Path, truth: &Value, log: &str) {
    let mut secrets: Vec<String> = Vec::new();
    for secret in truth["secrets"].as_array().unwrap() {
        for key in ["token", "value"] {
            if let Some(text) = secret[key].as_str().filter(|t| t.len() >= 6) {
                secrets.push(text.to_owned());
                secrets.push(slug(text));
                secrets.push(sha256(text));
                secrets.push(sha256(&slug(text)));
            }
        }
    }
    secrets.retain(|s| s.len() >= 6);
    secrets.sort();
    secrets.dedup();
    let mut everywhere = readable(&work.join("public"));
    everywhere.push(("the log".into(), log.as_bytes().to_vec()));
    assert_absent(&everywhere, &secrets);
}

fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'à' | 'â' | 'ä' => out.push('a'),
            'é' | 'è' | 'ê' | 'ë' => out.push('e'),
            'î' | 'ï' => out.push('i'),
            'ô' | 'ö' => out.push('o'),
            'ù' | 'û' | 'ü' => out.push('u'),
            'ç' => out.push('c'),
            _ if out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    out.trim_matches('-').to_owned()
}

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}
