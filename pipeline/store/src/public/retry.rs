//! Which failures are worth another attempt, how long to wait before it, and when to give up.
//!
//! `object_store` retries by itself what it may repeat without knowing what it is for: reads, parts of an upload, requests that were answered with
//! 408, 429 or 5xx. It does not repeat a conditional write, a deletion or a server-side copy that was not answered, nor a listing or an
//! answer whose body was cut. Everything of this program may be repeated (a condition makes a repeated write harmless, and a refused one is held
//! against what is there), so [`super::retrying`] does it, on every kind of store in the same way.

use async_trait::async_trait;
use object_store::{BackoffConfig, ClientOptions, Error, RetryConfig, client::HttpError};
use std::{error::Error as StdError, fmt, io, sync::Arc, time::Duration};
use tokio::time::Instant;

/// A server that takes no connection for so long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that one request may take, with its body: a part of 8 MiB passes at 70 kB/s. A longer read is resumed where it was cut.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(120);

/// `object_store` begins no further attempt of its own this long after the first one.
const INNER_TOTAL: Duration = Duration::from_secs(30);

/// No further attempt begins this long after the first one: a request that ran into its time limit is repeated once.
const TOTAL: Duration = Duration::from_secs(180);

/// The longest that a write may be under way between its first attempt and the end of its last one.
pub(super) const UNDER_WAY: Duration =
    Duration::from_secs(TOTAL.as_secs() + INNER_TOTAL.as_secs() + REQUEST_TIMEOUT.as_secs() + CONNECT_TIMEOUT.as_secs());

/// What `object_store` retries by itself.
pub(super) fn inner() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(5), base: 2. };
    RetryConfig { backoff, max_retries: 4, retry_timeout: INNER_TOTAL }
}

/// The time limits of requests.
pub(super) fn time_limits(options: ClientOptions) -> ClientOptions {
    options.with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT)
}

/// How often and how long a store is tried.
#[derive(Debug, Clone)]
pub(super) struct Retries {
    /// Attempts in all.
    tries: u32,
    /// The shortest wait, and the first one's.
    first: Duration,
    /// The longest wait.
    longest: Duration,
    pause: Arc<dyn Pause>,
}

/// How time passes between two attempts; in tests it does not.
#[async_trait]
pub(super) trait Pause: fmt::Debug + Send + Sync {
    async fn pause(&self, length: Duration);
}

#[derive(Debug)]
struct Sleep;

#[async_trait]
impl Pause for Sleep {
    async fn pause(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self { tries: 8, first: Duration::from_millis(200), longest: Duration::from_secs(15), pause: Arc::new(Sleep) }
    }
}

impl Retries {
    /// So many attempts, and `pause` in place of waiting.
    #[cfg(any(test, feature = "faults"))]
    pub(super) fn with(tries: u32, pause: Arc<dyn Pause>) -> Self {
        Self { tries, pause, ..Self::default() }
    }

    /// The attempts at one operation, of which the first one begins.
    pub(super) fn begin(&self) -> Tries {
        Tries { retries: self.clone(), made: 1, last: Duration::ZERO, begun: Instant::now() }
    }
}

/// Attempts at one operation.
#[derive(Debug)]
pub(super) struct Tries {
    retries: Retries,
    made: u32,
    last: Duration,
    begun: Instant,
}

impl Tries {
    /// How many were made, with the one under way.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// Waits before another attempt; gives the error back when it is of no use to try again, or was tried enough.
    pub(super) async fn again(&mut self, error: Error) -> Result<(), Error> {
        if !worth_retrying(&error) {
            return Err(error);
        }
        self.anyway(error).await
    }

    /// The same for an error that another attempt may mend, whatever it says.
    pub(super) async fn anyway(&mut self, error: Error) -> Result<(), Error> {
        if self.made >= self.retries.tries || self.begun.elapsed() > TOTAL {
            return Err(error);
        }
        self.made += 1;
        self.last = jittered(self.retries.first, self.last.max(self.retries.first) * 3, self.retries.longest);
        tracing::info!(attempt = self.made, wait_ms = self.last.as_millis() as u64, error = %error, "the store is asked again");
        self.retries.pause.pause(self.last).await;
        Ok(())
    }

    /// Something came: what fails next is a new failure.
    pub(super) fn progress(&mut self) {
        (self.made, self.last, self.begun) = (1, Duration::ZERO, Instant::now());
    }
}

/// A random length between two, and no longer than the third ("decorrelated jitter"): those who failed together do not come back together. Chance
/// decides nothing but the length of a wait.
fn jittered(from: Duration, to: Duration, longest: Duration) -> Duration {
    let mut random = [0u8; 4];
    // Without randomness the shortest wait is as good.
    let _ = getrandom::fill(&mut random);
    let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    (from + to.saturating_sub(from).mul_f64(share)).min(longest)
}

/// Whether the same request may be answered otherwise if it is repeated. Throttling (429, 503), 408, every other 5xx but 501 ("not implemented"), time limits and lost
/// connections may; a refusal, an absent object, a condition that does not hold and a full disk may not.
pub(super) fn worth_retrying(error: &Error) -> bool {
    let Error::Generic { source, .. } = error else { return false };
    let mut next: Option<&(dyn StdError + 'static)> = Some(source.as_ref());
    while let Some(cause) = next {
        if cause.is::<HttpError>() {
            return true;
        }
        if let Some(e) = cause.downcast_ref::<io::Error>() {
            return is_passing(e.kind());
        }
        let said = cause.to_string();
        if let Some(status) = status(&said) {
            return status == 408 || status == 429 || (status >= 500 && status != 501);
        }
        // One key of a deletion of many, which S3 refuses in a body of status 200.
        if said.starts_with("DeleteObjects request failed") && said.contains("AccessDenied") {
            return false;
        }
        next = cause.source();
    }
    // A cut body, an answer that cannot be parsed.
    true
}

/// Whether a store says of an upload that it is over: there is none (S3), or its parts are no longer parts (Azure's
/// [InvalidBlockList](https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes)).
pub(super) fn is_over(error: &Error) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(cause) = next {
        if cause.to_string().contains("InvalidBlockList") {
            return true;
        }
        next = cause.source();
    }
    matches!(error, Error::NotFound { .. })
}

/// The HTTP status in the words of `object_store`, whose own type for it is private.
fn status(said: &str) -> Option<u16> {
    said.strip_prefix("Server returned non-2xx status code: ")?.get(..3)?.parse().ok()
}

/// Failures of a disk over the network that pass.
fn is_passing(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    matches!(
        kind,
        K::Interrupted
            | K::TimedOut
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::NetworkDown
            | K::NetworkUnreachable
            | K::HostUnreachable
            | K::StaleNetworkFileHandle
            | K::ResourceBusy
    )
}
