//! Plugins in a registry, as OCI artifacts.
//!
//! Owns references, the artifact's form, and a client that trusts nothing it gets: every body has a bound before it is read and a
//! digest that is checked after. Does not own what becomes of a plugin that was pulled.
//!
//! The artifact is an image manifest with an `artifactType`: the plugin's manifest as JSON is its config, the component its first
//! layer and the signature, if there is one, its second. A signature is a layer and not a referrer, because registries before
//! version 3 (Debian's among them) do not list referrers, and because the digest of one manifest then names both.
//!
//! The client is a small one of our own: the known library reads whole bodies before it looks at their size.

mod answer;
mod client;
mod credentials;
mod manifest;
mod reference;
mod transfer;

pub use client::{Client, Options};
pub use credentials::Credentials;
pub use manifest::{ARTIFACT_TYPE, CONFIG_TYPE, Descriptor, LAYER_TYPE, Manifest, SIGNATURE_TYPE};
pub use reference::Reference;

/// What is pushed, and what was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The plugin's manifest as JSON.
    pub config: Vec<u8>,
    /// The component.
    pub component: Vec<u8>,
    /// The signature file's bytes.
    pub signature: Option<Vec<u8>>,
}

/// Why a plugin was not pushed or pulled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OciError {
    /// A reference, an address or credentials make no sense.
    #[error("{0}")]
    Usage(String),
    /// There is no such thing in the registry.
    #[error("{0} is not in the registry: look at the name and the tag")]
    Missing(String),
    /// The registry does not let us.
    #[error("{0}")]
    Denied(String),
    /// What the registry gave is not what it should be.
    #[error("{0}")]
    Refused(String),
    /// The registry cannot be reached or fails.
    #[error("{0}")]
    Unreachable(String),
}
