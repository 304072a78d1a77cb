//! All organisations at once: a table that fits what each of them knows shows something for all of them.
//!
//! No organisation's own searches may fall in such a table, and what one has alone stays what it is. Most cells have such tables. For what is left tables
//! are searched that fit what is public, and it is looked up which organisations they do not fit: those few are asked one by one.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::bounds::Bounds;
use crate::by_class::ByClass;
use crate::certify::{Truth, part_seed, true_table};
use crate::classes::{Lists, NONE};
use crate::error::AttackError;
use crate::exchange::{Exchange, Order, PATIENT, QUICK, search_knowing};
use crate::field::Random;
use crate::insider::{Insider, InsiderReport, Knowing, Own};
use crate::knows::{Knows, Nobody};
use crate::neighbourhood::Ready;
use crate::problem::{CellId, Problem};
use crate::region::Ground;
use crate::scales::Scales;
use crate::witness::{Changed, Need, Ranges, Want};

/// What organisations find out, each by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TogetherReport {
    /// Cells that were asked about.
    pub targets: usize,
    /// Cells of which every organisation is shown two tables in which the others' part differs by the width asked, and one in which it reaches k.
    pub certified: usize,
    /// What an organisation (its place in the list) finds out of the cells that are left for it.
    pub reports: Vec<(usize, InsiderReport)>,
}

/// What one organisation has of the unknowns of a part, by unknown: its count, and whether it has it alone.
struct One {
    organisation: usize,
    counts: Vec<(u32, i64, bool)>,
}

impl One {
    fn of(&self, unknown: u32) -> Option<&(u32, i64, bool)> {
        self.counts.binary_search_by_key(&unknown, |count| count.0).ok().and_then(|at| self.counts.get(at))
    }

    /// Whether a table may be for all that it knows.
    fn fits(&self, changed: &[(u32, i64)]) -> bool {
        changed.iter().all(|&(unknown, value)| self.of(unknown).is_none_or(|&(_, count, alone)| value >= count && !alone))
    }
}

impl Knows for One {
    fn least(&self, unknown: u32) -> i64 {
        self.of(unknown).map_or(0, |count| count.1)
    }

    fn may_change(&self, unknown: u32, _target: u32) -> bool {
        self.of(unknown).is_none_or(|count| !count.2)
    }
}

/// What all organisations together have of each unknown of a part.
struct All {
    /// The organisations (places in the list of the part) and their counts.
    holders: Lists<(u32, i64)>,
    /// The most that one has.
    most: Vec<i64>,
    /// Who has it alone, or [`NONE`].
    sole: Vec<u32>,
}

impl All {
    fn of(ones: &[One], unknowns: usize) -> Self {
        let entries = (0u32..).zip(ones).flat_map(|(place, one)| one.counts.iter().map(move |count| (count.0, (place, count.1))));
        let holders = Lists::sorted_into(unknowns, entries);
        let most = (0u32..).take(unknowns).map(|u| holders.of(u).iter().map(|held| held.1).max().unwrap_or(0)).collect();
        let mut sole = vec![NONE; unknowns];
        for (place, one) in (0u32..).zip(ones) {
            one.counts.iter().filter(|count| count.2).for_each(|count| sole[count.0 as usize] = place);
        }
        Self { holders, most, sole }
    }

    /// Those whom a table does not fit.
    fn offended(&self, changed: &[(u32, i64)], out: &mut BTreeSet<u32>) {
        for &(unknown, value) in changed {
            if value < self.most[unknown as usize] {
                out.extend(self.holders.of(unknown).iter().filter(|held| held.1 > value).map(|held| held.0));
            }
            out.extend(Some(self.sole[unknown as usize]).filter(|sole| *sole != NONE));
        }
    }

    /// What every organisation must be shown of an unknown: nobody else has anything of what one has alone.
    fn reach(&self, unknown: u32, k: i64) -> i64 {
        k + if self.sole[unknown as usize] == NONE { self.most[unknown as usize] } else { 0 }
    }
}

impl Knows for All {
    fn least(&self, unknown: u32) -> i64 {
        self.most[unknown as usize]
    }

    /// Whoever has something alone has what changes with it alone too: it shows something for all others.
    fn may_change(&self, unknown: u32, target: u32) -> bool {
        [NONE, self.sole[target as usize]].contains(&self.sole[unknown as usize])
    }
}

