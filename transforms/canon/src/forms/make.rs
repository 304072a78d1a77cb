//! Which files a table has beside its CSV and Parquet, and the making of them.

use super::{
    About, Form, FormReceipt, Limits,
    encode::{Context, Encoded, encode},
    point::PointColumns,
    rows::{Chunks, Selection},
    wrong,
};
use crate::{
    CanonError, LogicalDigest, TableReceipt,
    parquet_write::{FileReceipt, Metered},
    read_parquet,
};
use arrow::array::{Array as _, AsArray as _, RecordBatch};
use parquet::file::reader::ChunkReader;
use solidata_model::{DatasetSpec, Part};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    ops::Range,
};

/// RowBatches of the canonical rows of a table, in its order.
pub type RowBatches = Box<dyn Iterator<Item = Result<RecordBatch, CanonError>>>;

/// The rows of a published Parquet file.
///
/// # Errors
/// When it cannot be read.
pub fn parquet_rows<R: ChunkReader + 'static>(file: R) -> Result<RowBatches, CanonError> {
    Ok(Box::new(read_parquet(file)?))
}

/// The forms of one table.
#[derive(Clone, Copy)]
pub struct Forms<'a> {
    /// What the table promises.
    pub spec: &'a DatasetSpec,
    /// What a spreadsheet says of the release.
    pub about: &'a About,
    /// The largest files that are looked into.
    pub limits: &'a Limits,
    /// What was written of the table.
    pub table: &'a TableReceipt,
    /// Gives its rows from the first one on, as often as it is asked.
    pub rows: &'a dyn Fn() -> Result<RowBatches, CanonError>,
}

/// Opens a new file at a path of the release.
type Open<'a> = dyn FnMut(&str) -> io::Result<Box<dyn Write + Send>> + 'a;

/// Writes every form of a table but its CSV and its Parquet file:
///
/// - a spreadsheet of the whole table where a sheet can hold it, and of each part where it cannot or the file is too large;
/// - the CSV in gzip where the plain one is too large, and of each part where that is too large;
/// - a Parquet file of each part where that of the table is too large;
/// - GeoJSON and GeoParquet where rows have a point, and of each part where the file is too large.
///
/// A part has the rows of one value of the dataset's `split_by` column (those without a value are a part too); where such a part does not fit, its rows
/// are cut in their order into the fewest pieces of equal numbers of rows that do. The bytes depend on the rows, the contract and [`About`] alone, not on
/// the batches in which rows come. Memory: a chunk of rows, a row group of Parquet, and for a spreadsheet and a part the file, or the files of all its pieces.
///
/// # Errors
/// When rows break the contract, cannot be read, or the files cannot be written; when one row alone is larger than a limit, or a text longer than a cell of a spreadsheet.
pub fn write_forms(forms: &Forms<'_>, open: &mut Open<'_>) -> Result<Vec<FormReceipt>, CanonError> {
    let mut work = Work { forms, open, made: Vec::new() };
    work.spreadsheet()?;
    let (table, limits) = (forms.table, forms.limits);
    if table.csv.bytes > limits.csv {
        work.whole_and_parts(Form::CsvGz)?;
    }
    if table.parquet.bytes > limits.parquet {
        work.parts(Form::Parquet, table.rows)?;
    }
    if forms.spec.geometry.is_some() {
        work.whole_and_parts(Form::GeoJson)?;
        work.whole_and_parts(Form::GeoParquet)?;
    }
    Ok(work.made)
}

struct Work<'a, 'o> {
    forms: &'a Forms<'a>,
    open: &'o mut Open<'o>,
    made: Vec<FormReceipt>,
}

/// A file with its digest, or the number of its first rows that are too large already.
type Fitting = Result<InMemory, u64>;
type InMemory = (Vec<u8>, LogicalDigest);
/// The files of all pieces; or, if the first of them is too large, the number of its rows that are.
type Pieces = Result<Vec<(InMemory, Option<Part>)>, Option<u64>>;

