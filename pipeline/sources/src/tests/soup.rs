//! Stepping over objects and lists, against a plain walk byte by byte.

use crate::json::skip::{Stuck, container};
use proptest::prelude::*;

/// The same by the book.
fn plainly(bytes: &[u8]) -> Result<usize, Stuck> {
    let mut open = Vec::new();
    let (mut inside, mut escaped) = (false, false);
    for (i, &byte) in bytes.iter().enumerate() {
        if escaped {
            // Outside a string a backslash means nothing, but then the JSON is broken anyway; only brackets after it are looked at.
            escaped = false;
            if matches!(byte, b'"' | b'\\') || inside {
                continue;
            }
        }
        match byte {
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => open.push(byte),
            b'}' | b']' if !inside => {
                if open.pop() != Some(byte - 2) {
                    return Err(Stuck::Unbalanced);
                }
                if open.is_empty() {
                    return Ok(i + 1);
                }
            }
            _ => {}
        }
    }
    Err(Stuck::Open)
}

proptest! {
    #![proptest_config(super::cases(3000))]

    #[test]
    fn steps_as_a_plain_walk_does(soup in "\\{[\\[\\]{}\"\\\\a,:]{0,200}", after in "[\\]}\"a]{0,80}") {
        let end = soup.len();
        let block = format!("{soup}{after}");
        prop_assert_eq!(container(block.as_bytes(), 0, end), plainly(soup.as_bytes()));
        prop_assert_eq!(container(soup.as_bytes(), 0, end), plainly(soup.as_bytes()));
    }

    #[test]
    fn steps_over_quiet_soup(soup in "\\{([a-z]{0,70}|\"[a-z]{0,70}\"|\"(\\\\.){0,40}\"|\\[|\\]){0,12}\\}?") {
        prop_assert_eq!(container(soup.as_bytes(), 0, soup.len()), plainly(soup.as_bytes()));
    }
}
