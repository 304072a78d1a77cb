//! The scanner itself.

use super::chunk::{STRING_CHUNK, string_stops};
use super::skip::container;
use super::text::unescape;
use super::{number, skip};
use crate::cursor::{Cursor, Fault, Known, Level, Opened, Shallow, mix, word_of, zero_bytes};
use crate::unknown::Unknown;
use solidata_anonymise::contract::{Moment, ObjectId, iso_to_ms};
use std::borrow::Cow;

/// Objects such as `{"$date": {"$numberLong": ".."}}` are unwrapped this deep.
const WRAPPERS: u32 = 4;

/// Where the scanner is in the text of one record.
pub(crate) struct JsonCursor<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    /// An object or a list was just entered: no comma is due.
    fresh: bool,
}

impl<'a> JsonCursor<'a> {
    /// For the record at `from..end` of `text`. The text goes on after the record (see [`super::PAD`]); none of that is taken for part of it.
    pub fn new(text: &'a str, from: usize, end: usize) -> Self {
        Self { text, at: from, end: end.min(text.len()), fresh: false }
    }

    /// Nothing but white space may follow the document.
    pub fn finish(mut self) -> Result<(), Fault> {
        self.next();
        if self.at == self.end { Ok(()) } else { Err(Fault::Malformed) }
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The next byte that is no white space, which is not taken; 0 at the end of the record. When a malformed record leads the scanner
    /// beyond its end, that is noticed by [`Self::finish`] at the latest.
    #[inline(always)]
    fn next(&mut self) -> u8 {
        let byte = self.byte(self.at);
        if byte > b' ' { byte } else { self.next_after_space() }
    }

    fn next_after_space(&mut self) -> u8 {
        while self.at < self.end {
            match self.byte(self.at) {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return byte,
            }
        }
        0
    }

    /// The offset of the first quote, backslash or control character at or after `from`. A line feed ends a record of NDJSON, and a record
    /// of an array has balanced quotes, so that it lies inside the record unless that is malformed.
    #[inline(always)]
    fn string_stop(&self, from: usize) -> Result<usize, Fault> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(chunk) = bytes.get(at..at + STRING_CHUNK).and_then(|chunk| chunk.first_chunk()) {
            let stops = string_stops(chunk);
            if stops != 0 {
                return Ok(at + stops.trailing_zeros() as usize);
            }
            at += STRING_CHUNK;
        }
        self.string_stop_near_end(at)
    }

    #[cold]
    fn string_stop_near_end(&self, from: usize) -> Result<usize, Fault> {
        let rest = self.text.as_bytes().get(from..self.end).ok_or(Fault::Malformed)?;
        rest.iter().position(|&b| b == b'"' || b == b'\\' || b < 0x20).map(|i| from + i).ok_or(Fault::Malformed)
    }

