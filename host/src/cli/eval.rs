//! `ringfence eval`: how good the detectors are, measured against labelled folders.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{CliError, CliResult, Global, ignore_closed_pipe, plugin_set, rule_set, scan, summary};
use crate::config::Config;
use crate::engine::EngineError;
use crate::engine::scan::{ScanError, Scanned};
use crate::eval::style::Style;
use crate::eval::{self, Case, EvalError, Floors, Report, Score, Work, folder, labels};
use crate::source::ReadError;

/// Scores the findings in labelled folders, as `demo --write` makes them: what was found, missed and wrongly flagged.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Folders with labels.json, records, events and ringfence.yaml; several are scored together.
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Folder with further plugins (`*.wasm`).
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Runs only this detector; may be given several times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// How the score is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Exit code 1 when a figure falls below this file's (TOML or JSON, docs/eval.md).
    #[arg(long, value_name = "FILE")]
    floor: Option<PathBuf>,
    /// Worker threads; figures do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
}

/// How a score is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for people.
    #[default]
    Table,
    /// One JSON object.
    Json,
}

impl From<EvalError> for CliError {
    fn from(error: EvalError) -> CliError {
        match error {
            EvalError::Scan(
                ScanError::Read(ReadError::Sink(_))
                | ScanError::Spool(_)
                | ScanError::Engine(EngineError::Thread(_)),
            )
            | EvalError::Read(ReadError::Sink(_)) => CliError::Environment(error.to_string()),
            _ => CliError::Usage(error.to_string()),
        }
    }
}

/// Runs `eval`.
pub fn run(args: &EvalArgs, global: &Global) -> CliResult {
    let floors = args.floor.as_deref().map(Floors::load).transpose()?;
    let mut complete = true;
    let mut scores = Vec::new();
    for folder in &args.folders {
        let (score, scanned) = score(folder, args, global)?;
        complete &= scanned.read.errors.is_empty() && scanned.fates.values().all(|f| f.quarantined.is_none());
        tell(&score, &scanned);
        scores.push(score);
    }
    let report = Report::of(scores);
    let mut out = std::io::stdout().lock();
    let printed = match args.format {
        Form::Table => eval::print(&mut out, Style::detect(), &report),
        Form::Json => serde_json::to_writer_pretty(&mut out, &report)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(out)),
    };
    ignore_closed_pipe(printed.and_then(|()| out.flush()))?;
    let below = floors.map_or(Vec::new(), |floors| floors.check(&report));
    below.iter().for_each(|line| eprintln!("below the floor: {line}"));
    Ok(if complete { ExitCode::from(u8::from(!below.is_empty())) } else { ExitCode::from(2) })
}

fn score(folder: &Path, args: &EvalArgs, global: &Global) -> Result<(Score, Scanned), CliError> {
    let labels = labels::read(folder)?;
    let inputs = folder::inputs(folder, args.floor.as_deref())?;
    let config = config(folder, global)?;
    let plugins = plugin_set::load(global, &config, args.plugins.as_deref(), &args.only)?;
    let workers = args.workers.map_or_else(scan::default_workers, usize::from);
    let rules = rule_set::load(global, &config, &args.only)?;
    let work = Work {
        folder,
        inputs: &inputs,
        labels: &labels,
        config: &config,
        plugins: &plugins,
        rules: Some(&rules),
        workers,
    };
    Ok(eval::evaluate(&work)?)
}

/// The configuration named by the user, else the folder's, else the defaults.
fn config(folder: &Path, global: &Global) -> Result<Config, CliError> {
    let own = folder.join(folder::CONFIG);
    if global.config.is_none() && own.exists() {
        return Config::load(&own).map_err(|e| CliError::Usage(e.to_string()));
    }
    global.load_config()
}

fn tell(score: &Score, scanned: &Scanned) {
    let mut err = std::io::stderr().lock();
    // Nothing useful can be done when stderr is closed.
    let _ =
        write!(err, "{}: {}", score.set.folder, summary::of_scan(scanned, std::io::stderr().is_terminal()));
    let missing: u64 =
        score.attacks.iter().chain(&score.lookalikes).map(|case: &Case| case.records_missing).sum();
    if missing > 0 {
        let _ = writeln!(err, "{missing} labelled records are in none of its files");
    }
}
