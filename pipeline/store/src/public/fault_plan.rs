//! A store that fails at will, for tests: of this crate, and of whole programs behind the feature `faults`.
//!
//! A plan is a list of settings, separated by commas:
//! - `random=20%`: so many of the calls fail, from 0 to 100. One that fails does so before it is carried out, or after, its answer lost; the body of an
//!   object may be cut in the middle instead.
//! - `seed=5`: which ones; 0 without it. The same seed and the same order of calls give the same failures.
//! - `fail-at=37`, `fail-after=37`: the 37th call and all later ones fail; `-after`: the 37th is carried out, and its answer lost.
//! - `abort-at=37`, `abort-after=37`: the process is aborted at that call, as `kill -9` would end it: nothing is tidied up.
//! - `log=FILE`: a line for each call is appended to a file: its number, what it is, and of what. The last number says how many points there are.
//!
//! Calls are counted from 1, over all clones of the store: each request, each part of an upload, each object of a deletion. The faults lie beneath
//! the retries, which do not wait here.

use super::{
    PublicStore,
    retry::{Pause, Retries},
};
use crate::{Result as StoreResult, StoreError};
use async_trait::async_trait;
use futures::{FutureExt, StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart, path::Path as Key,
};
use std::{
    fmt,
    fs::OpenOptions,
    io::Write,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// As in a program that is in earnest.
const TRIES: u32 = 8;

/// Which calls fail; see the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct FaultPlan {
    /// So many of a hundred.
    random: u64,
    seed: u64,
    fatal: Option<Fatal>,
    log: Option<PathBuf>,
}

/// The call after which nothing is as before.
#[derive(Debug, Clone, Copy)]
struct Fatal {
    at: u64,
    /// Whether it is carried out.
    done: bool,
    aborts: bool,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    NeverHeard,
    AnswerLost,
    /// For a read: an error comes in the middle of the body, or the body just ends there.
    Cut {
        silently: bool,
    },
}

impl PublicStore {
    /// The same store, which fails as a text says, such as `random=20%,seed=5` or `abort-at=37`; the module `fault_plan` has the whole list. Retries do not
    /// wait. To be called right after the store was opened: other wrappers are left out. An empty text plans nothing.
    ///
    /// # Errors
    /// [`StoreError::Location`] when the text is not understood.
    pub fn with_faults_of(&self, text: &str) -> StoreResult<Self> {
        let plan = FaultPlan::parse(text).map_err(|detail| StoreError::Location { location: format!("faults '{text}'"), detail })?;
        Ok(self.with_faults(plan, TRIES).0)
    }

    /// The same store with a plan of faults, the number of attempts at each call, and the counter of calls.
    pub(crate) fn with_faults(&self, plan: FaultPlan, tries: u32) -> (Self, Arc<AtomicU64>) {
        let counter = Arc::new(AtomicU64::new(0));
        let shared = Arc::clone(&counter);
        (self.beneath(Retries::with(tries, Arc::new(NoPause)), |inner| Arc::new(Failing { inner, counter: shared, plan })), counter)
    }
}

/// Time does not pass between two attempts.
#[derive(Debug)]
pub(super) struct NoPause;

#[async_trait]
impl Pause for NoPause {
    async fn pause(&self, _length: Duration) {
        tokio::task::yield_now().await;
    }
}

impl FaultPlan {
    /// So many of a hundred calls fail.
    #[cfg(test)]
    pub(crate) fn random(share: u64, seed: u64) -> Self {
        Self { random: share, seed, ..Self::default() }
    }

    fn parse(text: &str) -> std::result::Result<Self, String> {
        let mut plan = Self::default();
        for setting in text.split(',').map(str::trim).filter(|s| !s.is_empty()) {
            let (name, value) = setting.split_once('=').ok_or_else(|| format!("'{setting}' is no setting: write name=value"))?;
            let number = || value.trim_end_matches('%').parse::<u64>().map_err(|_| format!("'{value}' in '{setting}' is no number"));
            match name {
                "random" => plan.random = number()?,
                "seed" => plan.seed = number()?,
                "log" => plan.log = Some(value.into()),
                "fail-at" | "fail-after" | "abort-at" | "abort-after" => {
                    plan.fatal = Some(Fatal { at: number()?, done: name.ends_with("after"), aborts: name.starts_with("abort") });
                }
                _ => return Err(format!("'{name}' is no fault: write random, seed, fail-at, fail-after, abort-at, abort-after or log")),
            }
        }
        if plan.random > 100 { Err("random is a share from 0% to 100%".into()) } else { Ok(plan) }
    }
}

