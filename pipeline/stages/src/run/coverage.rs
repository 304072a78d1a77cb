//! How far the searches reach, and the specification of a month's run that follows from it.

use super::{Request, read::Read};
use crate::{SafeInputs, StageError};
use chrono::{DateTime, NaiveDate, TimeDelta};
use chrono_tz::Europe::Paris;
use solidata_model::{Month, RunSpec, SnapshotPin};

/// How far the searches of a month go.
pub(super) struct Coverage {
    complete: bool,
    until: NaiveDate,
}

pub(super) fn coverage(month: Month, searches: &SafeInputs, request: &Request) -> Result<Coverage, StageError> {
    let report = searches.report();
    let newest = report.newest_ms.and_then(DateTime::from_timestamp_millis).map(|t| t.with_timezone(&Paris).naive_local());
    let (Some(newest), Some(first), Some(last)) = (newest, report.months.first(), report.months.last()) else {
        return Err(StageError::NoSearches { month: month.to_string(), first: "nothing".into(), last: "nothing".into() });
    };
    if month < *first || month > *last {
        return Err(StageError::NoSearches { month: month.to_string(), first: first.to_string(), last: last.to_string() });
    }
    let end = month.next().first_day().and_time(chrono::NaiveTime::MIN);
    let complete = match request.cut_off {
        Some(day) => day >= month.last_day(),
        None => newest >= end - TimeDelta::minutes(i64::from(request.month_end_slack_minutes)),
    };
    if !complete && !request.partial {
        return Err(StageError::NotCovered { month: month.to_string(), until: newest.format("%Y-%m-%d %H:%M").to_string() });
    }
    let until = if complete { month.last_day() } else { request.cut_off.unwrap_or_else(|| newest.date()) };
    Ok(Coverage { complete, until })
}

pub(super) fn run_spec(
    month: Month,
    read: &[Read],
    date_photo: NaiveDate,
    searches: Option<&SafeInputs>,
    coverage: Option<&Coverage>,
    request: &Request,
) -> RunSpec {
    let mut snapshots: Vec<SnapshotPin> =
        read.iter().flat_map(|r| r.roles.iter().map(|role| SnapshotPin { role: *role, sha256: r.report.sha256 })).collect();
    snapshots.sort();
    let newest = searches.and_then(|s| s.report().newest_ms).and_then(DateTime::from_timestamp_millis);
    let newest = newest.map(|t| t.with_timezone(&Paris).date_naive());
    RunSpec {
        month,
        snapshots,
        date_photo,
        now: request.cut_off.unwrap_or_else(|| newest.map_or(date_photo, |n| n.max(date_photo))),
        partial: coverage.is_some_and(|c| !c.complete),
        covered_until: coverage.map(|c| c.until),
        cut_off: request.cut_off,
        thresholds: request.thresholds.clone(),
        since: None,
        revision: None,
    }
}
