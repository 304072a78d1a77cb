//! From a path to its files, their forms and collections; and the two ways to go over them: read, or only pin.

use crate::consumer::{Consumer, Progress, Request};
use crate::error::Damage;
use crate::frame;
use crate::input::{Input, Origin};
use crate::receipt::{Container, Digest, Encoding, FileDigest, Form, SnapshotDigest, SnapshotReceipt};
use crate::stream::Stream;
use crate::{Collection, SourceError, binary, engine};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that are enough to recognise a form.
const HEAD: usize = 512;

/// One file of a snapshot and what is wanted from it.
pub(crate) struct Part<'a> {
    pub input: Input<'a>,
    /// The form and (but for an archive) the collection; `None` when the file is only hashed.
    pub content: Option<(Container, Option<Collection>)>,
}

/// Reads a snapshot, gives the records of the wanted collections to `consumer`, and verifies every byte of it.
///
/// `path` is a mongodump archive, a `.bson` file, a mongoexport file (NDJSON or JSON array; relaxed or canonical), or a folder that holds
/// such files named after their collections, directly or one folder deeper (`<db>/<collection>.bson[.gz|.zst]`). Files may be compressed
/// with gzip or zstd. Forms are recognised by content; names only say which collection a file of a folder holds.
///
/// # Errors
/// See [`SourceError`]. After an error, what the consumer was given means nothing.
pub fn read_snapshot<C: Consumer>(path: &Path, request: &Request<'_>, consumer: &C) -> Result<SnapshotReceipt, SourceError> {
    let files = Files::of(path)?;
    request.progress.begin(files.bytes);
    let mut parts = Vec::new();
    let mut form = Form::Folder;
    for file in files.inputs {
        let collection = if files.folder { file.collection } else { request.lone };
        let wanted = !files.folder || collection.is_some_and(|c| request.wanted.contains(&c));
        let content = if wanted {
            let (container, encoding) = recognise(&file.input)?;
            if !files.folder {
                form = Form::File(container, encoding);
            }
            Some((container, collection))
        } else {
            None
        };
        parts.push(Part { input: file.input, content });
    }
    if files.folder {
        check_folder(path, &parts, request.wanted)?;
    } else {
        check_file(&parts, request)?;
    }
    read_parts(&path.display().to_string(), form, parts, request, consumer)
}

/// Reads one file's content that is in memory, as [`read_snapshot`] reads the file. `name` stands for the file's name.
///
/// # Errors
/// As [`read_snapshot`].
pub fn read_bytes<C: Consumer>(name: &str, bytes: &[u8], request: &Request<'_>, consumer: &C) -> Result<SnapshotReceipt, SourceError> {
    let input = Input { name: name.to_owned(), origin: Origin::Memory(bytes) };
    request.progress.begin(bytes.len() as u64);
    let (container, encoding) = recognise(&input)?;
    let parts = vec![Part { input, content: Some((container, request.lone)) }];
    check_file(&parts, request)?;
    read_parts(name, Form::File(container, encoding), parts, request, consumer)
}

/// What pins a snapshot, without parsing it: the same as the `digest` of the receipt that [`read_snapshot`] gives for it. The content is not
/// verified.
///
/// # Errors
/// The snapshot is missing, cannot be read, or its form is not known.
pub fn digest_snapshot(path: &Path, progress: &dyn Progress) -> Result<SnapshotDigest, SourceError> {
    let files = Files::of(path)?;
    progress.begin(files.bytes);
    let mut form = Form::Folder;
    let mut digests = Vec::new();
    for file in &files.inputs {
        if !files.folder {
            let (container, encoding) = recognise(&file.input)?;
            form = Form::File(container, encoding);
        }
        let mut raw = file.input.open(progress)?;
        raw.drain().map_err(|cause| file.input.unreadable(0, cause))?;
        digests.push(FileDigest { name: file.input.name.clone(), bytes: raw.count(), sha256: raw.digest() });
    }
    Ok(snapshot_digest(form, digests))
}

fn read_parts<C: Consumer>(
    name: &str,
    form: Form,
    parts: Vec<Part<'_>>,
    request: &Request<'_>,
    consumer: &C,
) -> Result<SnapshotReceipt, SourceError> {
    let pass = engine::run(name, &parts, request, consumer)?;
    let mut documents = pass.documents;
    for part in &parts {
        if let Some((container, Some(collection))) = part.content
            && container != Container::Archive
        {
            documents.entry(collection.name().to_owned()).or_default();
        }
    }
    Ok(SnapshotReceipt {
        digest: snapshot_digest(form, pass.files),
        documents,
        quarantine: pass.quarantine,
        unknown_fields: pass.unknown_fields,
    })
}

fn snapshot_digest(form: Form, files: Vec<FileDigest>) -> SnapshotDigest {
    let bytes = files.iter().map(|file| file.bytes).sum();
    let sha256 = match (form, files.as_slice()) {
        (Form::File(..), [file]) => file.sha256,
        _ => {
            let mut hasher = Sha256::new();
            for file in &files {
                hasher.update(format!("{}\t{}\t{}\n", file.name, file.bytes, file.sha256));
            }
            Digest(hasher.finalize().into())
        }
    };
    SnapshotDigest { form, sha256, bytes, files }
}

