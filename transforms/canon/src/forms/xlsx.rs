//! A spreadsheet (Office Open XML, `.xlsx`) of three sheets: `donnees` has the rows under the names of the CSV, `colonnes` says in French what each column
//! is, `notes` what must be known to read them.
//!
//! Codes and other texts are text cells; integers, decimals, days and booleans are of their type, but for a number of more than 15 digits or a day before
//! March 1900, which a spreadsheet would change: these are texts. Nothing depends on the clock or the machine: entries of the file have no time, its
//! properties have the run's day.

use super::{
    About,
    notes::{columns_sheet, notes_sheet},
    sheet::{Sheet, Style, XML, escape},
};
use crate::{CanonError, cells::Cells};
use arrow::array::RecordBatch;
use solidata_model::{ColumnType, DatasetSpec, Part};
use std::{
    collections::BTreeSet,
    io::{Cursor, Write},
};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// Sheets, in their order.
pub(super) const SHEETS: [&str; 3] = ["donnees", "colonnes", "notes"];
/// The entry of the sheet of rows.
pub(super) const ROWS_ENTRY: &str = "xl/worksheets/sheet1.xml";
/// What the archive has, in this order.
pub(super) const ENTRIES: [&str; 10] = [
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    ROWS_ENTRY,
    "xl/worksheets/sheet2.xml",
    "xl/worksheets/sheet3.xml",
    "xl/workbook.xml",
    "docProps/app.xml",
    "docProps/core.xml",
];
/// zlib's own default.
const LEVEL: i64 = 6;

/// Formats of cells; those of decimals follow, by their scale.
pub(super) const TEXT: Style = Style(1);
pub(super) const HEAD: Style = Style(2);
pub(super) const WRAPPED: Style = Style(3);
const INTEGER: Style = Style(4);
const DATE: Style = Style(5);
const GENERAL: Style = Style(0);
const FIRST_DECIMAL: usize = 6;
/// Numbers of formats that are not built in begin here.
const FIRST_FORMAT: usize = 164;

/// Days from Excel's day 0 to 1970-01-01, for days from March 1900 on: before, its calendar has a day too much.
const EPOCH: i32 = 25_569;
/// 1900-03-01.
const FIRST_DAY: i32 = 61 - EPOCH;

/// What a workbook is of.
#[derive(Clone, Copy)]
pub(super) struct Workbook<'a> {
    pub(super) spec: &'a DatasetSpec,
    pub(super) about: &'a About,
    pub(super) rows: u64,
    pub(super) part: Option<&'a Part>,
}

pub(super) struct XlsxWriter<'a> {
    book: Workbook<'a>,
    zip: ZipWriter<Cursor<Vec<u8>>>,
    sheet: Sheet,
    scales: Vec<u32>,
    text: Vec<u8>,
}

impl<'a> XlsxWriter<'a> {
    pub(super) fn new(book: Workbook<'a>) -> Result<Self, CanonError> {
        let columns = &book.spec.contract.columns;
        let scale = |kind: ColumnType| match kind {
            ColumnType::Decimal { scale, .. } => Some(u32::from(scale.unsigned_abs())),
            _ => None,
        };
        let scales: BTreeSet<u32> = columns.iter().filter_map(|c| scale(c.kind)).collect();
        let scales: Vec<u32> = scales.into_iter().collect();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [
            ("[Content_Types].xml", content_types()),
            ("_rels/.rels", PACKAGE_RELATIONS.to_owned()),
            ("xl/_rels/workbook.xml.rels", workbook_relations()),
            ("xl/styles.xml", styles(&scales)),
        ] {
            put(&mut zip, name, content.as_bytes())?;
        }
        let width = |c: &solidata_model::Column| {
            let example = c.example.as_ref().map_or(0, |e| e.chars().count());
            (c.name.chars().count() + 4).max(example + 2).clamp(8, 40)
        };
        let mut sheet = Sheet::new(&columns.iter().map(width).collect::<Vec<_>>(), true);
        sheet.begin_row();
        for (i, column) in columns.iter().enumerate() {
            sheet.text(i, &column.name, HEAD)?;
        }
        sheet.end_row();
        start(&mut zip, ROWS_ENTRY)?;
        let mut writer = Self { book, zip, sheet, scales, text: Vec::new() };
        writer.flush()?;
        Ok(writer)
    }

    fn flush(&mut self) -> Result<(), CanonError> {
        self.zip.write_all(&self.sheet.xml)?;
        self.sheet.xml.clear();
        Ok(())
    }

    /// How many bytes the file has so far.
    pub(super) fn bytes(&self) -> u64 {
        self.zip.get_ref().map_or(0, |cursor| cursor.get_ref().len() as u64)
    }

