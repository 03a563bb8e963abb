//! Pushing and pulling an artifact.
//!
//! Owns the order: parts before the manifest that names them, digests before use. A push that breaks off leaves parts that
//! nothing names, which the registry collects.

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};

use super::answer::{body, failure};
use super::client::Client;
use super::manifest::{
    CONFIG_TYPE, Descriptor, LAYER_TYPE, MANIFEST_TYPE, MAX_ARTIFACT_BYTES, Manifest, SIGNATURE_TYPE,
};
use super::{Artifact, OciError, Reference};
use crate::digest;

impl Client {
    /// Puts an artifact into the registry; the digest of its manifest, by which it can be pulled exactly.
    ///
    /// # Errors
    /// When the registry cannot be reached, does not let us, or says another digest than ours.
    pub async fn push(&mut self, reference: &Reference, artifact: &Artifact) -> Result<String, OciError> {
        let manifest = Manifest {
            config: Descriptor::of(CONFIG_TYPE, &artifact.config),
            component: Descriptor::of(LAYER_TYPE, &artifact.component),
            signature: artifact.signature.as_ref().map(|s| Descriptor::of(SIGNATURE_TYPE, s)),
        };
        let bytes = manifest.bytes()?;
        // What would be refused when it is pulled must not be pushed.
        Manifest::parse(&bytes)?;
        let own = digest(&bytes);
        if reference.digest.as_ref().is_some_and(|wanted| *wanted != own) {
            return Err(OciError::Usage(format!(
                "the artifact's digest is {own}, not the one in {reference}"
            )));
        }
        for part in [Some(&artifact.config), Some(&artifact.component), artifact.signature.as_ref()]
            .into_iter()
            .flatten()
        {
            self.push_blob(reference, part).await?;
        }
        let what = reference.to_string();
        let address = self.address(&format!("{}/manifests/{}", reference.name, reference.manifest_key()))?;
        let body = Bytes::from(bytes);
        let request = |http: &reqwest::Client| {
            http.put(address.clone()).header(CONTENT_TYPE, MANIFEST_TYPE).body(body.clone())
        };
        let answer = self.send(&what, request).await?;
        if !answer.status().is_success() {
            return Err(failure(answer, &what).await);
        }
        let said = answer.headers().get("docker-content-digest").and_then(|h| h.to_str().ok());
        if said.is_some_and(|said| said != own) {
            return Err(OciError::Refused(format!("the registry stored something else than {own}")));
        }
        Ok(own)
    }

    async fn push_blob(&mut self, reference: &Reference, bytes: &[u8]) -> Result<(), OciError> {
        let own = digest(bytes);
        let what = format!("a part of {reference}");
        let there = self.address(&format!("{}/blobs/{own}", reference.name))?;
        if self.send(&what, |http| http.head(there.clone())).await?.status().is_success() {
            return Ok(());
        }
        let start = self.address(&format!("{}/blobs/uploads/", reference.name))?;
        let answer = self.send(&what, |http| http.post(start.clone()).body(Bytes::new())).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(failure(answer, &what).await);
        }
        let location = answer.headers().get(LOCATION).and_then(|h| h.to_str().ok());
        let location = location
            .ok_or_else(|| OciError::Refused("the registry does not say where to upload".to_owned()))?;
        let mut address = self.upload_address(location)?;
        address.query_pairs_mut().append_pair("digest", &own);
        let body = Bytes::copy_from_slice(bytes);
        let request = |http: &reqwest::Client| {
            http.put(address.clone()).header(CONTENT_TYPE, "application/octet-stream").body(body.clone())
        };
        let answer = self.send(&what, request).await?;
        if answer.status().is_success() { Ok(()) } else { Err(failure(answer, &what).await) }
    }

    /// Gets an artifact; with the digest of its manifest.
    ///
    /// # Errors
    /// When it is not there, is no plugin, is too large, or any part has not the digest it should have.
    pub async fn pull(&mut self, reference: &Reference) -> Result<(Artifact, String), OciError> {
        let what = reference.to_string();
        let address = self.address(&format!("{}/manifests/{}", reference.name, reference.manifest_key()))?;
        let answer = self.send(&what, |http| http.get(address.clone()).header(ACCEPT, MANIFEST_TYPE)).await?;
        if !answer.status().is_success() {
            return Err(failure(answer, &what).await);
        }
        let said =
            answer.headers().get("docker-content-digest").and_then(|h| h.to_str().ok()).map(str::to_owned);
        let bytes = body(answer, MAX_ARTIFACT_BYTES, "the artifact's manifest").await?;
        let own = digest(&bytes);
        if reference.digest.as_ref().or(said.as_ref()).is_some_and(|wanted| *wanted != own) {
            return Err(OciError::Refused(format!(
                "{what}: the registry gave a manifest with another digest, {own}"
            )));
        }
        let manifest = Manifest::parse(&bytes)?;
        let config = self.pull_blob(reference, &manifest.config, "the config").await?;
        let signature = match &manifest.signature {
            Some(part) => Some(self.pull_blob(reference, part, "the signature").await?),
            None => None,
        };
        let component = self.pull_blob(reference, &manifest.component, "the component").await?;
        Ok((Artifact { config, component, signature }, own))
    }

    async fn pull_blob(
        &mut self,
        reference: &Reference,
        part: &Descriptor,
        name: &str,
    ) -> Result<Vec<u8>, OciError> {
        let what = format!("{name} of {reference}");
        let address = self.address(&format!("{}/blobs/{}", reference.name, part.digest))?;
        let answer = self.send(&what, |http| http.get(address.clone())).await?;
        if !answer.status().is_success() {
            return Err(failure(answer, &what).await);
        }
        // The manifest's check has bounded it.
        let bytes = body(answer, part.size as usize, &what).await?;
        let own = digest(&bytes);
        if own != part.digest {
            return Err(OciError::Refused(format!(
                "{what} was changed: its digest is {own}, not {}",
                part.digest
            )));
        }
        Ok(bytes)
    }
}
