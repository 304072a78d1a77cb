//! Releases as the public finds them: a store, one folder of it, a draft beside it.

use super::world::{FILES, Inner, Line, lists, publish, rows, searches, withhold, write};
use crate::AuditError;
use crate::attack::{AttackRequest, AttackSettings, CodeListFiles, CodeLists, Histories, attack, attack_history, read_draft};
use solidata_model::{CodeListEntry, Digest};
use solidata_store::{
    Fault, PublicStore,
    release::{Release, publish_all},
};
use std::{fs, path::Path};

fn month(name: &str, found: &[Inner], quarter: Option<Vec<Inner>>) -> Vec<Line> {
    let mut lines = rows("mois", name, found);
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-03"));
    lines.extend(quarter.into_iter().flat_map(|all| rows("trimestre", "2024-T3", &all)));
    lines
}

/// July and August openly, September with two communes withheld and a quarter that opens them.
fn three() -> [(&'static str, u32, Vec<Line>); 3] {
    let mut found = [searches(31), searches(32), searches(33)];
    found[2].retain(|inner| !inner.place.starts_with("com-03"));
    let hidden = |place, net| Inner { place, category: "lodging", outcome: "trouve", net, removed: 0 };
    found[2].extend([hidden("com-03001", 6), hidden("com-03002", 14)]);
    [
        ("2024-07", 1, rows("mois", "2024-07", &found[0])),
        ("2024-08", 1, rows("mois", "2024-08", &found[1])),
        ("2024-09", 1, month("2024-09", &found[2], Some(found.concat()))),
    ]
}

fn request(target: &Path, month: Option<&str>) -> AttackRequest {
    let settings = AttackSettings { intervals: false, ..AttackSettings::default() };
    AttackRequest { target: target.to_str().unwrap().to_owned(), month: month.map(|m| m.parse().unwrap()), settings }
}

fn none() -> Vec<(String, String)> {
    Vec::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_read_from_the_root_and_from_a_release_in_it() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), &three()).await;
    let all = ["releases/2024-07/r1", "releases/2024-08/r1", "releases/2024-09/r1"];
    let release = root.path().join(all[2]);
    // the newest, one that a later release opens, and the folder of a release
    for request in [request(root.path(), None), request(root.path(), Some("2024-08")), request(&release, None)] {
        let outcome = attack(&request, &lists(), none(), &()).await.unwrap();
        assert_eq!(outcome.releases, all);
        assert!(outcome.numbers.computable > 0 && outcome.telltales.is_empty(), "{outcome}");
        assert!(outcome.notes.iter().all(|note| note.contains("intervals")), "{:?}", outcome.notes);
    }
    // the same folder without its store
    let alone = tempfile::tempdir().unwrap();
    for path in solidata_store::walk(&release).unwrap() {
        fs::create_dir_all(alone.path().join(&path).parent().unwrap()).unwrap();
        fs::copy(release.join(&path), alone.path().join(&path)).unwrap();
    }
    let outcome = attack(&request(alone.path(), None), &lists(), none(), &()).await.unwrap();
    assert_eq!((outcome.releases.len(), outcome.numbers.computable), (1, 0), "{outcome}");
    assert!(outcome.notes.iter().any(|n| n.contains("alone was read")) && outcome.notes.iter().any(|n| n.contains("2024-07, 2024-08")));

    let e = attack(&request(root.path(), Some("2023-01")), &lists(), none(), &()).await.unwrap_err();
    assert!(matches!(e, AuditError::NoSuchMonth { .. }), "{e}");
    let e = attack(&request(&release, Some("2024-08")), &lists(), none(), &()).await.unwrap_err();
    assert!(matches!(e, AuditError::NoSuchMonth { .. }), "{e}");
    for nothing in [root.path().join("none"), root.path().join("releases")] {
        let e = attack(&request(&nothing, None), &lists(), none(), &()).await.unwrap_err();
        assert_eq!(e.fault(), Fault::Usage, "{e}");
    }
}