impl<P: Problem + ?Sized> Insider<'_, P> {
    /// Attacks as each of many organisations can, for some cells (sorted; all withheld ones without a list) but those that the public computes already
    /// (`fallen`, sorted). What an organisation has alone itself is no target for it.
    ///
    /// # Errors
    /// When what an organisation says it has is more than there is, or the true table does not fit what is published.
    pub fn attack_together(
        &self,
        owns: &[Own],
        targets: Option<&[CellId]>,
        fallen: &[CellId],
        truth: Truth<'_>,
    ) -> Result<TogetherReport, AttackError> {
        let mut ones: Vec<Vec<One>> = self.parts.iter().map(|_| Vec::new()).collect();
        for (organisation, own) in owns.iter().enumerate() {
            for (&cell, &count) in own.counts.iter().filter(|(_, count)| **count > 0) {
                let Some((part, unknown)) = self.place(cell) else { continue };
                let ones = &mut ones[part as usize];
                if ones.last().is_none_or(|last| last.organisation != organisation) {
                    ones.push(One { organisation, counts: Vec::new() });
                }
                if let Some(last) = ones.last_mut() {
                    last.counts.push((unknown, count, own.alone.contains(&cell)));
                }
            }
        }
        let parts = self.parts.par_iter().zip(ones).with_max_len(1).filter(|(_, ones)| !ones.is_empty());
        let reports: Result<Vec<TogetherReport>, AttackError> = parts
            .map(|(ready, mut ones)| {
                ones.iter_mut().for_each(|one| one.counts.sort_unstable());
                let base = true_table(self.problem(), &ready.part, truth)?;
                let all = All::of(&ones, base.len());
                if let Some(at) = base.iter().zip(&all.most).position(|(value, most)| value < most) {
                    return Err(AttackError::BadStart { relation: 0, name: self.problem().name(ready.part.cells[at]) });
                }
                let target = |at: &usize| ready.part.is_asked(*at, targets) && fallen.binary_search(&ready.part.cells[*at]).is_err();
                let asked: Vec<u32> = (0..base.len()).filter(target).map(|at| at as u32).collect();
                Attack { insider: self, ready, owns, ones: &ones, all: &all, base: &base, fallen, truth }.run(&asked)
            })
            .collect();
        let mut all = TogetherReport::default();
        for report in reports? {
            all.targets += report.targets;
            all.certified += report.certified;
            all.reports.extend(report.reports);
        }
        all.reports.sort_by_key(|report| report.0);
        Ok(all)
    }
}

/// The attack of one part.
struct Attack<'a, P: ?Sized> {
    insider: &'a Insider<'a, P>,
    ready: &'a Ready,
    owns: &'a [Own],
    ones: &'a [One],
    all: &'a All,
    base: &'a [i64],
    fallen: &'a [CellId],
    truth: Truth<'a>,
}

