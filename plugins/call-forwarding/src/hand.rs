//! Whose hand made a change: the owner's or another's, whatever form the event gives for the actor.
//!
//! Owns the comparison of identities. Does not own names learned from sign-ins ([`crate::memory`]).

use ringfence_sdk::{Row, resolve};

use crate::Hand;
use crate::words::words;

/// A word of a mail address that says something: initials do not.
const TELLING: usize = 3;

/// Who made the change that the row tells of.
pub fn of(row: &Row<'_>) -> Hand {
    let actor = row.actor();
    if !actor.is_present() {
        return Hand::Unclear;
    }
    if [row.user(), row.user_uuid(), row.user_name()].contains(&actor) {
        return Hand::Own;
    }
    let text = resolve(actor);
    if is_uuid(&text) {
        // An identity that is not the owner's, if the owner's is known.
        return if row.user_uuid().is_present() { Hand::Other } else { Hand::Unclear };
    }
    by_name(&text, &resolve(row.user_name()))
}

/// Whether a mail address or display name is the owner's: `ana.garcia@…`, `agarcia@…` and `garciaa@…` are Ana García's.
fn by_name(actor: &str, owner: &str) -> Hand {
    let local = actor.split('@').next().unwrap_or_default();
    let parts: Vec<String> = words(local)
        .iter()
        .map(|w| w.trim_matches(|c: char| c.is_ascii_digit()).to_owned())
        .filter(|w| !w.is_empty())
        .collect();
    let names = words(owner);
    if parts.is_empty() || names.is_empty() {
        return Hand::Unclear;
    }
    let own = |part: &String| {
        let initial = |rest: &str| names.iter().any(|n| n.starts_with(rest));
        names.iter().any(|name| {
            let first = |p: &str| p.len() == 1 && initial(p);
            part == name
                || (part.chars().count() == 1 && name.starts_with(part.as_str()))
                || part.strip_prefix(name.as_str()).is_some_and(first)
                || part.strip_suffix(name.as_str()).is_some_and(first)
        })
    };
    if parts.iter().all(own) {
        return Hand::Own;
    }
    match parts.iter().any(|p| p.chars().count() >= TELLING) {
        true => Hand::Other,
        false => Hand::Unclear,
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_address_is_recognised_as_the_owners() {
        for mail in ["ana.garcia@x.org", "agarcia@x.org", "garciaa2@x.org", "ana@x.org", "Ana_Garcia@x.org"] {
            assert_eq!(by_name(mail, "Ana García"), Hand::Own, "{mail}");
        }
        for mail in ["admin@x.org", "ana.lopez@x.org", "helpdesk", "bgarciax@x.org"] {
            assert_eq!(by_name(mail, "Ana García"), Hand::Other, "{mail}");
        }
        for (mail, owner) in [("u00012@x.org", "Ana García"), ("admin@x.org", ""), ("", "Ana")] {
            assert_eq!(by_name(mail, owner), Hand::Unclear, "{mail}");
        }
    }

    #[test]
    fn identities_have_a_form() {
        assert!(is_uuid("8f0c8cf2-3c1d-4f3a-9b57-0123456789ab"));
        assert!(
            !is_uuid("8f0c8cf2-3c1d-4f3a-9b57-0123456789a")
                && !is_uuid("ana.garcia@example.org.example.orgxx")
        );
    }
}
