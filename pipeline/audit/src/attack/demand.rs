//! The rows of one published demand table, as compact numbers.

use super::telltale::{Telltale, TelltaleKind, Telltales};
use solidata_attack::State;
use solidata_model::Month;

/// The dataset that is attacked.
pub(crate) const DATASET: &str = "demande_territoires";

/// What a row's period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Span {
    Month,
    Quarter,
    Year,
}

impl Span {
    /// `periode_type` and `periode` of the table, of the period of this kind that a month lies in.
    pub(crate) fn of(self, month: Month) -> (&'static str, String) {
        match self {
            Self::Month => ("mois", month.to_string()),
            Self::Quarter => ("trimestre", format!("{}-T{}", month.year(), month.number().div_ceil(3))),
            Self::Year => ("annee", month.year().to_string()),
        }
    }
}

/// What a row counts the searches of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    All,
    Found,
    Nothing,
    Unknown,
}

impl Outcome {
    pub(crate) const EACH: [Self; 4] = [Self::All, Self::Found, Self::Nothing, Self::Unknown];

    /// `resultat` of the table.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::All => "tous",
            Self::Found => "trouve",
            Self::Nothing => "rien",
            Self::Unknown => "inconnu",
        }
    }
}

/// What a row shows of a count, in 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown(i64);

impl Shown {
    pub(crate) const SECRET: Self = Self(-1);
    pub(crate) const NOT_GIVEN: Self = Self(-2);
    pub(crate) const ZERO: Self = Self(0);

    /// A count that is published; none when it is below 0.
    pub(crate) fn value(value: i64) -> Option<Self> {
        (value >= 0).then_some(Self(value))
    }

    pub(crate) fn published(self) -> Option<i64> {
        (self.0 >= 0).then_some(self.0)
    }

    pub(crate) fn state(self) -> State {
        match self {
            Self::SECRET => State::Withheld,
            Self::NOT_GIVEN => State::Unpublished,
            Self(value) => State::Published(value),
        }
    }
}

/// One row, in 24 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) place: u32,
    pub(crate) category: u16,
    pub(crate) span: Span,
    pub(crate) outcome: Outcome,
    pub(crate) net: Shown,
    pub(crate) gross: Shown,
}

/// Which release a table is of, and when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseId {
    /// Where it lies, for messages: `releases/2024-09/r1`.
    pub prefix: String,
    /// Its month.
    pub month: Month,
    /// Its revision, from 1.
    pub revision: u32,
    /// Its number in the chain: a quarter is the sum of what was published of its months up to then.
    pub sealed: u64,
}

/// Everything that one release says of the demand.
#[derive(Debug, Clone)]
pub struct PublishedDemand {
    pub(crate) id: ReleaseId,
    pub(crate) rows: Vec<Row>,
    pub(crate) telltales: Vec<Telltale>,
}

impl PublishedDemand {
    /// Which release it is.
    #[must_use]
    pub fn id(&self) -> &ReleaseId {
        &self.id
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has rows of a period of this kind.
    pub(crate) fn has(&self, span: Span) -> bool {
        self.rows.iter().any(|row| row.span == span)
    }

    /// Looks at each row that gives both gross and net for a difference that would be a small count.
    pub(crate) fn look_at_differences(&mut self, k: i64) {
        let path = format!("{}/{}", self.id.prefix, solidata_canon::parquet_path(DATASET));
        let mut telltales = Telltales::new(path);
        for (row, number) in self.rows.iter().zip(1..) {
            let (Some(net), Some(gross)) = (row.net.published(), row.gross.published()) else { continue };
            if gross < net {
                telltales.tell(TelltaleKind::Difference, Some(number), "fewer gross than net searches");
            } else if (1..k).contains(&(gross - net)) {
                telltales.tell(TelltaleKind::Difference, Some(number), "gross less net is a count below the threshold");
            }
        }
        self.telltales.extend(telltales.finish());
    }
}
