//! What rows and files tell beside their figures, one test per rule.

use super::joint::{attacked, release};
use super::world::{FILES, Inner, Line, batch, lists, rows, searches, spec, withhold, write};
use crate::AuditError;
use crate::attack::{AttackSettings, CodeListFiles, CodeLists, DemandReader, ReleaseId, TelltaleKind, read_draft};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use solidata_store::Fault;
use std::{fs, path::Path};

fn good() -> Vec<Line> {
    let mut lines = rows("mois", "2024-09", &searches(5));
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-0300"));
    lines
}

fn told(edit: impl FnOnce(&mut Vec<Line>)) -> Vec<(TelltaleKind, Option<u64>, u64)> {
    let mut lines = good();
    edit(&mut lines);
    release("2024-09", 1, 1, &lines).telltales.into_iter().map(|t| (t.kind, t.row, t.times)).collect()
}

fn at(lines: &[Line], wanted: impl Fn(&Line) -> bool) -> usize {
    lines.iter().position(wanted).unwrap()
}

#[test]
fn rows_that_tell_something_are_seen() {
    assert_eq!(told(|_| {}), []);
    let order = [(TelltaleKind::Order, Some(4), 1)];
    assert_eq!(told(|lines| lines.swap(2, 3)), order);
    assert_eq!(told(|lines| lines.insert(3, lines[2].clone())), order);
    let secret = at(&good(), |line| line.net.is_none());
    let marker = |row: usize| [(TelltaleKind::Marker, Some(row as u64 + 1), 1)];
    assert_eq!(told(|lines| lines[secret].net = Some(0)), marker(secret));
    let open = at(&good(), |line| line.net.is_some());
    assert_eq!(told(|lines| lines[open].net = None), marker(open));
    assert_eq!(told(|lines| lines[open].gross = Some(80)), marker(open));
    assert_eq!(told(|lines| (lines[open].gross, lines[open].gross_status) = (Some(80), "publie".into())), marker(open));
    let gross = at(&good(), |line| line.gross.is_some());
    assert_eq!(told(|lines| (lines[gross].gross, lines[gross].gross_status) = (None, "non_diffuse".into())), marker(gross));
    assert_eq!(told(|lines| lines[gross].gross_status = "secret".into()), marker(gross));
    assert_eq!(told(|lines| lines[gross].gross = None), marker(gross));
    assert_eq!(told(|lines| lines[open].net = Some(0)), [(TelltaleKind::EmptyRow, Some(open as u64 + 1), 1)]);
    let column = told(|lines| lines[secret].texts[4] = "Lieu, petit effectif".into());
    assert!(column.len() == 1 && column[0].0 == TelltaleKind::Column, "{column:?}");
    let column = told(|lines| lines[secret].texts[9] = "Autre".into());
    assert!(column.len() == 1 && column[0].0 == TelltaleKind::Column, "{column:?}");
    assert_eq!(told(|lines| lines[secret].complete = false), [(TelltaleKind::Column, Some(secret as u64 + 1), 1)]);
    let extra = told(|lines| lines.iter_mut().for_each(|line| line.extra = Some("primaire")));
    assert!(extra.len() == 1 && extra[0].0 == TelltaleKind::Column, "{extra:?}");
}

#[test]
fn a_secret_that_can_only_be_zero_is_seen() {
    let search = |place, net| Inner { place, category: "lodging", outcome: "trouve", net, removed: 0 };
    let mut lines = rows("mois", "2024-09", &[search("com-03001", 40), search("com-03002", 30)]);
    let there = at(&lines, |line| line.is("com-03002", "lodging", "trouve"));
    // a row that nobody would miss: nothing of it is in the totals
    let mut zero = lines[there].clone();
    (zero.texts[10], zero.net, zero.status) = ("rien".into(), None, "secret".into());
    lines.insert(there, zero);
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert!(outcome.telltales.iter().any(|t| t.kind == TelltaleKind::HiddenZero && t.problem.contains("com-03002 (Cb), rien · lodging")));
    // totals that no table fits
    let mut lines = rows("mois", "2024-09", &[search("com-03001", 40), search("com-03002", 30)]);
    withhold(&mut lines, |line, _| line.texts[3].starts_with("com-"));
    lines.iter_mut().filter(|line| line.is("dep-03", "lodging", "trouve")).for_each(|line| line.net = Some(1));
    let outcome = attacked(vec![release("2024-09", 1, 1, &lines)], &AttackSettings::default());
    assert!(outcome.telltales.iter().any(|t| t.kind == TelltaleKind::Contradiction), "{outcome}");
    assert!(!outcome.passes());
}

