//! What every store must do, as a suite that runs on any of them: memory and folders in the tests, a bucket when its operator asks.

use crate::{INDEX, Phase, PublicStore, Put, Result as StoreResult, StoreError};
use bytes::Bytes;
use solidata_model::{Digest, Index};
use std::path::Path;

/// A promise that a store did not keep.
#[derive(Debug, thiserror::Error)]
#[error("{address} does not conform: {promise}{}", detail.as_ref().map(|d| format!(" ({d})")).unwrap_or_default())]
pub struct Broken {
    /// The store.
    pub address: String,
    /// The promise.
    pub promise: &'static str,
    /// What happened instead.
    pub detail: Option<String>,
}

/// Runs the suite on a store, in a new folder `folder` of it that must not exist and is removed when all is well. `scratch` is a folder of
/// this machine for the file that is uploaded in parts.
///
/// # Errors
/// The first promise that is not kept.
pub async fn run(store: &PublicStore, folder: &str, scratch: &Path) -> Result<(), Broken> {
    run_suite(Suite { store: store.under(folder), scratch, disturbed: false }).await
}

/// The same for a store whose answers may get lost on the way: what a write came to is told by what is there, and not by who wrote it.
///
/// # Errors
/// The first promise that is not kept.
pub async fn run_disturbed(store: &PublicStore, folder: &str, scratch: &Path) -> Result<(), Broken> {
    run_suite(Suite { store: store.under(folder), scratch, disturbed: true }).await
}

async fn run_suite(suite: Suite<'_>) -> Result<(), Broken> {
    suite.objects().await?;
    suite.listing().await?;
    suite.large().await?;
    suite.index().await?;
    suite.race().await?;
    suite.store.probe_conditional_writes().await.map_err(|e| suite.failed("conditional writes hold", &e))?;
    suite.tidy().await
}

struct Suite<'a> {
    store: PublicStore,
    scratch: &'a Path,
    /// Answers may get lost: "already there" may be said of what was just written, and a staged copy may stay.
    disturbed: bool,
}

