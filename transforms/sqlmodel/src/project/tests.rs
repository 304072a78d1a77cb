//! A small project in which nothing is found, and for each finding a change that brings it out.
use super::*;
use crate::testing::{columns, spec};

fn project() -> Project {
    let texts = |list: &[(&str, &str)]| list.iter().map(|(n, s)| ((*n).to_owned(), (*s).to_owned())).collect();
    let base = |name: &str, layer, key: &[&str]| BaseTable {
        name: name.into(),
        layer,
        schema: columns(),
        key: key.iter().map(|k| (*k).to_owned()).collect(),
    };
    let check = |dataset: &str, name: &str, sql: &str| Check { dataset: dataset.into(), name: name.into(), sql: sql.into() };
    let case = |model: &str, given: &[(&str, &str)], expect: &str| TestCase {
        model: model.into(),
        case: "simple".into(),
        given: texts(given),
        expect: expect.into(),
    };
    let mut codes = spec("offre", &[("code", "string", false), ("lieux", "integer", false)], &["code"]);
    codes.contract.columns[0].code_list = Some("communes.id".into());
    codes.contract.columns[0].pattern = Some("[a-z]+".into());
    let mut levels = spec("niveaux", &[("niveau", "string", false), ("lieux", "integer", true)], &["niveau"]);
    levels.contract.columns[0].values = vec!["peu".into(), "beaucoup d'eux".into()];
    Project {
        cubes: texts(&[("demande", "SELECT m, COUNT(*) AS n FROM recherches GROUP BY m")]),
        datasets: texts(&[
            ("offre", "SELECT m AS code, CAST(COUNT(*) AS BIGINT) AS lieux FROM structures GROUP BY m"),
            (
                "niveaux",
                "SELECT CASE WHEN lieux < 2 THEN 'peu' ELSE 'beaucoup d''eux' END AS niveau, SUM(lieux) AS lieux FROM offre GROUP BY 1",
            ),
        ]),
        base: vec![
            base("recherches", Layer::SafeInput, &["id"]),
            base("structures", Layer::PublicSupply, &["id"]),
            base("communes", Layer::CodeList, &["id"]),
            base("demande_protegee", Layer::ProtectedCube, &["id"]),
        ],
        specs: [("offre".to_owned(), codes), ("niveaux".to_owned(), levels)].into(),
        checks: vec![
            check("offre", "positif", "SELECT code FROM offre WHERE lieux < 1"),
            check("niveaux", "somme", "SELECT niveau FROM niveaux WHERE lieux > (SELECT SUM(lieux) FROM offre)"),
        ],
        tests: vec![
            case("demande", &[("recherches", "id,m\n1,a\n2,a\n3,\n")], "m,n\n,1\na,2\n"),
            case("offre", &[("structures", "id,m\n1,a\n2,a\n3,b\n")], "code,lieux\nb,1\na,2\n"),
            // Through the model that it reads.
            case("niveaux", &[("structures", "id,m\n1,a\n2,a\n3,b\n4,c\n")], "niveau,lieux\npeu,2\nbeaucoup d'eux,2\n"),
            // With that model given.
            TestCase { case: "donne".into(), ..case("niveaux", &[("offre", "code,lieux\na,7\n")], "niveau,lieux\nbeaucoup d'eux,7\n") },
        ],
    }
}

async fn codes(project: &Project) -> Vec<String> {
    let report = check_project(project).await;
    assert_eq!(report.passed(), report.findings.iter().all(|f| f.severity == Severity::Note));
    report.findings.iter().filter(|f| f.severity == Severity::Error).map(|f| format!("{} {}", f.place, f.code)).collect()
}

