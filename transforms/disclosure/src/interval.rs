//! Intervals: how far a withheld value may move in the eyes of someone who knows that it is a whole number of at least one.
//!
//! That a cell is not a sum of published ones does not say that it is hidden: the withheld values must be whole and at least one, which may leave
//! one way only. So for each primary two *witness tables* are sought that agree with everything published and in which it differs by at least
//! [`Intervals::width`], and one in which it reaches [`Intervals::reach`] (DISCLOSURE §0.2, §2c). A table counts when exact additions say so.
//! Where none is found, [`crate::open`] withholds what makes room for one.

use crate::circuit::{Changed, Effort, Goal, checked, moved};
use crate::open::open;
use crate::parallel;
use crate::problem::Problem;
use crate::sparse::Quick;
use crate::state::State;
use crate::thin::thin;

/// What intervals must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Intervals {
    /// Two witness tables must differ by this much in each primary.
    pub width: u64,
    /// A witness table should let each primary reach this much: the threshold itself.
    pub reach: u64,
    /// Of a hundred primary cells so many may stay short of `reach`, to save what it would cost to open them.
    pub short_percent: u8,
}

impl Default for Intervals {
    fn default() -> Self {
        Self { width: 2, reach: 11, short_percent: 1 }
    }
}

/// The true table, as a witness.
pub(crate) const TRUTH: u32 = u32::MAX;

/// The least and the greatest value that a witness table gave each variable, and which table it was.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    low: Vec<u64>,
    high: Vec<u64>,
    by: Vec<[u32; 2]>,
    /// The witnesses that first were enough for a primary, or first made it wide; whether they were enough.
    proof: Vec<Option<([u32; 2], bool)>>,
    /// Of each witness: the secondaries that differ in it.
    pub(crate) spare: Vec<Box<[u32]>>,
}

/// Changes of withheld values.
pub(crate) type Changes = Vec<(u32, i64)>;

/// Primaries of one task, and tasks between two exchanges of what was seen. Fixed, so that threads change nothing.
const TASK: usize = 32;
const TASKS: usize = 64;
/// How hard circuits through withheld cells are looked for.
pub(crate) const EASY: Effort = Effort { width: 6, depth: 16 };

impl Seen {
    pub(crate) fn new(problem: &Problem) -> Self {
        let values: Vec<u64> = (0..problem.variables() as u32).map(|v| problem.value(v)).collect();
        let count = values.len();
        Self { high: values.clone(), low: values, by: vec![[TRUTH; 2]; count], proof: vec![None; count], spare: Vec::new() }
    }

    /// The least and the greatest value of a variable.
    pub(crate) fn range(&self, var: u32) -> (u64, u64) {
        (self.low[var as usize], self.high[var as usize])
    }

    pub(crate) fn wide(&self, var: u32, want: Intervals) -> bool {
        self.high[var as usize] - self.low[var as usize] >= want.width
    }

    pub(crate) fn reaches(&self, var: u32, want: Intervals) -> bool {
        self.high[var as usize] >= want.reach
    }

    pub(crate) fn enough(&self, var: u32, want: Intervals) -> bool {
        self.wide(var, want) && self.reaches(var, want)
    }

    /// The witnesses that speak for a primary: those that were enough, or else the best there are.
    pub(crate) fn proof(&self, var: u32) -> [u32; 2] {
        self.proof[var as usize].map_or(self.by[var as usize], |p| p.0)
    }

    pub(crate) fn prove(&mut self, var: u32, proof: [u32; 2]) {
        self.proof[var as usize] = Some((proof, true));
    }

    /// Notes a witness and gives its number.
    pub(crate) fn add(&mut self, problem: &Problem, changes: &[(u32, i64)]) -> u32 {
        let spare = changes.iter().map(|c| c.0).filter(|v| !problem.flags(*v).withheld());
        self.spare.push(spare.collect());
        self.spare.len() as u32 - 1
    }

    /// Takes what a checked table tells of each primary.
    pub(crate) fn take(&mut self, problem: &Problem, changes: &[(u32, i64)], want: Intervals) {
        let mut number = None;
        for (var, change) in changes {
            let (v, value) = (*var as usize, problem.value(*var).saturating_add_signed(*change));
            if !problem.flags(*var).primary() || (self.low[v]..=self.high[v]).contains(&value) {
                continue;
            }
            let number = *number.get_or_insert_with(|| self.add(problem, changes));
            if value < self.low[v] {
                (self.low[v], self.by[v][0]) = (value, number);
            } else {
                (self.high[v], self.by[v][1]) = (value, number);
            }
            let enough = self.enough(*var, want);
            if self.proof[v].is_none_or(|p| !p.1 && enough) && self.wide(*var, want) {
                // The true table is as good as any other when one side alone makes it wide.
                let alone = self.high[v] >= problem.value(*var) + want.width;
                self.proof[v] = Some((if alone { [TRUTH, self.by[v][1]] } else { self.by[v] }, enough));
            }
        }
    }
}

