//! Why a published cell is, or is not, given.

use crate::{
    Lists, Project, StageError,
    past::{self, Past, TABLE},
    protect::{self, Work},
};
use solidata_demand::Period;
use solidata_model::Month;
use solidata_store::VaultView;
use std::path::Path;

/// Explains a cell of a dataset of demand in words, from the exact counts that the vault keeps of a published month: they are protected again. For the
/// operator only: the words tell true things about withheld cells. `cell` is `PERIOD/TERRITORY/CATEGORY/OUTCOME`, such as
/// `2024-09/com-67482/food/tous`; with `brutes` in place of the outcome, gross searches.
///
/// # Errors
/// When the cell's name is wrong, or the vault has no counts of its month.
pub fn explain(vault: &Path, project: &Project, dataset: &str, cell: &str, threads: usize) -> Result<String, StageError> {
    if dataset != TABLE {
        return Err(StageError::Usage(format!("{dataset}: only cells of {TABLE} are explained; other tables show what it gives")));
    }
    let period = cell.split('/').next().and_then(Period::parse);
    let period = period.ok_or_else(|| StageError::Usage(format!("{cell}: begin with a period, such as 2024-09, 2024-T3 or 2024")))?;
    let month: Month = period.months().pop().ok_or_else(|| StageError::Usage(format!("{cell}: a period without months")))?;
    let view = VaultView::open(vault)?.ok_or_else(|| StageError::Usage(format!("{}: there is no vault", vault.display())))?;
    let entry = view.ledger()?.into_iter().rfind(|e| e.release.month == month);
    let entry = entry.ok_or_else(|| StageError::Usage(format!("{month}: the vault's ledger names no release of it")))?;
    let cubes = match past::counts_of(&view, &entry)? {
        Some(key) => past::counts(&view, month, &key)?,
        None => None,
    };
    let cubes = cubes.ok_or_else(|| StageError::Usage(format!("{month}: the vault has no exact counts of it any more")))?;
    let (lists, rules, past) = (Lists::load(&project.of_month(month))?, protect::rules(project)?, Past::open(&view)?);
    let complete = !entry.release.partial;
    Work { lists: &lists, rules: &rules, vault: &view, past: &past, threads, month, complete }.explain(&cubes, period, cell)
}
