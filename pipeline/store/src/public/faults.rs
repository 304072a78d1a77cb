//! A store whose n-th request fails: before it is carried out, or after, its answer lost. After that every request fails, as for a process that
//! was killed.

use super::PublicStore;
use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, Result, path::Path as Key,
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// When the fatal request is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The store never hears of it.
    Before,
    /// The store carries it out and its answer is lost.
    After,
}

#[derive(Debug)]
pub(crate) struct Faults {
    inner: Arc<dyn ObjectStore>,
    counter: Arc<AtomicU64>,
    fatal: u64,
    when: When,
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
    (store.wrapped(|inner| Arc::new(Faults { inner, counter: shared, fatal, when })), counter)
}

fn lost() -> Error {
    Error::Generic { store: "faults", source: "the connection was lost".into() }
}

impl Faults {
    /// Whether this request is carried out, and whether its answer comes back.
    fn next(&self) -> (bool, bool) {
        let n = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        match n.cmp(&self.fatal) {
            std::cmp::Ordering::Less => (true, true),
            std::cmp::Ordering::Equal => (self.when == When::After, false),
            std::cmp::Ordering::Greater => (false, false),
        }
    }

    async fn request<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (done, answered) = self.next();
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
        self.request(self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.request(self.inner.put_multipart_opts(location, opts)).await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        self.request(self.inner.get_opts(location, options)).await
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
