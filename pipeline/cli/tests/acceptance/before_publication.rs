//! What stands between a month and its publication, and what a lost vault, another geography or an attacker make of it.

use crate::{
    project::{copy_project, small_project},
    world::{expect, files, folder, rows},
};
use std::{collections::BTreeMap, fs, path::Path};

/// A month has the communes of its year, says so, and the next month of the year cannot take others.
#[test]
fn a_year_keeps_the_geography_that_it_was_published_with() {
    let work = folder();
    let at = |name: &str| work.path().join(name);
    let made = ["synth", "--out", "s", "--from", "2024-07-20", "--to", "2024-10-03", "--departments", "67", "--scale", "0.3"];
    expect(work.path(), 0, &made);
    let run = |code, extra: &[&str]| {
        let mut args =
            vec!["run", "--lieux", "s/snapshot.archive.gz", "--search", "s/snapshot.archive.gz", "--vault", "vault", "--public", "public"];
        args.extend(extra);
        expect(work.path(), code, &args)
    };
    let said = run(2, &["--from", "2024-12", "--to", "2025-01"]);
    assert!(said.contains("2024-12 and 2025-01 are of years with different lists of communes"), "{said}");
    run(0, &["--month", "2024-08"]);
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(at("public/releases/2024-08/r1/manifest.json")).unwrap()).unwrap();
    let lists = manifest["code_lists"].as_array().unwrap();
    assert!(lists.iter().any(|list| list["name"] == "communes.csv" && list["vintage"] == "COG 2024"), "{lists:?}");
    let before = files(&at("public"));
    copy_project(&at("project"));
    fs::remove_dir_all(at("project/datasets/reference/cog-2024")).unwrap();
    let said = run(1, &["--month", "2024-09", "--project", "project"]);
    assert!(said.contains("releases/2024-08/r1 was published with communes.csv of COG 2024") && said.contains("COG 2025"), "{said}");
    assert_eq!(files(&at("public")), before);
}

/// The ledger, and then the whole vault, is lost after a quarter was published: the months come out as they were, and what needs exact counts finds them.
#[test]
fn what_a_lost_vault_must_give_again() {
    let work = folder();
    let at = |name: &str| work.path().join(name);
    small_project(work.path());
    let made = ["synth", "--out", "s", "--from", "2024-01-01", "--to", "2024-04-03", "--departments", "67", "--scale", "0.3"];
    expect(work.path(), 0, &made);
    let run = |from: &str| {
        let mut args =
            vec!["run", "--from", from, "--to", "2024-03", "--lieux", "s/snapshot.archive.gz", "--search", "s/snapshot.archive.gz"];
        args.extend(["--vault", "vault", "--public", "public", "--project", "small"]);
        expect(work.path(), 0, &args)
    };
    run("2024-01");
    let before = files(&at("public"));
    let quarter = rows(&at("public/releases/2024-03/r1/data/demande_territoires.csv"));
    assert!(quarter.iter().any(|r| r["periode"] == "2024-T1" && r["statut"] == "publie"));
    for (lost, from) in [("vault/ledger", "2024-03"), ("vault", "2024-01")] {
        fs::remove_dir_all(at(lost)).unwrap();
        run(from);
        assert_eq!(files(&at("public")), before, "{lost} was lost");
        let told = expect(work.path(), 0, &["explain", "demande_territoires", "2024-T1/dep-67/toutes/tous", "--vault", "vault"]);
        assert!(told.starts_with("2024-T1/dep-67/toutes/tous: "), "{told}");
        let said = expect(work.path(), 0, &["attack", "public", "--month", "2024-03", "--vault", "vault"]);
        assert!(said.contains("organisations subtracted themselves"), "{said}");
    }
}

/// A published count that is taken out again, while everything that gives it is still there: the attack says how it is computed, its value only when asked.
#[test]
fn a_release_that_falls_is_told_with_its_formula() {
    let work = folder();
    let at = |name: &str| work.path().join(name);
    small_project(work.path());
    let made = ["synth", "--out", "s", "--from", "2024-08-20", "--to", "2024-10-03", "--departments", "67", "--scale", "0.3"];
    expect(work.path(), 0, &made);
    let mut args = vec!["run", "--month", "2024-09", "--lieux", "s/snapshot.archive.gz", "--search", "s/snapshot.archive.gz"];
    args.extend(["--vault", "vault", "--public", "public", "--project", "small"]);
    expect(work.path(), 0, &args);
    let said = expect(work.path(), 0, &["attack", "public", "--vault", "vault"]);
    assert!(said.contains("organisations subtracted themselves") && said.contains("0 found something"), "{said}");
    let (territory, category, value) = take_out(&at("public/releases/2024-09/r1/data"));
    let said = expect(work.path(), 1, &["attack", "public"]);
    let of_cell =
        |line: &&str| line.starts_with(&format!("exact: 2024-09@r1 · {territory} (")) && line.contains(&format!(", tous · {category} = "));
    let formula = said.lines().find(of_cell).unwrap_or_else(|| panic!("{said}"));
    assert!(said.contains("the release does not hold") && !formula.ends_with(&format!("= {value}")), "{said}");
    let said = expect(work.path(), 1, &["attack", "public", "--reveal"]);
    assert!(said.lines().any(|line| line.starts_with("exact: ") && line.ends_with(&format!("= {value}"))), "{said}");
}

