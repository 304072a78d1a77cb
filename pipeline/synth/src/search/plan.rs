//! How many documents each day and bucket gets, after the planted traps have taken their part of the published totals.

use std::collections::BTreeMap;

use super::draw::Bucket;
use super::model::{Body, Doc};
use super::planned;
use crate::calendar::{YearMonth, year_month};
use crate::spec::{SynthSpec, Target};
use crate::volumes::{self, by_day};
use crate::world::World;

/// Documents made before the day's draws.
#[derive(Debug, Clone, Default)]
pub(crate) struct Planned<'w> {
    /// Index into the chosen départements, for the counts of intentions.
    pub land: usize,
    pub bodies: Vec<Body<'w>>,
    pub docs: Vec<Doc>,
    /// How many searches a person would count in them.
    pub searches: u64,
}

/// The plan of the whole collection.
pub(crate) struct Plan<'w> {
    /// For each local day the buckets and their numbers of documents, in a fixed order.
    pub quotas: BTreeMap<i64, Vec<(Bucket, u64)>>,
    pub planned: BTreeMap<i64, Vec<Planned<'w>>>,
}

/// Collects planted documents and keeps the account of what they take from each département and month.
pub(crate) struct Planner<'w> {
    pub world: &'w World,
    pub target: Target,
    totals: BTreeMap<(usize, YearMonth), u64>,
    used: BTreeMap<(usize, YearMonth), u64>,
    planned: BTreeMap<i64, Vec<Planned<'w>>>,
}

impl<'w> Planner<'w> {
    /// What may still be planted in a département and month: traps take at most half of a total.
    pub(crate) fn allowance(&self, land: usize, month: YearMonth) -> u64 {
        let key = (land, month);
        let total = self.totals.get(&key).copied().unwrap_or(0);
        (total / 2).saturating_sub(self.used.get(&key).copied().unwrap_or(0))
    }

    pub(crate) fn total(&self, land: usize, month: YearMonth) -> u64 {
        self.totals.get(&(land, month)).copied().unwrap_or(0)
    }

    /// All searches of the sample.
    pub(crate) fn searches(&self) -> u64 {
        self.totals.values().sum()
    }

    /// The chosen départements, the most searched first.
    pub(crate) fn by_size(&self) -> Vec<usize> {
        let size = |land: usize| self.totals.iter().filter(|((index, _), _)| *index == land).map(|(_, total)| total).sum::<u64>();
        let mut lands: Vec<usize> = (0..self.world.lands.chosen.len()).collect();
        lands.sort_by_key(|&land| (std::cmp::Reverse(size(land)), land));
        lands
    }

    /// Plants documents that count in the gross total of their département and local month. `false`: there was no room, nothing is planted.
    pub(crate) fn plant(&mut self, day: i64, group: Planned<'w>) -> bool {
        let month = year_month(day);
        let cost = match self.target {
            Target::Brute => group.docs.len() as u64,
            Target::Nette => group.searches,
        };
        if cost > self.allowance(group.land, month) || !self.in_range(day) {
            return false;
        }
        *self.used.entry((group.land, month)).or_default() += cost;
        self.planned.entry(day).or_default().push(group);
        true
    }

    /// Plants documents that count nowhere.
    pub(crate) fn plant_uncounted(&mut self, day: i64, group: Planned<'w>) {
        if self.in_range(day) {
            self.planned.entry(day).or_default().push(group);
        }
    }

    pub(crate) fn in_range(&self, day: i64) -> bool {
        (self.world.volumes.first_day..=self.world.volumes.last_day).contains(&day)
    }
}

impl<'w> Plan<'w> {
    pub(crate) fn new(world: &'w World, spec: &SynthSpec) -> Self {
        let volumes = &world.volumes;
        let months = volumes.months();
        let mut totals = BTreeMap::new();
        for (index, land) in world.lands.chosen.iter().enumerate() {
            for month in &months {
                totals.insert((index, *month), volumes.searches(&land.row, *month));
            }
        }
        let mut planner = Planner { world, target: spec.target, totals, used: BTreeMap::new(), planned: BTreeMap::new() };
        planned::plant(&mut planner);
        let mut quotas: BTreeMap<i64, Vec<(Bucket, u64)>> = BTreeMap::new();
        for month in &months {
            let mut chosen = 0;
            for index in 0..world.lands.chosen.len() {
                let total = planner.total(index, *month);
                chosen += total;
                let left = total - planner.used.get(&(index, *month)).copied().unwrap_or(0);
                add(&mut quotas, Bucket::Chosen(index), left, volumes.days(*month));
            }
            let mut others = vec![
                (Bucket::Region, volumes::REGION),
                (Bucket::Country, volumes::COUNTRY),
                (Bucket::Unknown, volumes::UNKNOWN),
                (Bucket::Spain, volumes::SPAIN),
                (Bucket::Andorra, volumes::ANDORRA),
            ];
            if !world.lands.elsewhere.is_empty() {
                others.push((Bucket::Elsewhere, volumes::ELSEWHERE));
            }
            let outside: f64 = others.iter().map(|(_, share)| share).sum();
            for (bucket, share) in others {
                add(&mut quotas, bucket, (chosen as f64 * share / (1.0 - outside) + 0.5) as u64, volumes.days(*month));
            }
        }
        Self { quotas, planned: planner.planned }
    }
}

fn add(quotas: &mut BTreeMap<i64, Vec<(Bucket, u64)>>, bucket: Bucket, total: u64, days: std::ops::RangeInclusive<i64>) {
    for (day, count) in by_day(total, days) {
        quotas.entry(day).or_default().push((bucket, count));
    }
}
