//! The exact limits of every window of the net rule, one case each, in searches that nothing else resembles (their word is their own).

use std::borrow::Cow;

use super::super::model::{Body, Doc, Nulls, Who};
use super::super::plan::{Planned, Planner};
use super::super::text_field::Text;
use super::super::traps;
use super::{body, professional};
use crate::calendar::{HOUR, MINUTE, span};
use crate::world::AccountKey;

/// A case: its actor, and its documents as (milliseconds, mobile round?, page, how the document differs).
struct Case<'w> {
    who: Who<'w>,
    searches: u64,
    shots: Vec<(i64, bool, i32, Change)>,
}

/// How a document differs from the first of its case.
#[derive(Clone, Copy)]
enum Change {
    Same,
    AbsentNulls,
    EmptyNulls,
    Categories(&'static [&'static str]),
    Language(&'static str),
    Origin(&'static str),
    PmrFalse,
    Gender(&'static [&'static str]),
    Capitals,
    Shouted,
    NoStatus,
}

const HALF_HOUR: i64 = 30 * MINUTE;

pub(super) fn plant(planner: &mut Planner<'_>) {
    let world = planner.world;
    let Some(&land) = planner.by_size().first() else { return };
    let Some(month) = world.volumes.months().first().copied() else { return };
    let days = world.volumes.days(month);
    let mail_only = world.crowd.circles[land].professionals.iter().find(|account| matches!(account.key, AccountKey::Email));
    let account = Who::Account(professional(world, land, 20));
    let mut cases = cases(account);
    if let Some(found) = mail_only {
        cases.push(Case {
            who: Who::Account(found),
            searches: 1,
            shots: vec![(0, false, 1, Change::Same), (MINUTE * 5, false, 1, Change::Shouted)],
        });
    }
    for (i, case) in cases.into_iter().enumerate() {
        // Four cases a day, two hours apart, so that no daily cap of an account is reached.
        let day = days.start() + 1 + i as i64 / 4;
        let start = span(world.lands.chosen[land].zone(), day).start + (10 + 2 * (i as i64 % 4)) * HOUR;
        let mut found = body(world, land, i % 5, case.who, "SOLIGUIDE");
        found.word = Text::from(format!("cas limite {}", i + 1));
        let mut group = Planned { land, searches: case.searches, ..Planned::default() };
        for (at, mobile, page, change) in case.shots {
            let mut doc = Doc { mobile: Some(mobile), page: Some(page), traps: traps::EDGE, ..Doc::plain(group.bodies.len(), start + at) };
            group.bodies.push(changed(&found, &mut doc, change));
            group.docs.push(doc);
        }
        planner.plant(day, group);
    }
}

fn changed<'w>(body: &Body<'w>, doc: &mut Doc, change: Change) -> Body<'w> {
    let mut body = body.clone();
    match change {
        Change::Same => {}
        Change::AbsentNulls => doc.nulls = Nulls::Absent,
        Change::EmptyNulls => doc.nulls = Nulls::Empty,
        Change::Categories(codes) => body.categories = Some(codes.iter().map(|code| Cow::Borrowed(*code)).collect()),
        Change::Language(code) => body.languages = Text::from(code),
        Change::Origin(origin) => body.user.origin = Some(origin),
        Change::PmrFalse => body.modalities.push(("pmr", false)),
        Change::Gender(codes) => body.publics.gender.extend(codes),
        Change::Capitals => {
            if let Text::Is(word) = &body.word {
                body.word = Text::from(word.to_uppercase());
            }
        }
        Change::Shouted => body.user.shouted = true,
        Change::NoStatus => body.user.status = None,
    }
    body
}

