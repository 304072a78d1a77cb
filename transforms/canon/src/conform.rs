use crate::cast::{CastFault, accepts, arrow_type, exact_cast};
use crate::cells::date_of;
use crate::error::{CanonError, Fault};
use crate::limits::{Listed, Range};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, Int64Type, Schema, SchemaRef};
use regex::{Regex, RegexBuilder};
use solidata_model::{Column, ColumnType, Contract, DatasetSpec};
use std::sync::Arc;

/// The Arrow schema of a contract: Text is `Utf8`, Integer `Int64`, Decimal `Decimal128(p,s)`, Date `Date32`, Boolean `Boolean`; a column may be
/// null where the contract says so.
pub fn arrow_schema(contract: &Contract) -> SchemaRef {
    let field = |c: &Column| Field::new(&c.name, arrow_type(c.kind), c.null);
    Arc::new(Schema::new(contract.columns.iter().map(field).collect::<Vec<_>>()))
}

/// Casts one batch to the contract and checks every value of it; the rows are numbered from 1 in an error. See [`Conformer`] for many batches.
///
/// # Errors
/// As [`Conformer::new`] and [`Conformer::conform`].
pub fn conform(batch: &RecordBatch, spec: &DatasetSpec) -> Result<RecordBatch, CanonError> {
    Conformer::new(spec)?.conform(batch, 1)
}

/// A contract made ready: patterns compiled, value lists sorted.
#[derive(Debug)]
pub struct Conformer {
    dataset: String,
    schema: SchemaRef,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    name: String,
    kind: ColumnType,
    null: bool,
    listed: Option<Listed>,
    pattern: Option<Regex>,
    range: Range,
}

impl Conformer {
    /// Makes a contract ready.
    ///
    /// A `pattern` must match the whole value, whether or not it is written with `^` and `$`. `values` and `pattern` are for text columns.
    ///
    /// # Errors
    /// When a pattern is no regular expression, a listed value is empty or does not match the pattern, a column that is not text has either,
    /// or the sort key is empty, names no column or one that may be null.
    pub fn new(spec: &DatasetSpec) -> Result<Self, CanonError> {
        let wrong = |column: &str, detail: String| CanonError::Contract { dataset: spec.id.clone(), column: column.into(), detail };
        let mut rules = Vec::with_capacity(spec.contract.columns.len());
        for c in &spec.contract.columns {
            if c.kind != ColumnType::Text && (c.pattern.is_some() || !c.values.is_empty()) {
                return Err(wrong(&c.name, "`values` and `pattern` are for columns of type string".into()));
            }
            let pattern = c.pattern.as_deref().map(whole_pattern).transpose().map_err(|e| wrong(&c.name, format!("pattern: {e}")))?;
            let unfit = |v: &&String| v.is_empty() || has_control(v) || pattern.as_ref().is_some_and(|p| !p.is_match(v));
            if let Some(v) = c.values.iter().find(unfit) {
                return Err(wrong(
                    &c.name,
                    format!("the listed value '{v}' is empty, holds a control character or does not match the pattern"),
                ));
            }
            let range = Range::of(c).map_err(|detail| wrong(&c.name, detail))?;
            rules.push(Rule { name: c.name.clone(), kind: c.kind, null: c.null, listed: Listed::of(c), pattern, range });
        }
        if spec.sort_key.is_empty() {
            return Err(wrong("", "the sort_key of dataset.toml is empty: name the columns that tell rows apart".into()));
        }
        for key in &spec.sort_key {
            match spec.contract.columns.iter().find(|c| c.name == *key) {
                Some(c) if !c.null => {}
                _ => return Err(wrong(key, "the sort_key of dataset.toml names it, so it must exist and never be null".into())),
            }
        }
        Ok(Self { dataset: spec.id.clone(), schema: arrow_schema(&spec.contract), rules })
    }

