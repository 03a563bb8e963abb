//! `ringfence plugin push`: hands a plugin to a registry.
//!
//! Owns what goes there: a whole plugin, its manifest as JSON, its signature if it has one. Does not own the protocol
//! (`bundle::oci`).

use std::path::PathBuf;
use std::process::ExitCode;

use bundle::oci::{Artifact, Reference};
use clap::Args;

use super::source::{self, Source};
use crate::cli::{CliError, CliResult, Global};
use crate::plugin::Signed;

/// Pushes a plugin with its signature to a registry as an OCI artifact.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// The plugin.
    file: PathBuf,
    /// Where to: oci://HOST[:PORT]/NAME[:TAG].
    #[arg(value_name = "oci://…")]
    to: String,
    /// Talk to the registry without TLS also beyond this machine.
    #[arg(long)]
    plain_http: bool,
}

/// Runs the command.
pub(super) fn run(args: &PushArgs, global: &Global) -> CliResult {
    let reference = Reference::parse(&args.to).map_err(source::oci)?;
    let source = Source::file(&args.file)?;
    bundle::pack::check(&source.bytes).map_err(|e| source.refused(&e))?;
    let manifest = source.manifest()?;
    let signed = source.admit(&global.load_config()?)?;
    let config = serde_json::to_vec(&manifest)
        .map_err(|e| CliError::Environment(format!("cannot write the manifest as JSON: {e}")))?;
    let artifact = Artifact { config, component: source.bytes, signature: source.signature };
    let digest = source::with_client(&reference, args.plain_http, async |client| {
        client.push(&reference, &artifact).await
    })?;
    println!("oci://{}/{}@{digest}", reference.registry, reference.name);
    eprintln!("pushed {} {} to {reference}", manifest.id, manifest.version);
    if signed == Signed::Nobody {
        eprintln!("it is not signed: who requires a signature cannot install it");
    }
    Ok(ExitCode::SUCCESS)
}
