//! Who searched.

use super::digest::Digest;
use crate::contract::{SearchDoc, SearchUser};
use crate::event::{Actor, ContributorKind, Exclusions};
use std::borrow::Cow;

/// The actor of a search. Private; it lives only as long as its document.
pub(super) enum Who<'a> {
    Nobody,
    Widget { organisation: Option<&'a str> },
    Account { account: Cow<'a, str>, organisation: Option<&'a str>, person: bool },
}

impl<'a> Who<'a> {
    pub(super) fn of(user: &'a SearchUser<'_>) -> Self {
        let organisation = filled(&user.orga_id).or_else(|| filled(&user.orga_name));
        match user.status.as_deref() {
            Some("WIDGET_USER") => Who::Widget { organisation },
            Some("NOT_LOGGED") => Who::Nobody,
            status => {
                account(user).map_or(Who::Nobody, |account| Who::Account { account, organisation, person: status == Some("SIMPLE_USER") })
            }
        }
    }

    pub(super) fn kind(&self) -> Actor {
        match self {
            Who::Nobody => Actor::Anonymous,
            Who::Widget { .. } => Actor::Widget,
            Who::Account { .. } => Actor::Identified,
        }
    }

    /// The contributor: the organisation, else the account.
    pub(super) fn contributor(&self) -> Option<(ContributorKind, &str)> {
        match self {
            Who::Account { organisation: Some(name), .. } | Who::Widget { organisation: Some(name) } => {
                Some((ContributorKind::Organisation, name))
            }
            Who::Account { account, person: false, .. } => Some((ContributorKind::Professional, account)),
            Who::Account { account, .. } => Some((ContributorKind::Person, account)),
            Who::Widget { .. } | Who::Nobody => None,
        }
    }

    pub(super) fn is_account(&self) -> bool {
        matches!(self, Who::Account { .. })
    }

    pub(super) fn feed(&self, digest: &mut Digest) {
        match self {
            Who::Nobody => digest.byte(0),
            Who::Widget { organisation } => {
                digest.byte(1);
                digest.text(*organisation);
            }
            Who::Account { account, .. } => {
                digest.byte(2);
                digest.text(Some(account));
            }
        }
    }
}

fn filled<'a>(text: &'a Option<Cow<'_, str>>) -> Option<&'a str> {
    text.as_deref().filter(|text| !text.is_empty())
}

/// The first of the names an account has had over the years.
fn account<'a>(user: &'a SearchUser<'_>) -> Option<Cow<'a, str>> {
    let id = filled(&user.user_id).or_else(|| filled(&user.user_object_id)).or_else(|| filled(&user.legacy_user));
    id.map(Cow::Borrowed).or_else(|| {
        let mail = filled(&user.email)?.trim();
        (!mail.is_empty()).then(|| Cow::Owned(mail.to_lowercase()))
    })
}

pub(super) fn exclusions(doc: &SearchDoc<'_>) -> Exclusions {
    let status = doc.user.status.as_deref().unwrap_or_default();
    Exclusions {
        admin_search: doc.admin_search,
        admin_status: matches!(status, "ADMIN_TERRITORY" | "ADMIN_SOLIGUIDE"),
        api: status == "API_USER",
        bot: status == "SOLI_BOT",
        localhost: doc.user.origin.as_deref() == Some("LOCALHOST_DEV"),
    }
}
