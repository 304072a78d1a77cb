//! Which inner cells may go up, for whoever looks: one that a contributor has alone stands still for that one, as it knows that nobody else is in it.

use crate::problem::Problem;

/// For whom something may go up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rises {
    /// For nobody: there is nothing.
    Never,
    /// For all but the contributor that has all of it alone.
    ButFor(u32),
    /// For whoever looks.
    Always,
}

/// The members of a class, by who has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rising {
    /// How many more than one contributor has.
    pub(crate) shared: u32,
    /// How many of those are primary.
    pub(crate) shared_primary: u32,
    /// How many one contributor has alone: each its own.
    alone: u32,
    /// The sum of the numbers of those contributors, and of their squares.
    numbers: u128,
    squares: u128,
}

impl Rising {
    /// One inner cell.
    pub(crate) fn of(problem: &Problem, var: u32) -> Self {
        let mut one = Self::default();
        one.take(problem.alone(var), problem.flags(var).primary());
        one
    }

    /// Adds a member, and who has it alone.
    pub(crate) fn take(&mut self, alone: Option<u32>, primary: bool) {
        match alone.map(u128::from) {
            None => {
                self.shared += 1;
                self.shared_primary += u32::from(primary);
            }
            Some(number) => {
                self.alone += 1;
                self.numbers += number;
                self.squares += number * number;
            }
        }
    }

    /// What is left without a part of it.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            shared: self.shared - part.shared,
            shared_primary: self.shared_primary - part.shared_primary,
            alone: self.alone - part.alone,
            numbers: self.numbers - part.numbers,
            squares: self.squares - part.squares,
        }
    }

    /// What is left without one of those that more than one contributor has.
    pub(crate) fn without_one_shared(self) -> Self {
        Self { shared: self.shared.saturating_sub(1), shared_primary: self.shared_primary.saturating_sub(1), ..self }
    }

    /// For whom a member goes up.
    pub(crate) fn who(self) -> Rises {
        let count = u128::from(self.alone);
        // numbers are all the same when their mean square is the square of their mean (Cauchy and Schwarz)
        match (self.shared, self.alone) {
            (0, 0) => Rises::Never,
            (0, _) if count * self.squares == self.numbers * self.numbers => Rises::ButFor((self.numbers / count) as u32),
            _ => Rises::Always,
        }
    }

    /// Whether a member goes up for whoever looks.
    pub(crate) fn always(self) -> bool {
        self.who() == Rises::Always
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_contributors_do_not_stand_in_each_others_way() {
        let mut rising = Rising::default();
        assert_eq!(rising.who(), Rises::Never);
        rising.take(Some(7), true);
        rising.take(Some(7), false);
        assert_eq!(rising.who(), Rises::ButFor(7));
        let seven = rising;
        rising.take(Some(u32::MAX), true);
        assert!(rising.always());
        assert_eq!(rising.without(seven).who(), Rises::ButFor(u32::MAX));
        let mut shared = seven;
        shared.take(None, true);
        assert!(shared.always());
        assert_eq!(shared.without_one_shared(), seven);
    }
}
