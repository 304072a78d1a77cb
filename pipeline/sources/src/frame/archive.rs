//! `mongodump --archive`: a prelude that names the collections, then blocks of their documents, interleaved; each collection ends with a
//! mark that carries a CRC-64/XZ of its documents. Every collection is checked, wanted or not.

use super::bson::next_document;
use super::{Counts, Feed, Layout, Outlet, Segment};
use crate::error::Damage;
use crate::stream::Stream;
use crate::{Collection, SourceError};
use ::bson::RawDocument;
use crc_fast::{CrcAlgorithm, Digest};

/// The first bytes of an archive.
pub(crate) const MAGIC: [u8; 4] = 0x8199_e26d_u32.to_le_bytes();
/// Ends the prelude and each block.
const TERMINATOR: [u8; 4] = [0xff; 4];

/// The most collections of an archive. A database of Soliguide has some dozens.
const COLLECTIONS_MAX: usize = if cfg!(test) { 50 } else { 10_000 };
/// The longest name of a database and a collection together, in bytes; MongoDB allows 255.
const NAME_MAX: usize = 512;
/// How many of them an error names.
const SHOWN: usize = 20;

/// One collection of the archive.
struct Namespace {
    db: String,
    collection: String,
    wanted: Option<Collection>,
    /// A view has no documents and no end mark.
    must_end: bool,
    ended: bool,
    documents: u64,
    crc: Digest,
}

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    Magic,
    PreludeHead,
    Prelude,
    BlockHead,
    /// Documents of the namespace of that index.
    Body(usize),
    /// The terminator right after an end mark.
    AfterEnd,
}

struct Archive<'w> {
    namespaces: Vec<Namespace>,
    wanted: &'w [Collection],
    next: Next,
}

/// Sends the documents of the wanted collections to the workers.
pub(crate) fn archive(stream: &mut Stream<'_>, outlet: &Outlet, wanted: &[Collection]) -> Result<Counts, SourceError> {
    let mut feed = Feed::new(stream, outlet);
    let mut archive = Archive { namespaces: Vec::new(), wanted, next: Next::Magic };
    loop {
        feed.more()?;
        let mut segments = Vec::new();
        let mut at = 0;
        while let Some(step) = archive.step(&feed, at, &mut segments)? {
            at += step;
        }
        if feed.ended() {
            archive.finish(&feed, at)?;
            archive.check_wanted(&feed)?;
        }
        feed.send(at, segments)?;
        if feed.ended() {
            let mut counts = Counts::new();
            for namespace in archive.namespaces {
                *counts.entry(namespace.collection).or_default() += namespace.documents;
            }
            return Ok(counts);
        }
    }
}