    pub(super) fn write(&mut self, chunk: &RecordBatch, cells: &[Cells<'_>]) -> Result<(), CanonError> {
        for row in 0..chunk.num_rows() {
            self.sheet.begin_row();
            for (i, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_null(row)) {
                self.cell(i, cell, row)?;
            }
            self.sheet.end_row();
        }
        self.flush()
    }

    fn cell(&mut self, column: usize, cell: &Cells<'_>, row: usize) -> Result<(), CanonError> {
        self.text.clear();
        match cell {
            Cells::Boolean(a) => self.sheet.boolean(column, a.value(row), GENERAL),
            Cells::Date(a) if a.value(row) >= FIRST_DAY => {
                write!(self.text, "{}", a.value(row).saturating_add(EPOCH))?;
                self.sheet.number(column, &self.text, DATE);
            }
            Cells::Integer(_) if cell.is_exact_number(row) => {
                cell.write_text(row, &mut self.text);
                self.sheet.number(column, &self.text, INTEGER);
            }
            Cells::Decimal(_, scale) if cell.is_exact_number(row) => {
                cell.write_text(row, &mut self.text);
                let nth = self.scales.iter().position(|s| s == scale).unwrap_or(0);
                self.sheet.number(column, &self.text, Style(FIRST_DECIMAL + nth));
            }
            _ => {
                cell.write_text(row, &mut self.text);
                self.sheet.text(column, &String::from_utf8_lossy(&self.text), TEXT)?;
            }
        }
        Ok(())
    }

    /// Ends the sheet of rows, adds the others and gives the file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, CanonError> {
        self.sheet.end();
        self.flush()?;
        let (columns, notes) = (columns_sheet(self.book.spec)?, notes_sheet(&self.book)?);
        let ranges = [self.sheet.fixed_range(), columns.fixed_range(), notes.fixed_range()];
        for (name, content) in [
            ("xl/worksheets/sheet2.xml", columns.xml),
            ("xl/worksheets/sheet3.xml", notes.xml),
            ("xl/workbook.xml", workbook(&ranges).into_bytes()),
            ("docProps/app.xml", APP.to_owned().into_bytes()),
            ("docProps/core.xml", core(&self.book).into_bytes()),
        ] {
            put(&mut self.zip, name, &content)?;
        }
        Ok(self.zip.finish()?.into_inner())
    }
}

fn start(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str) -> Result<(), CanonError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    Ok(zip.start_file(name, options)?)
}

fn put(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &[u8]) -> Result<(), CanonError> {
    start(zip, name)?;
    Ok(zip.write_all(content)?)
}

const PACKAGE_RELATIONS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>\
<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/>\
<Relationship Id=\"rId3\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties\" Target=\"docProps/app.xml\"/>\
</Relationships>";

const APP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
<Properties xmlns=\"http://schemas.openxmlformats.org/officeDocument/2006/extended-properties\"><Application>Solidata</Application></Properties>";

fn content_types() -> String {
    const MAIN: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let mut xml = format!(
        "{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{MAIN}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{MAIN}.styles+xml\"/>\
         <Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>\
         <Override PartName=\"/docProps/app.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.extended-properties+xml\"/>"
    );
    for n in 1..=SHEETS.len() {
        xml += &format!("<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"{MAIN}.worksheet+xml\"/>");
    }
    xml + "</Types>"
}

fn workbook_relations() -> String {
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut xml = format!("{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">");
    for n in 1..=SHEETS.len() {
        xml += &format!("<Relationship Id=\"rId{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>");
    }
    xml + &format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/></Relationships>", SHEETS.len() + 1)
}

fn workbook(ranges: &[String; 3]) -> String {
    let mut xml = format!(
        "{XML}<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
         xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><bookViews><workbookView/></bookViews><sheets>"
    );
    for (i, name) in SHEETS.iter().enumerate() {
        xml += &format!("<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", i + 1);
    }
    xml += "</sheets><definedNames>";
    for (i, (name, range)) in SHEETS.iter().zip(ranges).enumerate() {
        xml += &format!("<definedName name=\"_xlnm._FilterDatabase\" localSheetId=\"{i}\" hidden=\"1\">{name}!{range}</definedName>");
    }
    xml + "</definedNames></workbook>"
}

fn styles(scales: &[u32]) -> String {
    let mut xml = format!("{XML}<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">");
    xml += &format!("<numFmts count=\"{}\"><numFmt numFmtId=\"{FIRST_FORMAT}\" formatCode=\"yyyy\\-mm\\-dd\"/>", scales.len() + 1);
    for (i, scale) in scales.iter().enumerate() {
        let zeros = "0".repeat(*scale as usize);
        let point = if *scale > 0 { "." } else { "" };
        xml += &format!("<numFmt numFmtId=\"{}\" formatCode=\"0{point}{zeros}\"/>", FIRST_FORMAT + 1 + i);
    }
    xml += "</numFmts><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font>\
            <font><b/><sz val=\"11\"/><name val=\"Calibri\"/><family val=\"2\"/></font></fonts>\
            <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills>\
            <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
            <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>";
    xml += &format!("<cellXfs count=\"{}\">", FIRST_DECIMAL + scales.len());
    let format = |number: usize, font: u8, alignment: &str| {
        let end = if alignment.is_empty() { "/>".to_owned() } else { format!(" applyAlignment=\"1\">{alignment}</xf>") };
        format!(
            "<xf numFmtId=\"{number}\" fontId=\"{font}\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"{end}"
        )
    };
    let (text, wrapped) = (49, "<alignment vertical=\"top\" wrapText=\"1\"/>");
    for one in [
        format(0, 0, ""),
        format(text, 0, ""),
        format(text, 1, ""),
        format(text, 0, wrapped),
        format(1, 0, ""),
        format(FIRST_FORMAT, 0, ""),
    ] {
        xml += &one;
    }
    for i in 0..scales.len() {
        xml += &format(FIRST_FORMAT + 1 + i, 0, "");
    }
    xml + "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>"
}

fn core(book: &Workbook<'_>) -> String {
    let escaped = |text: &str| {
        let mut out = Vec::new();
        escape(text, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    };
    let day = book.about.created.format("%Y-%m-%dT00:00:00Z");
    format!(
        "{XML}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title><dc:creator>{}</dc:creator>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{day}</dcterms:created><dcterms:modified xsi:type=\"dcterms:W3CDTF\">{day}</dcterms:modified>\
         <dc:language>fr</dc:language></cp:coreProperties>",
        escaped(&book.spec.title_fr),
        escaped(&book.about.publisher),
    )
}
