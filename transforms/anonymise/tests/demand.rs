#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Documents through the door and the rule: the nuisances of real logs.

#[path = "common/world.rs"]
mod world;

use proptest::prelude::*;
use solidata_anonymise::contract::{Moment, ObjectId, SearchAreas, SearchDoc, iso_to_ms};
use solidata_anonymise::net::{Decision, Fate, NetParams, NetReport, NetRule, Step, Waterfall};
use solidata_anonymise::{Actor, Aggregate, Breach, Door, Found, SafeSearchRow, SearchEvent};
use std::borrow::Cow;
use std::collections::BTreeMap;
use world::WORLD;

const START: &str = "2024-03-13T09:00:00Z";

fn door() -> Door<'static> {
    Door::new(&WORLD.geography, &WORLD.localities, &WORLD.categories, &WORLD.keys)
}

fn text(text: &str) -> Option<Cow<'static, str>> {
    Some(Cow::Owned(text.to_owned()))
}

/// An anonymous search for food in Strasbourg, `ms` after the start.
fn search(ms: i64) -> SearchDoc<'static> {
    let at = iso_to_ms(START).unwrap() + ms;
    let mut doc =
        SearchDoc { category: text("food_packages"), nb_results: Some(3), page: Some(1), place_type: text("LIEU"), ..SearchDoc::default() };
    doc.created_at = Moment::At(at);
    doc.id = Some(id(at, ms));
    doc.location.geo_type = text("ville");
    doc.location.geo_value = text("strasbourg-67000");
    doc.location.country = text("fr");
    doc.location.areas = Some(SearchAreas {
        pays: text("fr"),
        city: text("Strasbourg"),
        city_code: text("67482"),
        postal_code: text("67000"),
        department_code: text("67"),
        region_code: text("44"),
        ..SearchAreas::default()
    });
    doc.user.status = text("NOT_LOGGED");
    doc.user.origin = text("SOLIGUIDE");
    doc.user.language = text("fr");
    doc
}

fn id(at: i64, salt: i64) -> ObjectId {
    let mut id = [0; 12];
    id[..4].copy_from_slice(&((at / 1_000) as u32).to_be_bytes());
    id[4..].copy_from_slice(&(salt as u64).to_be_bytes());
    ObjectId(id)
}

fn by_account(ms: i64, account: &str) -> SearchDoc<'static> {
    let mut doc = search(ms);
    doc.user.status = text("PRO");
    doc.user.user_id = text(account);
    doc.user.orga_id = text("orga-1");
    doc
}

fn run(docs: impl IntoIterator<Item = SearchDoc<'static>>) -> (Vec<Decision>, NetReport) {
    let door = door();
    let mut events: Vec<SearchEvent> = docs.into_iter().map(|doc| door.event(&doc).unwrap()).collect();
    events.sort();
    let mut rule = NetRule::new(NetParams::default(), &WORLD.localities);
    let mut decisions = Vec::new();
    for event in events {
        rule.push(event, &mut |d| decisions.push(d)).unwrap();
    }
    let report = rule.finish(&mut |d| decisions.push(d));
    (decisions, report)
}

fn fates(docs: impl IntoIterator<Item = SearchDoc<'static>>) -> BTreeMap<Fate, usize> {
    let mut counts = BTreeMap::new();
    for decision in run(docs).0 {
        *counts.entry(decision.fate).or_default() += 1;
    }
    counts
}

fn dropped(counts: &BTreeMap<Fate, usize>, step: Step) -> usize {
    counts.get(&Fate::Dropped(step)).copied().unwrap_or(0)
}

fn net(counts: &BTreeMap<Fate, usize>) -> usize {
    counts.get(&Fate::Net).copied().unwrap_or(0)
}

