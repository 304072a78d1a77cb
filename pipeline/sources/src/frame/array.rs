//! `mongoexport --jsonArray`: one JSON array, usually on one line. Records end where their brackets balance.

use super::{Counts, Feed, Layout, Outlet, Segment};
use crate::error::Damage;
use crate::json::skip::{Stuck, container};
use crate::stream::Stream;
use crate::{Collection, SourceError};

/// What may come next.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Bracket,
    FirstRecord,
    Record,
    Comma,
    Nothing,
}

/// Sends the records of a stream to the workers.
pub(crate) fn array(stream: &mut Stream<'_>, outlet: &Outlet, collection: Collection) -> Result<Counts, SourceError> {
    let mut feed = Feed::new(stream, outlet);
    let mut next = Next::Bracket;
    let mut documents = 0;
    loop {
        feed.more()?;
        let mut records = Vec::new();
        let mut at = 0;
        let bytes = feed.bytes();
        while at < bytes.len() {
            let (step, then) = match (next, bytes[at]) {
                (_, b' ' | b'\t' | b'\r' | b'\n') => (1, next),
                (Next::Bracket, b'[') => (1, Next::FirstRecord),
                (Next::FirstRecord | Next::Comma, b']') => (1, Next::Nothing),
                (Next::Comma, b',') => (1, Next::Record),
                (Next::FirstRecord | Next::Record, b'{') => match container(bytes, at, bytes.len()) {
                    Ok(end) => {
                        records.push((at, end));
                        (end - at, Next::Comma)
                    }
                    Err(Stuck::Open) => break,
                    Err(Stuck::Unbalanced) => return Err(feed.damaged(at, Damage::ArrayBroken)),
                },
                (Next::Nothing, _) => return Err(feed.damaged(at, Damage::AfterArray)),
                _ => return Err(feed.damaged(at, Damage::ArrayBroken)),
            };
            at += step;
            next = then;
        }
        if feed.ended() && (next != Next::Nothing || at < bytes.len()) {
            return Err(feed.damaged(at, Damage::ArrayOpen));
        }
        documents += records.len() as u64;
        let segments =
            if records.is_empty() { Vec::new() } else { vec![Segment { collection, layout: Layout::Listed(records), from: 0, to: at }] };
        feed.send(at, segments)?;
        if feed.ended() {
            return Ok(Counts::from([(collection.name().to_owned(), documents)]));
        }
    }
}
