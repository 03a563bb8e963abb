//! `ringfence plugin sign` and `ringfence plugin verify`.
//!
//! Owns what is signed: a whole plugin, never something else by mistake. Does not own the form (`bundle::sign`) or whom the
//! operator trusts (`config`).

use std::path::PathBuf;
use std::process::ExitCode;

use bundle::sign::{self, PublicKey, SecretKey, Signature};
use clap::Args;
use serde::Serialize;

use super::keygen;
use super::source::{self, Source};
use crate::cli::output::harmless;
use crate::cli::{CliError, CliResult, Format, Global};
use crate::plugin::{self, Signed};

/// Signs a plugin: writes FILE.minisig.
#[derive(Debug, Args)]
pub struct SignArgs {
    /// The plugin.
    file: PathBuf,
    /// The secret key's file. Its password is asked for, or taken from RINGFENCE_KEY_PASSWORD.
    #[arg(long, value_name = "SECRET")]
    key: PathBuf,
}

/// Says whether a plugin's signature holds; exit code 1 if it does not.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The plugin.
    file: PathBuf,
    /// A public key, or its file; by default the configuration's trust.keys.
    #[arg(long, value_name = "PUB")]
    key: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Signs.
pub(super) fn run(args: &SignArgs) -> CliResult {
    let source = Source::file(&args.file)?;
    bundle::pack::check(&source.bytes).map_err(|e| source.refused(&e))?;
    let manifest = source.manifest()?;
    let key = SecretKey::open(&args.key, &keygen::password(false)?).map_err(keygen::failed)?;
    let comment = format!("plugin {} {}", manifest.id, manifest.version);
    let text = sign::sign(&key, &source.bytes, &comment).map_err(keygen::failed)?;
    let path = plugin::signature_path(&args.file);
    source::write_whole(&path, text.as_bytes())?;
    println!("{}", path.display());
    let public = key.public().map_err(keygen::failed)?;
    eprintln!("{comment}, {}, signed with the key {}", plugin::digest(&source.bytes), public.id());
    Ok(ExitCode::SUCCESS)
}

/// What is said of a signature.
#[derive(Serialize)]
struct Verdict {
    file: String,
    digest: String,
    ok: bool,
    signed: Option<Signed>,
    reason: Option<String>,
}

/// Verifies.
pub(super) fn verify(args: &VerifyArgs, global: &Global) -> CliResult {
    let source = Source::file(&args.file)?;
    let signed = match &args.key {
        Some(key) => by_key(&source, &read_key(key)?),
        None => plugin::admit(&source.bytes, source.signature.as_deref(), &global.load_config()?.trust)
            .map_err(|problem| problem.to_string()),
    };
    let ok = matches!(signed, Ok(Signed::Trusted { .. }));
    let reason = match &signed {
        Ok(Signed::Trusted { .. }) => None,
        Ok(other) => Some(other.to_string()),
        Err(reason) => Some(reason.clone()),
    };
    let digest = plugin::digest(&source.bytes);
    let verdict = Verdict { file: source.label, digest, ok, signed: signed.ok(), reason };
    match args.format {
        Format::Table => match (&verdict.signed, &verdict.reason) {
            (Some(signed), None) => println!("{}: {}", verdict.file, harmless(&signed.to_string())),
            (_, reason) => {
                println!("{}: {}", verdict.file, harmless(reason.as_deref().unwrap_or("not signed")))
            }
        },
        format => super::print_json(&verdict, format)?,
    }
    Ok(if verdict.ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn by_key(source: &Source, key: &PublicKey) -> Result<Signed, String> {
    let Some(text) = &source.signature else { return Ok(Signed::Nobody) };
    let signature = Signature::parse(text).map_err(|e| e.to_string())?;
    signature.verify(key, &source.bytes).map_err(|e| e.to_string())?;
    let id = key.id().to_owned();
    Ok(Signed::Trusted { name: "the given key".to_owned(), key: id, comment: signature.comment() })
}

/// A key as its line, or in a file.
fn read_key(text: &str) -> Result<PublicKey, CliError> {
    let usage = |e: &dyn std::fmt::Display| CliError::Usage(format!("--key {text}: {e}"));
    if let Ok(key) = PublicKey::parse(text) {
        return Ok(key);
    }
    let is_file = std::fs::metadata(text).is_ok_and(|m| m.is_file() && m.len() <= sign::MAX_KEY_BYTES as u64);
    if !is_file {
        return Err(usage(&"is neither a public key of minisign nor a file with one"));
    }
    let text_of_file = std::fs::read_to_string(text).map_err(|e| usage(&e))?;
    PublicKey::parse(&text_of_file).map_err(|e| usage(&e))
}