fn twin(mut doc: SearchDoc<'static>, after: i64) -> SearchDoc<'static> {
    let Moment::At(at) = doc.created_at else { panic!() };
    doc.created_at = Moment::At(at + after);
    doc.id = Some(id(at + after, at ^ 0x55));
    doc.place_type = text("PARCOURS_MOBILE");
    doc.nb_results = Some(0);
    doc
}

#[test]
fn the_two_calls_of_one_search_count_once() {
    let counts = fates([search(0), twin(search(0), 40)]);
    assert_eq!((net(&counts), dropped(&counts, Step::Twin)), (1, 1));
    let counts = fates([twin(search(0), 0)]);
    assert_eq!(net(&counts), 1, "a search for rounds alone");
    let counts = fates([search(5_000), twin(search(0), 0)]);
    assert_eq!(dropped(&counts, Step::Twin), 1, "the twin may come first");
}

#[test]
fn pages_distance_and_double_clicks_are_the_same_search() {
    let mut second = search(20_000);
    second.page = Some(2);
    let counts = fates([search(0), twin(search(0), 30), second.clone(), twin(second, 35), search(45_000), search(46_000)]);
    assert_eq!((net(&counts), dropped(&counts, Step::LaterPage), dropped(&counts, Step::Repeat)), (1, 1, 2));
    assert_eq!(dropped(&counts, Step::Twin), 2);

    let mut filtered = search(10_000);
    filtered.publics.gender = vec!["women".into()];
    assert_eq!(net(&fates([search(0), filtered])), 2, "another filter is another search");
}

#[test]
fn a_page_without_its_first_counts_once() {
    let page = |ms, n| {
        let mut doc = search(ms);
        doc.page = Some(n);
        doc
    };
    let counts = fates([page(0, 2), page(60_000 * 10, 3), page(60_000 * 30, 4), page(60_000 * 31, 5)]);
    assert_eq!((net(&counts), dropped(&counts, Step::LaterPage)), (2, 2));
}

#[test]
fn windows_are_longer_for_accounts() {
    assert_eq!(net(&fates([search(0), search(60_000)])), 1);
    assert_eq!(net(&fates([search(0), search(60_001)])), 2);
    assert_eq!(net(&fates([by_account(0, "a"), by_account(1_800_000, "a")])), 1);
    assert_eq!(net(&fates([by_account(0, "a"), by_account(1_800_001, "a")])), 2);
    assert_eq!(net(&fates([by_account(0, "a"), by_account(1_000, "b"), search(1_500)])), 3, "other actors");
}

#[test]
fn a_kiosk_repeats_itself_and_its_window_is_fixed_from_the_first() {
    let kiosk = |n: i64| {
        let mut doc = search(n * 60_000);
        doc.user.status = text("WIDGET_USER");
        doc.user.orga_name = text("widget-7");
        doc.user.origin = text("WIDGET_SOLIGUIDE");
        doc
    };
    let counts = fates((0..60).map(kiosk));
    assert_eq!((net(&counts), dropped(&counts, Step::Repeat)), (30, 30), "each second one opens a window");
}

#[test]
fn administrators_and_programs_are_no_public() {
    let with = |ms, change: &dyn Fn(&mut SearchDoc<'static>)| {
        let mut doc = search(ms);
        change(&mut doc);
        doc
    };
    let counts = fates([
        with(0, &|d| d.admin_search = true),
        with(1, &|d| d.user.status = text("ADMIN_TERRITORY")),
        with(2, &|d| d.user.status = text("ADMIN_SOLIGUIDE")),
        with(3, &|d| d.user.status = text("API_USER")),
        with(4, &|d| d.user.status = text("SOLI_BOT")),
        with(5, &|d| d.user.origin = text("LOCALHOST_DEV")),
    ]);
    assert_eq!(net(&counts), 0);
    let order = [Step::AdminSearch, Step::AdminStatus, Step::Api, Step::Bot, Step::Localhost];
    assert_eq!(order.map(|step| dropped(&counts, step)), [1, 2, 1, 1, 1]);
    let mut harvest = Vec::new();
    for page in 1..20 {
        let mut doc = with(page * 1_000, &|d| d.user.status = text("API_USER"));
        doc.page = Some(page);
        harvest.push(doc);
    }
    assert_eq!(dropped(&fates(harvest), Step::Api), 19);
}

#[test]
fn a_crawler_is_a_burst_by_rate_and_by_sweep() {
    // 1 200 pairs in 15 minutes, category by commune.
    let mut docs = Vec::new();
    for n in 0..1_200_i64 {
        let mut doc = search(n * 750);
        doc.category = text(["food_packages", "shower", "laundry"][(n % 3) as usize]);
        doc.location.geo_value = text(&format!("commune-{}-67000", n / 3));
        docs.push(twin(doc.clone(), 100));
        docs.push(doc);
    }
    // Somebody else in the same minutes of the same département is lost with them; the next département is not.
    docs.push(search(1_001));
    let mut elsewhere = search(1_002);
    elsewhere.location.geo_type = text("departement");
    elsewhere.location.geo_value = text("departement-haut-rhin");
    elsewhere.location.areas = Some(SearchAreas { pays: text("fr"), department_code: text("68"), ..SearchAreas::default() });
    docs.push(elsewhere);
    docs.push(by_account(1_003, "a"));
    let (decisions, report) = run(docs);
    let mut counts = BTreeMap::new();
    for decision in &decisions {
        *counts.entry(decision.fate).or_insert(0) += 1;
    }
    assert_eq!(counts[&Fate::Dropped(Step::Twin)], 1_200);
    assert_eq!(counts[&Fate::Dropped(Step::BurstRate)], 1_201);
    assert_eq!(counts[&Fate::Net], 2);
    assert_eq!((report.minutes_dropped, report.minutes_dropped_short_history), (15, 15));

    // Slowly enough for no rate, a sweep is still seen: 40 distinct searches of one signature in five minutes.
    let sweep = |count: i64| {
        (0..count).map(|n| {
            let mut doc = search(n * 7_000);
            doc.location.geo_value = text(&format!("commune-{n}-67000"));
            doc
        })
    };
    assert_eq!(dropped(&fates(sweep(40)), Step::BurstSweep), 40);
    assert_eq!(dropped(&fates(sweep(39)), Step::BurstSweep), 0);
}

#[test]
fn a_busy_hour_that_is_usual_is_no_burst() {
    let at_hour = |day: i64, count: i64, gap: i64| {
        (0..count).map(move |n| {
            // From the 2nd of April on, all days have summer time.
            let mut doc = search((20 + day) * 86_400_000 + n * gap);
            doc.word = text(&format!("mot {n}"));
            doc
        })
    };
    // 45 searches in the first minute of day 28. Usual: 200 an hour, so 8 * 200 = 1 600 an hour is under the floor of 1 800; 45 * 60 = 2 700 is above.
    let quiet: Vec<_> = (0..28).flat_map(|day| at_hour(day, 200, 17_000)).chain(at_hour(28, 45, 1_000)).collect();
    assert_eq!(dropped(&fates(quiet), Step::BurstRate), 45);
    // Usual: 340 an hour, 8 * 340 = 2 720 is above 2 700.
    let busy: Vec<_> = (0..28).flat_map(|day| at_hour(day, 340, 10_000)).chain(at_hour(28, 45, 1_000)).collect();
    let (decisions, report) = run(busy);
    assert!(decisions.iter().all(|d| d.fate == Fate::Net));
    assert_eq!(report.minutes - report.minutes_short_history, 1, "only the last day has the whole history");
}

#[test]
fn a_demonstration_day_is_capped() {
    let docs = (0..300).map(|n| {
        let mut doc = by_account(n * 30_000, "teacher");
        doc.word = text(&format!("exercice {n}"));
        doc
    });
    let counts = fates(docs);
    assert_eq!((net(&counts), dropped(&counts, Step::Cap)), (20, 280));
}

#[test]
fn drift_of_the_schema_is_survived() {
    let mut kiosk = search(0);
    kiosk.user.origin = text("KIOSK");
    let mut unknown_place_type = search(1);
    unknown_place_type.place_type = text("SOMETHING");
    let mut several = search(2);
    several.category = None;
    several.categories = vec!["shower".into(), "tents_distribution".into(), "carpooling".into()];
    let mut no_page = search(3);
    no_page.word = text("autre");
    no_page.page = None;
    let (decisions, _) = run([kiosk, unknown_place_type, several, no_page]);
    let codes: Vec<String> = decisions.iter().map(|d| WORLD.categories.codes_of(d.event.categories).join("+")).collect();
    assert_eq!(decisions.iter().filter(|d| d.fate == Fate::Net).count(), 4);
    assert_eq!(codes, ["food_packages", "food_packages", "shower+transportation_mobility+inconnu", "food_packages"]);
}

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

#[test]
fn safe_rows_and_waterfall_add_up() {
    let month_end = iso_to_ms("2024-03-31T21:59:00Z").unwrap() - iso_to_ms(START).unwrap();
    let mut docs = Vec::new();
    for n in 0..400_i64 {
        let mut doc = if n % 5 == 0 { by_account(month_end + n * 2_000, "a") } else { search(month_end + n * 2_000) };
        doc.word = text(&format!("mot {}", n % 17));
        doc.admin_search = n % 11 == 0;
        if n % 3 == 0 {
            docs.push(twin(doc.clone(), 77));
        }
        docs.push(doc);
    }
    let (decisions, _) = run(docs.clone());
    let mut waterfall = Waterfall::default();
    let mut sum = Aggregate::default();
    let mut months: Vec<Vec<SafeSearchRow>> = Vec::new();
    for decision in &decisions {
        waterfall.add(decision, &WORLD.localities);
        sum.add(decision, &mut |_, rows| months.push(rows));
    }
    sum.finish(&mut |_, rows| months.push(rows));
    assert_eq!(months.len(), 2);
    assert!(months.iter().all(|rows| rows.windows(2).all(|pair| pair[0] < pair[1])));
    let rows: Vec<_> = waterfall.rows(&WORLD.localities).collect();
    assert_eq!(rows.iter().map(|row| row.month.to_string()).collect::<Vec<_>>(), ["2024-03", "2024-04"]);
    for (row, safe) in rows.iter().zip(&months) {
        assert_eq!(row.departement, "67");
        assert_eq!(row.valid, row.net + row.removed.iter().map(|(_, n)| n).sum::<u64>());
        assert_eq!(row.gross, safe.iter().map(|r| u64::from(r.brute)).sum::<u64>());
        assert_eq!(row.net, safe.iter().map(|r| u64::from(r.nette)).sum::<u64>());
    }
    assert_eq!(rows.iter().map(|row| row.valid).sum::<u64>(), docs.len() as u64);
    let mut twice = waterfall.clone();
    twice.merge(&waterfall);
    assert!(twice.rows(&WORLD.localities).zip(&rows).all(|(two, one)| two.valid == 2 * one.valid));
}

#[test]
fn months_come_out_when_they_are_complete() {
    let day = 86_400_000;
    let (decisions, _) = run((0..90).map(|n| search(n * day)));
    let mut sum = Aggregate::default();
    let mut out = Vec::new();
    let mut seen_at = Vec::new();
    for (n, decision) in decisions.iter().enumerate() {
        sum.add(decision, &mut |month, _| {
            out.push(month.to_string());
            seen_at.push(n);
        });
    }
    assert_eq!(out, ["2024-03", "2024-04", "2024-05"]);
    assert_eq!(seen_at, [20, 50, 81], "on the first at 9:00 UTC it may still be the last of the month far west");
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
            contributor: flag.then_some([bits; 16]),
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
