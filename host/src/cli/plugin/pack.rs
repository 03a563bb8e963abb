//! `ringfence plugin pack`: puts the manifest into the component, so that a plugin is one file.
//!
//! Owns that what it writes is a plugin that this host takes. Does not own the form (`bundle::pack`).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::source::{self, Source};
use crate::cli::{CliError, CliResult, Global};
use crate::plugin::{self, MAX_COMPONENT_BYTES};

/// Puts plugin.toml into a component and checks the result; nothing of it is run.
#[derive(Debug, Args)]
pub struct PackArgs {
    /// The component, or a project's folder.
    #[arg(value_name = "FILE|DIR")]
    source: PathBuf,
    /// The manifest; by default plugin.toml in the folder, or the one that is in the component.
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The file to write; by default ID.wasm, in the project's folder or here.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &PackArgs, global: &Global) -> CliResult {
    let is_project = args.source.is_dir();
    let component = if is_project { source::component_in(&args.source)? } else { args.source.clone() };
    let of_project = Some(args.source.join("plugin.toml")).filter(|file| is_project && file.is_file());
    let component = Source::file(&component)?;
    let manifest = match args.manifest.clone().or(of_project) {
        Some(file) => {
            let failed = |e: std::io::Error| {
                CliError::Usage(format!("cannot read the manifest {}: {e}", file.display()))
            };
            if std::fs::metadata(&file).map_err(failed)?.len() > MAX_COMPONENT_BYTES as u64 {
                return Err(CliError::Usage(format!("{}: is no manifest", file.display())));
            }
            std::fs::read(&file).map_err(failed)?
        }
        None => own_manifest(&component)?,
    };
    let packed = bundle::pack::pack(&component.bytes, &manifest).map_err(|e| component.refused(&e))?;
    let packed = Source { bytes: packed, ..component };
    let manifest = packed.manifest()?;
    super::runtime(global)?.load(&packed.label, &packed.bytes).map_err(|e| CliError::Usage(e.to_string()))?;
    let output = args.output.clone().unwrap_or_else(|| {
        let name = format!("{}.wasm", manifest.id);
        if is_project { args.source.join(name) } else { PathBuf::from(name) }
    });
    source::write_whole(&output, &packed.bytes)?;
    println!("{}", output.display());
    eprintln!(
        "{} {}, {} bytes, {}",
        manifest.id,
        manifest.version,
        packed.bytes.len(),
        plugin::digest(&packed.bytes)
    );
    if let Ok(Some(_)) = plugin::read_signature(&output) {
        eprintln!(
            "a signature of an earlier file lies beside it: sign it again with 'ringfence plugin sign'"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The manifest that the component has already.
fn own_manifest(component: &Source) -> Result<Vec<u8>, CliError> {
    let mut found = bundle::pack::manifests(&component.bytes).map_err(|e| component.refused(&e))?;
    match (found.pop(), found.is_empty()) {
        (Some(manifest), true) => Ok(manifest),
        (None, _) => Err(component.refused(&"has no manifest in it: name plugin.toml with --manifest")),
        _ => Err(component.refused(&"has several manifests in it: name the one to keep with --manifest")),
    }
}