    /// The schema of every batch that [`Conformer::conform`] gives.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Casts a query's batch to the contract and checks names, order, types and every value. `first_row` is the number of its first row in errors.
    /// A batch that conforms already comes back as it was.
    ///
    /// # Errors
    /// Names dataset, column and row, and never a value.
    pub fn conform(&self, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch, CanonError> {
        let found = batch.schema();
        if !found.fields().iter().map(|f| f.name()).eq(self.rules.iter().map(|r| &r.name)) {
            let join = |names: Vec<&str>| names.join(", ");
            return Err(CanonError::Columns {
                dataset: self.dataset.clone(),
                found: join(found.fields().iter().map(|f| f.name().as_str()).collect()),
                expected: join(self.rules.iter().map(|r| r.name.as_str()).collect()),
            });
        }
        let columns = self.rules.iter().zip(batch.columns()).map(|(rule, column)| self.column(rule, column, first_row));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn column(&self, rule: &Rule, column: &ArrayRef, first_row: u64) -> Result<ArrayRef, CanonError> {
        let value_error = |(row, fault): (usize, Fault)| CanonError::Value {
            dataset: self.dataset.clone(),
            column: rule.name.clone(),
            row: first_row.saturating_add(row as u64),
            fault,
        };
        if !accepts(column.data_type(), rule.kind) {
            return Err(CanonError::Type {
                dataset: self.dataset.clone(),
                column: rule.name.clone(),
                found: column.data_type().to_string(),
                expected: rule.kind.name(),
            });
        }
        let cast = match exact_cast(column, rule.kind) {
            Ok(cast) => cast,
            Err(CastFault::Row(row, fault)) => return Err(value_error((row, fault))),
            Err(CastFault::Arrow(e)) => return Err(e.into()),
        };
        match rule.first_fault(&cast) {
            None => Ok(cast),
            Some(found) => Err(value_error(found)),
        }
    }
}

impl Rule {
    fn first_fault(&self, column: &ArrayRef) -> Option<(usize, Fault)> {
        if !self.null && column.null_count() > 0 {
            return (0..column.len()).find(|i| column.is_null(*i)).map(|row| (row, Fault::Null));
        }
        match column.data_type() {
            DataType::Utf8 => {
                let texts = column.as_string_opt::<i32>()?;
                let mut before = None;
                for (row, text) in texts.iter().enumerate() {
                    let Some(text) = text else { continue };
                    // Sorted tables repeat their values: the same text again needs no second look.
                    if before == Some(text) {
                        continue;
                    }
                    if let Some(fault) = self.text_fault(text) {
                        return Some((row, fault));
                    }
                    before = Some(text);
                }
                None
            }
            DataType::Date32 => {
                let days = column.as_primitive_opt::<Date32Type>()?;
                days.iter().position(|d| d.is_some_and(|d| date_of(d).is_none())).map(|row| (row, Fault::DateRange))
            }
            DataType::Int64 => {
                let numbers = column.as_primitive_opt::<Int64Type>()?;
                numbers.iter().position(|n| n.is_some_and(|n| !self.range.has(n.into()))).map(|row| (row, Fault::Range))
            }
            DataType::Decimal128(..) => {
                let numbers = column.as_primitive_opt::<Decimal128Type>()?;
                numbers.iter().position(|n| n.is_some_and(|n| !self.range.has(n))).map(|row| (row, Fault::Range))
            }
            _ => None,
        }
    }

    fn text_fault(&self, text: &str) -> Option<Fault> {
        if text.is_empty() {
            Some(Fault::EmptyText)
        } else if has_control(text) {
            Some(Fault::Control)
        } else if self.listed.as_ref().is_some_and(|listed| !listed.has(text)) {
            Some(Fault::NotListed)
        } else if self.pattern.as_ref().is_some_and(|p| !p.is_match(text)) {
            Some(Fault::Pattern)
        } else {
            None
        }
    }
}

/// The longest pattern, in bytes, and the most memory that one may take: a schema may come from outside. Matching takes time in proportion to the value,
/// whatever the pattern.
const PATTERN_MAX: usize = 2_000;
const PATTERN_MEMORY: usize = 1 << 20;

/// A pattern that matches whole values.
pub(crate) fn whole_pattern(pattern: &str) -> Result<Regex, regex::Error> {
    if pattern.len() > PATTERN_MAX {
        return Err(regex::Error::CompiledTooBig(PATTERN_MAX));
    }
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(PATTERN_MEMORY).nest_limit(50).build();
    // First by itself, so that `a)(b` is not made valid by the brackets around it.
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

/// Whether a text holds a control character (C0, DEL or C1) other than tab and line feed.
///
/// Carriage return is among those refused: quoted it is legal CSV, but many readers turn `\r\n` into `\n` and would see another value.
pub(crate) fn has_control(text: &str) -> bool {
    // C1 characters are encoded as 0xC2 and a byte below 0xA0; a byte loop without branches rules out nearly every text at once.
    let suspect = text.bytes().fold(false, |s, b| s | (b < 0x20) | (b == 0x7f) | (b == 0xc2));
    suspect && text.chars().any(|c| c.is_control() && c != '\t' && c != '\n')
}