/// The rows of one file.
struct Slice {
    selection: Selection,
    part: Option<Part>,
    rows: u64,
}

impl Work<'_, '_> {
    fn encode<W: Write + Send>(&self, form: Form, slice: &Slice, out: W, most: u64) -> Result<Encoded, CanonError> {
        let Forms { spec, about, rows, .. } = self.forms;
        let chunks = Chunks::new(spec, rows()?, slice.selection.clone())?;
        encode(form, Context { spec, about, rows: slice.rows, part: slice.part.as_ref() }, chunks, out, most)
    }

    /// In memory, unless it is too large.
    fn fitting(&self, form: Form, slice: &Slice) -> Result<Fitting, CanonError> {
        let mut bytes = Vec::new();
        Ok(match self.encode(form, slice, &mut bytes, self.forms.limits.bytes(form))? {
            Encoded::Whole(digest) => Ok((bytes, digest)),
            Encoded::TooLarge(rows) => Err(rows),
        })
    }

    fn add(&mut self, path: String, form: Form, file: FileReceipt, digest: LogicalDigest, part: Option<Part>) {
        self.made.push(FormReceipt { path, form, file, rows: digest.rows, logical_sha256: digest.sha256, part });
    }

    fn put(&mut self, path: String, form: Form, (bytes, digest): InMemory, part: Option<Part>) -> Result<(), CanonError> {
        let mut out = Metered::new((self.open)(&path)?);
        out.write_all(&bytes)?;
        let file = out.finish()?;
        self.add(path, form, file, digest, part);
        Ok(())
    }

    fn spreadsheet(&mut self) -> Result<(), CanonError> {
        let most = self.forms.limits.sheet_rows;
        if self.forms.table.rows < most { self.whole_and_parts(Form::Xlsx) } else { self.parts(Form::Xlsx, most) }
    }

    /// A file of the whole table, whatever its size, and parts if it is too large.
    fn whole_and_parts(&mut self, form: Form) -> Result<(), CanonError> {
        let spec = self.forms.spec;
        let part = form.is_geographic().then(|| self.part_of(form));
        let slice = Slice { selection: self.selection(form)?, part, rows: self.forms.table.rows };
        let path = form.path(&spec.id);
        let mut out = Metered::new((self.open)(&path)?);
        let Encoded::Whole(digest) = self.encode(form, &slice, &mut out, u64::MAX)? else {
            return Err(wrong("form", "a file without a limit was too large"));
        };
        let file = out.finish()?;
        // GeoParquet has the rows without a point too.
        self.add(path, form, file, digest, slice.part.filter(|part| part.with_point));
        if file.bytes > self.forms.limits.bytes(form) { self.parts(form, digest.rows) } else { Ok(()) }
    }

    fn part_of(&self, form: Form) -> Part {
        Part { of: Form::Csv.path(&self.forms.spec.id), with_point: form == Form::GeoJson, ..Part::default() }
    }

    fn selection(&self, form: Form) -> Result<Selection, CanonError> {
        let points = (form == Form::GeoJson).then(|| PointColumns::of_spec(self.forms.spec)).transpose()?;
        Ok(Selection { points, ..Selection::default() })
    }

