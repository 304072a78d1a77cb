//! One way to write a document, three encodings. The generator describes each document once, against [`Emitter`]; relaxed and canonical
//! Extended JSON and BSON then hold the same document by construction.

mod binary;
mod json;

pub(crate) use binary::Bson;
pub(crate) use json::Json;

/// Writes one document after another into a buffer. Inside an array keys are ignored.
pub(crate) trait Emitter {
    /// Begins a document at the end of `out`.
    fn begin(&mut self, out: &mut Vec<u8>);
    /// Ends it. JSON ends with a line feed.
    fn end(&mut self, out: &mut Vec<u8>);
    fn object(&mut self, out: &mut Vec<u8>, key: &str);
    fn close_object(&mut self, out: &mut Vec<u8>);
    fn array(&mut self, out: &mut Vec<u8>, key: &str);
    fn close_array(&mut self, out: &mut Vec<u8>);
    fn text(&mut self, out: &mut Vec<u8>, key: &str, value: &str);
    fn null(&mut self, out: &mut Vec<u8>, key: &str);
    fn boolean(&mut self, out: &mut Vec<u8>, key: &str, value: bool);
    fn int(&mut self, out: &mut Vec<u8>, key: &str, value: i32);
    fn long(&mut self, out: &mut Vec<u8>, key: &str, value: i64);
    fn double(&mut self, out: &mut Vec<u8>, key: &str, value: f64);
    /// Milliseconds since 1970-01-01T00:00Z.
    fn date(&mut self, out: &mut Vec<u8>, key: &str, ms: i64);
    fn object_id(&mut self, out: &mut Vec<u8>, key: &str, id: &[u8; 12]);
    /// Text that is not UTF-8. JSON cannot hold it and has U+FFFD instead, as `mongoexport` writes it.
    fn broken_text(&mut self, out: &mut Vec<u8>, key: &str, value: &[u8]);

    /// An array of texts.
    fn texts<'a>(&mut self, out: &mut Vec<u8>, key: &str, values: impl IntoIterator<Item = &'a str>)
    where
        Self: Sized,
    {
        self.array(out, key);
        for value in values {
            self.text(out, "", value);
        }
        self.close_array(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<E: Emitter>(mut emitter: E) -> Vec<u8> {
        let mut out = Vec::new();
        let o = &mut out;
        emitter.begin(o);
        emitter.object_id(o, "_id", &[0x65; 12]);
        emitter.object(o, "sub");
        emitter.text(o, "t", "é\"\\\n\u{2028}\u{1}");
        emitter.null(o, "n");
        emitter.close_object(o);
        emitter.array(o, "list");
        emitter.int(o, "", -3);
        emitter.long(o, "", 1 << 40);
        emitter.double(o, "", 7.0);
        emitter.double(o, "", 48.5734);
        emitter.object(o, "");
        emitter.boolean(o, "b", true);
        emitter.close_object(o);
        emitter.close_array(o);
        emitter.date(o, "d", 1_710_342_414_120);
        emitter.texts(o, "none", []);
        emitter.end(o);
        out
    }

    #[test]
    fn relaxed_json() {
        let text = String::from_utf8(sample(Json::relaxed())).unwrap();
        assert_eq!(
            text,
            "{\"_id\":{\"$oid\":\"656565656565656565656565\"},\"sub\":{\"t\":\"é\\\"\\\\\\n\u{2028}\\u0001\",\"n\":null},\
             \"list\":[-3,1099511627776,7.0,48.5734,{\"b\":true}],\"d\":{\"$date\":\"2024-03-13T15:06:54.12Z\"},\"none\":[]}\n"
        );
    }

    #[test]
    fn canonical_json() {
        let text = String::from_utf8(sample(Json::canonical())).unwrap();
        assert!(text.contains(
            "[{\"$numberInt\":\"-3\"},{\"$numberLong\":\"1099511627776\"},{\"$numberDouble\":\"7.0\"},{\"$numberDouble\":\"48.5734\"},"
        ));
        assert!(text.contains("\"d\":{\"$date\":{\"$numberLong\":\"1710342414120\"}}"));
    }

    #[test]
    fn bson_is_read_by_the_bson_crate_as_the_same_document() {
        let bytes = sample(Bson::default());
        let document = bson::Document::from_reader(&bytes[..]).unwrap();
        let expected: bson::Document = serde_json::from_slice(&sample(Json::canonical())).unwrap();
        assert_eq!(document, expected);
    }
}
