//! BSON, as `mongodump` writes it.

use super::Emitter;

/// BSON: little-endian lengths are filled in when a container closes.
#[derive(Default)]
pub(crate) struct Bson {
    /// Where each open container begins, and the next index when it is an array.
    open: Vec<(usize, Option<u32>)>,
}

impl Bson {
    fn open(&mut self, out: &mut Vec<u8>, array: bool) {
        self.open.push((out.len(), array.then_some(0)));
        out.extend_from_slice(&[0; 4]);
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        out.push(0);
        if let Some((start, _)) = self.open.pop() {
            let length = (out.len() - start) as i32;
            out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        }
    }

    fn element(&mut self, out: &mut Vec<u8>, kind: u8, key: &str) {
        out.push(kind);
        if let Some((_, Some(index))) = self.open.last_mut() {
            out.extend_from_slice(index.to_string().as_bytes());
            *index += 1;
        } else {
            out.extend_from_slice(key.as_bytes());
        }
        out.push(0);
    }
}

impl Emitter for Bson {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.open(out, false);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.close(out);
    }

    fn object(&mut self, out: &mut Vec<u8>, key: &str) {
        self.element(out, 0x03, key);
        self.open(out, false);
    }

    fn close_object(&mut self, out: &mut Vec<u8>) {
        self.close(out);
    }

    fn array(&mut self, out: &mut Vec<u8>, key: &str) {
        self.element(out, 0x04, key);
        self.open(out, true);
    }

    fn close_array(&mut self, out: &mut Vec<u8>) {
        self.close(out);
    }

    fn text(&mut self, out: &mut Vec<u8>, key: &str, value: &str) {
        self.broken_text(out, key, value.as_bytes());
    }

    fn null(&mut self, out: &mut Vec<u8>, key: &str) {
        self.element(out, 0x0a, key);
    }

    fn boolean(&mut self, out: &mut Vec<u8>, key: &str, value: bool) {
        self.element(out, 0x08, key);
        out.push(u8::from(value));
    }

    fn int(&mut self, out: &mut Vec<u8>, key: &str, value: i32) {
        self.element(out, 0x10, key);
        out.extend_from_slice(&value.to_le_bytes());
    }

    fn long(&mut self, out: &mut Vec<u8>, key: &str, value: i64) {
        self.element(out, 0x12, key);
        out.extend_from_slice(&value.to_le_bytes());
    }

    fn double(&mut self, out: &mut Vec<u8>, key: &str, value: f64) {
        self.element(out, 0x01, key);
        out.extend_from_slice(&value.to_le_bytes());
    }

    fn date(&mut self, out: &mut Vec<u8>, key: &str, ms: i64) {
        self.element(out, 0x09, key);
        out.extend_from_slice(&ms.to_le_bytes());
    }

    fn object_id(&mut self, out: &mut Vec<u8>, key: &str, id: &[u8; 12]) {
        self.element(out, 0x07, key);
        out.extend_from_slice(id);
    }

    fn broken_text(&mut self, out: &mut Vec<u8>, key: &str, value: &[u8]) {
        self.element(out, 0x02, key);
        out.extend_from_slice(&((value.len() + 1) as i32).to_le_bytes());
        out.extend_from_slice(value);
        out.push(0);
    }
}
