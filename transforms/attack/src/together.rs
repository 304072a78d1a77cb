//! All organisations at once: a table that fits what each of them knows shows something for all of them.
//!
//! No organisation's own searches may fall in such a table, and what one has alone stays what it is. Most cells have such tables. What has none is asked
//! again for half of the organisations, and so on; in the end it is known of which cell one organisation by itself could find out something.

use std::ops::Range;

use rayon::prelude::*;

use crate::bounds::Bounds;
use crate::by_class::ByClass;
use crate::certify::{Truth, part_seed, true_table};
use crate::classes::NONE;
use crate::error::AttackError;
use crate::exchange::{Effort, PATIENT, QUICK, search_among};
use crate::insider::{Insider, InsiderReport, Knows, Own};
use crate::neighbourhood::Ready;
use crate::problem::{CellId, Problem};
use crate::region::Ground;
use crate::witness::{LIGHT, Need, Ranges, search};

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

/// What one organisation has of the unknowns of a part: its count, and whether it has it alone.
struct Held {
    organisation: usize,
    counts: Vec<(u32, i64, bool)>,
}

/// What a group has of each unknown: the most that one of them has, and who has it alone.
struct Group {
    most: Vec<i64>,
    sole: Vec<u32>,
}

impl Group {
    fn of(held: &[Held], unknowns: usize) -> Self {
        let mut group = Self { most: vec![0; unknowns], sole: vec![NONE; unknowns] };
        for one in held {
            for &(unknown, count, alone) in &one.counts {
                let most = &mut group.most[unknown as usize];
                *most = count.max(*most);
                if alone {
                    group.sole[unknown as usize] = one.organisation as u32;
                }
            }
        }
        group
    }
}

/// The attack of one part.
struct Attack<'a, P: ?Sized> {
    insider: &'a Insider<'a, P>,
    ready: &'a Ready,
    owns: &'a [Own],
    held: &'a [Held],
    base: &'a [i64],
    fallen: &'a [CellId],
    truth: Truth<'a>,
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
        let mut held: Vec<Vec<Held>> = self.parts.iter().map(|_| Vec::new()).collect();
        for (organisation, own) in owns.iter().enumerate() {
            for (&cell, &count) in own.counts.iter().filter(|(_, count)| **count > 0) {
                let Some((part, unknown)) = self.place(cell) else { continue };
                let held = &mut held[part as usize];
                if held.last().is_none_or(|last| last.organisation != organisation) {
                    held.push(Held { organisation, counts: Vec::new() });
                }
                if let Some(last) = held.last_mut() {
                    last.counts.push((unknown, count, own.alone.contains(&cell)));
                }
            }
        }
        let parts = self.parts.par_iter().zip(held).with_max_len(1).filter(|(_, held)| !held.is_empty());
        let reports: Result<Vec<TogetherReport>, AttackError> = parts
            .map(|(ready, mut held)| {
                // near each other in the table: half of them is then half of the table
                held.sort_by_key(|one| (one.counts.iter().map(|count| count.0).min(), one.organisation));
                let base = true_table(self.problem(), &ready.part, truth)?;
                let group = Group::of(&held, base.len());
                if let Some(at) = base.iter().zip(&group.most).position(|(value, most)| value < most) {
                    return Err(AttackError::BadStart { relation: 0, name: self.problem().name(ready.part.cells[at]) });
                }
                let target = |at: usize| {
                    let cell = &ready.part.cells[at];
                    ready.part.withheld[at] && targets.is_none_or(|t| t.binary_search(cell).is_ok()) && fallen.binary_search(cell).is_err()
                };
                let open: Vec<u32> = (0..base.len()).filter(|at| target(*at)).map(|at| at as u32).collect();
                let attack = Attack { insider: self, ready, owns, held: &held, base: &base, fallen, truth };
                let mut left = Vec::new();
                attack.group(0..held.len(), &open, Ranges::of(&base), &mut left)?;
                let mut uncertified: Vec<u32> = left.iter().flat_map(|(_, asked, _)| asked).copied().collect();
                uncertified.sort_unstable();
                uncertified.dedup();
                let reports = left.into_iter().map(|(organisation, _, report)| (organisation, report)).collect();
                Ok(TogetherReport { targets: open.len(), certified: open.len() - uncertified.len(), reports })
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

/// An organisation, the cells that were left for it, and what it found out of them.
type Found = (usize, Vec<u32>, InsiderReport);

impl<P: Problem + ?Sized> Attack<'_, P> {
    /// Asks for tables that fit what each of some organisations knows; what has none, for each half of them.
    fn group(&self, group: Range<usize>, open: &[u32], mut ranges: Ranges, found: &mut Vec<Found>) -> Result<(), AttackError> {
        let members = &self.held[group.clone()];
        let left = self.search(members, open, &mut ranges, QUICK);
        if left.is_empty() {
            return Ok(());
        }
        let [one] = members else {
            let middle = group.start + members.len() / 2;
            self.group(group.start..middle, &left, ranges.clone(), found)?;
            return self.group(middle..group.end, &left, ranges, found);
        };
        let left = self.search(members, &left, &mut ranges, PATIENT);
        if !left.is_empty() {
            let knows = Knows { own: &self.owns[one.organisation], fallen: self.fallen, truth: Some(self.truth) };
            let report = self.insider.attack_cells(self.ready, &left, &knows, Some(&ranges))?;
            found.push((one.organisation, left, report));
        }
        Ok(())
    }

    /// Searches for a group and tells what is left.
    fn search(&self, members: &[Held], open: &[u32], ranges: &mut Ranges, effort: Effort) -> Vec<u32> {
        let ready = self.ready;
        let group = Group::of(members, self.base.len());
        let options = &self.insider.options;
        let reach = |at: usize| match (ready.bounds.upper[at] < options.k, group.sole[at]) {
            // everybody knows that it is below
            (true, _) => i64::MIN,
            (false, NONE) => options.k + group.most[at],
            // nobody else has anything of what one has alone
            (false, _) => options.k,
        };
        let mut need =
            Need { target: vec![false; self.base.len()], width: options.width, reach: (0..self.base.len()).map(reach).collect() };
        // of what the only one of the group has alone nothing is asked
        let asked = |&&unknown: &&u32| members.len() > 1 || group.sole[unknown as usize] == NONE;
        open.iter().filter(asked).for_each(|&unknown| need.target[unknown as usize] = true);
        let lower = ready.bounds.lower.iter().zip(&group.most).map(|(a, b)| *a.max(b)).collect();
        let bounds = Bounds { lower, upper: ready.bounds.upper.clone() };
        let ground = Ground { part: &ready.part, holders: &ready.holders, bounds: &bounds, base: self.base };
        search_among(&ground, &ready.classes, &need, ranges, effort, &group.sole);
        // what somebody has alone stands still in the regions
        let mut bounds = bounds.clone();
        for at in (0..self.base.len()).filter(|at| group.sole[*at] != NONE) {
            (bounds.lower[at], bounds.upper[at]) = (self.base[at], self.base[at]);
            need.target[at] = false;
        }
        let ground = Ground { bounds: &bounds, ..ground };
        let seed = part_seed(&ready.part, options);
        search(&ground, &need, ranges, LIGHT, seed);
        if let Some(by_class) = ByClass::of(&ground, &ready.classes) {
            by_class.search(&need, ranges, seed);
        }
        let settled = |unknown: u32| need.wide(ranges, unknown) && need.reached(ranges, unknown);
        open.iter().filter(asked).copied().filter(|&unknown| !settled(unknown)).collect()
    }
}
