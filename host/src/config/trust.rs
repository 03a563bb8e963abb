//! Whom the operator trusts to make plugins.
//!
//! Owns the YAML form, and that a key that cannot be read refuses the configuration and not a plugin later. Does not own checking
//! signatures (`bundle`) or what follows from them (`plugin::trust`).

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use bundle::sign::PublicKey;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Most keys: each signature names its key, so none is tried in vain; more is a list that nobody looks after.
const MAX_KEYS: usize = 100;
/// Longest name of a key.
const MAX_NAME_CHARS: usize = 64;

/// The section `trust`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustConfig {
    /// Whether every plugin that is not built in needs a signature by one of the keys.
    pub require_signed: bool,
    /// Public keys of minisign by a name for people: the line, or `{file: …}` relative to the configuration file.
    pub keys: BTreeMap<String, TrustedKey>,
}

/// A public key, or where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    file: Option<PathBuf>,
    key: Option<PublicKey>,
}

impl TrustedKey {
    /// The key; none before its file was read.
    pub fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }
}

impl From<PublicKey> for TrustedKey {
    fn from(key: PublicKey) -> TrustedKey {
        TrustedKey { file: None, key: Some(key) }
    }
}

impl TrustConfig {
    /// The key that a signature says it was made with, with its name.
    pub fn key(&self, id: &str) -> Option<(&str, &PublicKey)> {
        let known = self.keys.iter().filter_map(|(name, key)| Some((name.as_str(), key.key()?)));
        known.into_iter().find(|(_, key)| key.id() == id)
    }

    /// The key files that are named, with the keys' names.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.keys.iter().filter_map(|(name, key)| Some((name.as_str(), key.file.as_deref()?)))
    }

    /// Adds the key in a file's text.
    ///
    /// # Errors
    /// When there is none in it.
    pub(crate) fn add(&mut self, name: &str, text: &[u8]) -> Result<(), String> {
        let text = String::from_utf8_lossy(text);
        let key = PublicKey::parse(&text).map_err(|e| e.to_string())?;
        if let Some(entry) = self.keys.get_mut(name) {
            entry.key = Some(key);
        }
        Ok(())
    }

    /// Whether all names and keys can be used.
    ///
    /// # Errors
    /// Names the key and what is wrong.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.keys.len() > MAX_KEYS {
            return Err(format!("keys: at most {MAX_KEYS}"));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
        for (name, key) in &self.keys {
            let shown = name.escape_debug();
            if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.chars().all(plain) {
                return Err(format!(
                    "keys: '{shown}' must be 1 to {MAX_NAME_CHARS} letters, digits, '-', '_', '.' and '@'"
                ));
            }
            let Some(key) = key.key() else {
                return Err(format!("keys: the file of '{shown}' was not read"));
            };
            let same = |other: &&String| self.keys[other.as_str()].key().is_some_and(|k| k.id() == key.id());
            if let Some(other) = self.keys.keys().take_while(|other| *other != name).find(same) {
                return Err(format!(
                    "keys: '{shown}' is the same key as '{}': keep one name",
                    other.escape_debug()
                ));
            }
        }
        if self.require_signed && self.keys.is_empty() {
            return Err("require_signed without keys would refuse every plugin: add those of who makes them"
                .to_owned());
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for TrustedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TrustedKey, D::Error> {
        struct LineOrFile;

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            file: PathBuf,
        }

        impl<'de> Visitor<'de> for LineOrFile {
            type Value = TrustedKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a minisign public key (a line that begins with RW), or {file: PATH}")
            }

            fn visit_str<E: Error>(self, line: &str) -> Result<TrustedKey, E> {
                PublicKey::parse(line).map(TrustedKey::from).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TrustedKey, A::Error> {
                let File { file } = File::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TrustedKey { file: Some(file), key: None })
            }
        }

        deserializer.deserialize_any(LineOrFile)
    }
}
