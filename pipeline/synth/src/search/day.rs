//! The documents of one local day, written and sorted. Days do not depend on each other: they can be made on any thread, in any order.

use std::collections::BTreeMap;

use super::draw::{self, Bucket, Era, intention};
use super::expand::expand;
use super::model::{Body, Doc, Traps, Who};
use super::places;
use super::plan::{Plan, Planned};
use super::write::{COUNTRY_CODES, OLD_USERS, write};
use super::{text_field::Text, traps};
use crate::SynthError;
use crate::calendar::{DaySpan, HOUR, span};
use crate::emit::{Bson, Json};
use crate::rng::Rng;
use crate::spec::{Form, Target};
use crate::truth::{Fact, Reader};
use crate::world::World;

/// 2025-09-08: from this day on the web-app sends two requests for each search.
const PAIRED_WEB_APP: i64 = 20_339;
/// Days between 2017-01-01 and the range's first day fit the two bytes of an ObjectId that tell days apart.
const DAYS_FROM: i64 = 17_167;
const DAY: i64 = 24 * HOUR;

/// One written document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Order in the file.
    pub inserted: i64,
    pub start: usize,
    pub end: usize,
}

/// Intentions and documents of one département, month and category.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Intended {
    pub searches: u64,
    pub documents: u64,
}

/// One day.
#[derive(Default)]
pub(crate) struct Batch {
    pub bytes: Vec<u8>,
    /// Sorted by `inserted`.
    pub entries: Vec<Entry>,
    /// Read back for the truth; empty when it is not wanted.
    pub facts: Vec<Fact>,
    pub traps: Vec<([u8; 12], Traps)>,
    /// By département, local day's month (year × 12 + month − 1) and category.
    pub intended: BTreeMap<(usize, i32, String), Intended>,
    /// All documents written later on this day or before lie at or after this instant.
    pub watermark: i64,
}

/// Makes days.
pub(crate) struct Days<'w> {
    pub world: &'w World,
    pub plan: &'w Plan<'w>,
    pub form: Form,
    pub target: Target,
    /// Reads documents back for the truth.
    pub reader: Option<&'w Reader>,
}

/// Documents of a day before they are written.
#[derive(Default)]
struct Heap<'w> {
    bodies: Vec<Body<'w>>,
    docs: Vec<Doc>,
}

impl<'w> Heap<'w> {
    fn add(&mut self, bodies: Vec<Body<'w>>, docs: impl IntoIterator<Item = Doc>) {
        let shift = self.bodies.len();
        self.bodies.extend(bodies);
        self.docs.extend(docs.into_iter().map(|doc| Doc { body: doc.body + shift, ..doc }));
    }
}

impl<'w> Days<'w> {
    /// # Errors
    /// [`SynthError::Truth`] when a document cannot be read back.
    pub(crate) fn make(&self, day: i64) -> Result<Batch, SynthError> {
        let mut batch = Batch { watermark: self.watermark(day), ..Batch::default() };
        let mut heap = Heap::default();
        for group in self.plan.planned.get(&day).into_iter().flatten() {
            self.count(&mut batch, Bucket::Chosen(group.land), day, &group.bodies, group.searches, group.docs.len());
            let Planned { bodies, docs, .. } = group.clone();
            heap.add(bodies, docs);
        }
        for &(bucket, quota) in self.plan.quotas.get(&day).into_iter().flatten() {
            self.draw(&mut batch, &mut heap, day, bucket, quota);
        }
        self.harvest(&mut heap, day);
        self.write(&mut batch, heap, day)?;
        Ok(batch)
    }

    /// The first instant at which a document of the next day may have been made, in any of the time zones.
    fn watermark(&self, day: i64) -> i64 {
        let zones = self.world.lands.chosen.iter().map(|land| land.zone()).chain([chrono_tz::Tz::Europe__Paris]);
        zones.map(|zone| crate::calendar::midnight(zone, day + 1)).min().unwrap_or_default()
    }