/// A lone file must say, or be told, which collection it holds.
fn check_file(parts: &[Part<'_>], request: &Request<'_>) -> Result<(), SourceError> {
    let [Part { input, content: Some((container, collection)) }] = parts else { return Ok(()) };
    if *container == Container::Archive {
        return Ok(());
    }
    let Some(held) = collection else { return Err(SourceError::CollectionNotSaid { file: input.name.clone() }) };
    match request.wanted.iter().find(|wanted| *wanted != held) {
        Some(&collection) => {
            Err(SourceError::CollectionMissing { path: input.name.clone(), collection, found: format!("{held}, as was said") })
        }
        None => Ok(()),
    }
}

/// Each wanted collection must be one file of the folder.
fn check_folder(path: &Path, parts: &[Part<'_>], wanted: &[Collection]) -> Result<(), SourceError> {
    for &collection in wanted {
        let mut held = parts.iter().filter(|part| matches!(part.content, Some((_, Some(held))) if held == collection));
        let path = path.display().to_string();
        match (held.next(), held.next()) {
            (None, _) => {
                let mut found: Vec<&str> = parts.iter().map(|part| part.input.name.as_str()).take(20).collect();
                found.push(if parts.len() > 20 { "..." } else { "nothing else" });
                return Err(SourceError::CollectionMissing { path, collection, found: found.join(", ") });
            }
            (Some(one), Some(two)) => {
                let (first, second) = (one.input.name.clone(), two.input.name.clone());
                return Err(SourceError::CollectionTwice { path, collection, first, second });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The files of a snapshot.
struct Files {
    folder: bool,
    bytes: u64,
    inputs: Vec<Named>,
}

struct Named {
    input: Input<'static>,
    collection: Option<Collection>,
}

impl Files {
    /// The files at a path: itself, or those of the folder and its subfolders, sorted by name. Names that begin with a dot are left out.
    fn of(path: &Path) -> Result<Self, SourceError> {
        let shown = path.display().to_string();
        let lone = Input { name: shown, origin: Origin::Path(path.to_owned()) };
        let kind = fs::metadata(path).map_err(|cause| lone.unreadable(0, cause))?;
        if !kind.is_dir() && !kind.is_file() {
            return Err(SourceError::NoFile { path: path.to_owned() });
        }
        if !kind.is_dir() {
            return Ok(Self { folder: false, bytes: kind.len(), inputs: vec![Named { input: lone, collection: None }] });
        }
        let mut files = Self { folder: true, bytes: 0, inputs: Vec::new() };
        files.gather(path, "", 1)?;
        files.inputs.sort_by(|a, b| a.input.name.cmp(&b.input.name));
        Ok(files)
    }

    fn gather(&mut self, folder: &Path, prefix: &str, deeper: u32) -> Result<(), SourceError> {
        let here = Input { name: folder.display().to_string(), origin: Origin::Path(PathBuf::new()) };
        for entry in fs::read_dir(folder).map_err(|cause| here.unreadable(0, cause))? {
            let path = entry.map_err(|cause| here.unreadable(0, cause))?.path();
            // A name that is no UTF-8 cannot be one of ours, but must not be passed over in silence: it is shown as well as it can be.
            let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
            if name.starts_with('.') {
                continue;
            }
            let input = Input { name: format!("{prefix}{name}"), origin: Origin::Path(path.clone()) };
            let kind = fs::metadata(&path).map_err(|cause| input.unreadable(0, cause))?;
            if kind.is_dir() && deeper > 0 {
                self.gather(&path, &format!("{prefix}{name}/"), deeper - 1)?;
            } else if kind.is_file() {
                // The size of a sparse file may be anything.
                self.bytes = self.bytes.saturating_add(kind.len());
                self.inputs.push(Named { input, collection: collection_of(&name) });
            }
        }
        Ok(())
    }
}

/// The collection that a file of a folder holds, by its name.
fn collection_of(name: &str) -> Option<Collection> {
    let (stem, kind) = plain_name(name).rsplit_once('.')?;
    if matches!(kind, "bson" | "ndjson" | "jsonl" | "json") { Collection::from_name(stem) } else { None }
}

/// A name without the ending of a compression.
fn plain_name(name: &str) -> &str {
    [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// What a file holds, by its first bytes; the name decides only for a file that is empty.
fn recognise(input: &Input<'_>) -> Result<(Container, Encoding), SourceError> {
    let mut stream = Stream::open(input, &())?;
    let encoding = stream.encoding();
    let head = stream.peek(HEAD)?;
    let by_name = || {
        // An empty file that should be compressed has lost its head.
        let name = if encoding == Encoding::Plain { &input.name } else { plain_name(&input.name) };
        match name.rsplit_once('.') {
            Some((_, "bson")) => Some(Container::Bson),
            Some((_, "ndjson" | "jsonl" | "json")) => Some(Container::Ndjson),
            _ => None,
        }
    };
    let container = match head {
        [] => match by_name() {
            Some(container) => container,
            None => return Err(stream.damaged(0, Damage::Empty)),
        },
        _ => by_content(head).or_else(by_name).ok_or_else(|| SourceError::NotRecognised { file: input.name.clone() })?,
    };
    Ok((container, encoding))
}

fn by_content(head: &[u8]) -> Option<Container> {
    if head.starts_with(&frame::MAGIC) {
        return Some(Container::Archive);
    }
    // The length of a document ends with a zero or one byte, which no JSON text holds.
    if let (Some(length), Some(kind)) = (binary::stated_length(head), head.get(4))
        && binary::possible(length)
        && ((length == 5) == (*kind == 0))
    {
        return Some(Container::Bson);
    }
    match head.trim_ascii_start() {
        [b'[', ..] => Some(Container::JsonArray),
        [b'{', ..] => Some(Container::Ndjson),
        [] => Some(Container::Ndjson),
        _ => None,
    }
}
