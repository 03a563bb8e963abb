//! `ringfence run`: evaluates the log, once or for ever.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;

use super::print::visible;
use super::session::{Session, with_store_in};
use super::{CliError, CliResult, Global, plugin_set};
use crate::directory::Directory;
use crate::engine::detector::Parked;
use crate::engine::log::{LogError, LogRun, Progress, StoredState};
use crate::engine::{Engine, Options};
use crate::plugin::{Plugin, Services};

/// Pause before looking for new records: short beside the minute within which a finding is due.
const POLL: Duration = Duration::from_millis(200);

/// Generation of the policy until policies have generations of their own.
const GENERATION: u64 = 1;

/// Evaluates what is in the log and has not been evaluated, and goes on with what arrives.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Ends when everything in the log is evaluated.
    #[arg(long)]
    until_idle: bool,
    /// Folder with further plugins (`*.wasm`).
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// Worker threads; results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
}

/// Runs the command.
pub fn run(args: &RunArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let plugins = plugin_set::load(global, &config, args.plugins.as_deref(), &[])?;
    let workers = args.workers.map_or_else(super::scan::default_workers, usize::from);
    let until_idle = args.until_idle;
    with_store_in("run", config, &global.data_dir(), async |session| {
        let stop = session.stop.clone();
        let evaluated = evaluate(session, plugins, workers, move |log| {
            loop {
                log.drain(&stop, |progress| eprintln!("{}", line(progress)))?;
                if until_idle || stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                std::thread::sleep(POLL);
            }
        });
        Ok(report(&evaluated.await?))
    })
}

fn report((progress, quarantined): &Evaluated) -> ExitCode {
    eprintln!("idle: {}", line(progress));
    for Parked { detector, record, reason } in &progress.parked {
        eprintln!("{detector} failed on record {record}: {}", visible(reason));
    }
    for (detector, reason) in quarantined {
        eprintln!("{detector} was stopped, its findings are incomplete: {}", visible(reason));
    }
    ExitCode::from(if quarantined.is_empty() { 0 } else { 2 })
}

/// Progress, and the detectors that were stopped with their reasons.
pub type Evaluated = (Progress, Vec<(String, String)>);

/// Starts an engine on the session's log, on a thread of its own, and lets `work` drive it.
///
/// # Errors
/// When the database or the engine fails.
pub async fn evaluate(
    session: &Session,
    plugins: Vec<Plugin>,
    workers: usize,
    work: impl FnOnce(&mut LogRun<'_>) -> Result<(), LogError> + Send + 'static,
) -> Result<Evaluated, CliError> {
    let (store, config) = (session.store.clone(), session.config.clone());
    let names = Arc::new(store.names().await?);
    let runtime = tokio::runtime::Handle::current();
    let evaluated = tokio::task::spawn_blocking(move || {
        let stored = names.len();
        let directory = Arc::new(Directory::from_config(&config));
        let state = Arc::new(StoredState::new(store.clone(), runtime.clone()));
        let services = Services { names: names.clone(), directory: directory.clone(), state };
        let lateness = i64::from(config.lateness_hours) * 3_600_000;
        let options = Options { workers, lateness, generation: GENERATION };
        let mut engine = Engine::start(&plugins, &config, &services, &options)?;
        let done = LogRun::start(&store, &runtime, &mut engine, &names, &directory, GENERATION, stored)
            .and_then(|mut log| work(&mut log).map(|()| log.progress().clone()));
        let fates = engine.fates().iter();
        let quarantined = fates.filter_map(|(id, f)| Some((id.clone(), f.quarantined.clone()?))).collect();
        engine.stop();
        Ok::<_, LogError>((done?, quarantined))
    });
    Ok(evaluated.await.map_err(|e| CliError::Environment(format!("the engine ended: {e}")))??)
}

impl From<LogError> for CliError {
    fn from(error: LogError) -> CliError {
        CliError::Environment(error.to_string())
    }
}

fn line(progress: &Progress) -> String {
    let Progress { records, new, revised, withdrawn, unreadable, late, .. } = progress;
    let mut line =
        format!("{records} records evaluated, {new} new findings, {revised} revised, {withdrawn} withdrawn");
    if *late > 0 {
        line.push_str(&format!(", {late} records later than lateness_hours allows"));
    }
    if *unreadable > 0 {
        line.push_str(&format!(", {unreadable} records this version cannot read"));
    }
    line
}
