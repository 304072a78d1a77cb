//! The parsing of a batch's records.

use crate::binary::{BsonCursor, BsonDeserializer, BsonError, stated_length};
use crate::consumer::{Breach, Consumer};
use crate::cursor::Fault;
use crate::frame::{Batch, Layout, Segment};
use crate::json::{JsonCursor, PAD};
use crate::receipt::Quarantined;
use crate::search;
use crate::unknown::{Policies, Unknown};
use crate::{Collection, Position};
use memchr::memchr;
use serde::de::DeserializeSeed;
use solidata_anonymise::contract::{DocumentSeed, PlaceDoc, SearchDoc};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What one worker has counted.
pub(crate) struct Tally<'p> {
    /// Documents of line-based streams; the other framings count theirs.
    pub lines: BTreeMap<Collection, u64>,
    pub quarantine: Vec<Quarantined>,
    /// Unknown fields of searches.
    pub search: Unknown<'p>,
    /// Unknown fields of places.
    pub lieux: Unknown<'p>,
}

/// Why one record is put in quarantine.
struct Why {
    reason: &'static str,
    field: Cow<'static, str>,
}

impl From<Breach> for Why {
    fn from(breach: Breach) -> Self {
        Why { reason: breach.reason, field: Cow::Borrowed(breach.field) }
    }
}

impl Why {
    const NOT_UTF8: Why = Why { reason: "utf8_invalide", field: Cow::Borrowed("") };

    fn fault(fault: Fault, malformed: &'static str) -> Why {
        match fault {
            Fault::Malformed => Why { reason: malformed, field: Cow::Borrowed("") },
            Fault::WrongType(field) => Why { reason: "type_inattendu", field: Cow::Borrowed(field) },
        }
    }
}

const NOT_JSON: &str = "json_invalide";
const NOT_BSON: &str = "bson_invalide";

/// One thread's side of the reading.
pub(crate) struct Worker<'c, C: Consumer> {
    pub consumer: &'c C,
    pub own: C::Worker,
    pub tally: Tally<'c>,
}

impl<'c, C: Consumer> Worker<'c, C> {
    pub fn new(consumer: &'c C, policies: &'c Policies) -> Self {
        let tally = Tally {
            lines: BTreeMap::new(),
            quarantine: Vec::new(),
            search: Unknown::new(&policies.search),
            lieux: Unknown::new(&policies.lieux),
        };
        Self { consumer, own: consumer.worker(), tally }
    }

    /// Parses all records of a batch.
    pub fn batch(&mut self, batch: &Batch) {
        for segment in &batch.segments {
            match (segment.collection, &segment.layout) {
                (Collection::Search, Layout::Bson) => self.search_bson(batch, segment),
                (Collection::Search, _) => self.search_json(batch, segment),
                (Collection::Lieux, Layout::Bson) => self.lieux_bson(batch, segment),
                (Collection::Lieux, _) => self.lieux_json(batch, segment),
                (_, Layout::Lines) => self.count_lines(batch, segment),
                _ => {}
            }
        }
    }

    fn search_json(&mut self, batch: &Batch, segment: &Segment) {
        let mut doc = SearchDoc::default();
        let lines = each_json(batch, segment, |at, record| {
            let Ok((text, from, to)) = record else { return self.tally.set_aside(segment, at, Why::NOT_UTF8) };
            search::clear(&mut doc);
            let mut cursor = JsonCursor::new(text, from, to);
            let read = search::read(&mut cursor, &mut doc, &mut self.tally.search).and_then(|()| cursor.finish());
            let taken = match read {
                Ok(()) => self.consumer.search(&mut self.own, at, &doc).map_err(Why::from),
                Err(fault) => Err(Why::fault(fault, NOT_JSON)),
            };
            self.tally.note(segment, at, taken);
        });
        self.tally.lines(segment, lines);
    }

    fn search_bson(&mut self, batch: &Batch, segment: &Segment) {
        let mut doc = SearchDoc::default();
        each_bson(batch, segment, |at, bytes| {
            search::clear(&mut doc);
            let mut cursor = BsonCursor::new(bytes);
            let read = search::read(&mut cursor, &mut doc, &mut self.tally.search).and_then(|()| cursor.finish());
            let taken = match read {
                Ok(()) => self.consumer.search(&mut self.own, at, &doc).map_err(Why::from),
                Err(fault) => Err(Why::fault(fault, NOT_BSON)),
            };
            self.tally.note(segment, at, taken);
        });
    }

