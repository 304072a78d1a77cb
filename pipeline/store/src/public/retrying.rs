//! An object store that is asked again when it fails; see [`super::retry`]. Memory, folders, buckets and web servers all lie behind it.
//!
//! - A read whose body is cut goes on where it was cut; or, from a server that gives no parts, from the start, leaving out what was read. If the
//!   object changed meanwhile the read fails with [`Error::Precondition`].
//! - A listing is given as a whole or begun anew.
//! - A conditional write is repeated as it is. When its first attempt landed and the answer was lost, the repetition is refused: whoever asked must hold
//!   what is there against what it wrote, and does so after every refusal, since stores refuse wrongly too.
//! - Parts of an upload are retried by `object_store`, which knows their numbers, and the upload as a whole by whoever has its bytes.

use super::{
    OBJECTS_MAX,
    retry::{Retries, Tries},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path as Key,
};
use std::{fmt, ops::Range, sync::Arc};

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Retrying {
    inner: Arc<dyn ObjectStore>,
    retries: Retries,
}

impl fmt::Display for Retrying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl Retrying {
    pub(super) fn new(inner: Arc<dyn ObjectStore>, retries: Retries) -> Self {
        Self { inner, retries }
    }

    async fn retry<T, F: Future<Output = Result<T>>>(&self, mut work: impl FnMut() -> F) -> Result<T> {
        let mut tries = self.retries.begin();
        loop {
            match work().await {
                Err(e) => tries.again(e).await?,
                done => return done,
            }
        }
    }

    async fn delete_one(&self, key: Key) -> Result<Key> {
        let mut tries = self.retries.begin();
        loop {
            match self.inner.delete(&key).await {
                Ok(()) => return Ok(key),
                // An earlier attempt removed it, and its answer was lost.
                Err(Error::NotFound { .. }) if tries.made() > 1 => return Ok(key),
                Err(e) => tries.again(e).await?,
            }
        }
    }
}

#[async_trait]
impl ObjectStore for Retrying {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.retry(|| self.inner.put_opts(location, payload.clone(), opts.clone())).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.retry(|| self.inner.put_multipart_opts(location, opts.clone())).await
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        let found = self.retry(|| self.inner.get_opts(location, options.clone())).await?;
        let GetResult { payload, meta, range, attributes } = found;
        let payload = match payload {
            GetResultPayload::Stream(body) if !options.head => {
                let left = range.clone();
                let tries = self.retries.begin();
                let reading =
                    Reading { store: self.clone(), options, meta: meta.clone(), range: range.clone(), left, tries, body: Some(body) };
                GetResultPayload::Stream(futures::stream::try_unfold(reading, Reading::next).boxed())
            }
            payload => payload,
        };
        Ok(GetResult { payload, meta, range, attributes })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let store = self.clone();
        locations
            .and_then(move |key| {
                let store = store.clone();
                async move { store.delete_one(key).await }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        futures::stream::once(async move {
            // One more than may be tells that there are too many.
            let found = store.retry(|| store.inner.list(prefix.as_ref()).take(OBJECTS_MAX + 1).try_collect::<Vec<_>>()).await?;
            Ok::<_, Error>(futures::stream::iter(found.into_iter().map(Ok)))
        })
        .try_flatten()
        .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        self.retry(|| self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        let mut tries = self.retries.begin();
        loop {
            match self.inner.copy_opts(from, to, options.clone()).await {
                // On S3 a conditional copy is an upload of one part. When the answer to its completion is lost and it is completed again, there is
                // no such upload any more: then the next attempt says whether the copy is there.
                Err(e @ Error::NotFound { .. }) if options.mode == CopyMode::Create => {
                    self.retry(|| self.inner.head(from)).await?;
                    tries.anyway(e).await?;
                }
                Err(e) => tries.again(e).await?,
                Ok(()) => return Ok(()),
            }
        }
    }
}

/// The body of an object, as far as it was read.
struct Reading {
    store: Retrying,
    options: GetOptions,
    meta: ObjectMeta,
    /// What was asked for.
    range: Range<u64>,
    /// What did not come yet.
    left: Range<u64>,
    tries: Tries,
    body: Option<BoxStream<'static, Result<Bytes>>>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        loop {
            if self.left.is_empty() {
                return Ok(None);
            }
            let Some(body) = &mut self.body else {
                self.reopen().await?;
                continue;
            };
            match body.next().await {
                Some(Ok(bytes)) if bytes.is_empty() => {}
                Some(Ok(bytes)) if bytes.len() as u64 > self.left.end - self.left.start => return Err(self.odd("more bytes than it has")),
                Some(Ok(bytes)) => {
                    self.left.start += bytes.len() as u64;
                    self.tries.progress();
                    return Ok(Some((bytes, self)));
                }
                Some(Err(e)) => {
                    self.body = None;
                    self.tries.again(e).await?;
                }
                None => {
                    self.body = None;
                    let cut = self.odd("fewer bytes than it has");
                    self.tries.again(cut).await?;
                }
            }
        }
    }

    /// Asks for what is left; every other time for everything, of which the beginning is left out.
    async fn reopen(&mut self) -> Result<()> {
        let in_part = self.tries.made().is_multiple_of(2);
        let mut options = self.options.clone();
        if in_part {
            options.range = Some(self.left.clone().into());
        }
        let found = match self.store.inner.get_opts(&self.meta.location, options).await {
            Ok(found) => found,
            Err(e) => return self.tries.again(e).await,
        };
        let same =
            (&found.meta.e_tag, found.meta.size, found.meta.last_modified) == (&self.meta.e_tag, self.meta.size, self.meta.last_modified);
        if !same {
            return Err(Error::Precondition { path: self.meta.location.to_string(), source: "it changed while it was read".into() });
        }
        let mut skip = if in_part { 0 } else { self.left.start - self.range.start };
        let body = found.into_stream().try_filter_map(move |mut bytes| {
            let leave = skip.min(bytes.len() as u64);
            skip -= leave;
            // No more than the length of the piece.
            let rest = bytes.split_off(usize::try_from(leave).unwrap_or(usize::MAX));
            futures::future::ok(Some(rest))
        });
        self.body = Some(body.boxed());
        Ok(())
    }

    fn odd(&self, what: &str) -> Error {
        Error::Generic { store: "reading", source: format!("{} came with {what}", self.meta.location).into() }
    }
}
