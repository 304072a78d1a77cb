//! Keys of the stages' outputs in the vault: everything that decides their bytes.

use super::{Request, plan::names};
use crate::{Cubes, Lists, SafeInputs, StageError};
use solidata_anonymise::policy::Policy;
use solidata_model::{Digest, Month, SnapshotRole, StageKey, StageKeyBuilder, kind};

/// Raised when the extraction writes other things for the same snapshot.
const EXTRACTION: u32 = 3;
/// Raised when the net rule or the safe rows change.
const SEARCHES: u32 = 2;
/// Raised when the cubes hold other things for the same searches.
const CUBES: u32 = 1;

pub(crate) fn extraction(sha256: &Digest<kind::Snapshot>, roles: &[SnapshotRole], request: &Request, lists: &Lists) -> StageKey {
    let mut roles = roles.to_vec();
    roles.sort();
    StageKeyBuilder::new("extraction", EXTRACTION)
        .part("snapshot", sha256.as_bytes())
        .part("roles", names(&roles))
        .part("lists", &lists.digest)
        .part("policy_lieux", Policy::LIEUX_TOML)
        .part("policy_search", Policy::SEARCH_TOML)
        .part("cut_off", request.cut_off.map(|d| d.to_string()).unwrap_or_default())
        .finish()
}

pub(crate) fn searches(extractions: &[StageKey], request: &Request, lists: &Lists) -> StageKey {
    let mut keys: Vec<String> = extractions.iter().map(ToString::to_string).collect();
    keys.sort();
    StageKeyBuilder::new(SafeInputs::STAGE, SEARCHES)
        .part("extractions", keys.join("\n"))
        .part("thresholds", format!("{:?}", request.thresholds))
        .part("lists", &lists.digest)
        .finish()
}

pub(super) fn cubes(searches: &StageKey, month: Month, request: &Request, lists: &Lists) -> Result<StageKey, StageError> {
    Ok(StageKeyBuilder::new(Cubes::STAGE, CUBES)
        .part("searches", searches.to_string())
        .part("month", month.to_string())
        .part("sql", request.project.digest_under("sql/cubes/")?)
        .part("lists", &lists.digest)
        .finish())
}
