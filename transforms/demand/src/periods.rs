//! Periods as a dimension: the month of a release, and the quarter and year that end with it.

use crate::DemandError;
use solidata_disclosure::{Dimension, DimensionBuilder};
use solidata_model::Month;
use std::{collections::BTreeSet, fmt};

/// A period of published figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A month.
    Month(Month),
    /// A quarter: the year, and 1 to 4.
    Quarter(i32, u32),
    /// A calendar year.
    Year(i32),
}

impl Period {
    /// The quarter of a month.
    pub fn quarter_of(month: Month) -> Self {
        Self::Quarter(month.year(), month.number().div_ceil(3))
    }

    /// Its kind, as `periode_type` gives it; also the level of its node.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Month(_) => "mois",
            Self::Quarter(..) => "trimestre",
            Self::Year(_) => "annee",
        }
    }

    /// Its months, in order.
    pub fn months(self) -> Vec<Month> {
        let of = |year, numbers: std::ops::RangeInclusive<u32>| numbers.filter_map(|n| Month::new(year, n)).collect();
        match self {
            Self::Month(month) => vec![month],
            Self::Quarter(year, quarter) => of(year, quarter * 3 - 2..=quarter * 3),
            Self::Year(year) => of(year, 1..=12),
        }
    }

    /// The period that a name stands for.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((year, quarter)) = text.split_once("-T") {
            return Some(Self::Quarter(year.parse().ok()?, quarter.parse().ok().filter(|q| (1..=4).contains(q))?));
        }
        text.parse().map(Self::Month).ok().or_else(|| text.parse().map(Self::Year).ok())
    }
}

/// `2024-09`, `2024-T3`, `2024`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Quarter(year, quarter) => write!(f, "{year:04}-T{quarter}"),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

/// The level of periods that are given already.
pub const EARLIER: &str = "anterieur";

/// The periods of one problem: those it gives, and those that are given already, of which they are sums.
///
/// A month is protected by itself. The quarter and the year that end with it come after, with all their months as they were given: so that it is
/// never a month that gives way to a total, and a month is the same whether or not it closes a quarter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The periods that are to be given.
    pub given: Vec<Period>,
    /// Periods that are given already.
    pub earlier: BTreeSet<Period>,
}

impl Scope {
    /// A month by itself.
    pub fn month(month: Month) -> Self {
        Self { given: vec![Period::Month(month)], earlier: BTreeSet::new() }
    }

    /// The quarter and the year that end with a complete month, when `known` has every other month of them: published as complete, with counts that
    /// the vault still has. None when there is neither.
    pub fn closing(month: Month, known: impl Fn(Month) -> bool) -> Option<Self> {
        let mut scope = Self { given: Vec::new(), earlier: BTreeSet::new() };
        for period in [Period::quarter_of(month), Period::Year(month.year())] {
            let months = period.months();
            if months.last() == Some(&month) && months.iter().all(|m| *m == month || known(*m)) {
                scope.given.push(period);
                scope.earlier.extend(months.into_iter().map(Period::Month));
            }
        }
        if scope.given.len() == 2 {
            scope.earlier.extend((1..=3).map(|q| Period::Quarter(month.year(), q)));
        }
        (!scope.given.is_empty()).then_some(scope)
    }

    /// A period by itself, with what it is the sum of.
    pub fn only(period: Period) -> Self {
        let months = period.months().into_iter().map(Period::Month).filter(|month| *month != period);
        let quarters = (1..=4).filter_map(|q| if let Period::Year(year) = period { Some(Period::Quarter(year, q)) } else { None });
        Self { given: vec![period], earlier: months.chain(quarters).collect() }
    }

    /// The months whose counts are needed, in order.
    pub fn months(&self) -> Vec<Month> {
        let months: BTreeSet<Month> = self.given.iter().chain(&self.earlier).flat_map(|p| p.months()).collect();
        months.into_iter().collect()
    }

    /// The dimension `periode`. Given periods have the levels of their kinds, earlier ones [`EARLIER`].
    ///
    /// # Errors
    /// Never with these periods.
    pub fn dimension(&self) -> Result<Dimension, DemandError> {
        let mut builder = DimensionBuilder::new("periode");
        for period in &self.earlier {
            builder = builder.node(EARLIER, period.to_string());
        }
        for period in &self.given {
            builder = builder.node(period.kind(), period.to_string());
        }
        for period in self.given.iter().chain(&self.earlier) {
            let months = || period.months().into_iter().map(|m| m.to_string());
            match period {
                Period::Month(_) => {}
                Period::Quarter(..) => builder = builder.sum(period.to_string(), months()),
                Period::Year(year) => {
                    builder = builder.sum(period.to_string(), months());
                    builder = builder.sum(period.to_string(), (1..=4).map(|q| Period::Quarter(*year, q).to_string()));
                }
            }
        }
        Ok(builder.build()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(scope: &Scope) -> (Vec<String>, Vec<String>) {
        (scope.given.iter().map(ToString::to_string).collect(), scope.earlier.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_quarter_and_a_year_end_with_their_last_month() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        let all = |m: &str| Scope::closing(month(m), |_| true);
        assert_eq!(all("2024-08"), None);
        assert_eq!(names(&all("2024-09").unwrap()), (vec!["2024-T3".into()], ["2024-07", "2024-08", "2024-09"].map(String::from).into()));
        let year = all("2024-12").unwrap();
        assert_eq!(names(&year).0, ["2024-T4", "2024"]);
        assert_eq!((year.earlier.len(), year.months().len()), (12 + 3, 12));
        let hole = Scope::closing(month("2024-12"), |m| m.number() != 5).unwrap();
        assert_eq!(names(&hole).0, ["2024-T4"]);
        assert_eq!(Scope::closing(month("2024-12"), |m| m.number() < 11), None);
        for scope in [Scope::month(month("2024-12")), year, hole] {
            let dimension = scope.dimension().unwrap();
            assert_eq!(dimension.len(), scope.given.len() + scope.earlier.len());
        }
    }

    #[test]
    fn names_are_read_back() {
        for name in ["2024-09", "2024-T3", "2024"] {
            assert_eq!(Period::parse(name).unwrap().to_string(), name);
        }
        for name in ["2024-13", "2024-T5", "x"] {
            assert_eq!(Period::parse(name), None);
        }
    }
}
