//! Running SQL: the sessions, and what may be registered in them.

use crate::StageError;
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use datafusion::{
    datasource::MemTable,
    execution::context::SQLOptions,
    prelude::{DataFrame, SessionContext},
};
use solidata_sqlmodel::{Memory, one_query, session};
use std::{path::PathBuf, sync::Arc};

/// Resources of a run. None of them decides a byte of what is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Threads.
    pub threads: usize,
    /// Rows in a batch of the query engine.
    pub batch_size: usize,
    /// Megabytes of the query engine.
    pub memory_mb: usize,
    /// Searches sorted in memory at once.
    pub sort_records: usize,
}

impl Default for Engine {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { threads, batch_size: 8192, memory_mb: 1024, sort_records: 200_000 }
    }
}

impl Engine {
    /// A session in which nothing is registered; what does not fit in memory goes to `spill`, a folder of the vault.
    pub(crate) fn session(&self, spill: Option<PathBuf>) -> Result<SessionContext, StageError> {
        let memory = Memory { bytes: self.memory_mb.max(16) << 20, spill };
        let session = session(self.threads, self.batch_size, Some(memory)).map_err(|e| StageError::Defect(e.to_string()))?;
        // A query that reads itself might never end, and none of ours does.
        session.state_ref().write().config_mut().options_mut().execution.enable_recursive_ctes = false;
        Ok(session)
    }
}

/// Registers rows as a table; the schema says its columns even when there are no rows.
pub(crate) fn register(ctx: &SessionContext, name: &str, schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<(), StageError> {
    let table = MemTable::try_new(schema, vec![batches]).map_err(|e| StageError::query(name, e))?;
    ctx.register_table(name, Arc::new(table)).map_err(|e| StageError::query(name, e))?;
    Ok(())
}

/// Asks a query. A release that is made again brings its SQL along: nothing that is no query is carried out, and none that is deeper than a planner can follow.
pub(crate) async fn ask(ctx: &SessionContext, name: &str, sql: &str) -> Result<DataFrame, StageError> {
    one_query(name, sql).map_err(|e| StageError::project(name, &e.to_string()))?;
    let queries_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    ctx.sql_with_options(sql, queries_only).await.map_err(|e| StageError::query(name, e))
}

/// All rows of a query.
pub(crate) async fn collect(ctx: &SessionContext, name: &str, sql: &str) -> Result<Vec<RecordBatch>, StageError> {
    ask(ctx, name, sql).await?.collect().await.map_err(|e| StageError::query(name, e))
}
