//! `ringfence scan`: findings of files, without a database.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use model::{NameTable, Severity, Status};

use super::{CliError, CliResult, Format, Global, plugin_set, print, rule_set, summary};
use crate::directory::Directory;
use crate::engine::memory::MemoryState;
use crate::engine::scan::{ScanError, Scanned, scan};
use crate::engine::{EngineError, Options};
use crate::plugin::Services;
use crate::source::{Input, ReadError};

/// Evaluates call records from files and prints the findings; needs no database.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files with call records: JSON pages, arrays, NDJSON or CSV reports, plain, gzip or zstd; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder with further plugins (`*.wasm`).
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Runs only this detector, or this rule as `rule:NAME`; may be given several times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit code 1 when a finding is this severe or worse.
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// Prints findings of rules on trial (`shadow: true`, `status: experimental`) too.
    #[arg(long)]
    shadow: bool,
    /// A bad record ends the scan with exit code 2.
    #[arg(long)]
    strict: bool,
    /// Worker threads; results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
}

/// Runs the command.
pub fn run(args: &ScanArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let names = Arc::new(NameTable::default());
    let directory = Arc::new(Directory::from_config(&config));
    let plugins = plugin_set::load(global, &config, args.plugins.as_deref(), &args.only)?;
    let rules = rule_set::load(global, &config, &args.only)?;
    let state = Arc::new(MemoryState::default());
    let services = Services { names, directory, state: state.clone() };
    let options = Options {
        workers: args.workers.map_or_else(default_workers, usize::from),
        lateness: config.lateness(),
        generation: 1,
    };
    let inputs: Vec<Input> = args.files.iter().map(|file| super::input(file)).collect();
    let temp = std::env::temp_dir();
    let mut scanned =
        scan(&inputs, args.strict, &plugins, Some(&rules), &config, &services, state, &options, &temp)
            .map_err(|error| environment_or_usage(&error))?;
    if !args.shadow {
        scanned.findings.retain(|finding| finding.status != Status::Shadow);
    }
    let mut out = std::io::stdout().lock();
    let printed = print::findings(&mut out, &scanned.findings, args.format).and_then(|()| out.flush());
    super::ignore_closed_pipe(printed)?;
    report(&scanned);
    Ok(verdict(&scanned, args.fail_on))
}

fn environment_or_usage(error: &ScanError) -> CliError {
    match error {
        ScanError::Read(ReadError::Sink(_)) | ScanError::Spool(_) => CliError::Environment(error.to_string()),
        ScanError::Read(_) => CliError::Usage(error.to_string()),
        ScanError::Engine(EngineError::Thread(_)) => CliError::Environment(error.to_string()),
        ScanError::Engine(_) => CliError::Usage(error.to_string()),
    }
}

/// As many workers as there are cores, within reason.
pub fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from).clamp(1, 16)
}

fn report(scanned: &Scanned) {
    let mut err = std::io::stderr().lock();
    let lines = summary::of_scan(scanned, std::io::stderr().is_terminal());
    // Nothing useful can be done when stderr is closed.
    let _ = err.write_all(lines.as_bytes());
}

fn verdict(scanned: &Scanned, fail_on: Option<Severity>) -> ExitCode {
    if !scanned.read.errors.is_empty() || scanned.fates.values().any(|f| f.quarantined.is_some()) {
        return ExitCode::from(2);
    }
    let failed = fail_on.is_some_and(|limit| {
        scanned.findings.iter().any(|f| f.severity >= limit && f.status == Status::Open)
    });
    ExitCode::from(u8::from(failed))
}
