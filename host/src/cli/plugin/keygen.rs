//! `ringfence plugin keygen`: a pair of keys to sign plugins with.
//!
//! Owns where they are written and what is said of them. Does not own the keys (`bundle::sign`).

use std::path::PathBuf;
use std::process::ExitCode;

use bundle::sign::{self, Password, SignError};
use clap::Args;

use crate::cli::{CliError, CliResult};

/// Environment variable with the password of a secret key.
pub(super) const PASSWORD: &str = "RINGFENCE_KEY_PASSWORD";

/// Makes a pair of keys to sign plugins with; the program minisign takes them, too.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// File for the secret key; the public key's has the ending .pub. Neither may be there yet.
    #[arg(long, value_name = "FILE", default_value = "ringfence.key")]
    key: PathBuf,
}

/// Runs the command.
pub(super) fn run(args: &KeygenArgs) -> CliResult {
    let public_file = args.key.with_extension("pub");
    if public_file == args.key {
        return Err(CliError::Usage(
            "the secret key's file must not end in .pub: that is the public key's".to_owned(),
        ));
    }
    if let Some(there) = [&args.key, &public_file].into_iter().find(|file| file.exists()) {
        return Err(CliError::Usage(format!(
            "{} is there already: choose another name with --key",
            there.display()
        )));
    }
    let (secret, public) = sign::generate(&password(true)?).map_err(failed)?;
    sign::write_new(&args.key, secret.as_str(), true).map_err(failed)?;
    let text = format!("untrusted comment: minisign public key {}\n{}\n", public.id(), public.line());
    sign::write_new(&public_file, &text, false).map_err(failed)?;
    println!("{}", public.line());
    eprintln!(
        "the secret key is in {} (yours to read alone; without its password it is of no use), the public key in {}.\n\
         Who trusts your plugins writes into the configuration:\n\ntrust:\n  keys:\n    NAME: \"{}\"",
        args.key.display(),
        public_file.display(),
        public.line()
    );
    Ok(ExitCode::SUCCESS)
}

/// The password from the environment, or asked for: twice where it is a new one.
pub(super) fn password(is_new: bool) -> Result<Password, CliError> {
    if let Ok(text) = std::env::var(PASSWORD) {
        return Password::new(text).map_err(failed);
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map_err(|e| {
            CliError::Usage(format!("the key's password cannot be asked for ({e}): set {PASSWORD}"))
        })
    };
    let text = ask("password of the key: ")?;
    if is_new && ask("the same again: ")? != text {
        return Err(CliError::Usage("the two passwords differ: begin again".to_owned()));
    }
    Password::new(text).map_err(failed)
}

/// What went wrong with a key.
#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
pub(super) fn failed(error: SignError) -> CliError {
    CliError::Usage(error.to_string())
}
