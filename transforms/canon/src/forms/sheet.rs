//! One sheet of a workbook in SpreadsheetML, row by row.
//!
//! Texts stand in their cells (`inlineStr`): the shared list of texts that other programs write would have to be kept in memory. A text is written as a
//! text whatever it begins with, so that nothing is ever taken for a formula or made a link.

use super::wrong;
use crate::CanonError;
use std::io::Write as _;

/// The longest text of a cell, in units of UTF-16.
const LONGEST_TEXT: usize = 32_767;

/// The format of a cell: its place in the workbook's list (see [`super::xlsx`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style(pub(super) usize);

/// Rows of a sheet, as XML that is taken out piece by piece.
pub(super) struct Sheet {
    letters: Vec<String>,
    rows: u64,
    pub(super) xml: Vec<u8>,
}

impl Sheet {
    /// Begins a sheet of columns of these widths, in characters. The first row stays in sight.
    pub(super) fn new(widths: &[usize], selected: bool) -> Self {
        let mut xml = Vec::new();
        xml.extend_from_slice(XML.as_bytes());
        xml.extend_from_slice(b"<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetViews><sheetView");
        if selected {
            xml.extend_from_slice(b" tabSelected=\"1\"");
        }
        xml.extend_from_slice(
            b" workbookViewId=\"0\"><pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
              <selection pane=\"bottomLeft\"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/><cols>",
        );
        for (i, width) in widths.iter().enumerate() {
            let _ = write!(xml, "<col min=\"{0}\" max=\"{0}\" width=\"{width}\" customWidth=\"1\"/>", i + 1);
        }
        xml.extend_from_slice(b"</cols><sheetData>");
        Self { letters: (0..widths.len()).map(letters).collect(), rows: 0, xml }
    }

    pub(super) fn begin_row(&mut self) {
        self.rows += 1;
        let _ = write!(self.xml, "<row r=\"{}\">", self.rows);
    }

    pub(super) fn end_row(&mut self) {
        self.xml.extend_from_slice(b"</row>");
    }

    fn begin_cell(&mut self, column: usize, style: Style) {
        let letters = self.letters.get(column).map_or("", String::as_str);
        let _ = write!(self.xml, "<c r=\"{letters}{}\" s=\"{}\"", self.rows, style.0);
    }

    /// A text.
    ///
    /// # Errors
    /// When it is longer than any cell can hold.
    pub(super) fn text(&mut self, column: usize, text: &str, style: Style) -> Result<(), CanonError> {
        if text.len() > LONGEST_TEXT && text.encode_utf16().count() > LONGEST_TEXT {
            return Err(wrong("XLSX", format!("row {}: a text of more than {LONGEST_TEXT} characters, which no cell can hold", self.rows)));
        }
        self.begin_cell(column, style);
        let edge = |c: Option<char>| c.is_some_and(char::is_whitespace);
        let kept = edge(text.chars().next()) || edge(text.chars().next_back()) || text.contains(['\n', '\t']);
        self.xml.extend_from_slice(if kept { b" t=\"inlineStr\"><is><t xml:space=\"preserve\">" } else { b" t=\"inlineStr\"><is><t>" });
        escape(text, &mut self.xml);
        self.xml.extend_from_slice(b"</t></is></c>");
        Ok(())
    }

    /// A number, by its digits.
    pub(super) fn number(&mut self, column: usize, digits: &[u8], style: Style) {
        self.begin_cell(column, style);
        self.xml.extend_from_slice(b"><v>");
        self.xml.extend_from_slice(digits);
        self.xml.extend_from_slice(b"</v></c>");
    }

    /// True or false.
    pub(super) fn boolean(&mut self, column: usize, value: bool, style: Style) {
        self.begin_cell(column, style);
        let _ = write!(self.xml, " t=\"b\"><v>{}</v></c>", u8::from(value));
    }

    /// The cells that hold something, such as `A1:P312`.
    pub(super) fn range(&self) -> String {
        format!("A1:{}{}", self.letters.last().map_or("A", String::as_str), self.rows.max(1))
    }

    /// The same, as a name in the workbook refers to it: `$A$1:$P$312`.
    pub(super) fn fixed_range(&self) -> String {
        format!("$A$1:${}${}", self.letters.last().map_or("A", String::as_str), self.rows.max(1))
    }

    /// Ends the sheet; with arrows to filter by, and without a mark on codes that look like numbers.
    pub(super) fn end(&mut self) {
        let range = self.range();
        let _ = write!(
            self.xml,
            "</sheetData><autoFilter ref=\"{range}\"/><pageMargins left=\"0.7\" right=\"0.7\" top=\"0.75\" bottom=\"0.75\" header=\"0.3\" \
             footer=\"0.3\"/><ignoredErrors><ignoredError sqref=\"{range}\" numberStoredAsText=\"1\"/></ignoredErrors></worksheet>"
        );
    }
}

/// What an XML document begins with.
pub(super) const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// The letters of a column, counted from 0.
fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        left -= 1;
        letters.insert(0, b'A' + (left % 26) as u8);
        left /= 26;
    }
    String::from_utf8_lossy(&letters).into_owned()
}

/// Appends a text to XML. What looks like one of Office's escapes (`_x0041_`) is escaped itself, and so are the characters that XML has no place for.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let plain = rest.find(['&', '<', '>', '"', '_', '\r', '\u{fffe}', '\u{ffff}']).unwrap_or(rest.len());
        let (before, after) = rest.split_at(plain);
        if plain > 0 {
            out.extend_from_slice(before.as_bytes());
            rest = after;
            continue;
        }
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '_' if is_escape(rest.as_bytes()) => out.extend_from_slice(b"_x005F_"),
            '_' => out.push(b'_'),
            other => {
                let _ = write!(out, "_x{:04X}_", u32::from(other));
            }
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'_', b'x', a, b, c, d, b'_', ..] if [a, b, c, d].iter().all(|x| x.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_named_by_letters() {
        assert_eq!([0, 25, 26, 51, 52, 701, 702].map(letters), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn texts_are_escaped_for_xml_and_for_office() {
        for (text, wanted) in [
            ("l'été & <b>", "l'été &amp; &lt;b&gt;"),
            ("=1+1", "=1+1"),
            ("a_b_x004_", "a_b_x004_"),
            ("_x0041_", "_x005F_x0041_"),
            ("é\u{ffff}", "é_xFFFF_"),
            ("", ""),
        ] {
            assert_eq!(escaped(text), wanted);
        }
    }

    #[test]
    fn a_text_that_no_cell_can_hold_is_refused() {
        let mut sheet = Sheet::new(&[8], true);
        sheet.begin_row();
        sheet.text(0, &"é".repeat(LONGEST_TEXT), Style(0)).unwrap();
        assert!(sheet.text(0, &"😀".repeat(LONGEST_TEXT / 2 + 1), Style(0)).is_err());
    }
}
