//! Exact counts, and what protection lets through of them. Each is a type that only the stage before can make.

use crate::{
    Engine, Lists, Project, StageError,
    demand::{SafeInputs, read_parquet, safe_ensembles_schema, safe_recherches_schema, write_parquet},
    engine::{collect, register},
    tables::schema,
};
use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, StringBuilder},
    compute::concat_batches,
    datatypes::{DataType, Int64Type, SchemaRef},
};
use solidata_demand::{Inner, Protected, Who};
use solidata_disclosure::Contributor;
use solidata_model::Month;
use solidata_store::StageOutput;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The model that makes the one cube of this version.
const CUBE: &str = "cube_demande";
const FILE: &str = "demande.parquet";

/// Exact counts of searches of one month, by inner cell and contributor. They never leave the vault.
pub struct Cubes {
    month: Month,
    demande: RecordBatch,
}

impl Cubes {
    /// The stage's name in the vault.
    pub const STAGE: &'static str = "cubes";

    /// Counts the safe inputs of a month with the models of `sql/cubes`; what does not fit in memory goes to `spill`, a folder of the vault.
    ///
    /// # Errors
    /// When a query fails or the vault's disk does.
    pub async fn compute(
        inputs: &SafeInputs,
        month: Month,
        project: &Project,
        lists: &Lists,
        engine: &Engine,
        spill: PathBuf,
    ) -> Result<Self, StageError> {
        let ctx = engine.session(Some(spill))?;
        let [searches, sets] = inputs.month(month)?;
        register(&ctx, "safe_feuilles", safe_feuilles_schema(), vec![leaves(&sets, lists)?])?;
        register(&ctx, "safe_recherches", safe_recherches_schema(), searches)?;
        register(&ctx, "safe_ensembles", safe_ensembles_schema(), sets)?;
        let models = project.models("cubes")?;
        let sql = models.get(CUBE).ok_or_else(|| StageError::project("sql/cubes", "cube_demande.sql is missing"))?;
        // A total order, so that the cube is one value and not many.
        let columns: Vec<String> = cube_schema().fields().iter().map(|f| f.name().clone()).collect();
        let sorted = format!("SELECT {} FROM ({sql}) ORDER BY 1, 2, 3, 4, 5, 6", columns.join(", "));
        // What the engine says may quote a value of a private row: only why it failed is told.
        let batches = collect(&ctx, CUBE, &sorted).await.map_err(|e| match e {
            StageError::Memory { .. } => e,
            _ => StageError::Defect(format!("{CUBE}: the query failed on these rows")),
        })?;
        // The engine cannot know that none of them is null.
        let batches = batches.iter().map(|b| RecordBatch::try_new(cube_schema(), b.columns().to_vec())).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { month, demande: concat_batches(&cube_schema(), &batches)? })
    }

    /// Writes the counts into a folder of the vault.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write(&self, folder: &Path) -> Result<(), StageError> {
        write_parquet(&folder.join(FILE), &self.demande)
    }

    /// Opens a verified output.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(month: Month, output: &StageOutput) -> Result<Self, StageError> {
        let batches = read_parquet(&output.file(FILE)?)?;
        Ok(Self { month, demande: concat_batches(&cube_schema(), &batches)? })
    }

    /// The counts, one by one.
    ///
    /// # Errors
    /// When a cube is not of the form its model promises.
    pub fn inner(&self) -> Result<Vec<Inner>, StageError> {
        let defect = |name: &str| StageError::Defect(format!("{CUBE}: column {name} is not what it should be"));
        let text = |name: &str| {
            let column = self.demande.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
            column.ok_or_else(|| defect(name))
        };
        let count = |name: &str, row: usize| {
            let column = self.demande.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
            column.filter(|c| c.is_valid(row)).and_then(|c| u64::try_from(c.value(row)).ok()).ok_or_else(|| defect(name))
        };
        let (months, territories, categories) = (text("mois")?, text("territoire_id")?, text("categorie_code")?);
        let (outcomes, natures, hashes) = (text("resultat")?, text("contributeur_nature")?, text("contributeur")?);
        let mut inner = Vec::with_capacity(self.demande.num_rows());
        for row in 0..self.demande.num_rows() {
            let who = match (natures.is_valid(row), hashes.is_valid(row)) {
                (false, false) => None,
                _ => {
                    let kind = match natures.value(row) {
                        "organisation" => Contributor::Organisation,
                        "professionnel" => Contributor::Professional,
                        "personne" => Contributor::Person,
                        _ => return Err(defect("contributeur_nature")),
                    };
                    let hash = u128::from_str_radix(hashes.value(row), 16).map_err(|_| defect("contributeur"))?;
                    Some(Who { kind, hash })
                }
            };
            if months.value(row).parse() != Ok(self.month) {
                return Err(defect("mois"));
            }
            inner.push(Inner {
                month: self.month,
                territory: territories.value(row).to_owned(),
                category: categories.value(row).to_owned(),
                outcome: outcomes.value(row).to_owned(),
                who,
                gross: count("brute", row)?,
                net: count("nette", row)?,
            });
        }
        Ok(inner)
    }
}