#[test]
fn rows_of_another_format_are_an_error_that_says_where() {
    let read = |edit: &dyn Fn(&mut Vec<Line>)| {
        let mut lines = good();
        edit(&mut lines);
        let id = ReleaseId { prefix: "releases/2024-09/r1".into(), month: "2024-09".parse().unwrap(), revision: 1, sealed: 1 };
        DemandReader::new(&lists(), id).push(&batch(&lines)).unwrap_err()
    };
    type Edit<'a> = &'a dyn Fn(&mut Vec<Line>);
    let edits: [(Edit<'_>, &str); 10] = [
        (&|lines| lines[2].texts[1] = "2024-08".into(), "row 3: mois '2024-08'"),
        (&|lines| lines[2].texts[0] = "annee".into(), "annee"),
        (&|lines| lines[2].texts[0] = "semaine".into(), "semaine"),
        (&|lines| lines[2].texts[3] = "com-99999".into(), "'com-99999'"),
        (&|lines| lines[2].texts[2] = "commune_sans_precision".into(), "commune_sans_precision"),
        (&|lines| lines[2].texts[8] = "sleep".into(), "'sleep'"),
        (&|lines| lines[2].texts[7] = "feuille".into(), "category"),
        (&|lines| lines[2].texts[10] = "peut-etre".into(), "'peut-etre'"),
        (&|lines| lines[2].status = "masque".into(), "'masque'"),
        (&|lines| lines[2].net = Some(-4), "below 0"),
    ];
    for (edit, part) in edits {
        let e = read(edit);
        assert!(matches!(&e, AuditError::Table { .. }) && e.to_string().contains(part), "{e}");
        assert_eq!(e.fault(), Fault::Findings);
    }
    let id = ReleaseId { prefix: "r".into(), month: "2024-09".parse().unwrap(), revision: 1, sealed: 1 };
    let other = batch(&good()).project(&[0, 1, 2]).unwrap();
    assert!(DemandReader::new(&lists(), id).push(&other).unwrap_err().to_string().contains("territoire_id"));
}

/// What the files of a folder tell after something was done to it.
async fn files_tell(edit: impl FnOnce(&Path)) -> Vec<(String, TelltaleKind)> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "2024-09", 1, &good());
    edit(dir.path());
    let month = "2024-09".parse().unwrap();
    let read = read_draft(dir.path(), (month, 1), None, None, &lists(), &()).await.unwrap();
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    read.releases.iter().flat_map(|r| &r.telltales).map(|t| (name(&t.path), t.kind)).collect()
}

const PARQUET: &str = "data/demande_territoires.parquet";
const CSV: &str = "data/demande_territoires.csv";
const SCHEMA: &str = "schemas/demande_territoires.json";

/// Writes the rows with a writer that is not the project's.
fn by_another_writer(dir: &Path, lines: &[Line], properties: WriterProperties) {
    let batch = solidata_canon::conform(&batch(lines), &spec()).unwrap();
    let file = fs::File::create(dir.join(PARQUET)).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[tokio::test]
async fn bytes_that_do_not_follow_from_the_rows_are_seen() {
    let pair = |name: &str, kind| (name.to_owned(), kind);
    assert_eq!(files_tell(|_| {}).await, []);
    let (parquet, csv) = ("demande_territoires.parquet", "demande_territoires.csv");
    let schema = "demande_territoires.json";
    let found = files_tell(|dir| by_another_writer(dir, &good(), WriterProperties::default())).await;
    assert!(found.contains(&pair(parquet, TelltaleKind::Bytes)), "{found:?}");
    let key = KeyValue::new("primaires".to_owned(), "123".to_owned());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![key])).build();
    let found = files_tell(|dir| by_another_writer(dir, &good(), properties)).await;
    assert!(found.contains(&pair(parquet, TelltaleKind::Metadata)), "{found:?}");
    let edited = |path: &'static str, from: &'static str, to: &'static str| {
        move |dir: &Path| {
            let text = fs::read_to_string(dir.join(path)).unwrap();
            assert!(text.contains(from));
            fs::write(dir.join(path), text.replacen(from, to, 1)).unwrap();
        }
    };
    // another row, another way to write one, no CSV at all
    assert_eq!(files_tell(edited(CSV, ",,,secret", ",7,,secret")).await, [pair(csv, TelltaleKind::Rows)]);
    assert_eq!(files_tell(edited(CSV, ",Étiquette,", ",\"Étiquette\",")).await, [pair(csv, TelltaleKind::Bytes)]);
    assert_eq!(files_tell(|dir| fs::remove_file(dir.join(CSV)).unwrap()).await, [pair(csv, TelltaleKind::Rows)]);
    let more = files_tell(edited(SCHEMA, "{\n", "{\n  \"cellules_primaires\": 12,\n")).await;
    assert!(more.contains(&pair(schema, TelltaleKind::Schema)), "{more:?}");
    let none = files_tell(|dir| fs::remove_file(dir.join(SCHEMA)).unwrap()).await;
    assert!(none.contains(&pair(schema, TelltaleKind::Schema)), "{none:?}");
}

