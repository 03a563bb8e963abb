//! `oci://HOST[:PORT]/NAME[:TAG][@sha256:…]`.
//!
//! Owns the form. There is no default registry and no default name: what is meant is written.

use std::fmt;

use super::OciError;

/// What a reference begins with.
pub const SCHEME: &str = "oci://";
/// Longest reference; registries take names of 255 bytes.
const MAX_REFERENCE_BYTES: usize = 600;
/// Longest name, by the distribution specification's practice.
const MAX_NAME_BYTES: usize = 255;
/// Longest tag, by the distribution specification.
const MAX_TAG_BYTES: usize = 128;
/// Tag where neither tag nor digest is given.
const DEFAULT_TAG: &str = "latest";

/// A plugin in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `HOST` or `HOST:PORT`.
    pub registry: String,
    /// Path of names.
    pub name: String,
    /// A name for the newest of something; it can move.
    pub tag: Option<String>,
    /// Exactly this one.
    pub digest: Option<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl Reference {
    /// Whether a text means a registry and no file.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads a reference.
    ///
    /// # Errors
    /// Says which part is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<Reference, OciError> {
        let wrong = |what: &str| {
            OciError::Usage(format!(
                "'{}': {what}: write oci://HOST[:PORT]/NAME[:TAG|@sha256:…]",
                crate::escaped(text, 120)
            ))
        };
        if text.len() > MAX_REFERENCE_BYTES {
            return Err(wrong("is too long"));
        }
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| wrong("does not begin with oci://"))?;
        let (registry, path) = rest.split_once('/').ok_or_else(|| wrong("has no name after the host"))?;
        if !is_registry(registry) {
            return Err(wrong("the host is none"));
        }
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        if digest.is_some_and(|d| !crate::is_digest(d)) {
            return Err(wrong("the digest is not sha256: and 64 hexadecimal digits"));
        }
        let (name, tag) = match path.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (path, None),
        };
        if tag.is_some_and(|t| !is_tag(t)) {
            return Err(wrong("the tag must be 1 to 128 letters, digits, '_', '.' and '-'"));
        }
        if name.len() > MAX_NAME_BYTES || !name.split('/').all(is_component) {
            return Err(wrong("the name must be words of a-z, 0-9, '.', '_' and '-' with '/' between them"));
        }
        let tag = match (tag, digest) {
            (None, None) => Some(DEFAULT_TAG),
            (tag, _) => tag,
        };
        Ok(Reference {
            registry: registry.to_owned(),
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// What a manifest is asked for by: the digest if there is one.
    pub(super) fn manifest_key(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or(DEFAULT_TAG)
    }

    /// Whether the registry is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(host_of(&self.registry))
    }
}

/// The host without its port.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => registry,
    }
}

/// Whether a host's name or address means this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn is_registry(registry: &str) -> bool {
    let host = host_of(registry);
    let port = registry.strip_prefix(host).unwrap_or_default();
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|p| p.parse::<u16>().is_ok_and(|p| p > 0));
    let is_v6 = host
        .strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .is_some_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok());
    let is_name = !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
    is_port && (is_v6 || is_name)
}

fn is_component(word: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    word.bytes().all(|b| plain(b) || matches!(b, b'.' | b'_' | b'-'))
        && word.bytes().next().is_some_and(plain)
        && word.bytes().last().is_some_and(plain)
        && !word.contains("..")
}

fn is_tag(tag: &str) -> bool {
    tag.len() <= MAX_TAG_BYTES
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        && tag.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_say_where_and_which() {
        let parse = |text: &str| Reference::parse(text).unwrap();
        let plain = parse("oci://registry.acme.example/team/my-detector");
        assert_eq!(
            (plain.registry.as_str(), plain.name.as_str()),
            ("registry.acme.example", "team/my-detector")
        );
        assert_eq!(plain.manifest_key(), "latest");
        let digest = crate::digest(b"x");
        for text in [
            "oci://127.0.0.1:5000/a:1.2.3",
            "oci://[::1]:5000/a/b_c.d:v1",
            "oci://localhost/a:_",
            &format!("oci://h:1/a@{digest}"),
            &format!("oci://h:1/a:1@{digest}"),
        ] {
            assert_eq!(parse(text).to_string(), text);
        }
        assert_eq!(parse(&format!("oci://h/a:1@{digest}")).manifest_key(), digest);
        assert!(parse("oci://[::1]:5000/a").is_loopback() && parse("oci://127.8.0.1/a").is_loopback());
        assert!(!parse("oci://127.0.0.1.acme.example/a").is_loopback());
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for text in [
            "a:1",
            "https://h/a",
            "oci://h",
            "oci://h/",
            "oci:///a",
            "oci://h/a:",
            "oci://h/A",
            "oci://h/a/../b",
            "oci://h/a//b",
            "oci://u:p@h/a",
            "oci://h:0/a",
            "oci://h:99999/a",
            "oci://h/a@sha256:00",
            "oci://h/a?b",
            "oci://h/a#b",
            "oci://h/.a",
            "oci://-h/a",
            "oci://h/a:b/c",
            "oci://h/a\nb",
            "oci://[::1/a",
            "oci://h/a:-b",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
