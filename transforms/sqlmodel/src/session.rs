use crate::SqlError;
use datafusion::{
    execution::{
        SessionStateBuilder, SessionStateDefaults,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::RuntimeEnvBuilder,
    },
    prelude::{SessionConfig, SessionContext},
};
use std::{path::PathBuf, sync::Arc};

/// How much memory a session may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Bytes that sorts, joins and aggregates may hold together.
    pub bytes: usize,
    /// Where they may put what does not fit: a folder of the vault, never the system's temporary folder, as it holds exact rows. Without
    /// it a query that does not fit fails.
    pub spill: Option<PathBuf>,
}

/// The time zone of every session.
pub(crate) const TIME_ZONE: &str = "+00:00";

/// The only kind of DataFusion session that the project uses.
///
/// Everything that could make two runs differ is written out here and does not follow the machine: the time zone is UTC, decimal literals
/// are exact decimals, text is plain UTF-8 and not a view, NULLs sort last in ascending order, no table function, file format or
/// information schema is there, so a query reads nothing but tables that were registered. `threads` and `batch_size` are at least 1; they
/// and `memory` decide how fast a query is, not what it returns, for any plan that [`crate::lint`] accepts.
///
/// # Errors
/// When the folder of `memory.spill` cannot be used.
pub fn session(threads: usize, batch_size: usize, memory: Option<Memory>) -> Result<SessionContext, SqlError> {
    let threads = threads.max(1);
    let mut config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(batch_size.max(1))
        .with_information_schema(false)
        .with_collect_statistics(true)
        .with_parquet_pruning(true);
    let options = config.options_mut();
    options.execution.planning_concurrency = threads;
    options.execution.time_zone = Some(TIME_ZONE.into());
    options.execution.parquet.schema_force_view_types = false;
    options.execution.parquet.binary_as_string = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.enable_ident_normalization = true;
    options.sql_parser.default_null_ordering = "nulls_max".into();
    options.optimizer.skip_failed_rules = false;

    let (mode, pool) = match memory {
        None => (DiskManagerMode::Disabled, None),
        Some(m) => (m.spill.map_or(DiskManagerMode::Disabled, |dir| DiskManagerMode::Directories(vec![dir])), Some(m.bytes)),
    };
    let mut runtime = RuntimeEnvBuilder::new().with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
    if let Some(bytes) = pool {
        runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
    }
    let runtime = runtime.build_arc().map_err(|e| SqlError::Session { detail: e.strip_backtrace() })?;

    let state = SessionStateBuilder::new()
        .with_session_id("solidata".into())
        .with_config(config)
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(SessionStateDefaults::default_scalar_functions())
        .with_aggregate_functions(SessionStateDefaults::default_aggregate_functions())
        .with_window_functions(SessionStateDefaults::default_window_functions())
        .build();
    Ok(SessionContext::new_with_state(state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::DataType;

    #[tokio::test]
    async fn literals_are_exact_and_text_is_plain() {
        let s = session(3, 100, None).unwrap();
        let df = s.sql("SELECT 1.5 AS a, CAST(1 AS VARCHAR) AS b, 'x' AS c").await.unwrap();
        let types: Vec<_> = df.schema().fields().iter().map(|f| f.data_type().clone()).collect();
        assert_eq!(types, [DataType::Decimal128(2, 1), DataType::Utf8, DataType::Utf8]);
        assert_eq!(s.state().config().target_partitions(), 3);
        assert_eq!(s.state().config().batch_size(), 100);
    }

    #[tokio::test]
    async fn reads_nothing_but_what_is_registered() {
        let s = session(0, 0, None).unwrap();
        for sql in [
            "SELECT * FROM information_schema.tables",
            "SELECT * FROM generate_series(1, 2)",
            "SELECT * FROM 'Cargo.toml'",
            "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION 'Cargo.toml'",
        ] {
            assert!(s.sql(sql).await.is_err(), "{sql}");
        }
    }

    #[tokio::test]
    async fn a_query_that_does_not_fit_fails_or_spills_where_told() {
        let sql = "SELECT v.x FROM (VALUES (3), (1), (2)) AS v(x) ORDER BY v.x";
        let tight = session(1, 8192, Some(Memory { bytes: 1, spill: None })).unwrap();
        assert!(tight.sql(sql).await.unwrap().collect().await.is_err());
        let wide = session(1, 8192, Some(Memory { bytes: 64 << 20, spill: None })).unwrap();
        assert!(wide.sql(sql).await.unwrap().collect().await.is_ok());
    }
}
