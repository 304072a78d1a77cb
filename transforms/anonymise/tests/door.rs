#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! What the door makes of a document, and the bytes of an event.

#[path = "common/searches.rs"]
mod searches;
#[path = "common/world.rs"]
mod world;

use proptest::prelude::*;
use searches::*;
use solidata_anonymise::contract::{Moment, SearchDoc, iso_to_ms};
use solidata_anonymise::{Actor, Breach, Contributor, ContributorKind, Door, Found, SearchEvent};
use std::borrow::Cow;
use std::collections::BTreeMap;
use world::WORLD;

#[test]
fn bad_ids_and_dates_are_put_aside() {
    let breach = |change: &dyn Fn(&mut SearchDoc<'static>)| {
        let mut doc = search(0);
        change(&mut doc);
        door().event(&doc).err()
    };
    assert_eq!(breach(&|_| {}), None);
    assert_eq!(breach(&|d| d.id = None), Some(Breach::IdMissing));
    assert_eq!(breach(&|d| d.created_at = Moment::Absent), Some(Breach::DateMissing));
    assert_eq!(breach(&|d| d.created_at = Moment::NotADate), Some(Breach::DateNotADate));
    assert_eq!(breach(&|d| d.created_at = Moment::At(0)), Some(Breach::DateTooEarly));
    assert_eq!(breach(&|d| d.created_at = Moment::At(4_070_908_800_000)), Some(Breach::DateAfterId));
    let second = iso_to_ms(START).unwrap();
    assert_eq!(breach(&|d| d.created_at = Moment::At(second + 86_400_000)), None);
    assert_eq!(breach(&|d| d.created_at = Moment::At(second + 86_400_001)), Some(Breach::DateAfterId));
    assert_eq!(breach(&|d| (d.created_at, d.id) = (Moment::At(1_483_228_800_000), Some(id(1_483_228_800_000, 0)))), None);
    let years = solidata_anonymise::KeyRing::new(solidata_anonymise::HashKey([1; 16]), BTreeMap::new());
    let keyless = Door::new(&WORLD.geography, &WORLD.localities, &WORLD.categories, &years);
    assert_eq!(keyless.event(&by_account(0, "a")).err(), Some(Breach::YearKeyMissing));
    assert!(keyless.event(&search(0)).is_ok());
}

#[test]
fn actors_are_told_apart() {
    let actor = |status: Option<&str>, account: Option<&str>| {
        let mut doc = search(0);
        doc.user.status = status.and_then(text);
        doc.user.user_id = account.and_then(text);
        door().event(&doc).unwrap().actor
    };
    assert_eq!(actor(Some("PRO"), Some("a")), Actor::Identified);
    assert_eq!(actor(Some("PRO"), None), Actor::Anonymous);
    assert_eq!(actor(Some("NOT_LOGGED"), Some("a")), Actor::Anonymous);
    assert_eq!(actor(Some("WIDGET_USER"), Some("a")), Actor::Widget);
    assert_eq!(actor(Some("NEW_STATUS"), Some("a")), Actor::Identified);
    assert_eq!(actor(None, None), Actor::Anonymous);
    // The same account under each of its names over the years.
    let named = |change: &dyn Fn(&mut SearchDoc<'static>)| {
        let mut doc = search(0);
        doc.user.status = text("PRO");
        change(&mut doc);
        let event = door().event(&doc).unwrap();
        (event.account, event.collapse, event.contributor)
    };
    let account = named(&|d| d.user.user_id = text("abc"));
    assert_eq!(named(&|d| d.user.user_object_id = text("abc")), account);
    assert_eq!(named(&|d| d.user.legacy_user = text("abc")), account);
    let mail = named(&|d| d.user.email = text(" Jean.Dupont@Exemple.org "));
    assert_eq!(named(&|d| d.user.email = text("jean.dupont@exemple.org")), mail);
    assert_ne!(mail, account);
    assert_eq!(named(&|d| d.user.email = text("  ")).0, 0);
}

#[test]
fn contributors_are_organisations_and_change_with_the_year() {
    let contributor = |doc: &SearchDoc<'static>| door().event(doc).unwrap().contributor;
    assert_eq!(contributor(&search(0)), None);
    assert_eq!(contributor(&by_account(0, "a")), contributor(&by_account(1, "b")), "one organisation");
    let mut alone = by_account(0, "a");
    alone.user.orga_id = None;
    assert!(contributor(&alone).is_some() && contributor(&alone) != contributor(&by_account(0, "a")));
    let kind = |doc: &SearchDoc<'static>| contributor(doc).unwrap().kind;
    assert_eq!((kind(&by_account(0, "a")), kind(&alone)), (ContributorKind::Organisation, ContributorKind::Professional));
    for (status, expected) in
        [("SIMPLE_USER", ContributorKind::Person), ("VOLUNTEER", ContributorKind::Professional), ("NEW", ContributorKind::Professional)]
    {
        alone.user.status = text(status);
        assert_eq!(kind(&alone), expected, "{status}");
    }
    let new_year = (iso_to_ms("2024-12-31T23:00:00Z").unwrap() - iso_to_ms(START).unwrap()) as i64;
    assert_eq!(contributor(&by_account(new_year - 1, "a")), contributor(&by_account(0, "a")));
    assert_ne!(contributor(&by_account(new_year, "a")), contributor(&by_account(0, "a")), "the local year is another one");
    // Windows cross the new year.
    assert_eq!(net(&fates([by_account(new_year - 1, "a"), by_account(new_year, "a")])), 1);
    let mut widget = search(0);
    widget.user.status = text("WIDGET_USER");
    widget.user.orga_name = text("orga-1");
    assert_eq!(contributor(&widget), contributor(&by_account(0, "a")));
}