impl Archive<'_> {
    /// Takes the next unit at `at`, or in a body all documents that are in memory; gives its length, or `None` until it is wholly in memory.
    fn step(&mut self, feed: &Feed<'_, '_>, at: usize, segments: &mut Vec<Segment>) -> Result<Option<usize>, SourceError> {
        if let Next::Body(index) = self.next {
            return self.body(feed, at, index, segments);
        }
        let Some(head) = feed.bytes()[at..].first_chunk::<4>() else { return Ok(None) };
        match (self.next, *head) {
            (Next::Magic, MAGIC) => self.next = Next::PreludeHead,
            (Next::Magic, _) => return Err(feed.damaged(at, Damage::Prelude)),
            (Next::Prelude, TERMINATOR) => self.next = Next::BlockHead,
            (Next::AfterEnd, TERMINATOR) => self.next = Next::BlockHead,
            (Next::AfterEnd, _) => return Err(feed.damaged(at, Damage::AfterEnd)),
            _ => {
                let Some(length) = next_document(feed, at)? else { return Ok(None) };
                self.next = self.head(feed, at, &feed.bytes()[at..at + length])?;
                return Ok(Some(length));
            }
        }
        Ok(Some(4))
    }

    /// A document of the prelude, or the head of a block: what comes after it.
    fn head(&mut self, feed: &Feed<'_, '_>, at: usize, bytes: &[u8]) -> Result<Next, SourceError> {
        let what = if matches!(self.next, Next::BlockHead) { Damage::BlockHeader } else { Damage::Prelude };
        let not_understood = || feed.damaged(at, what);
        let document = RawDocument::from_bytes(bytes).map_err(|_| not_understood())?;
        if matches!(self.next, Next::PreludeHead) {
            return Ok(Next::Prelude);
        }
        let (Ok(db), Ok(collection)) = (document.get_str("db"), document.get_str("collection")) else { return Err(not_understood()) };
        let index = self.namespace(db, collection).ok_or_else(|| feed.damaged(at, Damage::Namespaces))?;
        let namespace = &mut self.namespaces[index];
        if matches!(self.next, Next::Prelude) {
            namespace.must_end = document.get_str("type").ok() != Some("view");
            return Ok(Next::Prelude);
        }
        let refuse = |what| Err(in_collection(feed.damaged(at, what), collection));
        if namespace.ended {
            return refuse(Damage::AfterEnd);
        }
        match (document.get_bool("EOF"), document.get_i64("CRC")) {
            (Ok(false), _) => Ok(Next::Body(index)),
            (Ok(true), Ok(stated)) if namespace.crc.finalize() == stated.cast_unsigned() => {
                namespace.ended = true;
                Ok(Next::AfterEnd)
            }
            (Ok(true), Ok(_)) => refuse(Damage::Checksum),
            _ => refuse(Damage::BlockHeader),
        }
    }

    /// The index of a namespace, new or known; none when it is one too many.
    fn namespace(&mut self, db: &str, collection: &str) -> Option<usize> {
        if let Some(index) = self.namespaces.iter().position(|n| n.db == db && n.collection == collection) {
            return Some(index);
        }
        if self.namespaces.len() == COLLECTIONS_MAX || db.len() + collection.len() > NAME_MAX {
            return None;
        }
        self.namespaces.push(Namespace {
            db: db.to_owned(),
            collection: collection.to_owned(),
            wanted: Collection::from_name(collection).filter(|c| self.wanted.contains(c)),
            must_end: true,
            ended: false,
            documents: 0,
            crc: Digest::new(CrcAlgorithm::Crc64Xz),
        });
        Some(self.namespaces.len() - 1)
    }

    /// The documents of a block, as far as they are in memory.
    fn body(&mut self, feed: &Feed<'_, '_>, from: usize, index: usize, segments: &mut Vec<Segment>) -> Result<Option<usize>, SourceError> {
        let namespace = &mut self.namespaces[index];
        let bytes = feed.bytes();
        let mut at = from;
        let ended = loop {
            if bytes[at..].starts_with(&TERMINATOR) {
                break true;
            }
            match next_document(feed, at).map_err(|error| in_collection(error, &namespace.collection))? {
                Some(length) => at += length,
                None => break false,
            }
            namespace.documents += 1;
        };
        namespace.crc.update(&bytes[from..at]);
        if let Some(collection) = namespace.wanted.filter(|_| at > from) {
            segments.push(Segment { collection, layout: Layout::Bson, from, to: at });
        }
        if ended {
            self.next = Next::BlockHead;
            return Ok(Some(at - from + 4));
        }
        // Nothing whole is left: the rest is kept for when more is in memory.
        Ok((at > from).then_some(at - from))
    }

    /// Every wanted collection must be there, once. Asked last: in a damaged archive a name can be damaged too, and then damage is the news.
    fn check_wanted(&self, feed: &Feed<'_, '_>) -> Result<(), SourceError> {
        for &collection in self.wanted {
            let mut held = self.namespaces.iter().filter(|n| n.wanted == Some(collection));
            let path = feed.name().to_owned();
            match (held.next(), held.next()) {
                (None, _) => {
                    let mut found: Vec<&str> = self.namespaces.iter().map(|n| n.collection.as_str()).collect();
                    found.sort_unstable();
                    if found.len() > SHOWN {
                        found.truncate(SHOWN);
                        found.push("...");
                    }
                    return Err(SourceError::CollectionMissing { path, collection, found: found.join(", ") });
                }
                (Some(one), Some(two)) => {
                    let (first, second) = (format!("database {}", one.db), format!("database {}", two.db));
                    return Err(SourceError::CollectionTwice { path, collection, first, second });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// At the end of the stream: nothing may be left, and every collection must have ended.
    fn finish(&self, feed: &Feed<'_, '_>, at: usize) -> Result<(), SourceError> {
        if at < feed.bytes().len() || !matches!(self.next, Next::BlockHead) {
            return Err(feed.damaged(at, Damage::ArchiveCut));
        }
        match self.namespaces.iter().find(|n| n.must_end && !n.ended) {
            Some(open) => Err(in_collection(feed.damaged(at, Damage::EndMissing), &open.collection)),
            None => Ok(()),
        }
    }
}

/// Names the collection in an error.
fn in_collection(error: SourceError, name: &str) -> SourceError {
    match error {
        SourceError::Damaged { file, at, what, .. } => SourceError::Damaged { file, collection: Some(name.to_owned()), at, what },
        other => other,
    }
}
