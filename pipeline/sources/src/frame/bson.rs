//! Concatenated BSON documents. There is no checksum: a cut is seen by the length of the last document.

use super::{Counts, Feed, Layout, Outlet, Segment};
use crate::binary::{possible, stated_length};
use crate::error::Damage;
use crate::stream::Stream;
use crate::{Collection, SourceError};

/// Sends the documents of a stream to the workers.
pub(crate) fn bson(stream: &mut Stream<'_>, outlet: &Outlet, collection: Collection) -> Result<Counts, SourceError> {
    let mut feed = Feed::new(stream, outlet);
    let mut documents = 0;
    loop {
        feed.more()?;
        let mut at = 0;
        while let Some(length) = next_document(&feed, at)? {
            at += length;
            documents += 1;
        }
        if feed.ended() && at < feed.bytes().len() {
            return Err(feed.damaged(at, Damage::TornDocument));
        }
        let segments = vec![Segment { collection, layout: Layout::Bson, from: 0, to: at }];
        feed.send(at, segments)?;
        if feed.ended() {
            return Ok(Counts::from([(collection.name().to_owned(), documents)]));
        }
    }
}

/// The length of the document at `at`, once it is wholly in memory.
pub(super) fn next_document(feed: &Feed<'_, '_>, at: usize) -> Result<Option<usize>, SourceError> {
    let bytes = &feed.bytes()[at..];
    let Some(length) = stated_length(bytes) else { return Ok(None) };
    if !possible(length) {
        return Err(feed.damaged(at, Damage::DocumentLength));
    }
    match bytes.get(length - 1) {
        None => Ok(None),
        Some(0) => Ok(Some(length)),
        Some(_) => Err(feed.damaged(at, Damage::DocumentEnd)),
    }
}
