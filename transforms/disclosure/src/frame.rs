//! Every cell as a sum of few: which variables are free, and how the others add up from them.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::problem::Problem;

/// A sum of free variables with whole weights, sorted by variable.
pub(crate) type Form = Vec<(u32, i64)>;

/// The forms of all variables.
pub(crate) struct Frame {
    pub(crate) free: Vec<u32>,
    pub(crate) forms: Vec<Form>,
}

impl Frame {
    /// Takes parents as sums of their children, from the smallest parent up. What two ways to add up say of the free variables beyond that (EPCI and
    /// départements without their communes) makes one of those a sum of the others.
    ///
    /// # Errors
    /// [`Error::Tangled`] when such a difference has no variable of weight one, so that whole numbers cannot be solved for.
    pub(crate) fn new(problem: &Problem) -> Result<Self, Error> {
        let mut forms: Vec<Option<Form>> = vec![None; problem.variables()];
        let mut differences: Vec<(u32, Form)> = Vec::new();
        for (row, parent) in rows(problem) {
            let mut sum = BTreeMap::new();
            for (var, plus) in problem.row(row) {
                let form = forms[var as usize].get_or_insert_with(|| if Some(var) == parent { Form::new() } else { vec![(var, 1)] });
                let sign = if plus { 1 } else { -1 };
                form.iter().for_each(|(f, w)| *sum.entry(*f).or_insert(0) += sign * w);
            }
            let rest: Form = sum.into_iter().filter(|(_, w)| *w != 0).collect();
            match parent {
                // Its form was left empty: the rest of the row is what it is the sum of.
                Some(parent) if forms[parent as usize].as_ref().is_some_and(Vec::is_empty) => {
                    let plus = problem.row(row).any(|(v, plus)| v == parent && plus);
                    forms[parent as usize] = Some(rest.into_iter().map(|(f, w)| (f, if plus { -w } else { w })).collect());
                }
                _ if rest.is_empty() => {}
                _ => differences.push((row, rest)),
            }
        }
        let mut forms: Vec<Form> = forms.into_iter().enumerate().map(|(v, form)| form.unwrap_or_else(|| vec![(v as u32, 1)])).collect();
        let mut solved: BTreeMap<u32, Form> = BTreeMap::new();
        for (row, difference) in differences {
            let rest = put(&difference, &solved);
            let Some((pivot, weight)) = rest.iter().copied().find(|(_, w)| w.abs() == 1) else {
                if rest.is_empty() {
                    continue;
                }
                return Err(Error::Tangled { constraint: row as usize });
            };
            let one = BTreeMap::from([(pivot, rest.iter().filter(|(f, _)| *f != pivot).map(|(f, w)| (*f, -w * weight)).collect())]);
            solved.values_mut().for_each(|form| *form = put(form, &one));
            solved.extend(one);
        }
        if !solved.is_empty() {
            forms.iter_mut().for_each(|form| *form = put(form, &solved));
        }
        let free = (0..forms.len() as u32).filter(|v| forms[*v as usize] == [(*v, 1)]).collect();
        Ok(Self { free, forms })
    }
}

/// The constraints, each with the variable that is the sum of all others in it, if there is one; parents after what they are the sum of.
fn rows(problem: &Problem) -> Vec<(u32, Option<u32>)> {
    let parent = |row: u32| {
        let side = |plus: bool| {
            let mut members = problem.row(row).filter(move |(_, p)| *p == plus).map(|(v, _)| v);
            members.next().filter(|_| members.next().is_none())
        };
        side(true).or_else(|| side(false))
    };
    let mut rows: Vec<(u32, Option<u32>)> = (0..problem.constraints() as u32).map(|row| (row, parent(row))).collect();
    // A parent is greater than each of its children, as none is zero. Balances without a parent come last.
    rows.sort_by_key(|(row, parent)| (parent.map_or(u64::MAX, |p| problem.value(p)), parent.unwrap_or(u32::MAX), *row));
    rows
}

/// A form in which the solved variables are replaced by what they are.
fn put(form: &Form, solved: &BTreeMap<u32, Form>) -> Form {
    let mut sum = BTreeMap::new();
    for (free, weight) in form {
        match solved.get(free) {
            Some(by) => by.iter().for_each(|(f, w)| *sum.entry(*f).or_insert(0) += w * weight),
            None => *sum.entry(*free).or_insert(0) += weight,
        }
    }
    sum.into_iter().filter(|(_, w)| *w != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Cell, Constraints};

    #[test]
    fn two_ways_to_add_up_leave_one_free_variable_less() {
        // 0 = 1 + 2 = 3 + 4, 1 = 5 + 6.
        let mut sums = Constraints::new();
        sums.sum(0, [1, 2]);
        sums.sum(0, [3, 4]);
        sums.sum(1, [5, 6]);
        let values = [20, 9, 11, 8, 12, 4, 5];
        let problem = Problem::new(values.map(|n| Cell::new(n, false)).to_vec(), &sums).unwrap();
        let frame = Frame::new(&problem).unwrap();
        assert_eq!(frame.free.len(), 4);
        for (var, form) in frame.forms.iter().enumerate() {
            assert_eq!(form.iter().map(|(f, w)| w * values[*f as usize] as i64).sum::<i64>(), values[var] as i64);
        }
    }
}