    fn zone(&self, bucket: Bucket) -> chrono_tz::Tz {
        match bucket {
            Bucket::Chosen(index) => self.world.lands.chosen[index].zone(),
            _ => chrono_tz::Tz::Europe__Paris,
        }
    }

    fn draw(&self, batch: &mut Batch, heap: &mut Heap<'w>, day: i64, bucket: Bucket, quota: u64) {
        let label = match bucket {
            Bucket::Chosen(index) => crate::world::label(&self.world.lands.chosen[index].row.code),
            Bucket::Elsewhere => -1,
            Bucket::Region => -2,
            Bucket::Country => -3,
            Bucket::Unknown => -4,
            Bucket::Spain => -5,
            Bucket::Andorra => -6,
        };
        let mut rng = Rng::derive(self.world.seed, "day", &[day, label]);
        let today = span(self.zone(bucket), day);
        let era = Era {
            before_country_codes: day < COUNTRY_CODES / DAY,
            old_users: day < OLD_USERS / DAY,
            paired_web_app: day >= PAIRED_WEB_APP,
        };
        let mut left = quota;
        while left > 0 {
            let drawn = intention(self.world, &mut rng, bucket, era);
            let mut made = expand(&mut rng, drawn, &today, era);
            match self.target {
                Target::Brute => {
                    made.docs.truncate(left as usize);
                    left -= made.docs.len() as u64;
                }
                Target::Nette => left -= made.searches.min(left),
            }
            for doc in &mut made.docs {
                self.disorder(&mut rng, doc);
            }
            self.count(batch, bucket, day, &made.bodies, made.searches, made.docs.len());
            heap.add(made.bodies, made.docs);
        }
        if let Bucket::Chosen(index) = bucket {
            self.admins(&mut rng, heap, index, quota, &today, era);
        }
    }

    /// Some documents arrive weeks after they were made, some twice.
    fn disorder(&self, rng: &mut Rng, doc: &mut Doc) {
        let end = (self.world.volumes.last_day + 1) * DAY - 12 * HOUR;
        match rng.below(10_000) {
            0..=3 => {
                let later = doc.inserted + rng.between(5 * DAY, 40 * DAY);
                if later < end {
                    doc.inserted = later;
                    doc.traps.add(traps::LATE);
                }
            }
            4..=8 => {
                let later = doc.inserted + rng.between(HOUR, 20 * DAY);
                if later < end {
                    doc.again_at = Some(later);
                    doc.traps.add(traps::DUPLICATE_ID);
                }
            }
            _ => {}
        }
    }

    /// Searches of administrators, beside the published totals: 7 % from the back office, as many from the public site.
    fn admins(&self, rng: &mut Rng, heap: &mut Heap<'w>, index: usize, quota: u64, today: &DaySpan, era: Era) {
        let mut left = (quota as f64 * 0.14 + rng.unit()) as u64;
        while left > 0 {
            let account = rng.pick(&self.world.crowd.circles[index].admins);
            let mut drawn = intention(self.world, rng, Bucket::Chosen(index), era);
            let mut labels = Traps::default();
            drawn.body.user = draw::user(self.world, rng, Who::Account(account), account.status, era, &mut labels);
            let flag = rng.chance(0.5);
            // Some back-office searches come from an account that is no administrator's any more.
            if flag && rng.chance(0.05) {
                drawn.body.user.status = Some("PRO");
            }
            drawn.traps = if flag { traps::ADMIN_FLAG } else { traps::ADMIN_PLAIN };
            let mut made = expand(rng, drawn, today, era);
            made.docs.truncate(left as usize);
            left -= made.docs.len() as u64;
            for doc in &mut made.docs {
                doc.admin_search = if flag { Some(true) } else { doc.admin_search };
            }
            heap.add(made.bodies, made.docs);
        }
    }