/// Statistics that a writer keeps of what it was given, and not of what it wrote.
#[tokio::test]
async fn statistics_of_other_rows_are_seen() {
    use crate::attack::statistics::Seen;
    use crate::attack::telltale::Telltales;
    use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "2024-09", 1, &good());
    let file = fs::File::open(dir.path().join(PARQUET)).unwrap();
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).unwrap();
    let compare = |lines: &[Line]| {
        let mut seen = Seen::new(&metadata, 0);
        seen.add(&solidata_canon::conform(&batch(lines), &spec()).unwrap());
        let mut telltales = Telltales::new(PARQUET.into());
        seen.compare(&mut telltales);
        telltales.finish().into_iter().map(|t| (t.kind, t.problem)).collect::<Vec<_>>()
    };
    assert_eq!(compare(&good()), []);
    let mut lines = good();
    let largest = lines.iter().filter_map(|line| line.net).max();
    lines.iter_mut().filter(|line| line.net == largest).for_each(|line| line.net = None);
    let found = compare(&lines);
    assert!(found.len() == 1 && found[0].0 == TelltaleKind::Statistics && found[0].1.contains("recherches"), "{found:?}");
    let mut lines = good();
    lines.iter_mut().for_each(|line| line.status = "publie".into());
    assert!(compare(&lines).iter().any(|(_, problem)| problem.contains("statut")));
}

#[tokio::test]
async fn a_file_that_is_no_table_is_an_error() {
    for damage in [&b"PAR1 and nothing else"[..], b"", b"PAR1\0\0\0\0\xff\xff\xff\xffPAR1"] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "2024-09", 1, &good());
        fs::write(dir.path().join(PARQUET), damage).unwrap();
        let month = "2024-09".parse().unwrap();
        let e = read_draft(dir.path(), (month, 1), None, None, &lists(), &()).await.unwrap_err();
        assert!(matches!(e, AuditError::Table { .. }), "{e}");
    }
    // cut or changed anywhere, it is an error or a telltale, and never a panic
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "2024-09", 1, &good());
    let whole = fs::read(dir.path().join(PARQUET)).unwrap();
    for step in 1..40 {
        let place = whole.len() * step / 40;
        let mut changed = whole.clone();
        changed[place] ^= 0x55;
        for bytes in [&whole[..place], &changed] {
            fs::write(dir.path().join(PARQUET), bytes).unwrap();
            match read_draft(dir.path(), ("2024-09".parse().unwrap(), 1), None, None, &lists(), &()).await {
                Ok(read) => assert!(read.releases.iter().any(|r| !r.telltales.is_empty()), "byte {place}"),
                Err(e) => assert!(matches!(e, AuditError::Table { .. }), "{e}"),
            }
        }
    }
}

#[test]
fn code_lists_that_contradict_themselves_are_refused() {
    let refused = |files: CodeListFiles<'_>, part: &str| {
        let e = CodeLists::read(&files).unwrap_err();
        assert!(matches!(&e, AuditError::CodeList { .. }) && e.to_string().contains(part), "{e}");
        assert_eq!(e.fault(), Fault::Usage);
    };
    refused(CodeListFiles { communes: b"", ..FILES }, "no column code_commune");
    refused(CodeListFiles { departements: b"code_departement,nom,code_region\n01,Premier,10\n", ..FILES }, "02");
    refused(CodeListFiles { epci: b"code_epci,nom\n200000001,CC Une\n", ..FILES }, "200000002");
    refused(CodeListFiles { regions: b"code_region,nom\n", ..FILES }, "10");
    refused(CodeListFiles { categories: b"categorie_code,libelle\nfood,A\nfood,B\n", ..FILES }, "twice");
    let circle = b"categorie_parent,categorie_code\nfood,meals\nmeals,food\n";
    refused(CodeListFiles { categories_liens: circle, ..FILES }, "under itself");
    refused(CodeListFiles { categories_liens: b"categorie_parent,categorie_code\nfood,sleep\n", ..FILES }, "sleep");
    refused(CodeListFiles { communes: b"code_commune,nom\n\"01", ..FILES }, "communes.csv");
}