impl Suite<'_> {
    fn broken(&self, promise: &'static str) -> Broken {
        Broken { address: self.store.address().into(), promise, detail: None }
    }

    fn failed(&self, promise: &'static str, e: &dyn std::fmt::Display) -> Broken {
        Broken { detail: Some(e.to_string()), ..self.broken(promise) }
    }

    fn holds(&self, holds: bool, promise: &'static str) -> Result<(), Broken> {
        if holds { Ok(()) } else { Err(self.broken(promise)) }
    }

    fn ok<T>(&self, promise: &'static str, result: StoreResult<T>) -> Result<T, Broken> {
        result.map_err(|e| self.failed(promise, &e))
    }

    async fn objects(&self) -> Result<(), Broken> {
        let s = &self.store;
        let (path, bytes) = ("a/one.csv", Bytes::from_static(b"x,y\n1,2\n"));
        self.holds(self.ok("an absent object is no error", s.get(path).await)?.is_none(), "an absent object is absent")?;
        self.holds(self.ok("an absent object is no error", s.head(path).await)?.is_none(), "an absent object has no head")?;
        let put = self.ok("a new object can be written", s.put_new(path, bytes.clone()).await)?;
        self.holds(self.disturbed || put == Put::Written, "a new object is new")?;
        let again = self.ok("the same bytes may be written again", s.put_new(path, bytes.clone()).await)?;
        self.holds(again == Put::AlreadyThere, "an object is written once")?;
        let other = s.put_new(path, Bytes::from_static(b"other")).await;
        self.holds(matches!(other, Err(StoreError::Occupied { .. })), "other bytes never replace an object")?;
        self.holds(self.ok("an object can be read", s.get(path).await)?.as_ref() == Some(&bytes), "an object keeps its bytes")?;
        let range = self.ok("a part of an object can be read", s.get_range(path, 2..5).await)?;
        self.holds(range.as_ref() == b"y\n1", "a part is the part that was asked for")?;
        let missing = s.get_range("a/none", 0..1).await;
        self.holds(matches!(missing, Err(StoreError::Missing { .. })), "a part of an absent object is missing")?;
        let found = self.ok("an object can be streamed", s.digest(path, Phase::ReadBack, &()).await)?;
        self.holds(found.as_ref().map(|(i, d)| (i.bytes, *d)) == Some((8, Digest::of(&bytes))), "a stream gives every byte")?;
        let head = self.ok("an object has a head", s.head(path).await)?;
        let same = head.zip(found).is_some_and(|(h, (f, _))| h.version == f.version && h.bytes == f.bytes && h.version.is_some());
        self.holds(same, "the head and the object have one version")?;
        self.ok("an empty object can be written", s.put_new("a/empty", Bytes::new()).await)?;
        self.holds(self.ok("an empty object can be read", s.get("a/empty").await)?.is_some_and(|b| b.is_empty()), "empty is not absent")?;
        self.ok("an object can be removed", s.remove("a/empty").await)?;
        self.ok("removing twice is no error", s.remove("a/empty").await)?;
        self.holds(self.ok("an absent object is no error", s.head("a/empty").await)?.is_none(), "a removed object is gone")
    }

    async fn listing(&self) -> Result<(), Broken> {
        let s = &self.store;
        for path in ["l/b", "l/a/z", "l/a.b", "la/x"] {
            self.ok("a new object can be written", s.put_new(path, Bytes::from_static(b"1")).await)?;
        }
        let paths: Vec<String> = self.ok("a folder can be listed", s.list("l").await)?.into_iter().map(|o| o.path).collect();
        self.holds(paths == ["l/a.b", "l/a/z", "l/b"], "a listing is complete, sorted and of this folder only")?;
        self.holds(self.ok("an absent folder can be listed", s.list("none").await)?.is_empty(), "an absent folder is empty")
    }

    /// An object in three parts, the last one short.
    async fn large(&self) -> Result<(), Broken> {
        let s = self.store.with_parts_of(5 << 20);
        let bytes: Vec<u8> = (0u32..(12 << 20) / 4 + 5).flat_map(u32::to_le_bytes).collect();
        let file = self.scratch.join("large.parquet");
        let write = |b: &[u8]| std::fs::write(&file, b).map_err(|e| self.failed("the scratch folder can be written", &e));
        write(&bytes)?;
        let put = self.ok("a large object can be written in parts", s.put_new_file("b/large.parquet", &file, &()).await)?;
        self.holds(self.disturbed || put == Put::Written, "a new object is new")?;
        let found = self.ok("an object can be streamed", s.digest("b/large.parquet", Phase::ReadBack, &()).await)?;
        self.holds(found.is_some_and(|(_, d)| d == Digest::of(&bytes)), "an object in parts keeps its bytes")?;
        let again = self.ok("the same bytes may be written again", s.put_new_file("b/large.parquet", &file, &()).await)?;
        self.holds(again == Put::AlreadyThere, "an object is written once")?;
        write(bytes.get(1..).unwrap_or_default())?;
        let other = s.put_new_file("b/large.parquet", &file, &()).await;
        self.holds(matches!(other, Err(StoreError::Occupied { .. })), "other bytes never replace an object")?;
        let staged = self.ok("the staging keys can be listed", s.list("staging").await)?;
        self.holds(self.disturbed || staged.is_empty(), "no part is left behind")?;
        std::fs::remove_file(&file).map_err(|e| self.failed("the scratch folder can be written", &e))
    }

    async fn index(&self) -> Result<(), Broken> {
        let s = &self.store;
        let numbered = |sealed| Index { sealed, ..Index::empty() };
        let (empty, none) = self.ok("a store without index has an empty one", s.read_index().await)?;
        self.holds(empty == Index::empty() && !none.is_there(), "a store without index has an empty one")?;
        self.ok("the first index can be written", s.swap_index(&none, &numbered(1)).await)?;
        let lost = s.swap_index(&none, &numbered(7)).await;
        self.holds(matches!(lost, Err(StoreError::Conflict { .. })), "the first index is written once")?;
        self.ok("a swap whose answer was lost may be repeated", s.swap_index(&none, &numbered(1)).await)?;
        let (first, one) = self.ok("an index can be read", s.read_index().await)?;
        self.holds(first.sealed == 1, "an index is what was written")?;
        self.ok("an index can be swapped", s.swap_index(&one, &numbered(2)).await)?;
        let stale = s.swap_index(&one, &numbered(3)).await;
        self.holds(matches!(stale, Err(StoreError::Conflict { .. })), "an index that changed is not swapped")?;
        let (second, two) = self.ok("an index can be read", s.read_index().await)?;
        self.holds(second.sealed == 2, "a refused swap changes nothing")?;
        self.ok("an index can be removed", s.remove(INDEX).await)?;
        let gone = s.swap_index(&two, &numbered(3)).await;
        self.holds(matches!(gone, Err(StoreError::Conflict { .. })), "an index that went is not swapped")
    }

    /// Of many that write the same object, or swap the same index, at the same time, one wins.
    async fn race(&self) -> Result<(), Broken> {
        let s = &self.store;
        let writes = (0..16u8).map(|i| async move { s.put_new("r/one", Bytes::from(vec![i])).await });
        let done = futures::future::join_all(writes).await;
        let won = done.iter().filter(|d| matches!(d, Ok(put) if self.disturbed || *put == Put::Written)).count();
        let lost = done.iter().filter(|d| matches!(d, Err(StoreError::Occupied { .. }))).count();
        self.holds(won == 1 && lost == 15, "of many writers one wins, and the others learn it")?;
        let (_, token) = self.ok("a store without index has an empty one", s.read_index().await)?;
        let first = Index { sealed: 100, ..Index::empty() };
        self.ok("the first index can be written", s.swap_index(&token, &first).await)?;
        let (_, token) = self.ok("an index can be read", s.read_index().await)?;
        let token = &token;
        let swaps = (0..16u64).map(|i| async move { s.swap_index(token, &Index { sealed: i, ..Index::empty() }).await });
        let done = futures::future::join_all(swaps).await;
        self.holds(done.iter().filter(|d| d.is_ok()).count() == 1, "of many swaps one wins")?;
        let learned = done.iter().filter(|d| matches!(d, Err(StoreError::Conflict { .. }))).count();
        self.holds(learned == 15, "the others learn that they lost")
    }

    async fn tidy(&self) -> Result<(), Broken> {
        for object in self.ok("a store can be listed", self.store.list("").await)? {
            self.ok("an object can be removed", self.store.remove(&object.path).await)?;
        }
        Ok(())
    }
}
