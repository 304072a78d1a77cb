//! A proxy over HTTP/1.1 for tests, which puts faults between a client and a server: throttling, server errors, time-outs, connections that are cut in
//! the middle of a request or an answer. Or it hides conditions from the server, as one would have it that ignores them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// What the proxy does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plan {
    /// So many of a hundred requests come to grief, by a seed.
    Faults { share: u64, seed: u64 },
    /// This header is left out of every request.
    Without(&'static str),
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Passed,
    Throttled,
    ErrorBefore,
    ErrorAfter,
    StallBefore,
    StallAfter,
    CutInRequest,
    CutInAnswer,
}

const GRIEF: [Fate; 7] =
    [Fate::Throttled, Fate::ErrorBefore, Fate::ErrorAfter, Fate::StallBefore, Fate::StallAfter, Fate::CutInRequest, Fate::CutInAnswer];

/// Longer than the clients of these tests wait.
const STALL: Duration = Duration::from_secs(60);

/// A proxy that runs as long as this lives.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: String,
    /// By fate, in the order of `GRIEF`; the last one counts what passed.
    counts: Arc<[AtomicU64; 8]>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Before a server, such as `http://127.0.0.1:8333`.
    pub(crate) async fn start(server: &str, plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (server, counts) = (server.trim_start_matches("http://").to_owned(), Arc::<[AtomicU64; 8]>::default());
        let (shared, number) = (Arc::clone(&counts), Arc::new(AtomicU64::new(0)));
        let task = tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { return };
                let (server, counts, number) = (server.clone(), Arc::clone(&shared), Arc::clone(&number));
                tokio::spawn(async move {
                    let mut client = BufStream::new(client);
                    // Until one of the two hangs up.
                    while let Ok(true) = pass(&mut client, &server, plan, &number, &counts).await {}
                });
            }
        });
        Self { address, counts, task }
    }

    /// How many requests came to each kind of grief, and how many passed.
    pub(crate) fn counts(&self) -> Vec<u64> {
        self.counts.iter().map(|c| c.load(Ordering::SeqCst)).collect()
    }
}

impl Plan {
    fn fate(self, n: u64) -> Fate {
        match self {
            Self::Without(_) => Fate::Passed,
            Self::Faults { share, seed } => {
                let chance = super::fault_plan::bits(seed, n);
                if chance % 100 < share { GRIEF[(chance >> 32) as usize % GRIEF.len()] } else { Fate::Passed }
            }
        }
    }
}

/// A request or an answer.
struct Message {
    /// First line and headers, without the empty line.
    head: Vec<String>,
    body: Vec<u8>,
}

impl Message {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().skip(1).find_map(|h| h.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()))
    }

    fn drop_header(&mut self, name: &str) {
        self.head.retain(|h| !h.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name)));
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.join("\r\n").into_bytes();
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

async fn line(from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n") {
        bytes.push(from.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
}

/// Reads a message; the body of an answer to HEAD, or of one without body, is empty.
async fn read(from: &mut (impl AsyncReadExt + Unpin), has_body: bool) -> io::Result<Message> {
    let mut head = vec![line(from).await?];
    loop {
        let header = line(from).await?;
        if header.is_empty() {
            break;
        }
        head.push(header);
    }
    let mut message = Message { head, body: Vec::new() };
    let is_answer = message.head[0].starts_with("HTTP/");
    let empty = !has_body || is_answer && [" 204", " 304"].iter().any(|s| message.head[0].contains(s));
    let chunked = message.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
    let length = message.header("content-length").and_then(|v| v.parse::<usize>().ok());
    match (chunked, length) {
        _ if empty => {}
        (true, _) => {
            loop {
                let size = line(from).await?;
                let size = usize::from_str_radix(size.split(';').next().unwrap().trim(), 16).map_err(io::Error::other)?;
                let mut chunk = vec![0; size];
                from.read_exact(&mut chunk).await?;
                message.body.extend(chunk);
                line(from).await?;
                if size == 0 {
                    break;
                }
            }
            message.drop_header("transfer-encoding");
            message.head.push(format!("Content-Length: {}", message.body.len()));
        }
        (false, Some(length)) => {
            message.body = vec![0; length];
            from.read_exact(&mut message.body).await?;
        }
        (false, None) if is_answer => drop(from.read_to_end(&mut message.body).await?),
        (false, None) => {}
    }
    Ok(message)
}

/// One request and its answer; `false` when the connection is over.
async fn pass(
    client: &mut BufStream<TcpStream>,
    server: &str,
    plan: Plan,
    number: &AtomicU64,
    counts: &[AtomicU64; 8],
) -> io::Result<bool> {
    let mut request = read(client, true).await?;
    let fate = plan.fate(number.fetch_add(1, Ordering::SeqCst));
    counts[GRIEF.iter().position(|g| *g == fate).unwrap_or(7)].fetch_add(1, Ordering::SeqCst);
    if let Plan::Without(header) = plan {
        request.drop_header(header);
    }
    let is_head = request.head[0].starts_with("HEAD ");
    let refuse = async |client: &mut BufStream<TcpStream>, status: &str, code: &str| {
        let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>injected</Message></Error>");
        let body = if is_head { String::new() } else { body };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        client.write_all(answer.as_bytes()).await?;
        client.flush().await?;
        Ok(true)
    };
    match fate {
        Fate::Throttled => return refuse(client, "503 Slow Down", "SlowDown").await,
        Fate::ErrorBefore => return refuse(client, "500 Internal Server Error", "InternalError").await,
        Fate::StallBefore => {
            tokio::time::sleep(STALL).await;
            return Ok(false);
        }
        _ => {}
    }
    request.drop_header("connection");
    request.drop_header("expect");
    request.head.push("Connection: close".into());
    let mut upstream = BufStream::new(TcpStream::connect(server).await?);
    let bytes = request.bytes();
    if fate == Fate::CutInRequest {
        // The server gets half of it, and the client never hears of it again.
        let half = bytes.len() - request.body.len() / 2 - usize::from(request.body.is_empty());
        upstream.write_all(&bytes[..half]).await?;
        upstream.flush().await?;
        return Ok(false);
    }
    upstream.write_all(&bytes).await?;
    upstream.flush().await?;
    let mut answer = loop {
        let answer = read(&mut upstream, !is_head).await?;
        if !answer.head[0].contains(" 100 ") {
            break answer;
        }
    };
    answer.drop_header("connection");
    match fate {
        Fate::ErrorAfter => return refuse(client, "500 Internal Server Error", "InternalError").await,
        Fate::StallAfter => {
            tokio::time::sleep(STALL).await;
            return Ok(false);
        }
        Fate::CutInAnswer => {
            let bytes = answer.bytes();
            // In the middle of the body, or of the head if there is none.
            let end = if answer.body.is_empty() { bytes.len() / 2 } else { bytes.len() - answer.body.len().div_ceil(2) };
            client.write_all(&bytes[..end]).await?;
            client.flush().await?;
            return Ok(false);
        }
        _ => {}
    }
    client.write_all(&answer.bytes()).await?;
    client.flush().await?;
    Ok(true)
}
