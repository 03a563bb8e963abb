//! `ringfence policy`: what is in force, since when and by whom; asking for a look at the files, going back.

mod ask;
mod history;
mod status;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{CliError, CliResult, Format, Global};
use crate::plugin::Runtime;
use crate::policy::Sources;

/// Commands about the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Shows what is in force, what was refused and why, what does not run.
    Status {
        /// How it is printed.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lists the policies that have been in force, the newest first, with what changed.
    History {
        /// At most this many.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
        /// How they are printed.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Shows a policy that has been in force: its rules, plugins and files, or one file as it was.
    Show {
        /// Its number.
        generation: u64,
        /// Prints this file as it was, for example `rules/night.yml`.
        #[arg(long, value_name = "NAME")]
        file: Option<String>,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t, conflicts_with = "file")]
        format: Format,
    },
    /// Shows what differs between two policies.
    Diff {
        /// Number of the one.
        from: u64,
        /// Number of the other.
        to: u64,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Has the running service look at the files now, and waits for what comes of it. Exit code 1 if a file is refused.
    Reload(ReloadArgs),
    /// Makes an earlier policy a new one. It holds until files change again.
    Rollback(RollbackArgs),
}

/// Arguments of `reload`.
#[derive(Debug, Args)]
pub struct ReloadArgs {
    /// Folder with further plugins that `run` is given, for the check when no service runs.
    #[arg(long, value_name = "DIR")]
    plugins: Option<std::path::PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Number of the policy to go back to; see `policy history`.
    generation: u64,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// Who decides it. [default: the user of this process]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Folder with further plugins that `run` is given, for when no service runs.
    #[arg(long, value_name = "DIR")]
    plugins: Option<std::path::PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs a command about the policy.
///
/// # Errors
/// When the database fails, or there is no such policy.
pub fn run(command: &PolicyCommand, global: &Global) -> CliResult {
    match command {
        PolicyCommand::Status { format } => status::status(*format, global),
        PolicyCommand::History { limit, format } => history::history(*limit, *format, global),
        PolicyCommand::Show { generation, file, format } => {
            history::show(*generation, file.as_deref(), *format, global)
        }
        PolicyCommand::Diff { from, to, format } => history::diff(*from, *to, *format, global),
        PolicyCommand::Reload(args) => ask::reload(args, global),
        PolicyCommand::Rollback(args) => ask::rollback(args, global),
    }
}

/// Where a command's policy comes from.
pub(super) fn sources(global: &Global, plugins: Option<&std::path::Path>) -> Sources {
    Sources { config: global.config.clone(), plugins: plugins.map(std::path::Path::to_owned) }
}

/// Loads plugins, with the cache of the data folder.
pub(super) fn runtime(global: &Global) -> Result<Runtime, CliError> {
    Runtime::new(Some(&global.cache_dir())).map_err(|e| CliError::Environment(e.to_string()))
}

/// Who asks, unless it is said: as the operating system calls the user.
fn user(name: Option<&String>) -> String {
    let user = || {
        std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "unknown".to_owned())
    };
    name.cloned().unwrap_or_else(user)
}

/// One JSON object, pretty or on one line.
fn as_json(value: &serde_json::Value, format: Format) -> Result<String, CliError> {
    let text = match format {
        Format::Ndjson => serde_json::to_string(value),
        _ => serde_json::to_string_pretty(value),
    };
    text.map(|text| text + "\n").map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))
}

/// The answer "no".
fn no() -> ExitCode {
    ExitCode::from(1)
}
