//! Ways of publishing side by side: what each costs, and what it leaves to find out.

use std::collections::VecDeque;

use crate::cell_key::CellKey;
use crate::error::Error;
use crate::problem::{Fate, Problem};
use crate::protect::{Options, Outcome, computable, protect};
use crate::rounding::{Restricted, controlled_rounding};

/// A way of publishing tables.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// Withholding, as [`protect`] does.
    Suppression(Options),
    /// [`controlled_rounding`] to this base.
    Rounding {
        /// The base.
        base: u64,
    },
    /// [`CellKey`] perturbation.
    CellKey(CellKey),
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Suppression(options) => {
                f.write_str(if options.intervals.is_some() { "suppression, intervals" } else { "suppression, linear" })?;
                f.write_str(if options.pool == crate::pool::Pool::Off { "" } else { ", pools" })
            }
            Self::Rounding { base } => write!(f, "controlled rounding to {base}"),
            Self::CellKey(noise) => write!(f, "cell key, at most {}, variance {}", noise.limit(), noise.variance()),
        }
    }
}

/// What readers get of each cell of a problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Its value; `None` when it is withheld or no table holds it.
    pub values: Vec<Option<u64>>,
    /// How far a value may be from the truth, as readers know: 0 says that values are true.
    pub within: u64,
    /// Whether a rounding within its base was found; `None` for other methods.
    pub restricted: Option<Restricted>,
}

impl Method {
    /// What readers get by this method. `keys` are the keys of the cells for [`Method::CellKey`] ([`CellKey::perturb`]); the others do without.
    ///
    /// # Errors
    /// As [`controlled_rounding`].
    pub fn give(&self, problem: &Problem, keys: &[u64]) -> Result<Given, Error> {
        let shown = |values: Vec<u64>| -> Vec<Option<u64>> {
            values.into_iter().zip(problem.cells()).map(|(n, cell)| (cell.fate != Fate::Hidden).then_some(n)).collect()
        };
        Ok(match self {
            Self::Suppression(options) => {
                let pattern = protect(problem, options);
                let cells = problem.cells().iter().zip(pattern.outcomes());
                let values = cells.map(|(cell, o)| (*o == Outcome::Published).then_some(cell.value)).collect();
                Given { values, within: 0, restricted: None }
            }
            Self::Rounding { base } => {
                let rounded = controlled_rounding(problem, *base)?;
                let far = rounded.far.iter().map(|c| rounded.values[*c as usize].abs_diff(problem.cells()[*c as usize].value)).max();
                // Readers are told the base, or how far the furthest total is.
                let within = far.unwrap_or(base.saturating_sub(1));
                Given { values: shown(rounded.values), within, restricted: Some(rounded.restricted) }
            }
            Self::CellKey(noise) => {
                Given { values: shown(noise.perturb(problem, keys)), within: u64::from(noise.limit()), restricted: None }
            }
        })
    }
}

/// What a way of publishing costs and leaves, on the same cells.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Quality {
    /// The name of the method.
    pub method: String,
    /// Cells that a table holds and that are not zero.
    pub cells: usize,
    /// Of these, cells without a value.
    pub withheld: usize,
    /// Cells with their true value.
    pub exact: usize,
    /// The searches of cells with a value, as a share of those of all cells. A search counts in each cell that holds it.
    pub searches_given: f64,
    /// The mean distance from the truth of the values given.
    pub mean_error: f64,
    /// The largest.
    pub largest_error: u64,
    /// Constraints whose values are all given and do not add up.
    pub broken_sums: usize,
    /// For rounding: whether all cells could be kept within the base.
    pub restricted: Option<Restricted>,
    /// Primary cells.
    pub primaries: usize,
    /// Risk: primary cells given with their true value; a reader cannot tell which, unless values are true.
    pub primary_exact: usize,
    /// Risk: primary cells whose true value is certain: by algebra where values are true, by bounds where they are known to be near it.
    pub primary_certain: usize,
    /// Risk: primary cells that bounds leave less than two apart, those included whose value is certain. Bounds go from one constraint to the next; an
    /// attacker with linear programs may see more.
    pub primary_narrow: usize,
}

/// Publishes a problem in several ways, and judges them. `keys` as in [`Method::give`].
///
/// # Errors
/// As [`Method::give`].
pub fn compare(problem: &Problem, methods: &[Method], keys: &[u64]) -> Result<Vec<(Given, Quality)>, Error> {
    let one = |method: &Method| {
        let given = method.give(problem, keys)?;
        let quality = judge(problem, &method.to_string(), &given);
        Ok((given, quality))
    };
    methods.iter().map(one).collect()
}

