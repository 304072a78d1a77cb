use crate::error::CanonError;
use csv::StringRecord;
use solidata_model::{CodeList, Column, DatasetSpec, MOST_CODES};

/// A contract with the codes of its code lists: `list` gives the place in the release and the bytes of a list by its name in `schema.toml`, a CSV whose first
/// column holds the codes; of a list of several dimensions the first column is the dimension and the second the code. A code that stands for all of
/// its dimension (column `tous`) is not one of them. Lists longer than [`MOST_CODES`] keep their place only.
///
/// # Errors
/// When a list is missing, is no CSV, or has no code for a column that names it.
pub fn with_code_lists<'l>(mut spec: DatasetSpec, list: impl Fn(&str) -> Option<(String, &'l [u8])>) -> Result<DatasetSpec, CanonError> {
    for column in &mut spec.contract.columns {
        // `table.column` names a table of the project and not a file.
        let Some(name) = column.code_list.as_deref().filter(|name| name.ends_with(".csv")) else { continue };
        let wrong = |detail: String| CanonError::Contract { dataset: spec.id.clone(), column: column.name.clone(), detail };
        let (path, bytes) = list(name).ok_or_else(|| wrong(format!("the code list '{name}' is missing")))?;
        let mut codes = codes(column, bytes).map_err(|e| wrong(format!("the code list '{name}' cannot be read: {e}")))?;
        match codes.len() {
            0 => return Err(wrong(format!("the code list '{name}' has no code for it"))),
            some if some > MOST_CODES => codes.clear(),
            _ => {}
        }
        column.codes = Some(CodeList { path, codes });
    }
    Ok(spec)
}

fn codes(column: &Column, bytes: &[u8]) -> Result<Vec<String>, csv::Error> {
    let mut reader = csv::Reader::from_reader(bytes);
    let all = reader.headers()?.iter().position(|name| name == "tous");
    let cell = |row: &StringRecord, at: usize| row.get(at).unwrap_or_default().to_owned();
    let mut codes = Vec::new();
    for row in reader.records() {
        let row = row?;
        let code = match &column.dimension {
            None => cell(&row, 0),
            Some(dimension) if *dimension == cell(&row, 0) && all.is_none_or(|at| cell(&row, at) != "true") => cell(&row, 1),
            Some(_) => continue,
        };
        if !codes.contains(&code) {
            codes.push(code);
        }
        // Further codes would be left out anyway.
        if codes.len() > MOST_CODES {
            break;
        }
    }
    Ok(codes)
}
