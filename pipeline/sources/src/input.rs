//! The bytes of one file as they lie on disk: counted and hashed while they are read.

use crate::{Digest, Progress, SourceError};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

/// Where the bytes of a snapshot file are.
#[derive(Debug, Clone)]
pub(crate) enum Origin<'a> {
    /// In a file.
    Path(PathBuf),
    /// In memory: how tests damage a snapshot thousands of times.
    Memory(&'a [u8]),
}

/// One file of a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Input<'a> {
    /// What errors and the receipt call it: the path as given, or for a folder the name relative to it.
    pub name: String,
    pub origin: Origin<'a>,
}

impl<'a> Input<'a> {
    /// Opens it for one pass.
    pub fn open(&self, progress: &'a dyn Progress) -> Result<HashingReader<'a>, SourceError> {
        let inner: Box<dyn Read + Send + 'a> = match &self.origin {
            Origin::Path(path) => Box::new(File::open(path).map_err(|cause| self.unreadable(0, cause))?),
            Origin::Memory(bytes) => Box::new(*bytes),
        };
        Ok(HashingReader { inner, head: Vec::new(), head_at: 0, hasher: Sha256::new(), bytes: 0, failure: None, progress })
    }

    /// An operating system error on this file.
    pub fn unreadable(&self, at: u64, cause: io::Error) -> SourceError {
        if cause.kind() == io::ErrorKind::NotFound {
            return SourceError::Missing { path: PathBuf::from(&self.name) };
        }
        SourceError::Unreadable { file: self.name.clone(), at, cause }
    }
}

/// Reads a file once, hashing and counting every byte it gives. The digest is that of the whole file only after the end was reached.
pub(crate) struct HashingReader<'a> {
    inner: Box<dyn Read + Send + 'a>,
    head: Vec<u8>,
    head_at: usize,
    hasher: Sha256,
    bytes: u64,
    failure: Option<io::Error>,
    progress: &'a dyn Progress,
}

impl HashingReader<'_> {
    /// The first `n` bytes (fewer at the end of the file), which will be read again.
    pub fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        while self.head.len() < n {
            let mut more = [0u8; 64];
            let wanted = (n - self.head.len()).min(more.len());
            let got = self.take(&mut more[..wanted])?;
            if got == 0 {
                break;
            }
            self.head.extend_from_slice(&more[..got]);
        }
        Ok(&self.head)
    }

    /// Reads to the end, for the digest alone.
    pub fn drain(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 18];
        while self.read(&mut buffer)? > 0 {}
        Ok(())
    }

    /// Bytes read up to now.
    pub fn count(&self) -> u64 {
        self.bytes
    }

    /// The operating system's own error, when that (and not the content) made a read fail.
    pub fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The digest of the bytes read.
    pub fn digest(self) -> Digest {
        Digest(self.hasher.finalize().into())
    }

    fn take(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.inner.read(into) {
                Ok(got) => {
                    self.hasher.update(&into[..got]);
                    self.bytes += got as u64;
                    self.progress.advance(got as u64);
                    return Ok(got);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let shown = io::Error::from(error.kind());
                    self.failure = Some(error);
                    return Err(shown);
                }
            }
        }
    }
}

impl Read for HashingReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let held = &self.head[self.head_at..];
        if held.is_empty() {
            return self.take(into);
        }
        let n = held.len().min(into.len());
        into[..n].copy_from_slice(&held[..n]);
        self.head_at += n;
        Ok(n)
    }
}
