//! Whether a plugin may run here: who signed it, whether it is the file that was meant, what it is allowed.
//!
//! Owns the rules and their remedies. A signature is judged before anything is compiled. What is built in is part of the program
//! and needs neither signature nor grant. Does not own reading files (`load`, `policy`) or the forms of keys and signatures
//! (`bundle`).

use std::collections::BTreeSet;

use bundle::sign::Signature;
use serde::Serialize;

use super::component::Plugin;
use super::error::Problem;
use super::manifest::{Capability, Manifest};
use super::text::escaped;
use crate::config::{PluginConfig, TrustConfig};

/// Where a plugin is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program itself.
    Builtin,
    /// A file.
    File,
}

/// Whose signature a file has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Signed {
    /// Nobody's.
    Nobody,
    /// That of a trusted key, over these bytes.
    Trusted {
        /// The key's name in the configuration.
        name: String,
        /// The key's number.
        key: String,
        /// What the signer said of it; signed, too.
        comment: String,
    },
    /// That of a key that is not among the trusted ones: it says nothing.
    Unknown {
        /// The key's number, as the signature claims.
        key: String,
    },
}

impl std::fmt::Display for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Signed::Nobody => f.write_str("not signed"),
            Signed::Trusted { name, key, comment } if comment.is_empty() => {
                write!(f, "signed by {name} ({key})")
            }
            Signed::Trusted { name, key, comment } => write!(f, "signed by {name} ({key}): {comment}"),
            Signed::Unknown { key } => write!(f, "signed by a key that is not trusted here ({key})"),
        }
    }
}

/// Judges the signature of a file: a wrong one is refused always, a missing or unknown one where signatures are required.
///
/// # Errors
/// Says what is wrong with it and the remedy.
pub fn admit(bytes: &[u8], signature: Option<&[u8]>, trust: &TrustConfig) -> Result<Signed, Problem> {
    let signed = match signature {
        None => Signed::Nobody,
        Some(text) => signer(bytes, text, trust)?,
    };
    let missing = match &signed {
        _ if !trust.require_signed => return Ok(signed),
        Signed::Trusted { .. } => return Ok(signed),
        Signed::Nobody => "is not signed".to_owned(),
        Signed::Unknown { key } => format!("is signed with the key {key}, which is not among trust.keys"),
    };
    let known: Vec<&str> = trust.keys.keys().map(String::as_str).collect();
    Err(Problem::Trust(format!(
        "{missing}, and the configuration has trust.require_signed: get NAME.wasm{} from one of {}, or add the key of who made it to trust.keys",
        bundle::SIGNATURE_ENDING,
        known.join(", ")
    )))
}

fn signer(bytes: &[u8], text: &[u8], trust: &TrustConfig) -> Result<Signed, Problem> {
    let wrong = |e: bundle::sign::SignError| {
        Problem::Trust(format!(
            "its signature ({}) does not hold: {e}: get both files again, or remove the signature if none is required",
            bundle::SIGNATURE_ENDING
        ))
    };
    let signature = Signature::parse(text).map_err(wrong)?;
    let Some((name, key)) = trust.key(signature.key_id()) else {
        return Ok(Signed::Unknown { key: signature.key_id().to_owned() });
    };
    signature.verify(key, bytes).map_err(wrong)?;
    let (name, key) = (name.to_owned(), key.id().to_owned());
    Ok(Signed::Trusted { name, key, comment: escaped(&signature.comment(), 200) })
}

/// What a plugin asks for, and what of it the operator grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Access {
    /// By its manifest.
    pub asked: Vec<Capability>,
    /// Of those, by the configuration; all of a built-in one.
    pub granted: Vec<Capability>,
    /// The rest: with any of these it does not run.
    pub missing: Vec<Capability>,
}

impl Access {
    /// Compares a manifest with the settings of its plugin.
    pub fn of(manifest: &Manifest, origin: Origin, settings: Option<&PluginConfig>) -> Access {
        let none = BTreeSet::new();
        let grant = settings.map_or(&none, |s| &s.grant);
        let is_granted = |c: &Capability| origin == Origin::Builtin || grant.contains(c);
        let asked = manifest.capabilities.clone();
        let (granted, missing) = asked.iter().copied().partition(is_granted);
        Access { asked, granted, missing }
    }

    /// The value of `grant` with which it runs.
    pub fn grant_line(&self) -> String {
        format!("grant: [{}]", names(&self.asked))
    }

    /// The lines of a configuration with which it runs; none if it asks for nothing.
    pub fn lines(&self, id: &str) -> Option<String> {
        let line = self.grant_line();
        (!self.asked.is_empty()).then(|| format!("plugins:\n  {id}:\n    {line}\n"))
    }
}

/// The names of capabilities, with commas.
pub fn names(capabilities: &[Capability]) -> String {
    let names: Vec<&str> = capabilities.iter().map(|c| c.name()).collect();
    names.join(", ")
}

/// Whether the operator's settings let a plugin run: pinned digest and grants.
///
/// # Errors
/// Says which one is in the way, and the lines that change it.
pub(super) fn judge(plugin: &Plugin, origin: Origin, settings: Option<&PluginConfig>) -> Result<(), Problem> {
    let id = plugin.id();
    if let Some(pinned) = settings.and_then(|s| s.digest.as_deref())
        && pinned != plugin.digest()
    {
        return Err(Problem::Trust(format!(
            "has the digest {}, and plugins.{id}.digest in the configuration wants {pinned}: put that file back, or change the digest \
             there if this one is meant",
            plugin.digest()
        )));
    }
    let access = Access::of(plugin.manifest(), origin, settings);
    if access.missing.is_empty() {
        return Ok(());
    }
    Err(Problem::Trust(format!(
        "asks for {}, which the configuration does not grant: to let it, write under plugins: {id}: the line {}",
        names(&access.missing),
        access.grant_line()
    )))
}

/// What is told of another file of a version that has run before.
pub fn changed_under_its_version(plugin: &Plugin, known: &BTreeSet<String>) -> Problem {
    let (id, version) = (plugin.id(), &plugin.manifest().version);
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Problem::Trust(format!(
        "is version {version} of {id} and has the digest {}, but {version} ran here before as {}: raise the version in plugin.toml, \
         or, if this file is meant, write under plugins: {id}: the line digest: \"{}\"",
        plugin.digest(),
        known.join(" and "),
        plugin.digest()
    ))
}

#[cfg(test)]
mod tests;