/// Judges what a method gives of the cells of a problem.
pub fn judge(problem: &Problem, method: &str, given: &Given) -> Quality {
    let value = |cell: usize| given.values.get(cell).copied().flatten();
    let held: Vec<usize> =
        (0..problem.cells().len()).filter(|c| problem.cells()[*c].fate != Fate::Hidden && problem.cells()[*c].value > 0).collect();
    let truth = |cell: &usize| problem.cells()[*cell].value;
    let errors: Vec<(usize, u64)> = held.iter().filter_map(|c| Some((*c, value(*c)?.abs_diff(truth(c))))).collect();
    let (searches, with_value) = (held.iter().map(truth).sum::<u64>(), errors.iter().map(|(c, _)| truth(c)).sum::<u64>());
    let share = |a: u64, b: usize| if b == 0 { 0.0 } else { a as f64 / b as f64 };
    let primaries: Vec<usize> = (0..problem.cells().len()).filter(|c| problem.cells()[*c].primary && truth(c) > 0).collect();
    let mut certain = vec![false; problem.cells().len()];
    if given.within == 0 {
        computable(problem, |c| value(c as usize).is_some()).into_iter().for_each(|c| certain[c as usize] = true);
    }
    let bounds = bounds(problem, given);
    let width = |cell: usize| problem.var(cell as u32).map_or(0, |v| bounds[v as usize].1 - bounds[v as usize].0);
    let first = problem.first_cells();
    let broken = |row: &u32| {
        let sum = problem.row(*row).try_fold(0i128, |sum, (var, plus)| {
            let n = i128::from(value(first[var as usize] as usize)?);
            Some(if plus { sum + n } else { sum - n })
        });
        sum.is_some_and(|s| s != 0)
    };
    Quality {
        method: method.to_owned(),
        cells: held.len(),
        withheld: held.len() - errors.len(),
        exact: errors.iter().filter(|(_, e)| *e == 0).count(),
        searches_given: share(with_value, 1) / searches.max(1) as f64,
        mean_error: share(errors.iter().map(|(_, e)| e).sum(), errors.len()),
        largest_error: errors.iter().map(|(_, e)| *e).max().unwrap_or(0),
        broken_sums: (0..problem.constraints() as u32).filter(broken).count(),
        restricted: given.restricted,
        primaries: primaries.len(),
        primary_exact: primaries.iter().filter(|c| value(**c) == Some(truth(c))).count(),
        primary_certain: primaries.iter().filter(|c| certain[**c] || width(**c) == 0).count(),
        primary_narrow: primaries.iter().filter(|c| certain[**c] || width(**c) < 2).count(),
    }
}

/// Rounds of bounds through all constraints; what is not settled by then moves by one each time.
const ROUNDS: usize = 200;
/// Above every count; its sums over a constraint stay within 64 bits.
const OPEN: i64 = 1 << 40;

/// What each constraint by itself says of its members, over and over: the least and the greatest value of each variable in the eyes of a reader who
/// knows how far values are from the truth, and that what is withheld is at least 1.
fn bounds(problem: &Problem, given: &Given) -> Vec<(i64, i64)> {
    let within = given.within.min(1 << 40) as i64;
    let mut bounds: Vec<(i64, i64)> = vec![(0, OPEN); problem.variables()];
    for (cell, data) in problem.cells().iter().enumerate() {
        let Some(var) = problem.var(cell as u32) else { continue };
        let (low, high) = match given.values.get(cell).copied().flatten() {
            // A zero that is given for a small value may be a zero, for all that is known; what is above zero was not zero.
            Some(n) => ((n as i64 - within).max(i64::from(n > 0)), n as i64 + within),
            None if data.fate == Fate::Hidden => (0, OPEN),
            None => (1, OPEN),
        };
        let known = &mut bounds[var as usize];
        *known = (known.0.max(low), known.1.min(high));
    }
    let mut queue: VecDeque<u32> = (0..problem.constraints() as u32).collect();
    let mut queued = vec![true; problem.constraints()];
    for _ in 0..ROUNDS.saturating_mul(problem.constraints()) {
        let Some(row) = queue.pop_front() else { break };
        queued[row as usize] = false;
        let (mut least, mut most) = (0i64, 0i64);
        for (var, plus) in problem.row(row) {
            let (low, high) = bounds[var as usize];
            (least, most) = if plus { (least + low, most + high) } else { (least - high, most - low) };
        }
        for (var, plus) in problem.row(row) {
            let (low, high) = bounds[var as usize];
            // The row is 0: what the others come to, this one makes up for.
            let (from, to) = if plus { (high - most, low - least) } else { (high + least, low + most) };
            let next = (low.max(from), high.min(to));
            if next != (low, high) {
                bounds[var as usize] = next;
                for (other, _) in problem.rows_of(var) {
                    if !std::mem::replace(&mut queued[other as usize], true) {
                        queue.push_back(other);
                    }
                }
            }
        }
    }
    bounds
}
