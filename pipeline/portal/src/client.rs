//! The portal's API over HTTP: reads are repeated, writes never are.
//!
//! A write that was not answered may have been done. Whoever wrote has to look before anything else: [`Written::Unknown`].

use crate::{ApiKey, FieldError, PortalError, Result, Settings, refusal::refusal, settings::is_loopback};
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use std::time::Duration;

/// A portal that takes no connection for so long is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often something is tried in all.
pub(crate) const TRIES: u32 = 5;
/// The first wait; each further one is twice as long.
const WAIT: Duration = Duration::from_millis(500);
/// The longest wait that the portal may ask for.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// Datasets on one page of a list.
const PAGE: usize = 100;

/// A client of one portal.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    /// Without a slash at its end.
    url: String,
    host: String,
    key: Option<ApiKey>,
}

/// What became of a request that changes something.
#[derive(Debug)]
pub enum Written {
    /// It was done, and this is the answer, if it is JSON.
    Done(Option<Value>),
    /// It may have been done or not: look, after so long.
    Unknown {
        /// What happened.
        detail: String,
        /// How long the portal asks to wait.
        wait: Option<Duration>,
    },
}

enum Failure {
    /// The same request may succeed later.
    Again { detail: String, wait: Option<Duration> },
    /// It will not.
    Final(PortalError),
}

impl Api {
    /// A client; without a key it only reads what everyone can read.
    ///
    /// # Errors
    /// When the system has no TLS.
    pub fn new(settings: &Settings, key: Option<ApiKey>) -> Result<Self> {
        // A redirect would hand the key to another host.
        let mut client = Client::builder()
            .user_agent(concat!("solidata/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(Policy::none());
        if is_loopback(&settings.url) {
            client = client.no_proxy();
        }
        let http = client.build().map_err(PortalError::internal)?;
        Ok(Self { http, url: settings.url.as_str().trim_end_matches('/').to_owned(), host: settings.host(), key })
    }

    /// The portal, for messages.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Reads a document; `None` when it is not there, or was removed.
    ///
    /// # Errors
    /// When the portal does not answer however often it is asked, refuses, or answers no JSON.
    pub async fn get(&self, path: &str, action: &str) -> Result<Option<Value>> {
        self.read(self.request(Method::GET, path), action).await
    }

    /// The datasets of an organisation, those that only its members see too: id, extras and time of removal of each.
    ///
    /// # Errors
    /// As [`Api::get`]; when there is no such organisation.
    pub async fn datasets_of(&self, organization: &str) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for page in 1.. {
            let path = format!("organizations/{organization}/datasets/?page={page}&page_size={PAGE}");
            let request = self.request(Method::GET, &path).header("X-Fields", "data{id,extras,deleted},next_page");
            let action = "list the datasets of the organisation";
            let document = self.read(request, action).await?;
            let document = document.ok_or_else(|| refusal(&self.host, action, StatusCode::NOT_FOUND, Vec::new()))?;
            let data = document.get("data").and_then(Value::as_array).ok_or_else(|| self.other(action, "a list without data"))?;
            found.extend(data.iter().cloned());
            if data.is_empty() || document.get("next_page").is_none_or(Value::is_null) {
                break;
            }
        }
        Ok(found)
    }

    /// Sends one request that changes something, once.
    ///
    /// # Errors
    /// When the portal refuses it, or answers with a redirect.
    pub async fn write(&self, method: Method, path: &str, body: Option<&Value>, action: &str) -> Result<Written> {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(serde_json::to_vec(body).map_err(PortalError::internal)?);
        }
        match self.answer(request, action).await {
            Ok((_, text)) => Ok(Written::Done(serde_json::from_slice(&text).ok())),
            Err(Failure::Again { detail, wait }) => Ok(Written::Unknown { detail, wait }),
            Err(Failure::Final(error)) => Err(error),
        }
    }

    async fn read(&self, request: RequestBuilder, action: &str) -> Result<Option<Value>> {
        for tried in 1.. {
            let again = request.try_clone().ok_or_else(|| PortalError::internal("a request that cannot be repeated"))?;
            match self.answer(again, action).await {
                Ok((_, text)) => {
                    return serde_json::from_slice(&text).map(Some).map_err(|_| self.other(action, "an answer that is no JSON"));
                }
                Err(Failure::Final(PortalError::Refused { status: 404 | 410, .. })) => return Ok(None),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Again { detail, .. }) if tried >= TRIES => return Err(self.unavailable(action, detail)),
                Err(Failure::Again { detail, wait }) => {
                    tracing::warn!(host = self.host, action, detail, tried, "the portal is asked again");
                    pause(tried, wait).await;
                }
            }
        }
        Err(PortalError::internal("tries end"))
    }

    /// The bytes of a good answer.
    async fn answer(&self, request: RequestBuilder, action: &str) -> Result<(StatusCode, Vec<u8>), Failure> {
        let cut = |e: reqwest::Error| Failure::Again { detail: causes(&e), wait: None };
        let response = request.send().await.map_err(cut)?;
        let (status, wait) = (response.status(), asked_to_wait(&response));
        let text = response.bytes().await.map_err(cut)?.to_vec();
        match status.as_u16() {
            200..=299 => Ok((status, text)),
            300..=399 => Err(Failure::Final(self.other(action, &format!("a redirect (HTTP {})", status.as_u16())))),
            408 | 425 | 429 | 500..=599 => Err(Failure::Again { detail: format!("HTTP {}", status.as_u16()), wait }),
            _ => Err(Failure::Final(refusal(&self.host, action, status, FieldError::all(&text)))),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/{path}", self.url)).header(ACCEPT, "application/json");
        match &self.key {
            Some(key) => request.header("X-API-KEY", key.header()),
            None => request,
        }
    }

    /// The error of a portal that does not do what it is asked to.
    pub(crate) fn unavailable(&self, action: &str, detail: String) -> PortalError {
        PortalError::Unavailable { host: self.host.clone(), action: action.into(), detail }
    }

    /// The error of a portal that speaks another language.
    pub(crate) fn other(&self, action: &str, detail: &str) -> PortalError {
        PortalError::NotTheApi { host: self.host.clone(), action: action.into(), detail: detail.into() }
    }
}

/// Waits before another attempt: as long as the portal asks for, or twice as long as the last time.
pub(crate) async fn pause(tried: u32, asked: Option<Duration>) {
    let usual = WAIT * 2u32.saturating_pow(tried.saturating_sub(1));
    tokio::time::sleep(asked.unwrap_or(usual).min(WAIT_MAX)).await;
}

/// `Retry-After`, in seconds; a date is not read, since there is no clock to hold it against.
fn asked_to_wait(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What went wrong with the connection, without the address, which says nothing new.
fn causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}
