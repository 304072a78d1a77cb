use crate::graph::{Node, Value};
use crate::vocabulary::PREFIXES;
use std::collections::VecDeque;

/// A description as Turtle. What has an address is a subject of its own, in the order in which it is met; what has none stands where it is said.
pub(crate) fn turtle(root: &Node) -> Vec<u8> {
    let mut out = String::new();
    for (prefix, namespace) in PREFIXES {
        out += &format!("@prefix {prefix}: <{namespace}> .\n");
    }
    let mut waiting = VecDeque::from([root]);
    while let Some(node) = waiting.pop_front() {
        // A node of which nothing is said is no subject.
        if node.types.is_empty() && node.properties.is_empty() {
            continue;
        }
        out.push('\n');
        match &node.id {
            Some(id) => out += &format!("<{id}>"),
            None => out += "[]",
        }
        properties(node, 1, &mut out, &mut waiting);
        out += " .\n";
    }
    out.into_bytes()
}

fn properties<'a>(node: &'a Node, depth: usize, out: &mut String, waiting: &mut VecDeque<&'a Node>) {
    let indent = "    ".repeat(depth);
    let mut first = true;
    let mut begin = |out: &mut String| {
        if !first {
            out.push_str(" ;");
        }
        first = false;
        out.push('\n');
        out.push_str(&indent);
    };
    if !node.types.is_empty() {
        begin(out);
        *out += &format!("a {}", node.types.iter().map(|t| t.0).collect::<Vec<_>>().join(", "));
    }
    for (property, value) in &node.properties {
        begin(out);
        *out += property.0;
        out.push(' ');
        match value {
            Value::Text(text) => quote(text, out),
            Value::In(language, text) => {
                quote(text, out);
                *out += &format!("@{language}");
            }
            Value::Typed(kind, text) => {
                quote(text, out);
                *out += &format!("^^{}", kind.0);
            }
            Value::Iri(iri) => *out += &format!("<{iri}>"),
            Value::Name(term) => *out += term.0,
            Value::Node(inner) => match &inner.id {
                Some(id) => {
                    *out += &format!("<{id}>");
                    waiting.push_back(inner);
                }
                None => {
                    out.push('[');
                    properties(inner, depth + 1, out, waiting);
                    *out += &format!("\n{indent}]");
                }
            },
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => *out += &format!("\\u{:04X}", u32::from(c)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Term;
    use crate::iri::Iri;

    #[test]
    fn what_has_an_address_is_a_subject() {
        let named = Node::named(Iri::known("https://a/b"), &[Term("dcat:Dataset")]).text(Term("dct:title"), "dit « \"oui\" »\n\\");
        let blank = Node::blank(&[Term("dct:PeriodOfTime")]);
        let root = Node::named(Iri::known("https://a/"), &[Term("dcat:Catalog")])
            .with(Term("dcat:dataset"), named)
            .with(Term("dct:temporal"), blank)
            .with(Term("dct:license"), Node::named(Iri::known("https://l"), &[]));
        let text = String::from_utf8(turtle(&root)).unwrap();
        let body: String = text.lines().filter(|l| !l.starts_with("@prefix")).map(|l| format!("{}\n", l.trim())).collect();
        let expected = "\n<https://a/>\na dcat:Catalog ;\ndcat:dataset <https://a/b> ;\ndct:temporal [\na dct:PeriodOfTime\n] ;\ndct:license <https://l> .\n\
             \n<https://a/b>\na dcat:Dataset ;\ndct:title \"dit « \\\"oui\\\" »\\n\\\\\" .\n";
        assert_eq!(body, expected);
    }
}