#[test]
fn absent_null_and_empty_are_the_same_and_lists_are_sets() {
    let collapse = |change: &dyn Fn(&mut SearchDoc<'static>)| {
        let mut doc = search(0);
        change(&mut doc);
        door().event(&doc).unwrap().collapse
    };
    let plain = collapse(&|_| {});
    assert_eq!(collapse(&|d| d.word = text("")), plain);
    assert_eq!(collapse(&|d| d.languages = text("")), plain);
    let list = |codes: &'static [&'static str]| collapse(&|d| d.categories = codes.iter().map(|code| Cow::Borrowed(*code)).collect());
    assert_eq!(list(&["a", "b", "a"]), list(&["b", "a"]));
    assert_ne!(list(&["a", "b"]), list(&["ab"]));
    assert_ne!(collapse(&|d| d.publics.gender = vec!["x".into()]), collapse(&|d| d.publics.other = vec!["x".into()]));
    assert_ne!(collapse(&|d| d.open_today = Some(false)), plain);
    assert_ne!(collapse(&|d| d.publics.age = Some(0)), plain);
    let many: Vec<Cow<'static, str>> = (0..40).map(|n| format!("c{n}").into()).collect();
    let backwards: Vec<Cow<'static, str>> = many.iter().rev().cloned().collect();
    assert_eq!(collapse(&|d| d.categories = many.clone()), collapse(&|d| d.categories = backwards.clone()));
}

#[test]
fn outcome_and_territory_are_classes() {
    let event = |change: &dyn Fn(&mut SearchDoc<'static>)| {
        let mut doc = search(0);
        change(&mut doc);
        door().event(&doc).unwrap()
    };
    assert_eq!(event(&|d| d.nb_results = Some(0)).found, Found::Nothing);
    assert_eq!(event(&|d| d.nb_results = None).found, Found::Unknown);
    assert_eq!(event(&|d| d.nb_results = Some(-1)).found, Found::Unknown);
    let territory = |event: SearchEvent| WORLD.geography.territory(event.territory).to_string();
    assert_eq!(territory(event(&|_| {})), "com-67482");
    assert_eq!(territory(event(&|d| d.location.geo_type = text("departement"))), "dep-67");
    assert_eq!(territory(event(&|d| d.location.country = text("es"))), "pays-es");
    assert_eq!(territory(event(&|d| d.location.areas = None)), "com-67482", "from the slug");
    let mut bare = search(0);
    bare.location = Default::default();
    assert_eq!(territory(door().event(&bare).unwrap()), "inconnu");
}

proptest! {
    #[test]
    fn bytes_of_events_round_trip_and_sort_like_the_stream(
        times in prop::collection::vec((-5_i64..5_000, any::<u64>(), any::<u128>(), any::<u32>(), 0..96_u8, any::<bool>()), 2..6)
    ) {
        let events: Vec<SearchEvent> = times.into_iter().map(|(ms, word, collapse, territory, bits, flag)| SearchEvent {
            created_at: ms * 1_000_000_000,
            id: id(word as i64 & 0xffff_ffff, word as i64).0,
            collapse,
            pair: collapse.rotate_left(7),
            contributor: flag.then_some(Contributor {
                kind: [ContributorKind::Organisation, ContributorKind::Professional, ContributorKind::Person][usize::from(bits % 3)],
                hash: [bits; 16],
            }),
            account: word,
            signature: word.rotate_left(9),
            query: word.rotate_left(19),
            territory: solidata_anonymise::TerritoryId(territory),
            categories: { let mut set = solidata_anonymise::CategorySet::default(); set.insert(bits); set.insert(191); set },
            found: [Found::Unknown, Found::Nothing, Found::Some][usize::from(bits % 3)],
            later_page: bits & 1 == 1,
            rounds: bits & 2 == 2,
            actor: [Actor::Anonymous, Actor::Widget, Actor::Identified][usize::from(bits % 3)],
            exclusions: solidata_anonymise::Exclusions { admin_search: bits & 4 == 4, api: flag, ..Default::default() },
        }).collect();
        for event in &events {
            prop_assert_eq!(&SearchEvent::from_bytes(&event.to_bytes()).unwrap(), event);
        }
        for pair in events.windows(2) {
            if pair[0].stream_key() != pair[1].stream_key() {
                prop_assert_eq!(pair[0].to_bytes().cmp(&pair[1].to_bytes()), pair[0].cmp(&pair[1]));
            }
        }
    }
}

#[test]
fn bytes_of_another_version_are_refused() {
    let good = door().event(&search(0)).unwrap().to_bytes();
    for at in [20, 21, 22, 23, 124, 127] {
        let mut bytes = good;
        bytes[at] = 0xff;
        assert!(SearchEvent::from_bytes(&bytes).is_err(), "{at}");
    }
}

#[test]
fn nothing_private_is_shown_by_debug() {
    let event = door().event(&by_account(0, "a")).unwrap();
    let shown = format!("{event:?} {:?} {:?}", WORLD.keys, run([by_account(0, "a")]).0);
    assert!(!shown.contains(&format!("{}", event.account)) && !shown.contains(&format!("{:?}", event.contributor.unwrap())));
    assert!(!shown.contains("7, 7, 7"));
}
