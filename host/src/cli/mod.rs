//! Commands: one file each. Owns arguments, exit codes and what is printed; does not own any work.

mod config;
mod db;
mod findings;
mod ingest;
pub mod output;
pub mod session;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::Config;

/// Watches the call records of a Webex Calling organisation for fraud.
#[derive(Debug, Parser)]
#[command(name = "ringfence", version, arg_required_else_help = true, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file.
    #[arg(long, global = true, env = "RINGFENCE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for the private database, caches and temporary files.
    #[arg(
        long,
        global = true,
        env = "RINGFENCE_DATA_DIR",
        value_name = "DIR",
        default_value = "ringfence-data"
    )]
    pub data_dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks the configuration or prints its schema.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Looks at the database or brings its schema up to date.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Lists or shows what was found.
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    Ingest(ingest::IngestArgs),
}

/// How a listing is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One JSON array.
    Json,
    /// One JSON object per line.
    Ndjson,
}

/// Why a command did not succeed; decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Used wrongly, or input that cannot be read: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Database, network, disk: exit code 3.
    #[error("{0}")]
    Environment(String),
}

/// What a command answers: 0 is fine, 1 is "the answer is no".
pub type CliResult = Result<ExitCode, CliError>;

impl Global {
    /// The configuration: the named file, else `ringfence.yaml` in the working directory if there is one, else the
    /// defaults.
    ///
    /// # Errors
    /// When the file cannot be read or is wrong.
    pub fn load_config(&self) -> Result<Config, CliError> {
        let default = PathBuf::from("ringfence.yaml");
        let path = match &self.config {
            Some(path) => path,
            None if default.exists() => &default,
            None => return Ok(Config::default()),
        };
        Config::load(path).map_err(|e| CliError::Usage(e.to_string()))
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Config(command) => config::run(&command, &cli.global),
        Command::Db(command) => db::run(&command, &cli.global),
        Command::Findings(command) => findings::run(&command, &cli.global),
        Command::Ingest(args) => ingest::run(&args, &cli.global),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(match error {
                CliError::Usage(_) => 2,
                CliError::Environment(_) => 3,
            })
        }
    }
}
