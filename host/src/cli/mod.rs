//! Commands: one file each. Owns arguments, exit codes and what is printed; does not own any work.

mod config;
mod db;
pub mod demo;
mod eval;
mod findings;
mod ingest;
pub mod output;
mod parked;
mod plugin;
mod plugin_set;
mod policy;
pub mod print;
mod replay;
mod rule_set;
mod rules;
pub mod run;
mod scan;
pub mod session;
mod state;
pub mod summary;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

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
    /// Folder for the private database and caches. [default: /var/lib/ringfence for root, else
    /// ~/.local/share/ringfence]
    #[arg(long, global = true, env = "RINGFENCE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// How logs on standard error are written; `RINGFENCE_LOG` sets what is logged.
    #[arg(
        long,
        global = true,
        env = "RINGFENCE_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub log_format: LogFormat,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Evaluates call records from files and prints the findings.
    Scan(scan::ScanArgs),
    /// Stores call records in the log, each once.
    Ingest(ingest::IngestArgs),
    /// Evaluates the log: what is new in it, or for ever.
    Run(run::RunArgs),
    /// Re-makes findings from the log: prints them, compares them, or writes them beside the stored ones.
    Replay(replay::ReplayArgs),
    /// Checks the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Shows plugins and what they need.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Shows what is in force, looks at changed files now, goes back.
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Checks, tests and explains rules.
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Makes an organisation with planted attacks and shows what is found.
    Demo(demo::DemoArgs),
    /// Scores the detectors against labelled folders.
    Eval(eval::EvalArgs),
    /// Looks at the database or brings its schema up to date.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Records that detectors failed on: lists them, tries them again, forgets them.
    #[command(subcommand)]
    Parked(parked::ParkedCommand),
    /// What detectors remember: shows it, or makes them forget.
    #[command(subcommand)]
    State(state::StateCommand),
    /// Lists or shows what was found.
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
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

    /// The folder with further plugins: that of the command line, of the configuration, or `plugins` beside it if it is there.
    pub fn plugin_folder(&self, config: &Config, given: Option<&Path>) -> Option<PathBuf> {
        let base = self.config.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        given.map(Path::to_owned).or_else(|| config.plugin_folder(base))
    }

    /// The data folder. Root's private PostgreSQL runs as another user, which cannot enter `/root`.
    pub fn data_dir(&self) -> PathBuf {
        let of_home = |variable: &str, below: &str| {
            let set = std::env::var_os(variable).filter(|v| !v.is_empty()).map(PathBuf::from);
            set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(below)))
        };
        match &self.data_dir {
            Some(dir) => dir.clone(),
            None if is_root() => PathBuf::from("/var/lib/ringfence"),
            None => of_home("XDG_DATA_HOME", ".local/share")
                .map_or_else(|| PathBuf::from("ringfence-data"), |dir| dir.join("ringfence")),
        }
    }

    /// Folder for what can be made again: compiled plugins.
    pub fn cache_dir(&self) -> PathBuf {
        self.data_dir().join("cache")
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

/// A file argument; `-` is standard input.
pub(crate) fn input(path: &std::path::Path) -> crate::source::Input {
    if path.as_os_str() == "-" {
        crate::source::Input::Stdin
    } else {
        crate::source::Input::File(path.to_owned())
    }
}

/// A reader that closes the pipe early (`| head`) is no failure.
pub(crate) fn ignore_closed_pipe(done: std::io::Result<()>) -> Result<(), CliError> {
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CliError::Environment(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Logs go to stderr. `RINGFENCE_LOG` sets what is logged; without it a command says only what went wrong, and the service
/// what it does.
fn start_log(format: LogFormat, service: bool) -> Result<(), CliError> {
    let default = if service { "warn,ringfence=info" } else { "warn" };
    let directives = std::env::var("RINGFENCE_LOG").ok().filter(|set| !set.is_empty());
    let filter = EnvFilter::try_new(directives.as_deref().unwrap_or(default))
        .map_err(|e| CliError::Usage(format!("RINGFENCE_LOG cannot be read: {e}: try 'info'")))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).init(),
    }
    Ok(())
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.global.log_format;
    let started = start_log(format, matches!(cli.command, Command::Run(_)));
    // Without a log an error cannot go there.
    let format = if started.is_ok() { format } else { LogFormat::Text };
    match started.and_then(|()| run_command(cli)) {
        Ok(code) => code,
        Err(error) => {
            match format {
                LogFormat::Text => eprintln!("error: {error}"),
                LogFormat::Json => tracing::error!("{error}"),
            }
            ExitCode::from(match error {
                CliError::Usage(_) => 2,
                CliError::Environment(_) => 3,
            })
        }
    }
}

fn run_command(cli: Cli) -> CliResult {
    match cli.command {
        Command::Scan(args) => scan::run(&args, &cli.global),
        Command::Run(args) => run::run(&args, &cli.global),
        Command::Replay(args) => replay::run(&args, &cli.global),
        Command::Config(command) => config::run(&command, &cli.global),
        Command::Plugin(command) => plugin::run(&command, &cli.global),
        Command::Policy(command) => policy::run(&command, &cli.global),
        Command::Rules(command) => rules::run(&command, &cli.global),
        Command::Demo(args) => demo::run(&args, &cli.global),
        Command::Eval(args) => eval::run(&args, &cli.global),
        Command::Db(command) => db::run(&command, &cli.global),
        Command::Parked(command) => parked::run(&command, &cli.global),
        Command::State(command) => state::run(&command, &cli.global),
        Command::Findings(command) => findings::run(&command, &cli.global),
        Command::Ingest(args) => ingest::run(&args, &cli.global),
    }
}
