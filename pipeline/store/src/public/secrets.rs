//! What no message may hold: the clients of buckets say what they were told, and sometimes how they were let in.

use std::sync::Arc;

/// What stands for a secret.
const HIDDEN: &str = "***";
/// Parts of the names of variables whose values are secret.
const SECRET_NAMES: [&str; 8] = ["KEY", "SECRET", "TOKEN", "PASSWORD", "SAS", "CREDENTIAL", "SIGNATURE", "ACCOUNT_JSON"];
/// Shorter values are words such as `true` that messages hold anyway.
const SHORTEST: usize = 6;

/// The secrets among the settings of a store. They are in no `Debug`.
#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<[String]>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Secrets {
    /// Those among variables of the environment, by their names. Each is kept as it is and as it stands in an address.
    pub(super) fn of(vars: &[(String, String)]) -> Self {
        let secret = |name: &str| {
            let name = name.to_ascii_uppercase();
            ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|of| name.starts_with(of)) && SECRET_NAMES.iter().any(|part| name.contains(part))
        };
        let values = vars.iter().filter(|(name, value)| secret(name) && value.len() >= SHORTEST).map(|(_, value)| value);
        // A signature stands among other parameters, and may be put among others in another order.
        let parts = |value: &str| {
            let signature =
                url::form_urlencoded::parse(value.as_bytes()).find(|(name, _)| name == "sig").map(|(_, value)| value.into_owned());
            [Some(value.to_owned()), signature].into_iter().flatten().collect::<Vec<_>>()
        };
        let mut all: Vec<String> = values.flat_map(|value| parts(value)).flat_map(|part| [encoded(&part), part]).collect();
        all.retain(|value| value.len() >= SHORTEST);
        // The longest first, so that no rest of one is left.
        all.sort_by_key(|value| std::cmp::Reverse(value.len()));
        all.dedup();
        Self(all.into())
    }

    /// A text without them, without the queries of addresses (which may hold a signature), and without what stands before `@` in an address.
    pub(super) fn hide(&self, text: &str) -> String {
        let mut text = hide_addresses(text);
        for secret in self.0.iter() {
            text = text.replace(secret, HIDDEN);
        }
        text
    }
}

fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// A text in which the addresses have neither user nor query.
pub(super) fn hide_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "\"'`<>(){},".contains(c)).unwrap_or(after.len());
        let (address, next) = after.split_at(end);
        let (plain, query) = address.find(['?', '#']).map_or((address, ""), |query| address.split_at(query));
        let (host, path) = plain.find('/').map_or((plain, ""), |path| plain.split_at(path));
        if let Some((_, host)) = host.rsplit_once('@') {
            out.push_str(HIDDEN);
            out.push('@');
            out.push_str(host);
        } else {
            out.push_str(host);
        }
        out.push_str(path);
        if !query.is_empty() {
            out.push('?');
            out.push_str(HIDDEN);
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_users_and_queries() {
        for (text, hidden) in [
            ("GET https://u:p@host/a?sig=s failed", "GET https://***@host/a?*** failed"),
            ("(http://host:1/a?b#c), and s3://k:s@bucket", "(http://host:1/a?***), and s3://***@bucket"),
            ("https://host/a@b \"https://x@y\"", "https://host/a@b \"https://***@y\""),
            ("no address: a@b?c", "no address: a@b?c"),
            ("://@", "://***@"),
        ] {
            assert_eq!(hide_addresses(text), hidden);
        }
    }

    #[test]
    fn secrets_of_the_environment_are_hidden_wherever_they_stand() {
        let var = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let secrets = Secrets::of(&[
            var("AWS_SECRET_ACCESS_KEY", "marked/one+"),
            var("aws_session_token", "marked/one+two"),
            var("AZURE_STORAGE_SAS_KEY", "sv=1&sig=marked%2Bthree"),
            var("AWS_REGION", "eu-west-3"),
            var("HOME_KEY", "/home/someone"),
            var("AWS_SKIP_SIGNATURE", "true"),
        ]);
        let text = "marked/one+two marked/one+ marked%2Fone%2B sv=1&sig=marked%2Bthree sig=marked%2Bthree&sv=1 marked+three eu-west-3 /home/someone true";
        assert_eq!(secrets.hide(text), "*** *** *** *** sig=***&sv=1 *** eu-west-3 /home/someone true");
        assert_eq!(format!("{secrets:?}"), "***");
    }
}
