//! A `mongodump --archive` stream: magic, prelude, interleaved blocks of the collections, for each an end with its CRC-64/XZ.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crc::{CRC_64_XZ, Crc, Digest, Table};

use crate::emit::{Bson, Emitter as _};

static CRC64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_XZ);
const MAGIC: u32 = 0x8199_e26d;
const TERMINATOR: [u8; 4] = [0xff; 4];
const DATABASE: &str = "soliguide_synthetique";
/// Of these, a reader needs the first two; the others are there so that it has to skip collections, an empty one among them.
const COLLECTIONS: [&str; 4] = ["lieux", "search", "organization", "tempInfos"];
/// Largest block. `mongodump` writes a block whenever the buffer of a collection is full.
const BLOCK: usize = 1 << 20;

/// The metadata that `mongodump` keeps beside a collection.
pub(crate) fn metadata(collection: &str) -> String {
    format!(
        "{{\"indexes\":[{{\"v\":{{\"$numberInt\":\"2\"}},\"key\":{{\"_id\":{{\"$numberInt\":\"1\"}}}},\"name\":\"_id_\"}}],\
         \"uuid\":\"00000000000040008000000000000000\",\"collectionName\":\"{collection}\",\"type\":\"collection\"}}"
    )
}

/// The archive being written.
pub(crate) struct Archive<W> {
    out: W,
    sums: BTreeMap<&'static str, (Digest<'static, u64, Table<16>>, bool)>,
}

impl<W: Write> Archive<W> {
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(&MAGIC.to_le_bytes())?;
        let mut bytes = Vec::new();
        let mut e = Bson::default();
        e.begin(&mut bytes);
        e.int(&mut bytes, "concurrent_collections", 4);
        e.text(&mut bytes, "version", "0.1");
        e.text(&mut bytes, "server_version", "7.0.25");
        e.text(&mut bytes, "tool_version", "100.13.0");
        e.end(&mut bytes);
        for collection in COLLECTIONS {
            e.begin(&mut bytes);
            e.text(&mut bytes, "db", DATABASE);
            e.text(&mut bytes, "collection", collection);
            e.text(&mut bytes, "metadata", &metadata(collection));
            e.int(&mut bytes, "size", 0);
            e.text(&mut bytes, "type", "collection");
            e.end(&mut bytes);
        }
        out.write_all(&bytes)?;
        out.write_all(&TERMINATOR)?;
        let sums = COLLECTIONS.into_iter().map(|name| (name, (CRC64.digest(), false))).collect();
        let mut archive = Self { out, sums };
        let mut organization = Vec::new();
        for number in 1..=3 {
            e.begin(&mut organization);
            e.int(&mut organization, "organization_id", number);
            e.text(&mut organization, "name", "Organisation synthétique");
            e.end(&mut organization);
        }
        archive.block("organization", &organization)?;
        Ok(archive)
    }

    fn header(&mut self, collection: &str, end: Option<i64>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let mut e = Bson::default();
        e.begin(&mut bytes);
        e.text(&mut bytes, "db", DATABASE);
        e.text(&mut bytes, "collection", collection);
        e.boolean(&mut bytes, "EOF", end.is_some());
        e.long(&mut bytes, "CRC", end.unwrap_or(0));
        e.end(&mut bytes);
        self.out.write_all(&bytes)
    }

    /// Writes whole BSON documents of a collection, in blocks of about a megabyte.
    pub(crate) fn block(&mut self, collection: &str, mut documents: &[u8]) -> io::Result<()> {
        while !documents.is_empty() {
            let mut end = 0;
            while end < documents.len() && end < BLOCK {
                let length = documents.get(end..end + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, i32::from_le_bytes);
                end += usize::try_from(length).unwrap_or(0).max(5);
            }
            let (block, rest) = documents.split_at(end.min(documents.len()));
            self.header(collection, None)?;
            self.out.write_all(block)?;
            self.out.write_all(&TERMINATOR)?;
            if let Some((digest, used)) = self.sums.get_mut(collection) {
                digest.update(block);
                *used = true;
            }
            documents = rest;
        }
        Ok(())
    }

    /// Ends every collection.
    pub(crate) fn end(mut self) -> io::Result<W> {
        for (collection, (digest, used)) in std::mem::take(&mut self.sums) {
            let sum = if used { digest.finalize() } else { 0 };
            self.header(collection, Some(sum as i64))?;
            self.out.write_all(&TERMINATOR)?;
        }
        Ok(self.out)
    }

    /// Stops without any end: a damaged archive.
    pub(crate) fn abandon(self) -> W {
        self.out
    }
}
