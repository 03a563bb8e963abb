//! `ringfence plugin install` and `ringfence plugin remove`: files of the plugin folder, put there and taken away.
//!
//! Owns that a file is whole, checked and admitted before it lies there, that a version is one file for good, and that nothing of
//! it is run. A service that works takes the change as a new policy generation by itself.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::source::{self, Source};
use crate::cli::output::harmless;
use crate::cli::{CliError, CliResult, Global};
use crate::config::Config;
use crate::plugin::{self, Access, Manifest};

/// Folder that is made where the configuration names none.
const DEFAULT_FOLDER: &str = "plugins";

/// Checks a plugin and puts it into the plugin folder; nothing of it is run.
#[derive(Debug, Args)]
pub struct InstallArgs {
    /// A file, a project's folder, or oci://HOST[:PORT]/NAME[:TAG|@sha256:…].
    #[arg(value_name = "FILE|DIR|oci://…")]
    source: String,
    /// Folder to put it into; by default the configuration's plugin_folder.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Talk to the registry without TLS also beyond this machine.
    #[arg(long)]
    plain_http: bool,
}

/// Takes a plugin out of the plugin folder. Its state is kept.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// The plugin's id.
    id: String,
    /// Folder to take it from; by default the configuration's plugin_folder.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
}

/// Installs.
pub(super) fn run(args: &InstallArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let source = Source::given(&args.source, args.plain_http)?;
    bundle::pack::check(&source.bytes).map_err(|e| source.refused(&e))?;
    let signed = source.admit(&config)?;
    let manifest = source.manifest()?;
    let digest = plugin::digest(&source.bytes);
    is_wanted(&source, &manifest, &digest, &config)?;
    super::runtime(global)?.load(&source.label, &source.bytes).map_err(|e| CliError::Usage(e.to_string()))?;

    let folder = folder(args.plugins.as_deref(), global, &config);
    std::fs::create_dir_all(&folder)
        .map_err(|e| CliError::Environment(format!("cannot make {}: {e}", folder.display())))?;
    let old = source::installed(&folder, &manifest.id);
    let path = old.clone().unwrap_or_else(|| folder.join(format!("{}.wasm", manifest.id)));
    let replaced = match old.as_deref().map(Source::file).transpose()? {
        Some(old) => may_replace(&old, &path, &manifest, &digest)?,
        None if path.exists() => {
            return Err(CliError::Usage(format!(
                "{} is there and is another plugin or none: move it away first",
                path.display()
            )));
        }
        None => None,
    };
    put(&path, &source)?;

    println!("{}", path.display());
    eprintln!("{} {}: {}", manifest.id, manifest.version, harmless(&manifest.summary));
    if let Some(version) = replaced {
        eprintln!("took the place of {version}");
    }
    eprintln!("{digest}, {}", harmless(&signed.to_string()));
    if let Some(artifact) = &source.artifact {
        eprintln!("from the artifact {artifact}");
    }
    tell_access(&manifest, &config);
    Ok(ExitCode::SUCCESS)
}

/// Whether it can be installed by the configuration: not the id of a built-in one, and the file that is pinned.
fn is_wanted(source: &Source, manifest: &Manifest, digest: &str, config: &Config) -> Result<(), CliError> {
    let id = &manifest.id;
    if plugin::builtins().iter().any(|b| b.name == id) {
        return Err(source.refused(&format!("{id} is built in: give it another id in plugin.toml")));
    }
    match config.plugins.get(id).and_then(|s| s.digest.as_deref()) {
        Some(pinned) if pinned != digest => Err(source.refused(&format!(
            "has the digest {digest}, and plugins.{id}.digest in the configuration wants {pinned}: change it there first if this file is meant"
        ))),
        _ => Ok(()),
    }
}

/// Whether a new file may take the place of an old one; the old one's version if it is another.
fn may_replace(
    old: &Source,
    path: &Path,
    manifest: &Manifest,
    digest: &str,
) -> Result<Option<String>, CliError> {
    let version = old.manifest()?.version;
    let was = plugin::digest(&old.bytes);
    if version == manifest.version && was != digest {
        return Err(CliError::Usage(format!(
            "{} is {} {version} already, as {was}; this is {digest}: raise the version in plugin.toml, or remove the old one first \
             with 'ringfence plugin remove {}'",
            path.display(),
            manifest.id,
            manifest.id
        )));
    }
    Ok((version != manifest.version).then_some(version))
}

/// Puts both files there, each in one step; what is the same is left alone. A service that looks in between sees a signature that
/// does not hold, refuses the file, keeps what it has, and looks again.
fn put(path: &Path, source: &Source) -> Result<(), CliError> {
    let signature = plugin::signature_path(path);
    let there = |path: &Path| std::fs::read(path).ok();
    match &source.signature {
        Some(bytes) if there(&signature).as_ref() != Some(bytes) => source::write_whole(&signature, bytes)?,
        None => delete(&signature)?,
        Some(_) => {}
    }
    if there(path).as_ref() != Some(&source.bytes) {
        source::write_whole(path, &source.bytes)
    } else {
        Ok(())
    }
}

/// What it asks for, and what is to be written so that it runs.
fn tell_access(manifest: &Manifest, config: &Config) {
    let settings = config.plugins.get(&manifest.id);
    let access = Access::of(manifest, plugin::Origin::File, settings);
    let columns: Vec<&str> = manifest.columns.iter().map(|c| c.name()).collect();
    eprintln!("reads {}", columns.join(", "));
    if access.asked.is_empty() {
        eprintln!("asks for no capability");
        return;
    }
    let asked: Vec<&str> = access.asked.iter().map(|c| c.name()).collect();
    eprintln!("asks for {}", asked.join(", "));
    if let Some(lines) = access.lines(&manifest.id).filter(|_| !access.missing.is_empty()) {
        eprintln!("it does not run before that is granted in the configuration:\n");
        eprint!("{lines}");
    }
}

/// Removes.
pub(super) fn remove(args: &RemoveArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let id = &args.id;
    let folder = folder(args.plugins.as_deref(), global, &config);
    // One that cannot be read any more goes by its file's name.
    let is_word = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let by_name = || Some(folder.join(format!("{id}.wasm"))).filter(|file| is_word && is_unreadable(file));
    let Some(path) = source::installed(&folder, id).or_else(by_name) else {
        let text = match plugin::builtins().iter().any(|b| b.name == id) {
            true => {
                format!("{id} is built in: to stop it, write under plugins: {id}: the line enabled: false")
            }
            false => format!("there is no plugin '{}' in {}", harmless(id), folder.display()),
        };
        return Err(CliError::Usage(text));
    };
    delete(&path)?;
    delete(&plugin::signature_path(&path))?;
    println!("{}", path.display());
    eprintln!(
        "its state is kept, so that it can go on if it comes back; 'ringfence state reset {id}' forgets it"
    );
    if config.plugins.contains_key(id) {
        eprintln!("take its settings (plugins: {id}:) out of the configuration, too");
    }
    Ok(ExitCode::SUCCESS)
}

fn is_unreadable(path: &Path) -> bool {
    path.is_file() && Source::file(path).and_then(|source| source.manifest()).is_err()
}

fn delete(path: &Path) -> Result<(), CliError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::Environment(format!("cannot remove {}: {e}", path.display())))
        }
        _ => Ok(()),
    }
}

/// Where plugins are installed: the folder that is read, or the one that would be if it were there.
fn folder(told: Option<&Path>, global: &Global, config: &Config) -> PathBuf {
    let beside =
        || global.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).join(DEFAULT_FOLDER);
    global.plugin_folder(config, told).unwrap_or_else(beside)
}
