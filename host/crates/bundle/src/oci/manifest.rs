//! The artifact's manifest: a small JSON document that names its parts by digest and size.
//!
//! Owns its form and its bounds. Does not own fetching anything.

use serde::{Deserialize, Serialize};

use super::OciError;
use crate::{MAX_COMPONENT_BYTES, MAX_SIGNATURE_BYTES, is_digest};

/// What an artifact is that holds a plugin.
pub const ARTIFACT_TYPE: &str = "application/vnd.ringfence.plugin.v1";
/// What its config is.
pub const CONFIG_TYPE: &str = "application/vnd.ringfence.plugin.config.v1+json";
/// What the component is.
pub const LAYER_TYPE: &str = "application/wasm";
/// What the signature is.
pub const SIGNATURE_TYPE: &str = "application/vnd.ringfence.plugin.signature.v1+minisign";
/// What the manifest itself is.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Longest artifact manifest: three descriptors and some annotations.
pub(super) const MAX_ARTIFACT_BYTES: usize = 64 << 10;
/// Longest config: a plugin's manifest of 64 KiB as JSON with every key in full.
pub(super) const MAX_CONFIG_BYTES: usize = 256 << 10;

/// A part by digest and size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its length in bytes.
    pub size: u64,
}

impl Descriptor {
    pub(super) fn of(media_type: &str, bytes: &[u8]) -> Descriptor {
        let media_type = media_type.to_owned();
        Descriptor { media_type, digest: crate::digest(bytes), size: bytes.len() as u64 }
    }

    fn check(&self, what: &str, limit: usize) -> Result<(), OciError> {
        if !is_digest(&self.digest) {
            return Err(OciError::Refused(format!("the digest of {what} is no sha256")));
        }
        if self.size > limit as u64 {
            let size = self.size;
            return Err(OciError::Refused(format!(
                "{what} has {size} bytes by the artifact's manifest; the limit is {limit}"
            )));
        }
        Ok(())
    }
}

/// What an artifact consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The plugin's manifest as JSON.
    pub config: Descriptor,
    /// The component.
    pub component: Descriptor,
    /// The signature.
    pub signature: Option<Descriptor>,
}

/// As it is written; keys that others add are ignored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    schema_version: u32,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Descriptor,
    layers: Vec<Descriptor>,
}

impl Manifest {
    /// Reads and checks an artifact's manifest.
    ///
    /// # Errors
    /// When it is none, it is that of something else, or a part is too large.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, OciError> {
        if bytes.len() > MAX_ARTIFACT_BYTES {
            return Err(OciError::Refused(format!(
                "the artifact's manifest has more than {MAX_ARTIFACT_BYTES} bytes"
            )));
        }
        let text: Text = serde_json::from_slice(bytes)
            .map_err(|e| OciError::Refused(format!("the artifact's manifest cannot be read: {e}")))?;
        let is_plugin = text.schema_version == 2
            && text.media_type.as_deref().is_none_or(|t| t == MANIFEST_TYPE)
            && text.artifact_type.as_deref().is_none_or(|t| t == ARTIFACT_TYPE)
            && text.config.media_type == CONFIG_TYPE;
        if !is_plugin {
            let kind = text.artifact_type.as_deref().unwrap_or(&text.config.media_type);
            let kind = crate::escaped(kind, 100);
            return Err(OciError::Refused(format!("it is no plugin of ringfence, but '{kind}'")));
        }
        let (component, signature) = match text.layers.as_slice() {
            [component] => (component, None),
            [component, signature] => (component, Some(signature)),
            more => {
                let text = format!(
                    "it has {} layers; a plugin is a component and perhaps its signature",
                    more.len()
                );
                return Err(OciError::Refused(text));
            }
        };
        let types = (component.media_type.as_str(), signature.map_or(SIGNATURE_TYPE, |s| &s.media_type));
        if types != (LAYER_TYPE, SIGNATURE_TYPE) {
            return Err(OciError::Refused("its layers are not a component and its signature".to_owned()));
        }
        text.config.check("the config", MAX_CONFIG_BYTES)?;
        component.check("the component", MAX_COMPONENT_BYTES)?;
        signature.map_or(Ok(()), |s| s.check("the signature", MAX_SIGNATURE_BYTES))?;
        Ok(Manifest { config: text.config, component: component.clone(), signature: signature.cloned() })
    }

    /// The bytes to push: the same for the same parts.
    ///
    /// # Errors
    /// Never in practice: there is nothing in it that JSON has not.
    pub fn bytes(&self) -> Result<Vec<u8>, OciError> {
        let text = Text {
            schema_version: 2,
            media_type: Some(MANIFEST_TYPE.to_owned()),
            artifact_type: Some(ARTIFACT_TYPE.to_owned()),
            config: self.config.clone(),
            layers: std::iter::once(self.component.clone()).chain(self.signature.clone()).collect(),
        };
        serde_json::to_vec(&text).map_err(|e| OciError::Usage(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn manifest(signature: Option<&[u8]>) -> Manifest {
        Manifest {
            config: Descriptor::of(CONFIG_TYPE, b"{}"),
            component: Descriptor::of(LAYER_TYPE, b"wasm"),
            signature: signature.map(|s| Descriptor::of(SIGNATURE_TYPE, s)),
        }
    }

    #[test]
    fn it_is_read_as_written() {
        for one in [manifest(None), manifest(Some(b"s"))] {
            let bytes = one.bytes().unwrap();
            assert_eq!(Manifest::parse(&bytes).unwrap(), one);
            let text: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(text["artifactType"], ARTIFACT_TYPE);
            assert_eq!(text["layers"][0]["mediaType"], "application/wasm");
        }
    }

    #[test]
    fn other_artifacts_and_sizes_are_refused() {
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut text = serde_json::from_slice(&manifest(Some(b"s")).bytes().unwrap()).unwrap();
            change(&mut text);
            Manifest::parse(text.to_string().as_bytes()).unwrap_err().to_string()
        };
        assert!(
            refused(&|t| t["artifactType"] = json!("application/x\u{1b}")).contains("'application/x\\u{1b}'")
        );
        assert!(refused(&|t| t["config"]["mediaType"] = json!("application/x")).contains("no plugin"));
        assert!(refused(&|t| t["layers"] = json!([])).contains("0 layers"));
        assert!(
            refused(&|t| t["layers"][0]["size"] = json!(1u64 << 40))
                .contains("the component has 1099511627776")
        );
        assert!(refused(&|t| t["layers"][1]["size"] = json!(5_000)).contains("the signature has 5000"));
        assert!(refused(&|t| t["config"]["digest"] = json!("sha256:../..")).contains("digest of the config"));
        assert!(refused(&|t| t["layers"][1]["mediaType"] = json!(LAYER_TYPE)).contains("layers"));
        assert!(refused(&|t| t["schemaVersion"] = json!("2")).contains("cannot be read"));
    }

    proptest! {
        #[test]
        fn any_text_is_a_manifest_or_none(text in ".{0,300}") {
            let _ = Manifest::parse(text.as_bytes());
        }
    }
}