#[derive(Debug, Clone)]
struct Failing {
    inner: Arc<dyn ObjectStore>,
    counter: Arc<AtomicU64>,
    plan: FaultPlan,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn lost() -> Error {
    Error::Generic { store: "faults", source: "the connection was lost".into() }
}

/// Bits that depend on two numbers and look random (splitmix64, <https://prng.di.unimi.it/splitmix64.c>).
pub(super) fn bits(seed: u64, n: u64) -> u64 {
    let z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Failing {
    /// Counts a call and says what becomes of it. May not return.
    fn next(&self, what: &str, of: &str) -> (u64, Fate) {
        let n = self.counter.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(log) = &self.plan.log {
            let line = format!("{n} {what} {of}\n");
            let written = OpenOptions::new().create(true).append(true).open(log).and_then(|mut f| f.write_all(line.as_bytes()));
            if let Err(e) = written {
                tracing::warn!(file = %log.display(), error = %e, "the log of calls could not be written");
            }
        }
        if let Some(fatal) = self.plan.fatal
            && n >= fatal.at
        {
            if fatal.aborts && (n > fatal.at || !fatal.done) {
                std::process::abort();
            }
            return (n, if n == fatal.at && fatal.done { Fate::AnswerLost } else { Fate::NeverHeard });
        }
        let chance = bits(self.plan.seed, n);
        let fate = match chance >> 32 & 3 {
            _ if chance % 100 >= self.plan.random => Fate::Answered,
            0 => Fate::AnswerLost,
            1 => Fate::NeverHeard,
            other => Fate::Cut { silently: other == 2 },
        };
        (n, fate)
    }

    async fn call<T>(&self, what: &str, of: &Key, work: impl Future<Output = Result<T>>) -> Result<T> {
        let (n, fate) = self.next(what, of.as_ref());
        if fate == Fate::NeverHeard {
            return Err(lost());
        }
        let done = work.await;
        self.after(n);
        if fate == Fate::Answered { done } else { Err(lost()) }
    }

    /// The call was carried out.
    fn after(&self, n: u64) {
        if self.plan.fatal.is_some_and(|f| f.aborts && f.done && n >= f.at) {
            std::process::abort();
        }
    }
}

#[async_trait]
impl ObjectStore for Failing {
    async fn put_opts(&self, location: &Key, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.call("put", location, self.inner.put_opts(location, payload, opts)).await
    }

    async fn put_multipart_opts(&self, location: &Key, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.call("begin", location, self.inner.put_multipart_opts(location, opts)).await?;
        Ok(Box::new(FailingUpload { store: self.clone(), upload, key: location.clone() }))
    }

    async fn get_opts(&self, location: &Key, options: GetOptions) -> Result<GetResult> {
        let (n, fate) = self.next(if options.head { "head" } else { "get" }, location.as_ref());
        let silently = match fate {
            Fate::NeverHeard => return Err(lost()),
            Fate::Cut { silently } if !options.head => Some(silently),
            _ => None,
        };
        let found = self.inner.get_opts(location, options).await;
        self.after(n);
        match (fate, silently) {
            (Fate::Answered, _) => found,
            (_, Some(silently)) => found.map(|found| cut(found, silently)),
            _ => Err(lost()),
        }
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Key>>) -> BoxStream<'static, Result<Key>> {
        let store = self.clone();
        locations
            .and_then(move |key| {
                let store = store.clone();
                async move { store.call("delete", &key, store.inner.delete(&key)).await.map(|()| key) }
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (n, fate) = self.next("list", prefix.map_or("", |p| p.as_ref()));
        // Nothing is changed by it: there is no difference between before and after.
        self.after(n);
        let (lose, found) = (futures::stream::iter([Err(lost())]).boxed(), self.inner.list(prefix));
        match fate {
            Fate::NeverHeard | Fate::AnswerLost => lose,
            Fate::Cut { .. } => found.take(1).chain(lose).boxed(),
            Fate::Answered => found,
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> Result<ListResult> {
        let root = Key::default();
        self.call("list", prefix.unwrap_or(&root), self.inner.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Key, to: &Key, options: CopyOptions) -> Result<()> {
        self.call("copy", to, self.inner.copy_opts(from, to, options)).await
    }
}

/// Half of the body.
fn cut(found: GetResult, silently: bool) -> GetResult {
    let (meta, range, attributes) = (found.meta.clone(), found.range.clone(), found.attributes.clone());
    let mut left = usize::try_from((range.end - range.start) / 2).unwrap_or(usize::MAX);
    let half = found.into_stream().map_ok(move |mut piece| {
        piece.truncate(left);
        left -= piece.len();
        piece
    });
    let half = half.take_while(|piece| futures::future::ready(!matches!(piece, Ok(bytes) if bytes.is_empty())));
    let end = futures::stream::iter((!silently).then(|| Err(lost())));
    GetResult { payload: GetResultPayload::Stream(half.chain(end).boxed()), meta, range, attributes }
}

#[derive(Debug)]
struct FailingUpload {
    store: Failing,
    upload: Box<dyn MultipartUpload>,
    key: Key,
}

#[async_trait]
impl MultipartUpload for FailingUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, key, part) = (self.store.clone(), self.key.clone(), self.upload.put_part(data));
        async move { store.call("part", &key, part).await }.boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.store.call("complete", &self.key, self.upload.complete()).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.store.call("give up", &self.key, self.upload.abort()).await
    }
}
