//! Who we are for a registry: from the environment, or from docker's configuration.
//!
//! Owns reading them. Helpers that docker would start for a password are not started: nothing is executed here.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::OciError;

/// Environment variable with the user's name.
pub const USER: &str = "RINGFENCE_REGISTRY_USER";
/// Environment variable with the password or token.
pub const PASSWORD: &str = "RINGFENCE_REGISTRY_PASSWORD";
/// Longest configuration of docker that is read.
const MAX_DOCKER_BYTES: u64 = 1 << 20;

/// A name and a password; the password does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who.
    pub user: String,
    password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?}, …)", self.user)
    }
}

/// Docker's configuration, the part of it that is read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Docker {
    auths: std::collections::BTreeMap<String, Entry>,
    #[serde(rename = "credHelpers")]
    helpers: std::collections::BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
}

impl Credentials {
    /// Of a name and a password.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Credentials {
        Credentials { user: user.into(), password: password.into() }
    }

    /// For a registry: the environment's, else docker's, else none.
    ///
    /// # Errors
    /// When only one of the two variables is set, or docker's configuration is damaged or wants a helper started.
    pub fn find(registry: &str) -> Result<Option<Credentials>, OciError> {
        let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        match (var(USER), var(PASSWORD)) {
            (Some(user), Some(password)) => return Ok(Some(Credentials::new(user, password))),
            (None, None) => {}
            _ => return Err(OciError::Usage(format!("set both {USER} and {PASSWORD}, or neither"))),
        }
        let folder = var("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(var("HOME")?).join(".docker")));
        folder.map_or(Ok(None), |folder| Credentials::in_docker(&folder.join("config.json"), registry))
    }

    fn in_docker(path: &Path, registry: &str) -> Result<Option<Credentials>, OciError> {
        let failed = |what: String| OciError::Usage(format!("{}: {what}", path.display()));
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_file() && meta.len() <= MAX_DOCKER_BYTES => {}
            Ok(_) => return Err(failed("is no configuration of docker".to_owned())),
            Err(_) => return Ok(None),
        }
        let bytes = std::fs::read(path).map_err(|e| failed(format!("cannot be read: {e}")))?;
        Credentials::from_docker(&bytes, registry).map_err(failed)
    }

    fn from_docker(bytes: &[u8], registry: &str) -> Result<Option<Credentials>, String> {
        let docker: Docker = serde_json::from_slice(bytes)
            .map_err(|e| format!("cannot be read: {}", e.to_string().replace('\n', " ")))?;
        let names = [registry.to_owned(), format!("https://{registry}"), format!("http://{registry}")];
        let entry = names.iter().find_map(|name| docker.auths.get(name)).filter(|e| !e.auth.is_empty());
        let Some(entry) = entry else {
            return match docker.helpers.contains_key(registry) {
                true => Err(format!(
                    "keeps the password of {registry} with a helper, which is not started: set {USER} and {PASSWORD}"
                )),
                false => Ok(None),
            };
        };
        let wrong = || format!("the entry of {registry} cannot be read: log in again");
        let decoded = STANDARD.decode(&entry.auth).map_err(|_| wrong())?;
        let text = String::from_utf8(decoded).map_err(|_| wrong())?;
        let (user, password) = text.split_once(':').ok_or_else(wrong)?;
        Ok(Some(Credentials::new(user, password.trim_end_matches('\0'))))
    }

    /// The value of an `Authorization` header.
    pub(super) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_configuration_is_read_for_the_registry_asked_for() {
        let auth = STANDARD.encode("ana:pa:ss");
        let text = format!(
            r#"{{"auths": {{"h:5000": {{"auth": "{auth}"}}, "https://other": {{"auth": "{auth}"}}, "e": {{}}, "x": {{"auth": "?"}}}},
                "credHelpers": {{"helped": "pass"}}, "credsStore": "desktop"}}"#
        );
        let of = |registry: &str| Credentials::from_docker(text.as_bytes(), registry);
        let found = of("h:5000").unwrap().unwrap();
        assert_eq!(found, Credentials::new("ana", "pa:ss"));
        assert_eq!(format!("{found:?}"), "Credentials(\"ana\", …)");
        assert_eq!(found.basic(), format!("Basic {auth}"));
        assert!(of("other").unwrap().is_some());
        assert!(of("h").unwrap().is_none() && of("e").unwrap().is_none());
        assert!(of("x").unwrap_err().contains("log in again"));
        assert!(of("helped").unwrap_err().contains("RINGFENCE_REGISTRY_USER"));
        assert!(Credentials::from_docker(b"[", "h").is_err());
    }
}
