#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
//! Documents through the door and the rule: the nuisances of real logs.

#[path = "common/searches.rs"]
mod searches;
#[path = "common/world.rs"]
mod world;

use searches::*;
use solidata_anonymise::contract::{SearchAreas, SearchDoc, iso_to_ms};
use solidata_anonymise::net::{Fate, Step, Waterfall};
use solidata_anonymise::{Aggregate, SafeSearchRow};
use std::collections::BTreeMap;
use world::WORLD;

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