    /// The partner's nightly harvest of the whole country, at 03:00 UTC.
    fn harvest(&self, heap: &mut Heap<'w>, day: i64) {
        let mut rng = Rng::derive(self.world.seed, "harvest", &[day]);
        let old = Era { before_country_codes: false, old_users: false, paired_web_app: false };
        let mut labels = Traps::default();
        let mut drawn = intention(self.world, &mut rng, Bucket::Country, old);
        let partner = &self.world.crowd.partner;
        drawn.body.user = draw::user(self.world, &mut rng, Who::Account(partner), partner.status, old, &mut labels);
        (drawn.body.location, _) = places::location(self.world, &mut rng, Bucket::Country, "API_USER", None, old, &mut labels);
        (drawn.body.category, drawn.body.word) = (None, Text::Null);
        let total = rng.between(59_000, 61_000) as i32;
        let docs = (1..=3).map(|page| Doc {
            limit: 50_000,
            page: Some(page),
            results: total,
            traps: traps::HARVEST,
            ..Doc::plain(0, day * DAY + 3 * HOUR + i64::from(page) * 10_000)
        });
        heap.add(vec![drawn.body], docs);
    }

    fn count(&self, batch: &mut Batch, bucket: Bucket, day: i64, bodies: &[Body<'_>], searches: u64, documents: usize) {
        let (Bucket::Chosen(land), Some(body)) = (bucket, bodies.first()) else { return };
        if self.reader.is_none() {
            return;
        }
        let month = crate::calendar::year_month(day);
        let listed = || body.categories.iter().flatten().map(AsRef::as_ref).collect::<Vec<_>>().join("+");
        let category = body.category.as_deref().map_or_else(listed, str::to_owned);
        let category = if category.is_empty() { "sans_categorie".to_owned() } else { category };
        let cell = batch.intended.entry((land, month.year * 12 + month.month as i32 - 1, category)).or_default();
        cell.searches += searches;
        cell.documents += documents as u64;
    }

    fn write(&self, batch: &mut Batch, heap: Heap<'w>, day: i64) -> Result<(), SynthError> {
        let Heap { bodies, mut docs } = heap;
        docs.sort_by_key(|doc| doc.inserted);
        let mut machine = Rng::derive(self.world.seed, "machine", &[]).bits().to_be_bytes();
        machine[3..5].copy_from_slice(&((day - DAYS_FROM) as u16).to_be_bytes());
        let mut scratch = Vec::new();
        for (position, doc) in docs.iter().enumerate() {
            let mut id = [0; 12];
            id[..4].copy_from_slice(&((doc.inserted / 1_000) as u32).to_be_bytes());
            id[4..9].copy_from_slice(&machine[..5]);
            id[9..].copy_from_slice(&(position as u32).to_be_bytes()[1..]);
            let body = &bodies[doc.body];
            let start = batch.bytes.len();
            match self.form {
                Form::Ndjson => write(&mut Json::relaxed(), &mut batch.bytes, doc, body, &id),
                Form::NdjsonCanonical => write(&mut Json::canonical(), &mut batch.bytes, doc, body, &id),
                Form::Archive | Form::Bson => write(&mut Bson::default(), &mut batch.bytes, doc, body, &id),
            }
            let end = batch.bytes.len();
            let first = Entry { inserted: doc.inserted, start, end };
            let again = doc.again_at.map(|inserted| Entry { inserted, start, end });
            if let Some(reader) = self.reader {
                if doc.traps != Traps::default() {
                    batch.traps.push((id, doc.traps));
                }
                scratch.clear();
                let json = if self.form == Form::Ndjson {
                    &batch.bytes[start..end]
                } else {
                    write(&mut Json::relaxed(), &mut scratch, doc, body, &id);
                    &scratch
                };
                let fact = reader.read(json).map_err(|problem| SynthError::Truth { position, problem })?;
                batch.facts.extend(again.is_some().then(|| fact.clone()));
                batch.facts.push(fact);
            }
            batch.entries.push(first);
            batch.entries.extend(again);
        }
        batch.entries.sort_by_key(|entry| entry.inserted);
        Ok(())
    }
}
