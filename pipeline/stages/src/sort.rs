//! External sort of fixed-size records: sorted runs on disk (inside the vault), then one merge. Memory is one buffer for each run.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

/// A record that can be spilled: a fixed number of bytes, nothing else.
pub trait Record: Copy + Send {
    /// Bytes of one record.
    const LEN: usize;
    /// Writes the record into exactly [`Self::LEN`] bytes.
    fn store(&self, out: &mut [u8]);
    /// Reads what [`Self::store`] wrote.
    fn load(bytes: &[u8]) -> Self;
}

/// By what records are ordered.
pub trait SortKey<R> {
    /// The key; records of equal keys stay in the order in which they came.
    type Key: Ord + Copy;
    /// The key of a record.
    fn key(record: &R) -> Self::Key;
}

/// Sorts `records` and writes them to `path` as one run; leaves the buffer empty.
///
/// # Errors
/// When the file cannot be written.
pub fn write_run<R: Record, K: SortKey<R>>(records: &mut Vec<R>, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
    let mut buffer = vec![0; R::LEN];
    for place in order::<R, K>(records) {
        if let Some(record) = records.get(place) {
            record.store(&mut buffer);
            out.write_all(&buffer)?;
        }
    }
    records.clear();
    out.flush()
}

/// The places of the records in order. The keys are moved and not the records, which are larger; the sort is one that gains from what is in order
/// already, as the searches of a dump nearly are.
fn order<R: Record, K: SortKey<R>>(records: &[R]) -> impl Iterator<Item = usize> + use<R, K> {
    let mut keyed: Vec<(K::Key, u32)> = records.iter().map(K::key).zip(0..).collect();
    keyed.sort();
    keyed.into_iter().map(|(_, place)| place as usize)
}

/// Collects records, spilling a sorted run whenever `capacity` of them are there.
pub struct Sorter<R, K> {
    folder: PathBuf,
    prefix: String,
    capacity: usize,
    buffer: Vec<R>,
    runs: Vec<PathBuf>,
    key: PhantomData<fn() -> K>,
}

