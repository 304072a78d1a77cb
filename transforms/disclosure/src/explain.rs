//! Why a cell is withheld, for the operator. The output tells true things about withheld cells: it is private.

use crate::field::{FIRST, Field};
use crate::parallel;
use crate::problem::Problem;
use crate::protect::{Outcome, Pattern};
use crate::repair::Solved;
use crate::room::loser;
use crate::state::Cause;

/// A sum of published cells that equals a withheld one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// The withheld cell.
    pub cell: u32,
    /// Published cells, each with its weight as a fraction.
    pub terms: Vec<(u32, i64, u64)>,
}

impl Formula {
    /// The formula in words, as in `X = A - B - 2 × C`.
    pub fn words(&self, name: impl Fn(u32) -> String) -> String {
        let mut out = format!("{} =", name(self.cell));
        let mut terms = self.terms.clone();
        terms.sort_by_key(|(cell, num, _)| (*num < 0, *cell));
        for (i, (cell, num, den)) in terms.into_iter().enumerate() {
            let sign = match (i, num < 0) {
                (0, false) => " ",
                (0, true) => " - ",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            let weight = match (num.unsigned_abs(), den) {
                (1, 1) => String::new(),
                (n, 1) => format!("{n} × "),
                (n, d) => format!("{n}/{d} × "),
            };
            out += &format!("{sign}{weight}{}", name(cell));
        }
        if self.terms.is_empty() {
            out += " 0";
        }
        out
    }
}

/// Why a cell is, or is not, given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// It is published.
    Published,
    /// No table holds it.
    Hidden,
    /// A primary rule withholds it; the rules say which ([`crate::PrimaryRules::judge`]).
    Primary,
    /// It was withheld in an earlier release.
    Sticky,
    /// It is withheld to protect others.
    Secondary {
        /// If it were published: primary cells that anyone could then compute, the first of them with its formula.
        protects: Vec<u32>,
        /// How the first of them would be computed.
        formula: Option<Formula>,
        /// When it protects none by algebra alone: the cells of the constraint, or the primary cell whose interval, that needed it.
        keeps: Vec<u32>,
    },
}

/// Explains the outcome of a cell.
pub fn explain(problem: &Problem, pattern: &Pattern, cell: u32) -> Explanation {
    match pattern.outcomes().get(cell as usize) {
        None | Some(Outcome::Published) => Explanation::Published,
        Some(Outcome::Hidden) => Explanation::Hidden,
        Some(Outcome::Primary) => Explanation::Primary,
        Some(Outcome::Sticky) => Explanation::Sticky,
        Some(Outcome::Secondary) => secondary(problem, pattern, cell),
    }
}

fn secondary(problem: &Problem, pattern: &Pattern, cell: u32) -> Explanation {
    let Some(var) = problem.var(cell) else { return Explanation::Published };
    let first = problem.first_cells();
    let mut withheld = pattern.withheld.clone();
    withheld[var as usize] = false;
    let solved = Solved::new(problem, &withheld, parallel::available());
    let opened: Vec<u32> = solved.exposed(problem, 11, parallel::available());
    let opened: Vec<u32> = opened.into_iter().filter(|v| !pattern.lost.contains(&first[*v as usize])).collect();
    // The formula that needs the cell in question.
    let formula = opened.first().and_then(|v| {
        let terms = solved.formula(problem, &withheld, *v)?;
        let terms = terms.into_iter().map(|(t, w)| fraction(w).map(|(num, den)| (first[t as usize], num, den))).collect::<Option<_>>()?;
        Some(Formula { cell: first[*v as usize], terms })
    });
    let keeps = match pattern.causes.iter().find(|(v, _)| *v == var) {
        Some((_, Cause::Line(row))) => problem.row(*row).map(|(v, _)| first[v as usize]).collect(),
        Some((_, Cause::Formula(of) | Cause::Interval(of))) => vec![first[*of as usize]],
        Some((_, Cause::Room)) | None => {
            let loser = pattern.intervals.and_then(|want| loser(problem, &pattern.withheld, var, want, parallel::available()));
            loser.map(|v| first[v as usize]).into_iter().collect()
        }
    };
    Explanation::Secondary { protects: opened.iter().map(|v| first[*v as usize]).collect(), formula, keeps }
}

fn fraction(weight: u64) -> Option<(i64, u64)> {
    (1..=1_000).find_map(|den| Field::<FIRST>::small(Field::<FIRST>::mul(weight, den)).filter(|n| n.abs() < 1 << 30).map(|num| (num, den)))
}
