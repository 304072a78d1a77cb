//! NDJSON: a record ends at `\n` and nowhere else.

use super::{Counts, Feed, Layout, Outlet, Segment};
use crate::error::Damage;
use crate::stream::Stream;
use crate::{Collection, SourceError};
use memchr::memrchr;
use serde::de::IgnoredAny;

/// Sends the lines of a stream to the workers, who count them.
pub(crate) fn lines(stream: &mut Stream<'_>, outlet: &Outlet, collection: Collection) -> Result<Counts, SourceError> {
    let mut feed = Feed::new(stream, outlet);
    loop {
        feed.more()?;
        let newline = memrchr(b'\n', feed.bytes());
        let whole = newline.map_or(0, |at| at + 1);
        let upto = if feed.ended() { feed.bytes().len() } else { whole };
        // A last line that no newline ends may be a cut one: it counts only if it is a whole document.
        let tail = &feed.bytes()[whole..upto];
        if !tail.iter().all(u8::is_ascii_whitespace) && serde_json::from_slice::<IgnoredAny>(tail).is_err() {
            return Err(feed.damaged(whole, Damage::TornLine));
        }
        feed.send(upto, vec![Segment { collection, layout: Layout::Lines, from: 0, to: upto }])?;
        if feed.ended() {
            return Ok(Counts::new());
        }
    }
}