/// Everything that was ever published is attacked, what adds up together as one problem and what does not apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_attacked_as_a_whole() {
    let (root, [first, second, third]) = (tempfile::tempdir().unwrap(), three());
    let hidden = |place, net| Inner { place, category: "lodging", outcome: "trouve", net, removed: 0 };
    // 2022: a month that says by itself what it withholds; 2023: a year of two months; 2024: two months apart, a quarter, and a month after it
    let mut open = rows("mois", "2022-05", &[hidden("com-03001", 40), hidden("com-03002", 4)]);
    withhold(&mut open, |line, _| line.texts[3] == "com-03002");
    let mut year = rows("annee", "2023", &[searches(41), searches(42)].concat());
    year.extend(month("2023-12", &searches(42), None));
    let releases = [
        ("2022-05", 1, open),
        ("2023-02", 1, rows("mois", "2023-02", &searches(41))),
        ("2023-12", 1, year),
        ("2024-01", 1, month("2024-01", &searches(43), None)),
        ("2024-03", 1, month("2024-03", &searches(44), None)),
        first,
        second,
        third,
        ("2024-10", 1, month("2024-10", &searches(45), None)),
    ];
    publish(root.path(), &releases).await;
    let target = root.path().to_str().unwrap();
    let (lists, mut problems) = (lists(), Vec::new());
    let mut histories = Histories::open(target, None, &lists, none(), &()).await.unwrap();
    while let Some(history) = histories.next().await.unwrap() {
        problems.push(history.releases.iter().map(|release| release.id().month.to_string()).collect::<Vec<_>>());
    }
    let apart: [&[&str]; 6] =
        [&["2022-05"], &["2023-02", "2023-12"], &["2024-01"], &["2024-03"], &["2024-07", "2024-08", "2024-09"], &["2024-10"]];
    assert_eq!(problems, apart);
    // what is found is the sum over the problems
    let settings = AttackSettings { words: 1000, ..request(root.path(), None).settings };
    let whole = attack(&AttackRequest { settings, ..request(root.path(), None) }, &lists, none(), &()).await.unwrap();
    assert_eq!(whole.releases.len(), releases.len());
    let (mut withheld, mut computable, mut fallen) = (0, 0, Vec::new());
    for problem in apart {
        let one = attack(&AttackRequest { settings, ..request(root.path(), Some(problem[0])) }, &lists, none(), &()).await.unwrap();
        assert_eq!(one.releases.len(), problem.len());
        withheld += one.numbers.withheld;
        computable += one.numbers.computable;
        fallen.extend(one.fallen);
    }
    assert_eq!((whole.numbers.withheld, whole.numbers.computable, &whole.fallen), (withheld, computable, &fallen));
    let opened = |period: &str| whole.fallen.iter().filter(|words| words.starts_with(&format!("exact: {period}"))).count();
    assert!(opened("2022-05@r1") > 0 && opened("2024-09@r1") > 0 && whole.falls(), "{whole}");
    // as few words as were asked for
    let few = AttackSettings { words: 2, ..settings };
    let few = attack(&AttackRequest { settings: few, ..request(root.path(), None) }, &lists, none(), &()).await.unwrap();
    assert_eq!((few.fallen.len(), few.numbers.computable), (2, computable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_attacked_with_what_is_published_before_it() {
    let [first, second, third] = three();
    let (root, draft) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(draft.path(), third.0, 1, &third.2);
    let store = PublicStore::folder(root.path()).unwrap();
    let settings = request(root.path(), None).settings;
    let september = ("2024-09".parse().unwrap(), 1);
    let attacked = async |store| {
        let history = read_draft(draft.path(), september, None, store, &lists(), &()).await.unwrap();
        attack_history(&lists(), history, &settings).unwrap()
    };
    let alone = attacked(None).await;
    assert_eq!((alone.numbers.computable, alone.releases.len()), (0, 1), "{alone}");
    let empty = attacked(Some(&store)).await;
    assert_eq!(empty.numbers, alone.numbers);
    publish(root.path(), &[first, second]).await;
    let opened = attacked(Some(&store)).await;
    assert!(opened.numbers.computable > 0 && opened.releases.len() == 3, "{opened}");
    // once it is published, the store says the same
    publish(root.path(), &[third]).await;
    let published = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap();
    let again = attacked(Some(&store)).await;
    assert_eq!(published, opened);
    assert_eq!(again, opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_changed_is_seen() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), &three()).await;
    let manifest = root.path().join("releases/2024-09/r1/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"revision\": 1", "\"revision\": 2")).unwrap();
    let outcome = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap();
    assert!(outcome.telltales.iter().any(|t| t.path.ends_with("manifest.json")), "{outcome}");
    fs::write(&manifest, text).unwrap();
    let table = root.path().join("releases/2024-08/r1/data/demande_territoires.parquet");
    fs::copy(root.path().join("releases/2024-07/r1/data/demande_territoires.parquet"), &table).unwrap();
    let e = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap_err();
    assert!(e.to_string().contains("releases/2024-08/r1") && e.to_string().contains("2024-07"), "{e}");
    fs::remove_file(&table).unwrap();
    let outcome = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap();
    assert!(outcome.notes.iter().any(|n| n.contains("releases/2024-08/r1 has no table")), "{:?}", outcome.notes);
    assert_eq!(outcome.numbers.computable, 0);
    let e = attack(&request(root.path(), Some("2024-08")), &lists(), none(), &()).await.unwrap_err();
    assert!(matches!(e, AuditError::Table { .. }), "{e}");
    fs::write(root.path().join("index.json"), "{}").unwrap();
    let e = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap_err();
    assert!(e.to_string().starts_with("index.json: "), "{e}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_of_a_code_list_is_said() {
    let (root, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut manifest = write(files.path(), "2024-09", 1, &rows("mois", "2024-09", &searches(3)));
    let entry = |name: &str, bytes: &[u8]| CodeListEntry {
        name: name.into(),
        vintage: "2026".into(),
        licence: "etalab-2.0".into(),
        sha256: Digest::of(bytes),
    };
    manifest.code_lists = vec![entry("communes.csv", FILES.communes), entry("epci.csv", b"other"), entry("pays.csv", b"")];
    let store = PublicStore::folder(root.path()).unwrap();
    publish_all(&store, vec![Release::draft(files.path(), manifest, &()).unwrap()], None, &()).await.unwrap();
    let outcome = attack(&request(root.path(), None), &lists(), none(), &()).await.unwrap();
    let notes: Vec<&String> = outcome.notes.iter().filter(|note| note.contains("another version")).collect();
    assert!(notes.len() == 1 && notes[0].contains("epci.csv"), "{:?}", outcome.notes);
    assert_eq!(outcome.numbers.withheld, 0);
    // with lists that lack a territory of the table there is no attack
    let short = CodeListFiles { arrondissements_municipaux: b"code_arrondissement_municipal,nom,code_commune\n", ..FILES };
    let e = attack(&request(root.path(), None), &CodeLists::read(&short).unwrap(), none(), &()).await.unwrap_err();
    assert!(e.to_string().contains("code lists"), "{e}");
}