/// The leaf of each set of categories.
fn leaves(sets: &[RecordBatch], lists: &Lists) -> Result<RecordBatch, StageError> {
    let wrong = || StageError::Defect("safe_ensembles has other columns".into());
    let mut codes: BTreeMap<i64, Vec<&str>> = BTreeMap::new();
    for batch in sets {
        let numbers = batch.column(0).as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        let names = batch.column(1).as_string_opt::<i32>().ok_or_else(wrong)?;
        for row in 0..batch.num_rows() {
            codes.entry(numbers.value(row)).or_default().push(names.value(row));
        }
    }
    let numbers: Int64Array = codes.keys().map(|n| Some(*n)).collect();
    let leaves: StringArray = codes.values().map(|codes| Some(lists.demand.plan.leaf(codes.iter().copied()))).collect();
    Ok(RecordBatch::try_new(safe_feuilles_schema(), vec![Arc::new(numbers), Arc::new(leaves)])?)
}

/// The columns of `safe_feuilles`: where each set of categories belongs in the graph.
pub fn safe_feuilles_schema() -> SchemaRef {
    schema(&[("ensemble", DataType::Int64), ("categorie_code", DataType::Utf8)])
}

fn cube_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    let names = ["mois", "territoire_id", "categorie_code", "resultat", "contributeur_nature?", "contributeur?"];
    let mut columns: Vec<(&str, DataType)> = names.into_iter().map(text).collect();
    columns.extend([("brute", DataType::Int64), ("nette", DataType::Int64)]);
    schema(&columns)
}

/// Counts that may be published, under one marker for all that may not.
pub struct ProtectedCubes {
    demande: RecordBatch,
}

impl ProtectedCubes {
    /// The rows of some protections, one after the other.
    ///
    /// # Errors
    /// When a count passes 63 bits.
    pub fn new(parts: &[Protected]) -> Result<Self, StageError> {
        let batches = parts.iter().map(batch).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { demande: concat_batches(&protected_schema(), &batches)? })
    }

    /// The columns of `demande_protegee`.
    pub fn schema() -> SchemaRef {
        protected_schema()
    }

    /// The cube that a release carries, as it was published.
    ///
    /// # Errors
    /// When the file cannot be read or has other columns.
    pub fn published(path: &Path) -> Result<Self, StageError> {
        let batches = read_parquet(path)?;
        let rows = batches.iter().map(|batch| Ok(RecordBatch::try_new(protected_schema(), batch.columns().to_vec())?));
        joined(&rows.collect::<Result<Vec<_>, StageError>>()?)
    }

    /// The same cube, of the table of demand that shows all of it.
    ///
    /// # Errors
    /// As [`ProtectedCubes::published`].
    pub fn of_table(path: &Path) -> Result<Self, StageError> {
        const COLUMNS: [&str; 9] = [
            "periode_type",
            "periode",
            "territoire_id",
            "categorie_code",
            "resultat",
            "recherches",
            "recherches_brutes",
            "statut",
            "statut_brutes",
        ];
        let missing = |name: &str| StageError::Damaged { what: format!("{} (it has no column {name})", path.display()) };
        let mut rows = Vec::new();
        for batch in read_parquet(path)? {
            let columns = COLUMNS.map(|name| batch.column_by_name(name).cloned().ok_or_else(|| missing(name)));
            let columns = columns.into_iter().collect::<Result<Vec<_>, _>>()?;
            rows.push(RecordBatch::try_new(protected_schema(), columns)?);
        }
        joined(&rows)
    }

    /// The rows of `demande_protegee`.
    pub(crate) fn demande(&self) -> &RecordBatch {
        &self.demande
    }
}