    /// At a quote: the string, and on.
    #[inline(always)]
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let start = self.at + 1;
        let stop = self.string_stop(start)?;
        match self.byte(stop) {
            b'"' => {
                self.at = stop + 1;
                Ok(Cow::Borrowed(self.text.get(start..stop).ok_or(Fault::Malformed)?))
            }
            b'\\' => {
                let (text, after) = unescape(self.text, start, stop, self.end)?;
                self.at = after;
                Ok(Cow::Owned(text))
            }
            _ => Err(Fault::Malformed),
        }
    }

    /// At a quote: over the string.
    #[inline(always)]
    fn skip_string(&mut self) -> Result<(), Fault> {
        let mut stop = self.string_stop(self.at + 1)?;
        loop {
            match self.byte(stop) {
                b'"' => {
                    self.at = stop + 1;
                    return Ok(());
                }
                b'\\' => stop = self.string_stop(stop + 2)?,
                _ => return Err(Fault::Malformed),
            }
        }
    }

    #[inline(always)]
    fn literal(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        if self.text.as_bytes().get(self.at..self.at + word.len()) == Some(word) {
            self.at += word.len();
            return Ok(());
        }
        Err(Fault::Malformed)
    }

    fn number(&mut self) -> Result<Shallow<'a>, Fault> {
        let (value, after) = number::number(self.record(), self.at)?;
        self.at = after;
        Ok(value)
    }

    fn record(&self) -> &'a [u8] {
        self.text.as_bytes().get(..self.end).unwrap_or_default()
    }

    /// At an object or a list: over it.
    fn skip_container(&mut self) -> Result<(), Fault> {
        self.at = container(self.text.as_bytes(), self.at, self.end).map_err(|_: skip::Stuck| Fault::Malformed)?;
        Ok(())
    }

    /// At a value: over it.
    #[inline]
    fn skip(&mut self) -> Result<(), Fault> {
        match self.next() {
            b'"' => self.skip_string(),
            b'{' | b'[' => self.skip_container(),
            b'n' => self.literal(b"null"),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'-' | b'0'..=b'9' => {
                self.at = number::grammar(self.record(), self.at).ok_or(Fault::Malformed)?;
                Ok(())
            }
            _ => Err(Fault::Malformed),
        }
    }

    /// At the name of a key that the level knows, spelled as nearly always: without escapes, at most 15 bytes, its colon right behind. Goes on to
    /// the value. `None` is for all others; nothing is taken then. A name that equals a known one needs no further check.
    #[inline(always)]
    fn known_name<L: Level>(&mut self) -> Option<Known<L>> {
        const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let (eights, _) = bytes.get(start..start + 16)?.as_chunks::<8>();
        let [low, high] = [u64::from_le_bytes(*eights.first()?), u64::from_le_bytes(*eights.get(1)?)];
        let quotes = zero_bytes(low ^ QUOTES);
        let (len, word) = if quotes != 0 {
            let len = quotes.trailing_zeros() as usize / 8;
            (len, low & ((1 << (8 * len)) - 1))
        } else {
            let quotes = zero_bytes(high ^ QUOTES);
            if quotes == 0 {
                return None;
            }
            (8 + quotes.trailing_zeros() as usize / 8, low)
        };
        if bytes[self.at] != b'"' || self.byte(start + len + 1) != b':' {
            return None;
        }
        match L::find(&bytes[start..start + len], mix(word, len)) {
            Known::Not => None,
            known => {
                self.at = start + len + 2;
                Some(known)
            }
        }
    }

    /// At the name of a key, whatever its spelling: the name, and on to the value.
    fn name(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.next() != b'"' {
            return Err(Fault::Malformed);
        }
        let name = self.string()?;
        if self.next() != b':' {
            return Err(Fault::Malformed);
        }
        self.at += 1;
        Ok(name)
    }

    /// At a comma or the closing bracket: whether another member follows.
    #[inline(always)]
    fn another(&mut self, closing: u8) -> Result<bool, Fault> {
        let byte = self.next();
        if byte == closing {
            self.fresh = false;
            self.at += 1;
            return Ok(false);
        }
        if self.fresh {
            self.fresh = false;
            return Ok(true);
        }
        if byte == b',' {
            self.at += 1;
            return Ok(true);
        }
        Err(Fault::Malformed)
    }

    /// At an object where a value without children is wanted.
    fn wrapper(&mut self, depth: u32) -> Result<Shallow<'a>, Fault> {
        let begin = self.at;
        self.at += 1;
        self.fresh = true;
        if !self.another(b'}')? {
            return Ok(Shallow::Other);
        }
        let key = self.name()?;
        if !key.starts_with('$') || depth == 0 {
            self.at = begin;
            self.skip_container()?;
            return Ok(Shallow::Other);
        }
        let value = self.value(depth - 1)?;
        let mut alone = true;
        while self.another(b'}')? {
            self.name()?;
            self.skip()?;
            alone = false;
        }
        Ok(if alone { unwrap(&key, value) } else { Shallow::Other })
    }

    fn value(&mut self, depth: u32) -> Result<Shallow<'a>, Fault> {
        match self.next() {
            b'"' => {
                let text = self.string()?;
                Ok(if text.is_empty() { Shallow::EmptyText } else { Shallow::Text(text) })
            }
            b'{' => self.wrapper(depth),
            b'[' => {
                let begin = self.at;
                self.skip_container()?;
                let empty = self.text.as_bytes()[begin + 1..self.at - 1].iter().all(u8::is_ascii_whitespace);
                Ok(if empty { Shallow::EmptyList } else { Shallow::Other })
            }
            b'n' => self.literal(b"null").map(|()| Shallow::Blank),
            b't' => self.literal(b"true").map(|()| Shallow::Bool(true)),
            b'f' => self.literal(b"false").map(|()| Shallow::Bool(false)),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(Fault::Malformed),
        }
    }

    /// At a value that is neither the object nor the list that is wanted.
    fn instead(&mut self) -> Result<Opened, Fault> {
        match self.next() {
            b'n' => self.literal(b"null").map(|()| Opened::Blank),
            b'"' if self.byte(self.at + 1) == b'"' => {
                self.at += 2;
                Ok(Opened::Blank)
            }
            b'"' => Ok(Opened::Text),
            b'{' | b'[' | b't' | b'f' | b'-' | b'0'..=b'9' => Ok(Opened::Other),
            _ => Err(Fault::Malformed),
        }
    }
}

