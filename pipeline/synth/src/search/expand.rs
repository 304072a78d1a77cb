//! One intention becomes documents, as the site and the applications send them.

use super::draw::{Drawn, Era};
use super::model::{Body, Created, Distance, Doc, Nulls, Traps};
use super::traps;
use crate::calendar::DaySpan;
use crate::rng::Rng;

/// Local hours, midnight to 23: people who search for themselves.
const ANONYMOUS_HOURS: [u32; 24] = [12, 8, 6, 5, 5, 8, 14, 25, 40, 52, 58, 55, 46, 48, 56, 58, 56, 54, 50, 46, 42, 36, 26, 18];
/// People at work.
const WORK_HOURS: [u32; 24] = [1, 1, 0, 0, 0, 1, 3, 12, 45, 100, 110, 95, 30, 45, 105, 110, 90, 45, 15, 6, 4, 3, 2, 1];

/// An instant of the local day, by the habits of those who search.
pub(crate) fn instant(rng: &mut Rng, span: &DaySpan, at_work: bool) -> i64 {
    let table = if at_work { &WORK_HOURS } else { &ANONYMOUS_HOURS };
    let total: u32 = span.hours.iter().map(|&hour| table[usize::from(hour)]).sum();
    let mut point = rng.below(u64::from(total)) as u32;
    let mut index = 0;
    for (i, &hour) in span.hours.iter().enumerate() {
        let weight = table[usize::from(hour)];
        if point < weight {
            index = i;
            break;
        }
        point -= weight;
    }
    span.start + index as i64 * crate::calendar::HOUR + rng.below(crate::calendar::HOUR as u64) as i64
}

/// Whether a request for places is followed by one for mobile rounds.
fn twin_probability(body: &Body<'_>, era: Era) -> f64 {
    match body.user.origin {
        Some("SOLIGUIDE" | "SOLINUM_ORG") => 1.0,
        Some("WEBAPP_SOLIGUIDE") if era.paired_web_app => 1.0,
        Some("MOBILE_APP") => 0.6,
        _ => 0.0,
    }
}

/// The documents of one intention, in order of time, and how many searches a person would count in it.
pub(crate) struct Expanded<'w> {
    pub bodies: Vec<Body<'w>>,
    pub docs: Vec<Doc>,
    pub searches: u64,
}

struct Expansion<'r, 'w> {
    rng: &'r mut Rng,
    out: Expanded<'w>,
    twin: f64,
    results: i32,
    traps: Traps,
}

/// Expands `drawn`, somewhere in the local day `span`, wholly inside it.
pub(crate) fn expand<'w>(rng: &mut Rng, drawn: Drawn<'w>, span: &DaySpan, era: Era) -> Expanded<'w> {
    let excluded = drawn.body.excluded();
    let at_work = matches!(drawn.body.user.who, super::model::Who::Account(_));
    let robot = matches!(drawn.body.user.status, Some("API_USER" | "SOLI_BOT"));
    let start = instant(rng, span, at_work);
    let results = if robot { rng.between(200, 60_000) as i32 } else { results(rng, drawn.zero_results) };
    let twin = twin_probability(&drawn.body, era);
    let mut e = Expansion {
        rng,
        out: Expanded { bodies: vec![drawn.body], docs: Vec::with_capacity(4), searches: u64::from(!excluded) },
        twin,
        results,
        traps: drawn.traps,
    };
    e.pair(0, 0, 1, Traps::default());
    if robot {
        e.out.docs[0].limit = 50_000;
    } else {
        e.more(excluded);
    }
    let Expanded { bodies, mut docs, searches } = e.out;
    docs.sort_by_key(|doc| doc.inserted);
    let last = docs.last().map_or(0, |doc| doc.inserted);
    let shift = start.min(span.end - 1 - last).max(span.start);
    for doc in &mut docs {
        doc.inserted += shift;
        doc.created = Created::Date(doc.inserted);
    }
    Expanded { bodies, docs, searches }
}

/// How many places a search finds.
fn results(rng: &mut Rng, zero: f64) -> i32 {
    if rng.chance(zero) {
        0
    } else if rng.chance(0.55) {
        rng.between(21, 240) as i32
    } else {
        rng.between(1, 20) as i32
    }
}

