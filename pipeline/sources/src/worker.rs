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
use solidata_anonymise::contract::{DocumentSeed, Field, SearchDoc};
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

    /// Parses all records of a batch. To read another collection: a record type in the contract, a method of [`Consumer`], and a line here.
    pub fn batch(&mut self, batch: &Batch) {
        for segment in &batch.segments {
            match segment.collection {
                Collection::Search => self.searches(batch, segment),
                Collection::Lieux => self.records(batch, segment, |tally| &mut tally.lieux, C::lieu),
                _ => self.count(batch, segment),
            }
        }
    }

    /// Searches: there are many, so they have readers of their own.
    fn searches(&mut self, batch: &Batch, segment: &Segment) {
        let mut doc = SearchDoc::default();
        each(batch, segment, &mut self.tally, |tally, at, record| {
            search::clear(&mut doc);
            match record {
                Record::Json(text, from, to) => {
                    let mut cursor = JsonCursor::new(text, from, to);
                    let read = search::read(&mut cursor, &mut doc, &mut tally.search).and_then(|()| cursor.finish());
                    read.map_err(|fault| Why::fault(fault, NOT_JSON))?;
                }
                Record::Bson(bytes) => {
                    let mut cursor = BsonCursor::new(bytes);
                    let read = search::read(&mut cursor, &mut doc, &mut tally.search).and_then(|()| cursor.finish());
                    read.map_err(|fault| Why::fault(fault, NOT_BSON))?;
                }
            }
            Ok(self.consumer.search(&mut self.own, at, &doc)?)
        });
    }

    /// Records of any type that serde reads.
    fn records<T>(
        &mut self,
        batch: &Batch,
        segment: &Segment,
        unknown: for<'t> fn(&'t mut Tally<'c>) -> &'t mut Unknown<'c>,
        give: fn(&C, &mut C::Worker, Position, T) -> Result<(), Breach>,
    ) where
        T: for<'de> Field<'de>,
    {
        each(batch, segment, &mut self.tally, |tally, at, record| {
            let seed = DocumentSeed::<T>::new(unknown(tally));
            let doc = match record {
                Record::Json(text, from, to) => {
                    let mut json = serde_json::Deserializer::from_str(&text[from..to]);
                    let doc = seed.deserialize(&mut json).and_then(|doc| json.end().map(|()| doc));
                    doc.map_err(
                        |error| if error.is_data() { wrong_type(&error.to_string()) } else { Why::fault(Fault::Malformed, NOT_JSON) },
                    )?
                }
                Record::Bson(bytes) => {
                    let mut cursor = BsonCursor::new(bytes);
                    let doc = seed.deserialize(BsonDeserializer(&mut cursor));
                    doc.and_then(|doc| cursor.finish().map(|()| doc).map_err(BsonError::from)).map_err(|error| match error {
                        BsonError::Record(why) => wrong_type(&why),
                        BsonError::Malformed => Why::fault(Fault::Malformed, NOT_BSON),
                    })?
                }
            };
            Ok(give(self.consumer, &mut self.own, at, doc)?)
        });
    }

    /// Only how many there are.
    fn count(&mut self, batch: &Batch, segment: &Segment) {
        each(batch, segment, &mut self.tally, |_, _, _| Ok(()));
    }
}

/// Where a record lies: in a text, or by itself.
enum Record<'b> {
    Json(&'b str, usize, usize),
    Bson(&'b [u8]),
}

/// Gives each record of a segment to `take` and sets aside those that it refuses.
fn each<'b, 'p>(
    batch: &'b Batch,
    segment: &'b Segment,
    tally: &mut Tally<'p>,
    mut take: impl FnMut(&mut Tally<'p>, Position, Record<'b>) -> Result<(), Why>,
) {
    let mut give = |tally: &mut Tally<'p>, at: usize, record: Result<Record<'b>, Why>| {
        let position = Position(batch.base + at as u64);
        if let Err(why) = record.and_then(|record| take(tally, position, record)) {
            let Why { reason, field } = why;
            tally.quarantine.push(Quarantined { collection: segment.collection, position, reason, field });
        }
    };
    if let Layout::Bson = segment.layout {
        // The framing has checked the lengths.
        let mut at = segment.from;
        while let Some(length) = batch.bytes.get(at..segment.to).and_then(stated_length) {
            let Some(document) = batch.bytes.get(at..at + length) else { return };
            give(tally, at, Ok(Record::Bson(document)));
            at += length;
        }
        return;
    }
    let bytes = &batch.bytes[..segment.to + PAD];
    // Nearly always all of it is UTF-8, which is far cheaper to know at once than string by string.
    let text = simdutf8::basic::from_utf8(bytes).ok();
    let record = |from: usize, to: usize| match text {
        Some(text) => Ok(Record::Json(text, from, to)),
        None => simdutf8::basic::from_utf8(&bytes[from..to]).map(|text| Record::Json(text, 0, to - from)).map_err(|_| Why::NOT_UTF8),
    };
    if let Layout::Listed(places) = &segment.layout {
        places.iter().for_each(|&(from, to)| give(tally, from, record(from, to)));
        return;
    }
    let mut lines = 0;
    let mut from = segment.from;
    while from < segment.to {
        let to = memchr(b'\n', &bytes[from..segment.to]).map_or(segment.to, |length| from + length);
        // A blank line is no record. Only a line that begins with white space can be one.
        if bytes[from] > b' ' || !bytes[from..to].iter().all(u8::is_ascii_whitespace) {
            lines += 1;
            give(tally, from, record(from, to));
        }
        from = to + 1;
    }
    *tally.lines.entry(segment.collection).or_default() += lines;
}

/// The path at the head of a record type's message, `path: what is wanted`. Anything that is not surely a path is left out.
fn wrong_type(message: &str) -> Why {
    let path = message.split_once(": ").map(|(path, _)| path).unwrap_or_default();
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.[]".contains(&b));
    let field = if plain { Cow::Owned(path.to_owned()) } else { Cow::Borrowed("") };
    Why { reason: "type_inattendu", field }
}