/// What `{key: value}` means in Extended JSON.
fn unwrap<'a>(key: &str, value: Shallow<'a>) -> Shallow<'a> {
    let found = match (key, &value) {
        ("$oid", Shallow::Text(hex)) => ObjectId::from_hex(hex).map(Shallow::Id),
        ("$date", Shallow::Text(iso)) => iso_to_ms(iso).map(Shallow::Date),
        ("$date", Shallow::Int(ms)) => Some(Shallow::Date(*ms)),
        ("$numberInt" | "$numberLong", Shallow::Text(digits)) => digits.parse().ok().map(Shallow::Int),
        ("$numberInt" | "$numberLong", Shallow::Int(n)) => Some(Shallow::Int(*n)),
        ("$numberDouble", Shallow::Text(text)) => text.parse().ok().map(Shallow::Double),
        ("$numberDouble", _) => value.whole().map(|n| Shallow::Double(n as f64)),
        _ => None,
    };
    found.unwrap_or(Shallow::Other)
}

impl<'a> Cursor<'a> for JsonCursor<'a> {
    #[inline(always)]
    fn key<L: Level>(&mut self, unknown: &mut Unknown<'_>) -> Result<Option<L>, Fault> {
        while self.another(b'}')? {
            match self.known_name::<L>() {
                Some(Known::Wanted(field)) => return Ok(Some(field)),
                Some(_) => {}
                None => {
                    let name = self.name()?;
                    match L::find(name.as_bytes(), word_of(name.as_bytes())) {
                        Known::Wanted(field) => return Ok(Some(field)),
                        Known::Named => {}
                        Known::Not => unknown.note(L::PATH, name.as_bytes()),
                    }
                }
            }
            self.skip()?;
        }
        Ok(None)
    }

    #[inline(always)]
    fn item(&mut self) -> Result<bool, Fault> {
        self.another(b']')
    }

    fn open_object(&mut self) -> Result<Opened, Fault> {
        match self.next() {
            b'{' => {
                self.at += 1;
                self.fresh = true;
                Ok(Opened::Inside)
            }
            b'[' => match self.value(0)? {
                Shallow::EmptyList => Ok(Opened::Blank),
                _ => Ok(Opened::Other),
            },
            _ => self.instead(),
        }
    }

    fn open_list(&mut self) -> Result<Opened, Fault> {
        if self.next() != b'[' {
            return self.instead();
        }
        self.at += 1;
        self.fresh = true;
        Ok(Opened::Inside)
    }

    fn shallow(&mut self) -> Result<Shallow<'a>, Fault> {
        self.value(WRAPPERS)
    }

    #[inline]
    fn text(&mut self, path: &'static str) -> Result<Option<Cow<'a, str>>, Fault> {
        match self.next() {
            b'"' => {
                let text = self.string()?;
                Ok(if text.is_empty() { None } else { Some(text) })
            }
            b'n' => self.literal(b"null").map(|()| None),
            _ => match self.shallow()? {
                Shallow::EmptyList => Ok(None),
                _ => Err(Fault::WrongType(path)),
            },
        }
    }

    fn has_text(&mut self, path: &'static str) -> Result<bool, Fault> {
        if self.next() != b'"' {
            return Ok(self.text(path)?.is_some());
        }
        let begin = self.at;
        self.skip_string()?;
        Ok(self.at > begin + 2)
    }

    fn moment(&mut self) -> Result<Moment, Fault> {
        // Nearly always `{"$date":"2024-03-13T15:06:54.120Z"}`.
        Ok(match self.shallow()? {
            Shallow::Blank => Moment::Absent,
            Shallow::Date(ms) => Moment::At(ms),
            _ => Moment::NotADate,
        })
    }
}