    /// The files of each part; the first `too_many` rows of the table are known to be too large for one.
    fn parts(&mut self, form: Form, too_many: u64) -> Result<(), CanonError> {
        let spec = self.forms.spec;
        let column = match &spec.split_by {
            Some(name) => spec.contract.columns.iter().position(|c| c.name == *name).map(|at| (at, name)),
            None => None,
        };
        for (value, rows) in self.counted(form, column.map(|(at, _)| at))? {
            let mut selection = self.selection(form)?;
            let mut part = self.part_of(form);
            let mut name = "table".to_owned();
            if let Some((at, column)) = column {
                name = format!("{column}-{}", value.as_deref().unwrap_or("vide"));
                part.column = Some(column.clone());
                part.value.clone_from(&value);
                selection.value = Some((at, value));
            }
            if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
                return Err(wrong("form", format!("a value of split_by cannot be part of a file's name: '{name}'")));
            }
            let too_many = column.is_none().then_some(too_many);
            self.pieces(form, &name, &Slice { selection, part: Some(part), rows }, too_many)?;
        }
        Ok(())
    }

    /// How many rows each value has.
    fn counted(&self, form: Form, column: Option<usize>) -> Result<BTreeMap<Option<String>, u64>, CanonError> {
        let mut counts: BTreeMap<Option<String>, u64> = BTreeMap::new();
        for chunk in Chunks::new(self.forms.spec, (self.forms.rows)()?, self.selection(form)?)? {
            let chunk = chunk?;
            let values = column.and_then(|at| chunk.columns().get(at)).and_then(|c| c.as_string_opt::<i32>());
            for row in 0..chunk.num_rows() {
                let value = values.filter(|v| !v.is_null(row)).map(|v| v.value(row));
                match counts.get_mut(&value.map(str::to_owned)) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(value.map(str::to_owned), 1)),
                }
            }
        }
        Ok(counts)
    }

    /// One file of the rows of a part, or the fewest that fit. `too_many` of its first rows are known to be too large for one.
    fn pieces(&mut self, form: Form, name: &str, whole: &Slice, mut too_many: Option<u64>) -> Result<(), CanonError> {
        let table = self.forms.spec.id.as_str();
        let in_a_sheet = self.forms.limits.sheet_rows.saturating_sub(1).max(1);
        let mut pieces = if form == Form::Xlsx { whole.rows.div_ceil(in_a_sheet).max(1) } else { 1 };
        let made = loop {
            // The first piece begins with the same rows: with so many of them it does not fit either.
            while too_many.is_some_and(|rows| pieces <= whole.rows && cut(whole, 0, pieces).rows >= rows) {
                pieces += 1;
            }
            if pieces > whole.rows.max(1) {
                return Err(wrong("form", format!("{table}: one row alone is too large for a file of this form")));
            }
            match self.all_pieces(form, whole, pieces)? {
                Ok(made) => break made,
                Err(first) => too_many = first.or(too_many),
            }
            pieces += 1;
        };
        for (n, (made, part)) in (1..).zip(made) {
            // Without the number of pieces: from two on, the addresses of all stay when there is one more.
            let name = if pieces == 1 { name.to_owned() } else { format!("{name}-{n}") };
            self.put(form.part_path(table, &name), form, made, part)?;
        }
        Ok(())
    }

    /// The files of so many pieces; if one is too large none, and if it was the first, how many of its rows were too many.
    fn all_pieces(&self, form: Form, whole: &Slice, pieces: u64) -> Result<Pieces, CanonError> {
        let mut all = Vec::new();
        for piece in 0..pieces {
            let slice = cut(whole, piece, pieces);
            match self.fitting(form, &slice)? {
                Ok(made) => all.push((made, slice.part)),
                Err(rows) => return Ok(Err((piece == 0).then_some(rows))),
            }
        }
        Ok(Ok(all))
    }
}

/// One of `pieces` pieces of rows, counted from 0; the whole if it is the only one.
fn cut(whole: &Slice, piece: u64, pieces: u64) -> Slice {
    if pieces == 1 {
        return Slice { selection: whole.selection.clone(), part: whole.part.clone(), rows: whole.rows };
    }
    let at = |n: u64| u64::try_from(u128::from(whole.rows) * u128::from(n) / u128::from(pieces)).unwrap_or(whole.rows);
    let range: Range<u64> = at(piece)..at(piece + 1);
    let number = |n: u64| u32::try_from(n).ok();
    let part = whole.part.clone().map(|part| Part { piece: number(piece + 1), pieces: number(pieces), ..part });
    Slice { rows: range.end - range.start, selection: Selection { range: Some(range), ..whole.selection.clone() }, part }
}