impl<'w> Expansion<'_, 'w> {
    /// What follows the first request: pages, sliders, filters, double clicks. Times are offsets from the first request.
    fn more(&mut self, excluded: bool) {
        if self.rng.chance(0.05) {
            let at = self.rng.between(200, 2_000);
            self.pair(0, at, 1, traps::DOUBLE);
        }
        let mut at = 2_000;
        if self.results > 20 {
            for page in 2..2 + self.rng.geometric(0.22, 6) as i32 {
                at += self.rng.between(8_000, 90_000);
                self.pair(0, at, page, traps::EXTRA_PAGE);
            }
        }
        if self.rng.chance(0.04) {
            let mut body = self.out.bodies[0].clone();
            body.location.distance = Distance::Metres(self.rng.between(1, 20) as i32 * 5_000);
            self.out.bodies.push(body);
            at += self.rng.between(4_000, 60_000);
            self.pair(self.out.bodies.len() - 1, at, 1, traps::SLIDER);
        }
        if self.rng.chance(0.14) {
            let mut body = self.out.bodies[0].clone();
            if body.publics.gender.is_empty() {
                body.publics.gender.push("women");
            } else {
                body.open_today = if body.open_today == Some(true) { None } else { Some(true) };
            }
            self.out.bodies.push(body);
            self.out.searches += u64::from(!excluded);
            at += self.rng.between(4_000, 60_000);
            self.results /= 2;
            self.pair(self.out.bodies.len() - 1, at, 1, traps::FILTER);
        }
    }

    /// A request for places and, by the origin, one for mobile rounds. Turning the page of the places repeats page 1 of the rounds.
    fn pair(&mut self, body: usize, at: i64, page: i32, label: Traps) {
        let mut labels = self.traps;
        labels.add(label);
        let web_app = self.out.bodies[body].sort_by_distance;
        let has_twin = self.twin > 0.0 && self.rng.chance(self.twin);
        let lost = has_twin && self.rng.chance(0.03);
        let lost_place = lost && self.rng.chance(0.2);
        if !lost_place {
            let mut doc = self.doc(body, at, page, labels);
            doc.limit = if web_app { 100 } else { 20 };
            if self.rng.chance(0.01) {
                doc.mobile = None;
            }
            if lost {
                doc.traps.add(traps::LOST_TWIN);
            }
            self.out.docs.push(doc);
        }
        if has_twin && (!lost || lost_place) {
            let delay = self.rng.between(5, 900);
            labels.add(if lost_place { traps::LOST_PLACE } else { traps::TWIN });
            let mut doc = self.doc(body, at + delay, 1, labels);
            doc.mobile = Some(true);
            doc.limit = if web_app { 10 } else { 3 };
            doc.results = if self.rng.chance(0.85) { 0 } else { self.rng.between(1, 3) as i32 };
            self.out.docs.push(doc);
        }
    }

    fn doc(&mut self, body: usize, at: i64, page: i32, labels: Traps) -> Doc {
        let style = self.rng.bits();
        let percent = |shift: u32| (u64::from((style >> shift) as u32) * 100) >> 32;
        Doc {
            admin_search: (percent(0) > 0).then_some(false),
            page: (page > 1 || percent(8) > 0).then_some(page),
            nulls: match percent(16) {
                0..=2 => Nulls::Absent,
                3..=4 => Nulls::Empty,
                _ => Nulls::Usual,
            },
            results: self.results,
            results_as_double: percent(24) == 0,
            updated_style: percent(32) as u8,
            traps: labels,
            ..Doc::plain(body, at)
        }
    }
}

impl Doc {
    /// A document without any oddity, at an instant.
    pub(crate) fn plain(body: usize, at: i64) -> Self {
        Self {
            body,
            created: Created::Date(at),
            inserted: at,
            updated_style: 50,
            admin_search: Some(false),
            mobile: Some(false),
            page: Some(1),
            limit: 20,
            results: 5,
            results_as_double: false,
            nulls: Nulls::Usual,
            again_at: None,
            broken_word: None,
            traps: Traps::default(),
        }
    }
}

impl Doc {
    /// The same document, `ms` later.
    pub(crate) fn later(mut self, ms: i64) -> Self {
        self.inserted += ms;
        self.created = Created::Date(self.inserted);
        self
    }
}