/// Withholds a published sum in the table of demand, as the canonical writer would, and leaves its two parts; gives its territory, category and value.
fn take_out(data: &Path) -> (String, String, i64) {
    use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
    let table = data.join("demande_territoires.parquet");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(fs::File::open(&table).unwrap()).unwrap();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(|batch| batch.unwrap()).collect();
    let batch = arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
    let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
    let counts = batch.column_by_name("recherches").unwrap().as_primitive::<arrow::datatypes::Int64Type>();
    let key = |row: usize, outcome: &'static str| (text("territoire_id").value(row), text("categorie_code").value(row), outcome);
    let given: BTreeMap<(&str, &str, &str), i64> = (0..batch.num_rows())
        .filter(|row| counts.is_valid(*row))
        .map(|row| ((text("territoire_id").value(row), text("categorie_code").value(row), text("resultat").value(row)), counts.value(row)))
        .collect();
    let adds_up = |row: &usize| {
        let [all, found, nothing] = ["tous", "trouve", "rien"].map(|outcome| given.get(&key(*row, outcome)).copied());
        text("resultat").value(*row) == "tous"
            && all.is_some_and(|all| found.zip(nothing).is_some_and(|(found, nothing)| all == found + nothing))
    };
    let row = (0..batch.num_rows()).find(adds_up).unwrap();
    let (territory, category, _) = key(row, "tous");
    let (territory, category, value) = (territory.to_owned(), category.to_owned(), counts.value(row));
    let columns: Vec<ArrayRef> = batch
        .schema()
        .fields()
        .iter()
        .map(|field| match field.name().as_str() {
            "recherches" => {
                std::sync::Arc::new(counts.iter().enumerate().map(|(i, n)| n.filter(|_| i != row)).collect::<Int64Array>()) as ArrayRef
            }
            "statut" => {
                let states = text("statut").iter().enumerate().map(|(i, state)| if i == row { Some("secret") } else { state });
                std::sync::Arc::new(states.collect::<StringArray>())
            }
            other => batch.column_by_name(other).unwrap().clone(),
        })
        .collect();
    let batch = RecordBatch::try_new(batch.schema(), columns).unwrap();
    let promise = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/demande_territoires");
    let toml = |name: &str| fs::read_to_string(promise.join(name)).unwrap();
    let spec = solidata_model::DatasetSpec::parse("demande_territoires", &toml("dataset.toml"), &toml("schema.toml")).unwrap();
    let file = |extension: &str| fs::File::create(table.with_extension(extension)).unwrap();
    let mut writer = solidata_canon::TableWriter::new(&spec, file("parquet"), file("csv")).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    (territory, category, value)
}

/// A table that hides what is withheld as if it were nothing is refused, and nothing is published.
#[test]
fn a_release_that_does_not_withstand_the_attack_is_refused() {
    let work = folder();
    let at = |name: &str| work.path().join(name);
    let made = ["synth", "--out", "s", "--from", "2024-08-20", "--to", "2024-10-03", "--departments", "67", "--scale", "0.3"];
    expect(work.path(), 0, &made);
    small_project(work.path());
    let edit = |path: &str, change: &dyn Fn(String) -> String| {
        let path = at("small").join(path);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
    };
    edit("sql/datasets/demande_territoires.sql", &|sql| sql + "WHERE d.statut = 'publie'\n");
    edit("sql/tests/demande_territoires/un_seul_marqueur/expect.csv", &|rows| {
        rows.lines().filter(|l| !l.contains("com-67482")).map(|l| format!("{l}\n")).collect()
    });
    // The project's own checks see it too: without them the attack must.
    for check in ["departements_exacts", "resultats_exacts"] {
        fs::remove_file(at("small/sql/checks/demande_territoires").join(format!("{check}.sql"))).unwrap();
    }
    let mut args = vec!["run", "--month", "2024-09", "--lieux", "s/snapshot.archive.gz", "--search", "s/snapshot.archive.gz"];
    args.extend(["--vault", "vault", "--public", "public", "--project", "small"]);
    let said = expect(work.path(), 4, &args);
    assert!(said.contains("2024-09: not published") && said.contains("does not withstand the attack"), "{said}");
    assert!(files(&at("public")).is_empty());
}
