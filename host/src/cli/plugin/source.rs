//! Where a command's plugin comes from: a file, a project's folder, an installed one, the program itself, a registry.
//!
//! Owns finding and reading it, and writing files so that nobody sees half of one. Nothing of a plugin is run in here.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use bundle::oci::{Artifact, Client, Credentials, OciError, Options, Reference};

use crate::cli::CliError;
use crate::config::Config;
use crate::plugin::{self, Inspection, Manifest, Origin, Signed};

/// Where the tools of each language leave a component, below a project's folder; the first that has one counts.
const BUILD_FOLDERS: [&str; 5] =
    ["target/wasm32-wasip2/release", "target/wasm32-wasip2/plugin", "build", "dist", "."];

/// A plugin's files.
pub(super) struct Source {
    /// What it is called in messages.
    pub(super) label: String,
    pub(super) origin: Origin,
    pub(super) bytes: Vec<u8>,
    pub(super) signature: Option<Vec<u8>>,
    /// Digest of the artifact, if it is from a registry.
    pub(super) artifact: Option<String>,
}

impl Source {
    /// A component file with the signature beside it.
    pub(super) fn file(path: &Path) -> Result<Source, CliError> {
        let usage = |e: plugin::LoadError| CliError::Usage(e.to_string());
        Ok(Source {
            label: path.display().to_string(),
            origin: Origin::File,
            bytes: plugin::read_file(path).map_err(usage)?,
            signature: plugin::read_signature(path).map_err(usage)?,
            artifact: None,
        })
    }

    /// A file, a folder or a reference.
    pub(super) fn given(text: &str, plain_http: bool) -> Result<Source, CliError> {
        if Reference::is_one(text) {
            return Source::pulled(&Reference::parse(text).map_err(oci)?, plain_http);
        }
        let path = Path::new(text);
        if !path.is_dir() {
            return Source::file(path);
        }
        // What was packed before what was only built.
        let packed = one_in(path, ".")?;
        Source::file(&packed.map_or_else(|| component_in(path), Ok)?)
    }

    fn pulled(reference: &Reference, plain_http: bool) -> Result<Source, CliError> {
        let (artifact, digest) =
            with_client(reference, plain_http, async |client| client.pull(reference).await)?;
        let Artifact { config, component, signature } = artifact;
        let source = Source {
            label: reference.to_string(),
            origin: Origin::File,
            bytes: component,
            signature,
            artifact: Some(digest),
        };
        source.is_as_announced(&config)?;
        Ok(source)
    }

    /// Whether an artifact's config, which is what people and tools look at, is about this component.
    fn is_as_announced(&self, config: &[u8]) -> Result<(), CliError> {
        let manifest = self.manifest()?;
        let announced: serde_json::Value = serde_json::from_slice(config).unwrap_or_default();
        if announced["id"] == *manifest.id && announced["version"] == *manifest.version {
            return Ok(());
        }
        Err(CliError::Usage(format!(
            "{}: the artifact says that it is another plugin than the one in it, {} {}: it was not made by 'plugin push'",
            self.label, manifest.id, manifest.version
        )))
    }

    /// The manifest in the component.
    pub(super) fn manifest(&self) -> Result<Manifest, CliError> {
        let read = || Manifest::parse(Inspection::read(&self.bytes)?.manifest()?);
        read().map_err(|problem| self.refused(&problem))
    }

    /// Whose signature it has, by the configuration's keys.
    pub(super) fn admit(&self, config: &Config) -> Result<Signed, CliError> {
        plugin::admit(&self.bytes, self.signature.as_deref(), &config.trust)
            .map_err(|problem| self.refused(&problem))
    }

    /// That it cannot be used, and why.
    pub(super) fn refused(&self, problem: &dyn std::fmt::Display) -> CliError {
        CliError::Usage(format!("{}: {problem}", self.label))
    }
}

/// The one component of a project.
pub(super) fn component_in(folder: &Path) -> Result<PathBuf, CliError> {
    for place in BUILD_FOLDERS {
        if let Some(component) = one_in(folder, place)? {
            return Ok(component);
        }
    }
    Err(CliError::Usage(format!(
        "{}: has no component in {}: build it first, or name the file",
        folder.display(),
        BUILD_FOLDERS.join(", ")
    )))
}

/// The one component in a folder of a project, if there is one.
fn one_in(folder: &Path, place: &str) -> Result<Option<PathBuf>, CliError> {
    let Ok(entries) = std::fs::read_dir(folder.join(place)) else { return Ok(None) };
    let files = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> =
        files.filter(|p| p.extension().is_some_and(|e| e == "wasm") && p.is_file()).collect();
    found.sort();
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.clone())),
        more => {
            let names: Vec<String> = more.iter().map(|p| p.display().to_string()).collect();
            let text =
                format!("{}: has several components: name one of {}", folder.display(), names.join(", "));
            Err(CliError::Usage(text))
        }
    }
}

/// The file of an installed plugin.
pub(super) fn installed(folder: &Path, id: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let wasm = files.into_iter().filter(|p| p.extension().is_some_and(|e| e == "wasm") && p.is_file());
    wasm.into_iter().find(|path| Source::file(path).and_then(|s| s.manifest()).is_ok_and(|m| m.id == id))
}

/// Writes a file beside its place and puts it there in one step.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = |e: std::io::Error| CliError::Environment(format!("cannot write {}: {e}", path.display()));
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Hidden files are left alone by who reads the folder.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ringfence-").permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map(drop).map_err(|e| failed(e.error))
}

/// Works with a registry on a runtime of its own.
pub(super) fn with_client<T>(
    reference: &Reference,
    plain_http: bool,
    work: impl AsyncFnOnce(&mut Client) -> Result<T, OciError>,
) -> Result<T, CliError> {
    let credentials = Credentials::find(&reference.registry).map_err(oci)?;
    let mut client = Client::new(reference, Options { plain_http, credentials }).map_err(oci)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| CliError::Environment(format!("cannot start the runtime: {e}")))?;
    runtime.block_on(work(&mut client)).map_err(oci)
}

/// What a registry's failure means for the exit code.
#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
pub(super) fn oci(error: OciError) -> CliError {
    match error {
        OciError::Denied(_) | OciError::Unreachable(_) => CliError::Environment(error.to_string()),
        _ => CliError::Usage(error.to_string()),
    }
}