#[rustfmt::skip]
fn cases(account: Who<'_>) -> Vec<Case<'_>> {
    use Change::{AbsentNulls, Capitals, Categories, EmptyNulls, Gender, Language, NoStatus, Origin, PmrFalse, Same};
    let nobody = Who::Anonymous;
    let case = |who, searches, shots: &[(i64, bool, i32, Change)]| Case { who, searches, shots: shots.to_vec() };
    vec![
        // Twins: five seconds, before or after, inclusive. (The languages differ so that step 4 does not hide what step 2 does.)
        case(nobody, 1, &[(0, false, 1, Language("ar")), (5_000, true, 1, Language("uk"))]),
        case(nobody, 2, &[(0, false, 1, Language("ar")), (5_001, true, 1, Language("uk"))]),
        case(nobody, 1, &[(0, true, 1, Language("ar")), (5_000, false, 1, Language("uk"))]),
        case(nobody, 2, &[(0, true, 1, Language("ar")), (5_001, false, 1, Language("uk"))]),
        // Repeats: a minute for anonymous, half an hour for accounts, inclusive, from the first of the window.
        case(nobody, 1, &[(0, false, 1, Same), (60_000, false, 1, Same)]),
        case(nobody, 2, &[(0, false, 1, Same), (60_001, false, 1, Same)]),
        case(nobody, 2, &[(0, false, 1, Same), (40_000, false, 1, Same), (80_000, false, 1, Same)]),
        case(account, 1, &[(0, false, 1, Same), (HALF_HOUR, false, 1, Same)]),
        case(account, 2, &[(0, false, 1, Same), (HALF_HOUR + 1, false, 1, Same)]),
        // Pages: half an hour after page 1, inclusive; orphans count once in half an hour.
        case(nobody, 1, &[(0, false, 1, Same), (HALF_HOUR, false, 2, Same)]),
        case(nobody, 2, &[(0, false, 1, Same), (HALF_HOUR + 1, false, 2, Same)]),
        case(nobody, 2, &[(0, false, 2, Same), (10 * MINUTE, false, 3, Same), (HALF_HOUR + 1, false, 4, Same)]),
        case(account, 1, &[(0, false, 2, Same), (HALF_HOUR, false, 3, Same)]),
        // Null, absent and empty are one; lists are sets; the letter case of a word is not folded.
        case(nobody, 1, &[(0, false, 1, Same), (9_000, false, 1, AbsentNulls), (20_000, false, 1, EmptyNulls)]),
        case(nobody, 1, &[(0, false, 1, Categories(&["shower", "laundry"])), (9_000, false, 1, Categories(&["laundry", "shower", "shower"]))]),
        case(nobody, 1, &[(0, false, 1, Gender(&["women", "men"])), (9_000, false, 1, Gender(&["men", "women"]))]),
        case(nobody, 2, &[(0, false, 1, Same), (9_000, false, 1, Capitals)]),
        // Languages and origin separate searches, but not twins; a modality that is false is not one that is absent.
        case(nobody, 2, &[(0, false, 1, Language("ar")), (9_000, false, 1, Language("uk"))]),
        case(nobody, 1, &[(0, false, 1, Language("ar")), (900, true, 1, Language("uk"))]),
        case(nobody, 2, &[(0, false, 1, Same), (9_000, false, 1, Origin("WEBAPP_SOLIGUIDE"))]),
        case(nobody, 1, &[(0, false, 1, Same), (900, true, 1, Origin("WEBAPP_SOLIGUIDE"))]),
        case(nobody, 2, &[(0, false, 1, Same), (9_000, false, 1, PmrFalse)]),
        case(nobody, 2, &[(0, false, 1, Same), (900, true, 1, PmrFalse)]),
        // No status, but an account: identified, so that half an hour applies.
        case(account, 1, &[(0, false, 1, NoStatus), (HALF_HOUR, false, 1, NoStatus)]),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::reference::Reference;
    use crate::reference::tests::Files;
    use crate::search::{Days, Plan, traps};
    use crate::spec::{Departments, Form, SynthSpec};
    use crate::tests::date;
    use crate::truth::{Reader, judge};
    use crate::world::World;

    /// Each case is a sentence of the rule; the slow reference must find as many searches in it as the case says.
    #[test]
    fn the_reference_finds_what_each_case_says() {
        let reference = Reference::read(&Files::load().bytes()).unwrap();
        let spec = SynthSpec::new(date(2024, 3, 1), date(2024, 4, 2), Departments::List(vec!["67".to_owned()]), 7, Form::Ndjson);
        let world = World::build(&spec, &reference).unwrap();
        let plan = Plan::new(&world, &spec);
        let reader = Reader::new(&reference);
        let days = Days { world: &world, plan: &plan, form: spec.form, target: spec.target, reader: Some(&reader) };
        let (mut facts, mut planted) = (Vec::new(), BTreeSet::new());
        for day in world.volumes.first_day..=world.volumes.last_day {
            let mut batch = days.make(day).unwrap();
            let ours = traps::EDGE.0 | traps::CLOCK_CHANGE.0 | traps::STRADDLE.0;
            planted.extend(batch.traps.iter().filter(|(_, set)| set.0 & ours != 0).map(|(id, _)| *id));
            facts.append(&mut batch.facts);
        }
        let judged = judge(facts);
        let mut cases = 0;
        for group in plan.planned.values().flatten().filter(|group| group.docs[0].traps.has(traps::EDGE)) {
            let instants: BTreeSet<i64> = group.docs.iter().map(|doc| doc.inserted).collect();
            let mine = |fact: &crate::truth::Fact| planted.contains(&fact.id) && fact.created.is_some_and(|at| instants.contains(&at));
            let net = judged.facts.iter().filter(|(fact, fate)| mine(fact) && *fate == crate::truth::Fate::Net).count();
            assert_eq!(net as u64, group.searches, "{:?}", group.bodies[0].word);
            cases += 1;
        }
        assert_eq!(cases, 25);
        // Three straddling pairs, each one search; six seconds-apart repeats on the day that has 23 hours, each one search.
        let others = judged.facts.iter().filter(|(fact, fate)| planted.contains(&fact.id) && *fate == crate::truth::Fate::Net).count();
        let edges: u64 = plan.planned.values().flatten().filter(|g| g.docs[0].traps.has(traps::EDGE)).map(|g| g.searches).sum();
        assert_eq!(others as u64 - edges, 3 + 6);
    }
}