/// How far a primary must go up, and failing that down, given what was seen of it.
pub(crate) fn aims(value: u64, seen: (u64, u64), want: Intervals) -> [(bool, u64); 2] {
    let (low, high) = seen;
    let up = if high - low < want.width || high < want.reach { want.reach.max(low + want.width).saturating_sub(value) } else { 0 };
    let down = if high - low < want.width { value.saturating_sub(high.saturating_sub(want.width)) } else { 0 };
    [(true, up), (false, down)]
}

/// Tries to give each of `vars` what is wanted without withholding anything. Those that lack something come back.
fn certify(state: &State<'_>, seen: &mut Seen, vars: &[u32], want: Intervals, threads: usize) -> Vec<u32> {
    let mut lacking = Vec::new();
    for block in vars.chunks(TASK * TASKS) {
        let tasks: Vec<&[u32]> = block.chunks(TASK).collect();
        let before = &*seen;
        for witnesses in parallel::map(tasks.len(), threads, |t| witnesses(state, before, tasks[t], want)) {
            witnesses.iter().for_each(|w| seen.take(state.problem, w, want));
        }
        lacking.extend(block.iter().copied().filter(|v| !seen.enough(*v, want)));
    }
    lacking
}

/// Witnesses for some primaries by circuits through withheld cells, each checked.
pub(crate) fn witnesses(state: &State<'_>, before: &Seen, vars: &[u32], want: Intervals) -> Vec<Changes> {
    let problem = state.problem;
    let mut ranges: Quick<u32, (u64, u64)> = Quick::default();
    let mut witnesses = Vec::new();
    for var in vars {
        for turn in 0..2 {
            let range = ranges.get(var).copied().unwrap_or(before.range(*var));
            let (up, by) = aims(problem.value(*var), range, want)[turn];
            if by == 0 {
                continue;
            }
            let found = moved(state, Changed::default(), Goal { var: *var, up, by, effort: EASY, open: false, without: None });
            for changes in [found.changes.list(), found.other.list()] {
                if changes.is_empty() || !checked(problem, &state.withheld, &changes) {
                    continue;
                }
                for (v, change) in &changes {
                    let new = problem.value(*v).saturating_add_signed(*change);
                    let slot = ranges.entry(*v).or_insert(before.range(*v));
                    *slot = (slot.0.min(new), slot.1.max(new));
                }
                witnesses.push(changes);
            }
        }
    }
    witnesses
}

/// What interval repair left.
#[derive(Debug, Clone, Default)]
pub(crate) struct Left {
    /// Primaries without two witnesses far enough apart.
    pub(crate) narrow: Vec<u32>,
    /// Primaries without a witness in which they reach the threshold.
    pub(crate) short: Vec<u32>,
    pub(crate) rounds: u32,
    /// Secondaries that no witness needs, published again.
    pub(crate) thinned: usize,
}

/// Withholds cells until every primary has its witnesses, or nothing more helps; then publishes again what no witness needs.
pub(crate) fn widen(state: &mut State<'_>, want: Intervals, threads: usize) -> Left {
    let problem = state.problem;
    let primaries: Vec<u32> =
        (0..problem.variables() as u32).filter(|v| problem.flags(*v).primary() && state.withheld[*v as usize]).collect();
    let mut seen = Seen::new(problem);
    let t0 = std::time::Instant::now();
    let sec=|s:&State<'_>| (0..problem.variables() as u32).filter(|v| s.withheld[*v as usize] && !problem.flags(*v).withheld()).count();
    let pubs=(0..problem.variables() as u32).filter(|v| state.candidate(*v)).count();
    eprintln!("start: primaries {} secondaries {} published {}", primaries.len(), sec(state), pubs);
    let lacking = certify(state, &mut seen, &primaries, want, threads);
    eprintln!("{:?} easy lacking {}", t0.elapsed(), lacking.len());
    let rounds = open(state, &mut seen, lacking, want, threads);
    eprintln!("{:?} open sec {}", t0.elapsed(), sec(state));
    let narrow: Vec<u32> = primaries.iter().copied().filter(|v| !seen.wide(*v, want)).collect();
    // What has no witness is held by linear algebra alone, which the thinning does not look at.
    let thinned = if narrow.is_empty() { thin(state, &mut seen, &primaries, want, threads) } else { 0 };
    eprintln!("{:?} thin sec {}", t0.elapsed(), sec(state));
    let short = primaries.iter().copied().filter(|v| !seen.reaches(*v, want)).collect();
    Left { narrow, short, rounds, thinned }
}
