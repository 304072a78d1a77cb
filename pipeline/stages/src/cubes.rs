//! Exact counts, and what protection lets through of them. Each is a type that only the stage before can make.

use crate::{
    Engine, Project, StageError,
    demand::{SafeInputs, safe_ensembles_schema, safe_recherches_schema},
    engine::{collect, register},
    tables::{categories_ancetres, schema},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray},
    compute::concat_batches,
    datatypes::{DataType, Int64Type, SchemaRef},
};
use solidata_disclosure::{SmallCounts, Verdict};
use solidata_model::Month;
use std::sync::Arc;

/// The model that makes the one cube of this version.
const CUBE: &str = "cube_demande";

/// Exact counts of searches of one month. They never leave the vault.
pub struct Cubes {
    demande: RecordBatch,
}

impl Cubes {
    /// Counts the safe inputs of a month with the models of `sql/cubes`.
    ///
    /// # Errors
    /// When a query fails or the vault's disk does.
    pub async fn compute(inputs: &SafeInputs, month: Month, project: &Project, engine: &Engine) -> Result<Self, StageError> {
        let ctx = engine.session(None)?;
        let [searches, sets] = inputs.month(month)?;
        register(&ctx, "safe_recherches", safe_recherches_schema(), searches)?;
        register(&ctx, "safe_ensembles", safe_ensembles_schema(), sets)?;
        let ancestors = categories_ancetres(project)?;
        register(&ctx, "categories_ancetres", ancestors.schema(), vec![ancestors])?;
        let models = project.models("cubes")?;
        let sql = models.get(CUBE).ok_or_else(|| StageError::project("sql/cubes", "cube_demande.sql is missing"))?;
        // A total order, so that the cube is one value and not many.
        let sorted = format!("SELECT mois, code_departement, categorie_code, brute, nette FROM ({sql}) ORDER BY 1, 2, 3");
        // What the engine says may quote a value of a private row: only that it failed is told.
        let batches =
            collect(&ctx, CUBE, &sorted).await.map_err(|_| StageError::Defect(format!("{CUBE}: the query failed on these rows")))?;
        // The engine cannot know that none of them is null.
        let batches = batches.iter().map(|b| RecordBatch::try_new(cube_schema(), b.columns().to_vec())).collect::<Result<Vec<_>, _>>()?;
        let demande = concat_batches(&cube_schema(), &batches)?;
        Ok(Self { demande })
    }
}

fn cube_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    schema(&[text("mois"), text("code_departement"), text("categorie_code"), ("brute", DataType::Int64), ("nette", DataType::Int64)])
}

/// Counts that may be published: every small one is withheld, under the one marker.
pub struct ProtectedCubes {
    demande: RecordBatch,
}

impl ProtectedCubes {
    /// Applies the interim rule: a row whose gross or net count, or their difference, is small loses both measures.
    ///
    /// # Errors
    /// When a cube is not of the form its model promises.
    pub fn protect(cubes: &Cubes, threshold: u32) -> Result<Self, StageError> {
        let rule = SmallCounts::new(u64::from(threshold));
        let count = |name: &str, row: usize| -> Result<i64, StageError> {
            let column = cubes.demande.column_by_name(name).ok_or_else(|| StageError::Defect(format!("{CUBE} has no column {name}")))?;
            let column = column.as_primitive_opt::<Int64Type>().filter(|c| c.is_valid(row));
            column.map(|c| c.value(row)).ok_or_else(|| StageError::Defect(format!("{CUBE}.{name} is no count")))
        };
        let mut gross = Vec::new();
        let mut net = Vec::new();
        let mut status = Vec::new();
        for row in 0..cubes.demande.num_rows() {
            let (g, n) = (count("brute", row)?, count("nette", row)?);
            let verdict = match (u64::try_from(g), u64::try_from(n)) {
                (Ok(g), Ok(n)) => rule.judge(g, n),
                _ => Verdict::Withheld,
            };
            let published = verdict == Verdict::Published;
            gross.push(published.then_some(g));
            net.push(published.then_some(n));
            status.push(if published { "publie" } else { "secret" });
        }
        let mut columns: Vec<ArrayRef> = cubes.demande.columns().iter().take(3).cloned().collect();
        columns.push(Arc::new(Int64Array::from(gross)));
        columns.push(Arc::new(Int64Array::from(net)));
        columns.push(Arc::new(StringArray::from(status)));
        Ok(Self { demande: RecordBatch::try_new(protected_schema(), columns)? })
    }

    /// The columns of `demande_protegee`.
    pub fn schema() -> SchemaRef {
        protected_schema()
    }

    /// The rows of `demande_protegee`.
    pub(crate) fn demande(&self) -> &RecordBatch {
        &self.demande
    }
}

fn protected_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    let count = |name| (name, DataType::Int64);
    schema(&[text("mois"), text("code_departement"), text("categorie_code"), count("brute?"), count("nette?"), text("statut")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_rows_lose_both_measures() {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec!["2024-09"; 4])),
            Arc::new(StringArray::from(vec!["67"; 4])),
            Arc::new(StringArray::from(vec!["a", "b", "c", "d"])),
            Arc::new(Int64Array::from(vec![40, 40, 40, 12])),
            Arc::new(Int64Array::from(vec![20, 30, 40, 0])),
        ];
        let cubes = Cubes { demande: RecordBatch::try_new(cube_schema(), columns).unwrap() };
        let protected = ProtectedCubes::protect(&cubes, 11).unwrap();
        let status = protected.demande().column(5).as_string::<i32>();
        assert_eq!(status.iter().flatten().collect::<Vec<_>>(), ["publie", "secret", "publie", "publie"]);
        let gross = protected.demande().column(3).as_primitive::<Int64Type>();
        let net = protected.demande().column(4).as_primitive::<Int64Type>();
        assert!(gross.is_null(1) && net.is_null(1) && net.value(3) == 0);
    }
}
