//! Stores that fail, for tests.
//!
//! [`Faults`]: the n-th request fails, before it is carried out, or after, its answer lost; every later request fails too, as for a process that
//! was killed. Or the first n conditional writes "collide": they are refused as if the object were there, and nothing landed.

use super::{INDEX, PublicStore};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path as Key,
};
use solidata_model::{Digest, kind};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;

/// When the fatal request is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The store never hears of it.
    Before,
    /// The store carries it out and its answer is lost.
    After,
    /// All requests up to this one that are conditional writes are refused, those after it are carried out.
    Collides,
    /// It is carried out when its sender wakes up.
    Sleeps,
}

#[derive(Debug)]
pub(crate) struct Faults {
    inner: Arc<dyn ObjectStore>,
    counter: Arc<AtomicU64>,
    fatal: u64,
    when: When,
    deaf: Option<Deaf>,
    pace: Option<Arc<AtomicU64>>,
    nap: Option<Arc<Nap>>,
}

/// Where a sleeper sleeps.
#[derive(Debug, Default)]
pub(crate) struct Nap {
    /// Told when it falls asleep.
    pub(crate) asleep: Notify,
    /// Tell it to wake up.
    pub(crate) wake: Notify,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faults")
    }
}

/// The store with a fault at the `fatal`-th request, from 1, and the counter of requests.
pub(crate) fn faulty(store: &PublicStore, fatal: u64, when: When) -> (PublicStore, Arc<AtomicU64>) {
    let counter = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&counter);
    (store.wrapped(|inner| Arc::new(Faults { inner, counter: shared, fatal, when, deaf: None, pace: None, nap: None })), counter)
}

/// The store whose first `times` writes collide.
pub(crate) fn colliding(store: &PublicStore, times: u64) -> (PublicStore, Arc<AtomicU64>) {
    faulty(store, times, When::Collides)
}

/// The store as another process sees it. Its requests mix with those of others in an order that `pace`, shared by all, decides: on a runtime of one
/// thread the same seed gives the same mixture. Versions are digests of the content, as on S3: bytes that come back bring their version back.
pub(crate) fn in_turns(store: &PublicStore, pace: &Arc<AtomicU64>) -> PublicStore {
    let (counter, pace) = (Arc::default(), Some(Arc::clone(pace)));
    let paced =
        store.wrapped(|inner| Arc::new(Faults { inner, counter, fatal: u64::MAX, when: When::Before, deaf: None, pace, nap: None }));
    paced.as_another_process()
}

impl PublicStore {
    /// The same store; this value and that one take no turns.
    pub(crate) fn as_another_process(&self) -> Self {
        Self { turn: Arc::default(), ..self.clone() }
    }
}

/// The store as another process sees it, which falls asleep before its request of this number is carried out; but not in a swap of the index,
/// since no request is under way for as long as the patience.
pub(crate) fn sleepy(store: &PublicStore, at: u64) -> (PublicStore, Arc<Nap>) {
    let (counter, nap) = (Arc::default(), Arc::new(Nap::default()));
    let with = Some(Arc::clone(&nap));
    let store =
        store.wrapped(|inner| Arc::new(Faults { inner, counter, fatal: at, when: When::Sleeps, deaf: None, pace: None, nap: with }));
    (store.as_another_process(), nap)
}

/// Which conditions a store ignores.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deaf {
    /// All.
    ToBoth,
    /// Those on a version.
    ToUpdates,
}

impl Deaf {
    pub(crate) fn wrap(self, store: &PublicStore) -> PublicStore {
        let counter = Arc::default();
        store.wrapped(|inner| {
            Arc::new(Faults { inner, counter, fatal: u64::MAX, when: When::Before, deaf: Some(self), pace: None, nap: None })
        })
    }

    fn hears(self, mode: &PutMode) -> bool {
        matches!((self, mode), (Self::ToUpdates, PutMode::Create))
    }
}

fn lost() -> Error {
    Error::Generic { store: "faults", source: "the connection was lost".into() }
}

