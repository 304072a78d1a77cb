//! Extended JSON, one document a line, as `mongoexport` writes it.

use super::Emitter;
use crate::text::{hex, push_instant};

/// Relaxed or canonical Extended JSON.
pub(crate) struct Json {
    canonical: bool,
    /// For each open container: is it an array, has it an element yet.
    open: Vec<(bool, bool)>,
}

impl Json {
    pub(crate) fn relaxed() -> Self {
        Self { canonical: false, open: Vec::new() }
    }

    pub(crate) fn canonical() -> Self {
        Self { canonical: true, open: Vec::new() }
    }

    fn key(&mut self, out: &mut Vec<u8>, key: &str) {
        if let Some((array, started)) = self.open.last_mut() {
            if *started {
                out.push(b',');
            }
            *started = true;
            if *array {
                return;
            }
        }
        push_text(out, key);
        out.push(b':');
    }
}

/// Only what JSON requires is escaped: U+2028 stays as it is, so that line splitters that believe in it are caught.
fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut clean_from = 0;
    let bytes = text.as_bytes();
    for (i, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[clean_from..i]);
        clean_from = i + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[clean_from..]);
    out.push(b'"');
}

fn push_int(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_double(out: &mut Vec<u8>, value: f64) {
    use std::io::Write as _;
    let start = out.len();
    // Writing into a Vec cannot fail.
    let _ = write!(out, "{value}");
    if !out[start..].contains(&b'.') {
        out.extend_from_slice(b".0");
    }
}

impl Emitter for Json {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.open.push((false, false));
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.open.pop();
        out.extend_from_slice(b"}\n");
    }

    fn object(&mut self, out: &mut Vec<u8>, key: &str) {
        self.key(out, key);
        out.push(b'{');
        self.open.push((false, false));
    }

    fn close_object(&mut self, out: &mut Vec<u8>) {
        self.open.pop();
        out.push(b'}');
    }

    fn array(&mut self, out: &mut Vec<u8>, key: &str) {
        self.key(out, key);
        out.push(b'[');
        self.open.push((true, false));
    }

    fn close_array(&mut self, out: &mut Vec<u8>) {
        self.open.pop();
        out.push(b']');
    }

    fn text(&mut self, out: &mut Vec<u8>, key: &str, value: &str) {
        self.key(out, key);
        push_text(out, value);
    }

    fn null(&mut self, out: &mut Vec<u8>, key: &str) {
        self.key(out, key);
        out.extend_from_slice(b"null");
    }

    fn boolean(&mut self, out: &mut Vec<u8>, key: &str, value: bool) {
        self.key(out, key);
        out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn int(&mut self, out: &mut Vec<u8>, key: &str, value: i32) {
        self.key(out, key);
        if self.canonical {
            out.extend_from_slice(b"{\"$numberInt\":\"");
            push_int(out, i64::from(value));
            out.extend_from_slice(b"\"}");
        } else {
            push_int(out, i64::from(value));
        }
    }

    fn long(&mut self, out: &mut Vec<u8>, key: &str, value: i64) {
        self.key(out, key);
        if self.canonical {
            out.extend_from_slice(b"{\"$numberLong\":\"");
            push_int(out, value);
            out.extend_from_slice(b"\"}");
        } else {
            push_int(out, value);
        }
    }

    fn double(&mut self, out: &mut Vec<u8>, key: &str, value: f64) {
        self.key(out, key);
        if self.canonical {
            out.extend_from_slice(b"{\"$numberDouble\":\"");
            push_double(out, value);
            out.extend_from_slice(b"\"}");
        } else {
            push_double(out, value);
        }
    }

    fn date(&mut self, out: &mut Vec<u8>, key: &str, ms: i64) {
        self.key(out, key);
        if self.canonical {
            out.extend_from_slice(b"{\"$date\":{\"$numberLong\":\"");
            push_int(out, ms);
            out.extend_from_slice(b"\"}}");
        } else {
            out.extend_from_slice(b"{\"$date\":\"");
            push_instant(out, ms);
            out.extend_from_slice(b"\"}");
        }
    }

    fn object_id(&mut self, out: &mut Vec<u8>, key: &str, id: &[u8; 12]) {
        self.key(out, key);
        out.extend_from_slice(b"{\"$oid\":\"");
        out.extend_from_slice(&hex(id));
        out.extend_from_slice(b"\"}");
    }

    fn broken_text(&mut self, out: &mut Vec<u8>, key: &str, value: &[u8]) {
        self.text(out, key, &String::from_utf8_lossy(value));
    }
}
