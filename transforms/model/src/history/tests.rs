use super::*;
use crate::canonical_json;

fn entry(month: &str, revision: u32, sealed: u64) -> IndexEntry {
    IndexEntry {
        month: month.parse().unwrap(),
        revision,
        prefix: format!("releases/{month}/r{revision}"),
        manifest_sha256: Digest::of(&[sealed as u8]),
        partial: false,
        sealed,
        // what `next` sets
        state: ReleaseState::Withdrawn,
    }
}

fn publish(month: &str) -> Done {
    Done::Publish { prefix: format!("releases/{month}/r1") }
}

fn revise(month: &str, revision: u32) -> Done {
    Done::Revise { prefix: format!("releases/{month}/r{revision}"), reason: Some("a « reason »".into()) }
}

fn erratum(release: &str, fr: &str) -> Done {
    let erratum = Erratum { release: release.into(), dataset: "a".into(), columns: vec!["b".into()], fr: fr.into(), en: "Wrong".into() };
    Done::Erratum { erratum }
}

fn key(name: &str, endorsed: bool) -> KeyEntry {
    KeyEntry { public_key: name.into(), since: 0, endorsement: endorsed.then(|| "signed".into()) }
}

fn sha256(index: &Index) -> Option<Digest<kind::File>> {
    (index.counter > 0).then(|| Digest::of(&canonical_json(index).unwrap()))
}

fn change(index: &Index, done: Vec<Done>, new: Vec<IndexEntry>, key: Option<KeyEntry>) -> Result<Index, HistoryError> {
    index.next(sha256(index), done, new, key)
}

/// A word of the error, and the change.
type Refused = (&'static str, Vec<Done>, Vec<IndexEntry>, Option<KeyEntry>);

fn states(index: &Index) -> Vec<(u32, ReleaseState)> {
    index.releases.iter().map(|r| (r.revision, r.state)).collect()
}

/// Published, revised with a key, rolled back, withdrawn under another key.
fn history() -> Vec<Index> {
    use Done::{Rollback, Rotate, Withdraw};
    let class = WithdrawalClass::Disclosure;
    let mut all = vec![Index::empty()];
    let first = "releases/2024-09/r1".to_owned();
    let steps: Vec<(Vec<Done>, Vec<IndexEntry>, Option<KeyEntry>)> = vec![
        (vec![publish("2024-09"), publish("2024-10")], vec![entry("2024-10", 1, 2), entry("2024-09", 1, 1)], None),
        (vec![Rotate { public_key: "a".into() }, revise("2024-09", 2)], vec![entry("2024-09", 2, 3)], Some(key("a", false))),
        (vec![Rollback { prefix: first.clone(), reason: None }], vec![], None),
        (vec![Rotate { public_key: "b".into() }], vec![], Some(key("b", true))),
        (vec![erratum("releases/2024-09/r2", "Faux"), Withdraw { prefix: first, class }], vec![], None),
    ];
    for (done, new, key) in steps {
        let next = change(&all[all.len() - 1], done, new, key).unwrap();
        all.push(next);
    }
    all
}

#[test]
fn states_and_keys_follow_from_the_log() {
    use ReleaseState::{Current, Superseded, Withdrawn};
    let all = history();
    let wanted = [
        vec![],
        vec![(1, Current), (1, Current)],
        vec![(1, Superseded), (2, Current), (1, Current)],
        vec![(1, Current), (2, Superseded), (1, Current)],
        vec![(1, Current), (2, Superseded), (1, Current)],
        vec![(1, Withdrawn), (2, Superseded), (1, Current)],
    ];
    for (n, (index, wanted)) in all.iter().zip(wanted).enumerate() {
        assert_eq!((index.counter, states(index)), (n as u64, wanted));
        index.check_history().unwrap();
        let text = canonical_json(index).unwrap();
        assert_eq!(serde_json::from_slice::<Index>(&text).unwrap(), *index);
    }
    let last = all.last().unwrap();
    assert_eq!(last.current().unwrap().prefix, "releases/2024-10/r1");
    assert!(last.current_of("2024-09".parse().unwrap()).is_none());
    assert_eq!(last.newest_revision("2024-09".parse().unwrap()).unwrap().revision, 2);
    assert_eq!(last.sealed, 3);
    let signed_by = |counter| last.key_at(counter).map(|at| last.keys[at].public_key.as_str());
    assert_eq!([1, 2, 3, 4, 5].map(signed_by), [None, Some("a"), Some("a"), Some("b"), Some("b")]);
    let published = last.publications().into_iter().collect::<Vec<_>>();
    assert_eq!(published, [("releases/2024-09/r1", 1), ("releases/2024-09/r2", 2), ("releases/2024-10/r1", 1)]);
    let errata: Vec<_> = last.errata().map(|(counter, e)| (counter, e.release.as_str())).collect();
    assert_eq!(errata, [(5, "releases/2024-09/r2")]);
    let class = |n| last.withdrawal(&format!("releases/2024-09/r{n}"));
    assert_eq!([1, 2].map(class), [Some(WithdrawalClass::Disclosure), None]);
    for (before, after) in all.iter().zip(&all[1..]) {
        assert_eq!(after.log[..before.log.len()], before.log[..]);
        assert_eq!(after.log.last().unwrap().previous_sha256, sha256(before));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let all = history();
    let index = all.last().unwrap();
    let to = |prefix: &str| (prefix.to_owned(), None::<String>);
    let rollback = |(prefix, reason)| Done::Rollback { prefix, reason };
    let withdraw = |prefix: &str| Done::Withdraw { prefix: prefix.into(), class: WithdrawalClass::Erasure };
    let reason = |text: &str| Done::Rollback { prefix: "releases/2024-09/r2".into(), reason: Some(text.into()) };
    let refused: Vec<Refused> = vec![
        ("changes nothing", vec![], vec![], None),
        ("twice", vec![publish("2024-09")], vec![], None),
        ("was published", vec![publish("2024-11")], vec![entry("2024-11", 1, 4), entry("2024-12", 1, 5)], None),
        ("does not name it", vec![publish("2024-11")], vec![], None),
        ("names a release twice", vec![publish("2024-11")], vec![entry("2024-11", 1, 4), entry("2024-11", 1, 4)], None),
        ("leaves out", vec![revise("2024-10", 3)], vec![entry("2024-10", 3, 4)], None),
        ("not published", vec![revise("2023-01", 1)], vec![], None),
        ("no place", vec![revise("2024-9", 2)], vec![], None),
        ("no place", vec![revise("2024-10", 0)], vec![], None),
        ("no place", vec![Done::Publish { prefix: "releases/2024-11/r01".into() }], vec![], None),
        ("not superseded", vec![rollback(to("releases/2024-10/r1"))], vec![], None),
        ("not superseded", vec![rollback(to("releases/2024-09/r1"))], vec![], None),
        ("not there", vec![withdraw("releases/2024-09/r1")], vec![], None),
        ("not there", vec![withdraw("releases/2024-09/r7")], vec![], None),
        ("control", vec![reason("a\u{7f}")], vec![], None),
        ("too long", vec![reason(&"a".repeat(REASON_MAX + 1))], vec![], None),
        ("control", vec![erratum("releases/2024-09/r2", "a\nb")], vec![], None),
        ("words", vec![erratum("releases/2024-09/r2", " ")], vec![], None),
        ("not there", vec![erratum("releases/2024-09/r1", "Faux")], vec![], None),
        ("not there", vec![erratum("releases/2024-09/r9", "Faux")], vec![], None),
        ("twice", vec![Done::Rotate { public_key: "a".into() }], vec![], Some(key("a", true))),
        ("keys are not", vec![Done::Rotate { public_key: "c".into() }], vec![], Some(key("d", true))),
        ("keys are not", vec![Done::Rotate { public_key: "c".into() }], vec![], None),
        ("keys are not", vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], Some(key("c", true))),
        ("endorsement", vec![Done::Rotate { public_key: "c".into() }], vec![], Some(key("c", false))),
    ];
    for (word, done, new, key) in refused {
        let what = format!("{done:?}");
        let e = change(index, done, new, key).expect_err(&what);
        assert!(e.to_string().contains(word), "{what}: {e}");
    }
    assert!(index.next(None, vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], None).is_err(), "not the first");
    assert!(Index::empty().next(sha256(index), vec![publish("2024-11")], vec![entry("2024-11", 1, 1)], None).is_err(), "the first");
}