/// One cube of what was read. Texts of more than two gigabytes are no cube, and the library gives up on them.
fn joined(batches: &[RecordBatch]) -> Result<ProtectedCubes, StageError> {
    Ok(ProtectedCubes { demande: solidata_canon::contained(|| Ok(concat_batches(&protected_schema(), batches)?))? })
}

fn batch(rows: &Protected) -> Result<RecordBatch, StageError> {
    let texts = |values: &[String]| Arc::new(StringArray::from_iter_values(values)) as ArrayRef;
    let count = |n: u64| i64::try_from(n).map_err(|_| StageError::Defect("a count passes 63 bits".into()));
    let counts = |values: Vec<Option<u64>>| -> Result<ArrayRef, StageError> {
        let values = values.into_iter().map(|n| n.map(count).transpose()).collect::<Result<Vec<_>, _>>()?;
        Ok(Arc::new(Int64Array::from(values)))
    };
    let (mut net, mut gross) = (StringBuilder::new(), StringBuilder::new());
    for value in &rows.net {
        net.append_value(if value.is_some() { "publie" } else { "secret" });
    }
    for value in &rows.gross {
        gross.append_value(match value {
            None => "non_diffuse",
            Some(None) => "secret",
            Some(Some(_)) => "publie",
        });
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(&rows.kind)),
        texts(&rows.period),
        texts(&rows.territory),
        texts(&rows.category),
        texts(&rows.outcome),
        counts(rows.net.clone())?,
        counts(rows.gross.iter().map(|g| g.flatten()).collect())?,
        Arc::new(net.finish()),
        Arc::new(gross.finish()),
    ];
    Ok(RecordBatch::try_new(protected_schema(), columns)?)
}

fn protected_schema() -> SchemaRef {
    let text = |name| (name, DataType::Utf8);
    let count = |name| (name, DataType::Int64);
    schema(&[
        text("periode_type"),
        text("periode"),
        text("territoire_id"),
        text("categorie_code"),
        text("resultat"),
        count("nette?"),
        count("brute?"),
        text("statut"),
        text("statut_brutes"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_marker_and_gross_counts_have_a_state_of_their_own() {
        let text = |t: &str| vec![t.to_owned(); 3];
        let rows = Protected {
            kind: vec!["mois"; 3],
            period: text("2024-09"),
            territory: text("dep-67"),
            category: text("food"),
            outcome: text("tous"),
            net: vec![Some(40), None, Some(0)],
            gross: vec![Some(Some(50)), None, Some(None)],
        };
        let protected = ProtectedCubes::new(&[rows.clone(), rows]).unwrap();
        let batch = protected.demande();
        let column = |i: usize| batch.column(i).as_string::<i32>().iter().flatten().take(3).collect::<Vec<_>>();
        assert_eq!(batch.num_rows(), 6);
        assert_eq!(column(7), ["publie", "secret", "publie"]);
        assert_eq!(column(8), ["publie", "non_diffuse", "secret"]);
        let (net, gross) = (batch.column(5).as_primitive::<Int64Type>(), batch.column(6).as_primitive::<Int64Type>());
        assert!(net.is_null(1) && net.value(2) == 0 && gross.value(0) == 50 && gross.is_null(1) && gross.is_null(2));
    }
}
