//! Cutting a stream into blocks that end between records, for the workers to parse.

mod archive;
mod array;
mod bson;
mod lines;

pub(crate) use archive::{MAGIC, archive};
pub(crate) use array::array;
pub(crate) use bson::bson;
pub(crate) use lines::lines;

use crate::error::Damage;
use crate::json::PAD;
use crate::stream::Stream;
use crate::{Collection, SourceError};
use crossbeam_channel::{Receiver, Sender};
use std::collections::BTreeMap;

/// Bytes that a block holds, unless one record is longer. Small enough for the caches, large enough to hand over rarely. In this crate's own
/// tests nearly every record meets the end of a block.
pub(crate) const BLOCK: usize = if cfg!(test) { 512 } else { 1 << 20 };

/// The longest record. Canonical Extended JSON of a 16 MiB document can be several times as long.
pub(crate) const LONGEST_RECORD: usize = if cfg!(test) { 64 << 10 } else { 128 << 20 };

/// How the records of a segment lie.
#[derive(Debug)]
pub(crate) enum Layout {
    /// One JSON document a line.
    Lines,
    /// JSON documents at these places.
    Listed(Vec<(usize, usize)>),
    /// BSON documents, one after the other.
    Bson,
}

/// Whole records of one collection in a block.
#[derive(Debug)]
pub(crate) struct Segment {
    pub collection: Collection,
    pub layout: Layout,
    pub from: usize,
    pub to: usize,
}

/// A block with whole records.
#[derive(Debug)]
pub(crate) struct Batch {
    /// At least [`PAD`] ASCII bytes follow the last segment.
    pub bytes: Vec<u8>,
    /// Offset of the block in its stream.
    pub base: u64,
    pub segments: Vec<Segment>,
}

/// To the workers, and the blocks that they give back.
pub(crate) struct Outlet {
    pub full: Sender<Batch>,
    pub free: Receiver<Vec<u8>>,
}

impl Outlet {
    fn block(&self) -> Vec<u8> {
        self.free.try_recv().unwrap_or_else(|_| vec![0; BLOCK + PAD])
    }
}

/// What is known of the collections of a stream after its end.
pub(crate) type Counts = BTreeMap<String, u64>;

/// The part of a stream that is in memory.
pub(crate) struct Feed<'f, 'a> {
    stream: &'f mut Stream<'a>,
    outlet: &'f Outlet,
    bytes: Vec<u8>,
    filled: usize,
    base: u64,
    ended: bool,
}

impl<'f, 'a> Feed<'f, 'a> {
    pub fn new(stream: &'f mut Stream<'a>, outlet: &'f Outlet) -> Self {
        let bytes = outlet.block();
        Self { stream, outlet, bytes, filled: 0, base: 0, ended: false }
    }

    /// What is in memory and was not sent.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Whether nothing follows what is in memory.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Offset in the stream of the byte at `at`.
    pub fn position(&self, at: usize) -> u64 {
        self.base + at as u64
    }

    /// Damage at a byte in memory.
    pub fn damaged(&self, at: usize, what: Damage) -> SourceError {
        self.stream.damaged(self.position(at), what)
    }

    /// The file's name in messages.
    pub fn name(&self) -> &str {
        &self.stream.input().name
    }

    /// Reads on. A block that is full already, because it holds part of one long record only, gets twice the room.
    pub fn more(&mut self) -> Result<(), SourceError> {
        let mut room = self.bytes.len() - PAD;
        if self.filled == room {
            if room >= LONGEST_RECORD {
                return Err(self.damaged(0, Damage::RecordTooLong));
            }
            self.bytes.resize(2 * room + PAD, 0);
            room *= 2;
        }
        let got = self.stream.fill(&mut self.bytes[self.filled..room])?;
        self.filled += got;
        self.ended = self.filled < room;
        Ok(())
    }

    /// Sends what lies before `upto` to the workers and keeps the rest. Without segments nothing is sent.
    pub fn send(&mut self, upto: usize, segments: Vec<Segment>) -> Result<(), SourceError> {
        if upto == 0 {
            return Ok(());
        }
        let rest = self.filled - upto;
        if segments.is_empty() {
            self.bytes.copy_within(upto..self.filled, 0);
        } else {
            let mut next = self.outlet.block();
            if next.len() < rest + PAD {
                next.resize((rest + PAD).next_power_of_two() + PAD, 0);
            }
            next[..rest].copy_from_slice(&self.bytes[upto..self.filled]);
            let mut bytes = std::mem::replace(&mut self.bytes, next);
            bytes[upto..upto + PAD].fill(0);
            let batch = Batch { bytes, base: self.base, segments };
            if self.outlet.full.send(batch).is_err() {
                // All workers are gone: their own error tells why.
                return Err(SourceError::WorkerLost { path: self.name().to_owned() });
            }
        }
        self.base += upto as u64;
        self.filled = rest;
        Ok(())
    }
}