#[test]
fn an_index_that_was_changed_by_hand_does_not_follow() {
    let good = history().pop().unwrap();
    let edits: [fn(&mut Index); 12] = [
        |i| i.counter += 1,
        |i| drop(i.log.pop()),
        |i| drop(i.log.remove(2)),
        |i| i.log.swap(2, 3),
        |i| i.log[3].counter = 3,
        |i| i.log[0].previous_sha256 = Some(Digest::of(b"x")),
        |i| i.releases[0].state = ReleaseState::Superseded,
        |i| i.releases[1].revision = 1,
        |i| drop(i.releases.pop()),
        |i| drop(i.keys.pop()),
        |i| i.keys[1].since = 5,
        |i| i.keys[0].endorsement = Some("x".into()),
    ];
    for (n, edit) in edits.into_iter().enumerate() {
        let mut index = good.clone();
        edit(&mut index);
        assert!(index.check_history().is_err(), "edit {n}");
        assert!(index.next(sha256(&index), vec![publish("2024-11")], vec![entry("2024-11", 1, 4)], None).is_err(), "edit {n}");
    }
}

#[test]
fn the_signature_is_not_signed() {
    let mut index = history().pop().unwrap();
    let bytes = index.signed_bytes().unwrap();
    index.signature = Some("text".into());
    assert_eq!(index.signed_bytes().unwrap(), bytes);
    assert_ne!(canonical_json(&index).unwrap(), bytes);
    let unknown = r#"{"counter":1,"done":[{"action":"publish","prefix":"releases/2024-09/r1","more":1}]}"#;
    assert!(serde_json::from_str::<Change>(unknown).is_err());
}

/// Replaying takes no time to speak of, whoever wrote the log: with any step that looks at all the others, this would run for minutes.
#[test]
fn a_long_history_is_replayed() {
    const MANY: u64 = 30_000;
    let mut index = Index::empty();
    for number in 1..=MANY {
        let (revision, name) = (number as u32, format!("key {number}"));
        let rotate = Done::Rotate { public_key: name.clone() };
        let publish = if number == 1 { publish("2024-09") } else { revise("2024-09", revision) };
        let previous_sha256 = (number > 1).then(|| Digest::of(b"before"));
        index.log.push(Change { counter: number, previous_sha256, day: None, done: vec![rotate, publish] });
        let state = if number == MANY { ReleaseState::Current } else { ReleaseState::Superseded };
        index.releases.push(IndexEntry { state, ..entry("2024-09", revision, number) });
        index.keys.push(KeyEntry { since: number, ..key(&name, number > 1) });
    }
    index.counter = MANY;
    index.check_history().unwrap();
    assert_eq!(index.publications().len() as u64, MANY);
    assert!((1..=MANY).all(|counter| index.key_at(counter) == Some(counter as usize - 1)));
}