impl Faults {
    /// Whether this request is carried out, and whether its answer comes back.
    fn next(&self) -> (bool, bool) {
        if self.when == When::Collides {
            return (true, true);
        }
        let n = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        match n.cmp(&self.fatal) {
            _ if self.when == When::Sleeps => (true, true),
            std::cmp::Ordering::Less => (true, true),
            std::cmp::Ordering::Equal => (self.when == When::After, false),
            std::cmp::Ordering::Greater => (false, false),
        }
    }

    async fn content(&self, location: &Key) -> Result<Option<(Bytes, String)>> {
        match self.inner.get_opts(location, GetOptions::default()).await {
            Ok(found) => {
                let bytes = found.bytes().await?;
                let e_tag = Digest::<kind::File>::of(&bytes).to_string();
                Ok(Some((bytes, e_tag)))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// In memory nothing of this waits, so that on one thread it is one step.
    async fn put_by_content(&self, location: &Key, payload: PutPayload, mut opts: PutOptions) -> Result<PutResult> {
        let e_tag = Digest::<kind::File>::of(&Bytes::from(payload.clone())).to_string();
        if let PutMode::Update(old) = &opts.mode {
            let there = self.content(location).await?.map(|(_, e_tag)| e_tag);
            if there.is_none() || there != old.e_tag {
                return Err(Error::Precondition { path: location.to_string(), source: "412".into() });
            }
            opts.mode = PutMode::Overwrite;
        }
        self.inner.put_opts(location, payload, opts).await?;
        Ok(PutResult { e_tag: Some(e_tag), version: None })
    }

    async fn request<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        if let Some(pace) = &self.pace {
            let step = |n: u64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let before = pace.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| Some(step(n))).unwrap();
            for _ in 0..(before >> 33) % 7 {
                tokio::task::yield_now().await;
            }
        }
        let (done, answered) = self.next();
        if let (Some(nap), true) = (&self.nap, self.counter.load(Ordering::SeqCst) == self.fatal) {
            nap.asleep.notify_one();
            nap.wake.notified().await;
        }
        if !done {
            return Err(lost());
        }
        let result = work.await;
        if answered { result } else { Err(lost()) }
    }
}

#[async_trait]
impl ObjectStore for Faults {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let mut opts = opts;
        if self.when == When::Collides && self.counter.fetch_add(1, Ordering::SeqCst) < self.fatal {
            return Err(Error::AlreadyExists { path: location.to_string(), source: "409 Conflict".into() });
        }
        if self.deaf.is_some_and(|deaf| !deaf.hears(&opts.mode)) {
            opts.mode = PutMode::Overwrite;
        }
        if self.pace.is_some() {
            return self.request(self.put_by_content(location, payload, opts)).await;
        }
        if self.nap.is_some() && location.filename() == Some(INDEX) {
            return self.inner.put_opts(location, payload, opts).await;
        }
        self.request(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.request(self.inner.put_multipart_opts(location, opts)).await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        let found = self.request(self.inner.get_opts(location, options)).await?;
        if self.pace.is_none() || found.meta.size == 0 {
            return Ok(found);
        }
        let GetResult { mut meta, range, attributes, .. } = found;
        let (bytes, e_tag) = self.content(location).await?.ok_or_else(lost)?;
        meta.e_tag = Some(e_tag);
        meta.size = bytes.len() as u64;
        let payload = GetResultPayload::Stream(futures::stream::once(async move { Ok(bytes) }).boxed());
        Ok(GetResult { range: 0..meta.size.max(range.start), meta, attributes, payload })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let (done, answered) = self.next();
        if !done {
            return futures::stream::iter([Err(lost())]).boxed();
        }
        let results = self.inner.delete_stream(locations);
        if answered { results } else { results.map(|_| Err(lost())).boxed() }
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.next() {
            (true, true) => self.inner.list(prefix),
            _ => futures::stream::iter([Err(lost())]).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.request(self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        self.request(self.inner.copy_opts(from, to, options)).await
    }
}