impl<P: Problem + ?Sized> Attack<'_, P> {
    fn run(&self, asked: &[u32]) -> Result<TogetherReport, AttackError> {
        let options = &self.insider.options;
        let left = self.everybody(asked);
        let ground = self.ground();
        let order = Order::new(&ground, &self.ready.classes, &Nobody);
        let of_each: Vec<Option<Left>> = left
            .par_iter()
            .with_max_len(16)
            .map_init(|| Scales::new(&ground), |scales, &target| self.by_exchange(target, &ground, &order, scales))
            .collect();
        let (easy, hard): (Vec<_>, Vec<_>) = left.iter().copied().zip(of_each).partition(|(_, left)| left.is_some());
        let hard: Vec<u32> = hard.into_iter().map(|(target, _)| target).collect();
        let mut open: BTreeSet<CellId> = BTreeSet::new();
        let mut pairs = Pairs::new();
        pairs.extend(easy.into_iter().filter_map(|(target, left)| Some((target, left.filter(|left| !left.is_empty())?))));
        let whole = |target: u32, tables: &[Changed]| {
            let shown = self.want(target, options.k);
            let seen = self.seen(target, tables.iter());
            (target, shown.is_met(seen), shown.is_wide(seen).then(|| self.offended(target, tables)))
        };
        for (target, is_met, left) in self.by_class(&hard, &ground, whole) {
            open.extend((!is_met).then(|| self.cell(target)));
            // what the public pins down itself is no secret of an organisation
            pairs.extend(left.filter(|left| !left.is_empty()).map(|left| (target, left)));
        }
        let organisations: Vec<u32> = pairs.values().flat_map(BTreeMap::keys).copied().collect::<BTreeSet<u32>>().into_iter().collect();
        self.halve(&organisations, &mut pairs);
        let mut by_one: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (target, left) in pairs {
            for (one, wide) in left {
                if wide {
                    open.insert(self.cell(target));
                } else {
                    by_one.entry(one).or_default().push(target);
                }
            }
        }
        let by_one: Vec<(u32, Vec<u32>)> = by_one.into_iter().collect();
        let look = |(one, asked): &(u32, Vec<u32>)| {
            let organisation = self.ones[*one as usize].organisation;
            let knowing = Knowing { own: &self.owns[organisation], fallen: self.fallen, truth: Some(self.truth) };
            Ok((organisation, self.insider.attack_cells(self.ready, asked, &knowing)?))
        };
        let reports: Result<Vec<(usize, InsiderReport)>, AttackError> = by_one.par_iter().with_max_len(1).map(look).collect();
        let reports = reports?;
        open.extend(reports.iter().flat_map(|(_, report)| report.unsettled()));
        Ok(TogetherReport { targets: asked.len(), certified: asked.len() - open.len(), reports })
    }

    fn cell(&self, unknown: u32) -> CellId {
        self.ready.part.cells[unknown as usize]
    }

    fn k(&self) -> i64 {
        self.insider.options.k
    }

    /// Whether everybody knows that an unknown is below the threshold: that it reaches it is then not asked.
    fn is_short(&self, unknown: u32) -> bool {
        self.ready.bounds.upper[unknown as usize] < self.k()
    }

    fn ground(&self) -> Ground<'_> {
        Ground { part: &self.ready.part, holders: &self.ready.holders, bounds: &self.ready.bounds, base: self.base }
    }

    /// Searches tables that fit what all know, and tells which cells are left.
    fn everybody(&self, asked: &[u32]) -> Vec<u32> {
        let (ready, options) = (self.ready, &self.insider.options);
        let reach = |unknown: u32| if self.is_short(unknown) { i64::MIN } else { self.all.reach(unknown, options.k) };
        let unknowns = (0u32..).take(self.base.len());
        let mut need = Need { target: vec![false; self.base.len()], width: options.width, reach: unknowns.map(reach).collect() };
        asked.iter().for_each(|&unknown| need.target[unknown as usize] = true);
        let mut ranges = Ranges::of(self.base);
        let ground = self.ground();
        search_knowing(&ground, &ready.classes, &need, &mut ranges, QUICK, self.all);
        let bounds = self.limits(0..self.ones.len() as u32);
        asked.iter().filter(|at| bounds.is_fixed(**at)).for_each(|&at| need.target[at as usize] = false);
        if let Some(by_class) = ByClass::of(&Ground { bounds: &bounds, ..ground }, &ready.classes) {
            by_class.search(&need, &mut ranges, part_seed(&ready.part, options));
        }
        let is_met = |unknown: &u32| need.want(*unknown).is_met((ranges.low[*unknown as usize], ranges.high[*unknown as usize]));
        asked.iter().copied().filter(|unknown| !is_met(unknown)).collect()
    }

    /// What unknowns can be in tables that fit what some organisations know: what one of them has alone stands still.
    fn limits(&self, organisations: impl Iterator<Item = u32>) -> Bounds {
        let mut bounds = self.ready.bounds.clone();
        for one in organisations.map(|place| &self.ones[place as usize]) {
            for &(unknown, count, alone) in &one.counts {
                let (at, value) = (unknown as usize, self.base[unknown as usize]);
                bounds.lower[at] = bounds.lower[at].max(count);
                if alone {
                    (bounds.lower[at], bounds.upper[at]) = (value, value);
                    // and so does everything inside, the zeros of others among it
                    for &inner in self.ready.classes.inside.of(unknown) {
                        (bounds.lower[inner as usize], bounds.upper[inner as usize]) =
                            (self.base[inner as usize], self.base[inner as usize]);
                    }
                }
            }
        }
        bounds
    }

    fn want(&self, target: u32, reach: i64) -> Want {
        Want { width: self.insider.options.width, reach: if self.is_short(target) { i64::MIN } else { reach } }
    }

    /// The range of a target over the base and some tables.
    fn seen<'t>(&self, target: u32, tables: impl Iterator<Item = &'t Changed>) -> (i64, i64) {
        let start = self.base[target as usize];
        tables.fold((start, start), |(low, high), table| (table.value.min(low), table.value.max(high)))
    }

    /// The organisations that are not shown enough of a target by tables that fit what is public.
    fn offended(&self, target: u32, tables: &[Changed]) -> Left {
        let mut asked: BTreeSet<u32> = self.all.holders.of(target).iter().map(|held| held.0).collect();
        tables.iter().for_each(|table| self.all.offended(&table.all, &mut asked));
        asked.remove(&self.all.sole[target as usize]);
        self.shown_too_little(target, tables, asked.into_iter())
    }

    /// Those of some organisations that are not shown enough of a target by tables.
    fn shown_too_little(&self, target: u32, tables: &[Changed], asked: impl Iterator<Item = u32>) -> Left {
        asked
            .filter_map(|place| {
                let one = &self.ones[place as usize];
                let want = self.want(target, self.insider.options.k + one.least(target));
                let range = self.seen(target, tables.iter().filter(|table| one.fits(&table.all)));
                (!want.is_met(range)).then_some((place, want.is_wide(range)))
            })
            .collect()
    }

    /// Searches tables by exchanges: such that fit what is public, then others for each organisation whom these do not fit. Gives those that are left;
    /// nothing when the public is not shown enough either.
    fn by_exchange(&self, target: u32, ground: &Ground, order: &Order, scales: &mut Scales) -> Option<Left> {
        let (classes, options) = (&self.ready.classes, &self.insider.options);
        let start = self.base[target as usize];
        let mut tables: Vec<Changed> = Vec::new();
        for effort in [QUICK, PATIENT] {
            let exchange = Exchange { ground, classes, order, effort, knows: &Nobody };
            self.want(target, self.all.reach(target, options.k)).pursue((start, start), ground.bounds.of(target), |goal, up| {
                let mut all = Vec::new();
                let value = exchange.towards(target, goal, up, scales, &mut all);
                tables.push(Changed { value, all });
                Some(value)
            });
            if self.want(target, options.k).is_met(self.seen(target, tables.iter())) {
                break;
            }
        }
        if !self.want(target, options.k).is_met(self.seen(target, tables.iter())) {
            return None;
        }
        let mut left = self.offended(target, &tables);
        left.retain(|place, wide| {
            let one = &self.ones[*place as usize];
            let want = self.want(target, options.k + one.least(target));
            let mut range = self.seen(target, tables.iter().filter(|table| one.fits(&table.all)));
            for effort in [QUICK, PATIENT] {
                let mut changed = Vec::new();
                Exchange { ground, classes, order, effort, knows: one }.settle(target, want, range, scales, &mut changed);
                changed.iter().filter(|seen| seen.0 == target).for_each(|seen| range = (range.0.min(seen.1), range.1.max(seen.1)));
                if want.is_met(range) {
                    return false;
                }
            }
            *wide = want.is_wide(range);
            true
        });
        Some(left)
    }

    /// Searches tables in which classes move together, for cells of which exchanges show nothing even to the public, and makes something of them.
    fn by_class<T: Send>(&self, targets: &[u32], ground: &Ground, make: impl Fn(u32, &[Changed]) -> T + Sync) -> Vec<T> {
        let by_class = Some(targets).filter(|targets| !targets.is_empty()).and_then(|_| ByClass::of(ground, &self.ready.classes));
        let options = &self.insider.options;
        let seed = part_seed(&self.ready.part, options);
        let one = |&target: &u32| {
            let want = self.want(target, self.all.reach(target, options.k));
            let tables =
                by_class.as_ref().map(|by_class| by_class.tables(target, want, &mut Random::new(seed ^ (u64::from(target) << 20))));
            make(target, &tables.unwrap_or_default())
        };
        targets.par_iter().with_max_len(4).map(one).collect()
    }

    /// Searches tables that fit what all of some organisations know, for the cells that are left for one of them; then for each half of them.
    fn halve(&self, organisations: &[u32], pairs: &mut Pairs) {
        let group: BTreeSet<u32> = organisations.iter().copied().collect();
        let targets: Vec<u32> =
            pairs.iter().filter(|(_, left)| left.keys().any(|one| group.contains(one))).map(|(target, _)| *target).collect();
        if targets.is_empty() {
            return;
        }
        let bounds = self.limits(organisations.iter().copied());
        let ground = Ground { bounds: &bounds, ..self.ground() };
        let known: &Pairs = pairs;
        let still = |target: u32, tables: &[Changed]| {
            let asked = known.get(&target).into_iter().flat_map(BTreeMap::keys).copied().filter(|one| group.contains(one));
            (target, self.shown_too_little(target, tables, asked))
        };
        for (target, still) in self.by_class(&targets, &ground, still) {
            if let Some(left) = pairs.get_mut(&target) {
                left.retain(|one, _| !group.contains(one) || still.contains_key(one));
                still.iter().filter(|(_, wide)| **wide).for_each(|(one, _)| _ = left.insert(*one, true));
            }
        }
        if organisations.len() > 1 {
            let (first, second) = organisations.split_at(organisations.len() / 2);
            self.halve(first, pairs);
            self.halve(second, pairs);
        }
    }
}

/// Organisations that a cell is left for, and whether two tables that differ by the width asked were found for it.
type Left = BTreeMap<u32, bool>;
/// For each cell the organisations that it is left for.
type Pairs = BTreeMap<u32, Left>;
