//! The decompressed bytes of one file.

use crate::error::Damage;
use crate::input::{HashingReader, Input};
use crate::{Encoding, Progress, SourceError};
use flate2::bufread::MultiGzDecoder;
use std::io::{BufReader, Read};

/// Compressed bytes are read in pieces of this size.
const RAW: usize = 256 << 10;

/// How many times its size on disk a compressed file may become. Dumps of documents become 10 to 50 times as large; what becomes far larger is made to
/// keep its reader busy: four bytes of zstd can stand for 128 KiB.
pub(crate) const RATIO: u64 = 300;

/// As much may come of any compressed file, whatever its size: the first blocks of a small one say little. In this crate's own tests it is less.
pub(crate) const RATIO_FROM: u64 = if cfg!(test) { 64 << 10 } else { 1 << 30 };

type Raw<'a> = BufReader<HashingReader<'a>>;

enum Decoder<'a> {
    Plain(HashingReader<'a>),
    Gzip(Box<MultiGzDecoder<Raw<'a>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, Raw<'a>>>),
}

/// A file's content after decompression, and the digest of the file itself.
pub(crate) struct Stream<'a> {
    input: &'a Input<'a>,
    decoder: Decoder<'a>,
    encoding: Encoding,
    /// First decompressed bytes, read to recognise the form and then given again.
    head: Vec<u8>,
    head_at: usize,
    given: u64,
}

/// The first bytes of each compression.
fn encoding_of(head: &[u8]) -> Encoding {
    match head {
        [0x1f, 0x8b, ..] => Encoding::Gzip,
        // A zstd frame, or a skippable frame (pzstd begins with one).
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Encoding::Zstd,
        _ => Encoding::Plain,
    }
}

impl<'a> Stream<'a> {
    /// Opens a file and recognises its compression.
    pub fn open(input: &'a Input<'a>, progress: &'a dyn Progress) -> Result<Self, SourceError> {
        let mut raw = input.open(progress)?;
        let encoding = encoding_of(raw.peek(4).map_err(|cause| input.unreadable(0, cause))?);
        let decoder = match encoding {
            Encoding::Plain => Decoder::Plain(raw),
            Encoding::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(RAW, raw)))),
            Encoding::Zstd => {
                let inner = zstd::stream::read::Decoder::with_buffer(BufReader::with_capacity(RAW, raw));
                Decoder::Zstd(Box::new(inner.map_err(|cause| input.unreadable(0, cause))?))
            }
        };
        Ok(Self { input, decoder, encoding, head: Vec::new(), head_at: 0, given: 0 })
    }

    /// The file this is.
    pub fn input(&self) -> &'a Input<'a> {
        self.input
    }

    /// How the file is compressed.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The first `n` decompressed bytes (fewer at the end), which will be given again.
    pub fn peek(&mut self, n: usize) -> Result<&[u8], SourceError> {
        let mut more = vec![0u8; n.saturating_sub(self.head.len())];
        let got = self.pull(&mut more)?;
        self.head.extend_from_slice(&more[..got]);
        Ok(&self.head)
    }

    /// Fills `into` as far as the stream goes; fewer bytes than asked for means that the stream ended well.
    pub fn fill(&mut self, into: &mut [u8]) -> Result<usize, SourceError> {
        let held = &self.head[self.head_at..];
        let n = held.len().min(into.len());
        into[..n].copy_from_slice(&held[..n]);
        self.head_at += n;
        let got = n + self.pull(&mut into[n..])?;
        self.given += got as u64;
        Ok(got)
    }

    /// Damage of this file.
    pub fn damaged(&self, at: u64, what: Damage) -> SourceError {
        SourceError::Damaged { file: self.input.name.clone(), collection: None, at, what }
    }

    /// Proves that the file was read to its last byte and gives its hashing reader.
    pub fn finish(self) -> Result<HashingReader<'a>, SourceError> {
        let at = self.given;
        let name = &self.input.name;
        let (mut raw, buffered) = match self.decoder {
            Decoder::Plain(raw) => (raw, 0),
            Decoder::Gzip(decoder) => {
                let buffer = decoder.into_inner();
                let left = buffer.buffer().len();
                (buffer.into_inner(), left)
            }
            Decoder::Zstd(decoder) => {
                let buffer = decoder.finish();
                let left = buffer.buffer().len();
                (buffer.into_inner(), left)
            }
        };
        let mut probe = [0u8; 1];
        let more = raw.read(&mut probe).map_err(|cause| self.input.unreadable(raw.count(), cause))?;
        if buffered + more > 0 {
            return Err(SourceError::Damaged { file: name.clone(), collection: None, at, what: Damage::Compression });
        }
        Ok(raw)
    }

    fn pull(&mut self, into: &mut [u8]) -> Result<usize, SourceError> {
        let mut filled = 0;
        while filled < into.len() {
            let rest = &mut into[filled..];
            let read = match &mut self.decoder {
                Decoder::Plain(raw) => raw.read(rest),
                Decoder::Gzip(decoder) => decoder.read(rest),
                Decoder::Zstd(decoder) => decoder.read(rest),
            };
            match read {
                Ok(0) => break,
                Ok(got) => {
                    filled += got;
                    self.check_ratio(filled)?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(self.why(filled)),
            }
        }
        Ok(filled)
    }

    /// Refuses a stream that becomes larger than any dump does.
    fn check_ratio(&mut self, filled: usize) -> Result<(), SourceError> {
        let out = self.head.len() as u64 + self.given + filled as u64;
        if out <= RATIO_FROM || matches!(self.decoder, Decoder::Plain(_)) {
            return Ok(());
        }
        let most = self.raw().count().saturating_mul(RATIO);
        if out > most { Err(self.damaged(out, Damage::Ratio)) } else { Ok(()) }
    }

    fn raw(&mut self) -> &mut HashingReader<'a> {
        match &mut self.decoder {
            Decoder::Plain(raw) => raw,
            Decoder::Gzip(decoder) => decoder.get_mut().get_mut(),
            Decoder::Zstd(decoder) => decoder.get_mut().get_mut(),
        }
    }

    /// A read failed: was it the disk, or the content of the compressed stream?
    fn why(&mut self, filled: usize) -> SourceError {
        let input = self.input;
        let raw = self.raw();
        match raw.failure() {
            Some(cause) => input.unreadable(raw.count(), cause),
            None => self.damaged(self.given + filled as u64, Damage::Compression),
        }
    }
}