    fn lieux_json(&mut self, batch: &Batch, segment: &Segment) {
        let lines = each_json(batch, segment, |at, record| {
            let Ok((text, from, to)) = record else { return self.tally.set_aside(segment, at, Why::NOT_UTF8) };
            let mut json = serde_json::Deserializer::from_str(&text[from..to]);
            let doc = DocumentSeed::<PlaceDoc>::new(&mut self.tally.lieux).deserialize(&mut json);
            let taken = match doc.and_then(|doc| json.end().map(|()| doc)) {
                Ok(doc) => self.consumer.lieu(&mut self.own, at, doc).map_err(Why::from),
                Err(error) if error.is_data() => Err(wrong_type(&error.to_string())),
                Err(_) => Err(Why::fault(Fault::Malformed, NOT_JSON)),
            };
            self.tally.note(segment, at, taken);
        });
        self.tally.lines(segment, lines);
    }

    fn lieux_bson(&mut self, batch: &Batch, segment: &Segment) {
        each_bson(batch, segment, |at, bytes| {
            let mut cursor = BsonCursor::new(bytes);
            let doc = DocumentSeed::<PlaceDoc>::new(&mut self.tally.lieux)
                .deserialize(BsonDeserializer(&mut cursor))
                .and_then(|doc| cursor.finish().map(|()| doc).map_err(BsonError::from));
            let taken = match doc {
                Ok(doc) => self.consumer.lieu(&mut self.own, at, doc).map_err(Why::from),
                Err(BsonError::Record(why)) => Err(wrong_type(&why)),
                Err(BsonError::Malformed) => Err(Why::fault(Fault::Malformed, NOT_BSON)),
            };
            self.tally.note(segment, at, taken);
        });
    }

    fn count_lines(&mut self, batch: &Batch, segment: &Segment) {
        let lines = each_json(batch, segment, |_, _| {});
        self.tally.lines(segment, lines);
    }
}

impl Tally<'_> {
    fn lines(&mut self, segment: &Segment, lines: u64) {
        *self.lines.entry(segment.collection).or_default() += lines;
    }

    fn note(&mut self, segment: &Segment, at: Position, taken: Result<(), Why>) {
        if let Err(why) = taken {
            self.set_aside(segment, at, why);
        }
    }

    #[cold]
    fn set_aside(&mut self, segment: &Segment, at: Position, why: Why) {
        self.quarantine.push(quarantined(segment, at, why));
    }
}

fn quarantined(segment: &Segment, position: Position, why: Why) -> Quarantined {
    Quarantined { collection: segment.collection, position, reason: why.reason, field: why.field }
}

/// Gives each JSON record of a segment, with the text that it lies in and where, or an error if it is not UTF-8. Returns the number of lines
/// that hold a record.
fn each_json<'b>(batch: &'b Batch, segment: &'b Segment, mut take: impl FnMut(Position, Result<(&'b str, usize, usize), ()>)) -> u64 {
    let bytes = &batch.bytes[..segment.to + PAD];
    // Nearly always all of it is UTF-8, which is far cheaper to know at once than string by string.
    let text = simdutf8::basic::from_utf8(bytes).ok();
    let mut give = |from: usize, to: usize| {
        let record = match text {
            Some(text) => Ok((text, from, to)),
            None => simdutf8::basic::from_utf8(&bytes[from..to]).map(|text| (text, 0, to - from)).map_err(drop),
        };
        take(Position(batch.base + from as u64), record);
    };
    if let Layout::Listed(places) = &segment.layout {
        places.iter().for_each(|&(from, to)| give(from, to));
        return 0;
    }
    let mut lines = 0;
    let mut from = segment.from;
    while from < segment.to {
        let to = memchr(b'\n', &bytes[from..segment.to]).map_or(segment.to, |length| from + length);
        // A blank line is no record. Only a line that begins with white space can be one.
        if bytes[from] > b' ' || !bytes[from..to].iter().all(u8::is_ascii_whitespace) {
            lines += 1;
            give(from, to);
        }
        from = to + 1;
    }
    lines
}

/// Gives each BSON document of a segment. The framing has checked their lengths.
fn each_bson<'b>(batch: &'b Batch, segment: &Segment, mut take: impl FnMut(Position, &'b [u8])) {
    let mut at = segment.from;
    while let Some(length) = batch.bytes.get(at..segment.to).and_then(stated_length) {
        let Some(document) = batch.bytes.get(at..at + length) else { return };
        take(Position(batch.base + at as u64), document);
        at += length;
    }
}

/// The path at the head of a record type's message, `path: what is wanted`. Anything that is not surely a path is left out.
fn wrong_type(message: &str) -> Why {
    let path = message.split_once(": ").map(|(path, _)| path).unwrap_or_default();
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(&b));
    let field = if plain { Cow::Owned(path.to_owned()) } else { Cow::Borrowed("") };
    Why { reason: "type_inattendu", field }
}