#[tokio::test]
async fn a_sound_project() {
    let report = check_project(&project()).await;
    let errors: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Error).map(ToString::to_string).collect();
    assert_eq!(errors, [] as [String; 0]);
    assert!(report.passed());
    assert_eq!(report.datasets.order, ["offre", "niveaux"]);
    assert_eq!(report.case_counts(), [("demande".to_owned(), 1), ("niveaux".to_owned(), 2), ("offre".to_owned(), 1)].into());
    let names: Vec<_> = report.checks.iter().map(Check::place).collect();
    assert_eq!(
        names,
        [
            "contrat/niveaux/not_null",
            "contrat/niveaux/unique_key",
            "contrat/niveaux/values_niveau",
            "sql/checks/niveaux/somme.sql",
            "contrat/offre/code_list_code",
            "contrat/offre/not_null",
            "contrat/offre/pattern_code",
            "contrat/offre/unique_key",
            "sql/checks/offre/positif.sql",
        ]
    );
    let from = &report.lineage["niveaux"]["lieux"];
    assert_eq!(from.iter().map(|c| (c.table.as_str(), c.column.as_str())).collect::<Vec<_>>(), [("offre", "lieux")]);
    assert_eq!(report.datasets.models["offre"].keys, [["code"]]);
}

#[tokio::test]
async fn each_change_brings_out_its_finding() {
    type Change = fn(&mut Project);
    let changes: &[(Change, &[&str])] = &[
        (
            |p| drop(p.datasets.insert("offre".into(), "SELEC".into())),
            &["sql/datasets/niveaux.sql unknown_table", "sql/datasets/offre.sql syntax"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT m AS code, n AS lieux FROM nulle_part".into())),
            &["sql/datasets/offre.sql unknown_table"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT niveau AS code, lieux FROM niveaux".into())),
            &["sql/datasets/niveaux.sql cycle"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT m AS code, n AS lieux FROM recherches".into())),
            &["sql/datasets/offre.sql layering"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT zz AS code, 1 AS lieux FROM structures".into())),
            &["sql/datasets/offre.sql plan"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT m AS code, COUNT(*) FROM structures GROUP BY m".into())),
            &["sql/datasets/offre.sql plan"],
        ),
        (
            |p| drop(p.datasets.insert("offre".into(), "SELECT m AS code, n AS code FROM structures".into())),
            &["sql/datasets/offre.sql plan"],
        ),
        (|p| drop(p.base.remove(1)), &["sql/datasets/offre.sql unknown_table"]),
        (|p| p.base.push(BaseTable { layer: Layer::CodeList, ..p.base[1].clone() }), &[" defined_twice"]),
    ];
    for (i, (change, want)) in changes.iter().enumerate() {
        let mut project = project();
        change(&mut project);
        let found = codes(&project).await;
        for want in *want {
            assert!(found.contains(&(*want).to_owned()), "change {i}: {want} is not in {found:?}");
        }
    }
}

#[tokio::test]
async fn each_small_change_brings_out_nothing_else() {
    type Change = fn(&mut Project);
    let changes: &[(Change, &[&str])] = &[
        // Lint, in a model and in a check.
        (
            |p| {
                drop(
                    p.datasets
                        .insert("offre".into(), "SELECT min(m) AS code, CAST(SUM(x) AS BIGINT) AS lieux FROM structures GROUP BY m".into()),
                )
            },
            &["sql/datasets/offre.sql float_aggregate", "sql/tests/niveaux/simple test_failed", "sql/tests/offre/simple test_failed"],
        ),
        (|p| p.checks[0].sql = "SELECT code FROM offre WHERE code = uuid()".into(), &["sql/checks/offre/positif.sql volatile"]),
        // Contract.
        (
            |p| drop(p.specs.get_mut("offre").unwrap().contract.columns.pop()),
            &["sql/checks/niveaux/somme.sql plan", "sql/checks/offre/positif.sql plan", "sql/datasets/offre.sql contract"],
        ),
        (
            |p| p.specs.get_mut("niveaux").unwrap().contract.columns[1].kind = solidata_model::ColumnType::Boolean,
            &["sql/checks/niveaux/somme.sql plan", "sql/datasets/niveaux.sql contract"],
        ),
        (|p| drop(p.specs.remove("niveaux")), &["sql/checks/niveaux/somme.sql no_dataset", "sql/datasets/niveaux.sql no_contract"]),
        (
            |p| {
                p.datasets.remove("niveaux");
                p.tests.retain(|t| t.model != "niveaux");
            },
            &["datasets/niveaux no_model"],
        ),
        // Checks.
        (|p| drop(p.checks.remove(0)), &["sql/checks/offre no_check"]),
        (|p| p.checks[0].sql = "SELECT niveau FROM niveaux".into(), &["sql/checks/offre/positif.sql form"]),
        (
            |p| p.checks[0].sql = "SELECT o.code FROM offre o JOIN structures s ON s.m = o.code".into(),
            &["sql/checks/offre/positif.sql layering"],
        ),
        (|p| p.checks[0].sql = "SELECT zz FROM offre".into(), &["sql/checks/offre/positif.sql plan"]),
        (|p| p.checks[0].sql = "SELECT code FROM ofre".into(), &["sql/checks/offre/positif.sql unknown_table"]),
        (
            |p| p.specs.get_mut("offre").unwrap().contract.columns[0].code_list = Some("nulle_part.id".into()),
            &["contrat/offre/code_list_code unknown_table"],
        ),
        (
            |p| p.checks[0].sql = "SELECT o.code FROM offre o JOIN demande_protegee d ON d.m = o.code".into(),
            &["sql/checks/offre/positif.sql layering"],
        ),
        // What a run without searches has not.
        (
            |p| {
                p.specs.get_mut("niveaux").unwrap().feeds = Feeds::Demand;
                p.checks[0].sql = "SELECT o.code FROM offre o JOIN niveaux n ON n.niveau = o.code".into();
            },
            &["sql/checks/offre/positif.sql form"],
        ),
        (
            |p| p.specs.get_mut("offre").unwrap().feeds = Feeds::Demand,
            &["sql/checks/niveaux/somme.sql form", "sql/datasets/niveaux.sql feeds"],
        ),
        (
            |p| {
                let sql = "SELECT m AS code, CAST(COUNT(*) AS BIGINT) AS lieux FROM structures WHERE m NOT IN (SELECT m FROM demande_protegee) GROUP BY m";
                p.datasets.insert("offre".into(), sql.into());
            },
            &["sql/datasets/offre.sql feeds"],
        ),
        // Tests.
        (|p| drop(p.tests.remove(0)), &["sql/tests/demande no_test"]),
        (|p| p.tests[0].expect = "m,n\na,2\n".into(), &["sql/tests/demande/simple test_failed"]),
        (|p| p.tests[0].expect = "n,m\n2,a\n1,\n".into(), &["sql/tests/demande/simple test_case"]),
        (|p| p.tests[0].expect = "m,n\n,1\na,deux\n".into(), &["sql/tests/demande/simple test_case"]),
        (|p| drop(p.tests[0].given.insert("recherches".into(), "id,zz\n1,a\n".into())), &["sql/tests/demande/simple test_case"]),
        (|p| drop(p.tests[0].given.insert("recherche".into(), "id\n1\n".into())), &["sql/tests/demande/simple test_case"]),
        (|p| p.tests[1].model = "ofre".into(), &["sql/tests/offre no_test", "sql/tests/ofre/simple test_case"]),
        // Names.
        (
            |p| {
                p.cubes.insert("offre".into(), p.cubes["demande"].clone());
                p.tests.push(TestCase { model: "offre".into(), case: "cube".into(), ..p.tests[0].clone() });
                p.tests.retain(|t| t.case != "simple" || t.model != "offre");
            },
            &["sql/datasets/offre.sql defined_twice"],
        ),
    ];
    for (i, (change, want)) in changes.iter().enumerate() {
        let mut project = project();
        change(&mut project);
        assert_eq!(codes(&project).await, *want, "change {i}");
    }
}

#[tokio::test]
async fn a_failing_case_shows_the_rows() {
    let mut project = project();
    project.tests[0].expect = "m,n\n,1\na,3\nz,1\n".into();
    let report = check_project(&project).await;
    let found = report.findings.iter().find(|f| f.code == "test_failed").unwrap();
    assert_eq!(found.message, "  m,n\n+ a,2\n- a,3\n- z,1");
}

#[tokio::test]
async fn a_model_that_follows_the_order_of_its_rows_fails_its_case() {
    let mut project = project();
    project.cubes.insert("demande".into(), "SELECT first_value(id) AS m, COUNT(*) AS n FROM recherches".into());
    project.tests[0].given.insert("recherches".into(), "id,m\n1,a\n2,a\n3,b\n".into());
    project.tests[0].expect = "m,n\n1,3\n".into();
    let report = check_project(&project).await;
    let found: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Error).collect();
    assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), ["unordered_aggregate", "test_failed"]);
    assert!(found[1].message.contains("in another order"), "{}", found[1].message);
}

/// The generated checks, run on rows that break each of them and on rows that break none.
#[tokio::test]
async fn generated_checks_find_what_they_are_for() {
    let project = project();
    for (rows, want) in [
        ("SELECT 'abc' AS code, 1 AS lieux UNION ALL SELECT 'abd', 2", vec![]),
        ("SELECT 'abc' AS code, 1 AS lieux UNION ALL SELECT 'abc', 2", vec!["unique_key"]),
        ("SELECT 'abc' AS code, CAST(NULL AS BIGINT) AS lieux", vec!["not_null"]),
        ("SELECT CAST(NULL AS VARCHAR) AS code, 1 AS lieux", vec!["not_null"]),
        ("SELECT 'ABC' AS code, 1 AS lieux", vec!["pattern_code"]),
        ("SELECT 'abc1' AS code, 1 AS lieux", vec!["pattern_code", "code_list_code"]),
        ("SELECT 'xyz' AS code, 1 AS lieux", vec!["code_list_code"]),
    ] {
        let ctx = crate::session(2, 8192, None).unwrap();
        for (name, sql) in [("offre", rows), ("communes", "SELECT 'abc' AS id UNION ALL SELECT 'abd' UNION ALL SELECT 'ABC'")] {
            ctx.register_table(name, ctx.sql(sql).await.unwrap().into_view()).unwrap();
        }
        let mut found = Vec::new();
        for (name, sql) in generated_checks(&project.specs["offre"]) {
            if ctx.sql(&sql).await.unwrap().count().await.unwrap() > 0 {
                found.push(name);
            }
        }
        assert_eq!(found, want, "{rows}");
    }
    let ctx = crate::session(1, 8192, None).unwrap();
    ctx.register_table(
        "niveaux",
        ctx.sql("SELECT 'peu' AS niveau UNION ALL SELECT 'trop' UNION ALL SELECT 'beaucoup d''eux'").await.unwrap().into_view(),
    )
    .unwrap();
    let (_, sql) = generated_checks(&project.specs["niveaux"]).into_iter().find(|(n, _)| n == "values_niveau").unwrap();
    let rows = ctx.sql(&sql).await.unwrap().collect().await.unwrap();
    assert_eq!(rows.iter().map(|b| b.num_rows()).sum::<usize>(), 1);
}

#[tokio::test]
async fn the_final_order_is_the_sort_key() {
    let spec = &project().specs["offre"];
    let ctx = crate::session(4, 2, None).unwrap();
    let frame = ctx.sql("SELECT * FROM (VALUES ('c', 1), ('a', 2), ('b', 3)) AS v(code, lieux)").await.unwrap();
    let batches = frame.sort(crate::sort_exprs(spec)).unwrap().collect().await.unwrap();
    let rows: Vec<_> = batches.iter().flat_map(|b| crate::cells::write(b).unwrap()).map(|r| r[0].clone()).collect();
    assert_eq!(rows, ["a", "b", "c"]);
}