impl<R: Record, K: SortKey<R>> Sorter<R, K> {
    /// A sorter that keeps `capacity` records in memory and spills into `folder` under names that begin with `prefix`.
    pub fn new(folder: &Path, prefix: &str, capacity: usize) -> Self {
        Self { folder: folder.into(), prefix: prefix.into(), capacity, buffer: Vec::new(), runs: Vec::new(), key: PhantomData }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// When a run cannot be written.
    pub fn push(&mut self, record: R) -> io::Result<()> {
        self.buffer.push(record);
        if self.buffer.len() >= self.capacity { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let path = self.folder.join(format!("{}-{:05}.run", self.prefix, self.runs.len()));
        write_run::<R, K>(&mut self.buffer, &path)?;
        self.runs.push(path);
        Ok(())
    }

    /// Writes what is left and returns the runs.
    ///
    /// # Errors
    /// When a run cannot be written.
    pub fn into_runs(mut self) -> io::Result<Vec<PathBuf>> {
        self.spill()?;
        Ok(std::mem::take(&mut self.runs))
    }

    /// Everything in order. What fits in memory never touches the disk.
    ///
    /// # Errors
    /// When a run cannot be written or opened.
    pub fn finish(self) -> io::Result<Merge<R, K>> {
        if self.runs.is_empty() {
            let sorted: Vec<R> = order::<R, K>(&self.buffer).filter_map(|place| self.buffer.get(place).copied()).collect();
            return Ok(Merge { memory: sorted.into_iter(), heap: BinaryHeap::new(), runs: Vec::new() });
        }
        Merge::open(&self.into_runs()?)
    }
}

/// The records of several sorted runs, in order.
pub struct Merge<R, K: SortKey<R>> {
    memory: std::vec::IntoIter<R>,
    /// The key of the first record of each run, and the run's number: the smallest is on top, of equal ones the run that was given first.
    heap: BinaryHeap<Reverse<(K::Key, usize)>>,
    runs: Vec<Run<R>>,
}

/// A run and its first record that was not given out.
struct Run<R> {
    first: R,
    reader: BufReader<File>,
}

impl<R: Record, K: SortKey<R>> Merge<R, K> {
    /// Merges the runs of these files.
    ///
    /// # Errors
    /// When a file cannot be opened or does not hold whole records.
    pub fn open(files: &[PathBuf]) -> io::Result<Self> {
        let mut heap = BinaryHeap::with_capacity(files.len());
        let mut runs = Vec::with_capacity(files.len());
        for path in files {
            let mut reader = BufReader::with_capacity(1 << 17, File::open(path)?);
            if let Some(first) = next_record::<R>(&mut reader)? {
                heap.push(Reverse((K::key(&first), runs.len())));
                runs.push(Run { first, reader });
            }
        }
        Ok(Self { memory: Vec::new().into_iter(), heap, runs })
    }
}

impl<R: Record, K: SortKey<R>> Iterator for Merge<R, K> {
    type Item = io::Result<R>;

    fn next(&mut self) -> Option<io::Result<R>> {
        if let Some(record) = self.memory.next() {
            return Some(Ok(record));
        }
        let mut top = self.heap.peek_mut()?;
        let Some(run) = self.runs.get_mut(top.0.1) else {
            PeekMut::pop(top);
            return None;
        };
        let record = run.first;
        match next_record::<R>(&mut run.reader) {
            Ok(Some(next)) => {
                top.0.0 = K::key(&next);
                run.first = next;
            }
            Ok(None) => {
                PeekMut::pop(top);
            }
            Err(e) => {
                PeekMut::pop(top);
                return Some(Err(e));
            }
        }
        Some(Ok(record))
    }
}

fn next_record<R: Record>(reader: &mut BufReader<File>) -> io::Result<Option<R>> {
    let mut buffer = [0u8; 512];
    let buffer = buffer.get_mut(..R::LEN).ok_or_else(|| io::Error::other("record longer than 512 bytes"))?;
    // An end of file in the middle of a record is an error, at its start it is the end.
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a sorted run of the vault ends in the middle of a record")),
            n => filled += n,
        }
    }
    Ok(Some(R::load(buffer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Record for (u32, u32) {
        const LEN: usize = 8;
        fn store(&self, out: &mut [u8]) {
            out[..4].copy_from_slice(&self.0.to_le_bytes());
            out[4..].copy_from_slice(&self.1.to_le_bytes());
        }
        fn load(b: &[u8]) -> Self {
            (u32::from_le_bytes(b[..4].try_into().unwrap()), u32::from_le_bytes(b[4..].try_into().unwrap()))
        }
    }
    struct Whole;
    impl SortKey<(u32, u32)> for Whole {
        type Key = (u32, u32);
        fn key(r: &(u32, u32)) -> (u32, u32) {
            *r
        }
    }

    proptest! {
        #[test]
        fn sorts_whatever_the_memory(mut records in proptest::collection::vec((0u32..50, 0u32..1000), 0..400), capacity in 1usize..500) {
            let dir = tempfile::tempdir().unwrap();
            let mut sorter = Sorter::<_, Whole>::new(dir.path(), "t", capacity);
            for r in &records {
                sorter.push(*r).unwrap();
            }
            let got: Vec<_> = sorter.finish().unwrap().map(|r| r.unwrap()).collect();
            records.sort_unstable();
            prop_assert_eq!(got, records);
        }
    }

    #[test]
    fn a_torn_run_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.run");
        std::fs::write(&path, [0u8; 12]).unwrap();
        let got: Vec<_> = Merge::<(u32, u32), Whole>::open(&[path]).unwrap().collect();
        assert!(got.last().unwrap().is_err());
    }
}
