//! Thinning: a secondary that no witness needs is published again.
//!
//! Witness tables prove more than any elimination: when no witness that speaks for a primary differs in a secondary, all of them stay valid once
//! it is published, so that no primary can be computed or pinned down. Where a few primaries need a secondary, other witnesses without it are
//! looked for.

use std::collections::{BTreeMap, BTreeSet};

use crate::circuit::{Changed, Goal, checked, moved};
use crate::interval::{Changes, EASY, Intervals, Seen, TRUTH, aims};
use crate::parallel;
use crate::state::State;

/// So many primaries at most get other witnesses for the sake of one secondary.
const USERS: usize = 16;
/// Secondaries between two exchanges. Fixed, so that threads change nothing.
const BLOCK: usize = 128;

/// Which primaries need which secondaries.
struct Needs {
    users: BTreeMap<u32, BTreeSet<u32>>,
}

impl Needs {
    fn change(&mut self, seen: &Seen, var: u32, more: bool) {
        for secondary in seen.proof(var).into_iter().filter(|w| *w != TRUTH).flat_map(|w| seen.spare[w as usize].iter()) {
            let users = self.users.entry(*secondary).or_default();
            if more {
                users.insert(var)
            } else {
                users.remove(&var)
            };
        }
    }

    fn of(&self, secondary: u32) -> Vec<u32> {
        self.users.get(&secondary).into_iter().flatten().copied().collect()
    }
}

/// Publishes again what the witnesses of `primaries` do without, dearest first. Gives how many.
pub(crate) fn thin(state: &mut State<'_>, seen: &mut Seen, primaries: &[u32], want: Intervals, threads: usize) -> usize {
    let problem = state.problem;
    let mut needs = Needs { users: BTreeMap::new() };
    primaries.iter().for_each(|v| needs.change(seen, *v, true));
    let free = |v: &u32| !problem.flags(*v).withheld();
    let mut secondaries: Vec<u32> = (0..problem.variables() as u32).filter(|v| state.withheld[*v as usize]).filter(free).collect();
    secondaries.sort_by_key(|v| std::cmp::Reverse(state.gain(*v)));
    let mut gone = 0;
    for block in secondaries.chunks(BLOCK) {
        let users: Vec<Vec<u32>> = block.iter().map(|s| needs.of(*s)).collect();
        let others = {
            let (state, before) = (&*state, &*seen);
            parallel::map(block.len(), threads, |i| {
                if small_without(state, block[i]) { None } else { without(state, before, block[i], &users[i], want) }
            })
        };
        for ((secondary, users), others) in block.iter().zip(users).zip(others) {
            let Some(others) = others.filter(|_| needs.of(*secondary) == users && !small_without(state, *secondary)) else { continue };
            // A secondary that went in this block may be in them.
            if !others.iter().flatten().all(|changes| checked(problem, &state.withheld, changes)) {
                continue;
            }
            for (var, tables) in users.iter().zip(others) {
                let mut proof = [TRUTH; 2];
                for (slot, changes) in proof.iter_mut().zip(&tables) {
                    *slot = seen.add(problem, changes);
                }
                needs.change(seen, *var, false);
                seen.prove(*var, proof);
                needs.change(seen, *var, true);
            }
            state.set(*secondary, false);
            gone += 1;
        }
    }
    let withheld = &state.withheld;
    state.causes.retain(|(var, _)| withheld[*var as usize]);
    gone
}

/// Whether a line would give too small a pool away if a secondary were published.
fn small_without(state: &State<'_>, secondary: u32) -> bool {
    let withheld = |v: u32| state.withheld[v as usize] && v != secondary;
    state.problem.rows_of(secondary).any(|(row, _)| state.pool_small(row, withheld))
}

/// For each of some primaries, tables that give it what is wanted and leave a secondary as it is.
fn without(state: &State<'_>, seen: &Seen, secondary: u32, users: &[u32], want: Intervals) -> Option<Vec<Vec<Changes>>> {
    if users.len() > USERS {
        return None;
    }
    // Those that were left short need to stay wide only.
    let want_of = |var: u32| if seen.reaches(var, want) { want } else { Intervals { reach: 0, ..want } };
    users.iter().map(|var| tables(state, secondary, *var, want_of(*var))).collect()
}

fn tables(state: &State<'_>, secondary: u32, var: u32, want: Intervals) -> Option<Vec<Changes>> {
    let value = state.problem.value(var);
    let goal = Goal { var, up: true, by: 0, effort: EASY, open: false, without: Some(secondary) };
    let mut range = (value, value);
    let mut found = Vec::new();
    for turn in 0..2 {
        let (up, by) = aims(value, range, want)[turn];
        if by == 0 {
            continue;
        }
        let changes = moved(state, Changed::default(), Goal { up, by, ..goal }).changes;
        let new = value.saturating_add_signed(changes.of(var));
        range = (range.0.min(new), range.1.max(new));
        if new != value {
            found.push(changes.list());
        }
    }
    (range.1 - range.0 >= want.width && range.1 >= want.reach).then_some(found)
}
