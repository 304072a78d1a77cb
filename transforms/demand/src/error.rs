use solidata_disclosure::Error;

/// Why demand cannot be protected. No variant holds a count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemandError {
    /// A code list is wrong.
    #[error("datasets/reference/{file}: {detail}")]
    Lists {
        /// The list.
        file: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The exact counts are not of the form that they must have.
    #[error("the exact counts: {0}")]
    Counts(String),
    /// There is no cell of this name.
    #[error("{cell}: {detail}; name a cell as 2024-09/com-67482/food/tous, or 2024-09/dep-67/toutes/brutes")]
    Cell {
        /// What was asked.
        cell: String,
        /// What is wrong.
        detail: String,
    },
    /// What the vault counts for a period is not what was published of it.
    #[error(
        "{period}: the counts that the vault keeps are not those that were published; take the vault that published it from a backup, or publish \
         without the quarter and the year"
    )]
    Before {
        /// The period.
        period: String,
    },
    /// Some cells could be found out whatever is withheld, so that nothing may be published.
    #[error(
        "{period}: {cells} cell(s) could be found out whatever is withheld now, since earlier releases are public; publish the month without the \
         periods that it closes"
    )]
    Open {
        /// The month.
        period: String,
        /// How many cells.
        cells: usize,
    },
    /// The protector refused the problem.
    #[error("disclosure control: {0}")]
    Disclosure(#[from] Error),
}
