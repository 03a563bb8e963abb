//! `ringfence run`: evaluates the log, once or for ever.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::session::{Session, environment};
use super::{CliError, CliResult, Global, plugin_set};
use crate::config::Config;
use crate::directory::Directory;
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
    let session = Session::open(&config, &global.data_dir(), "run")?;
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(&session, &stop);
    let workers = args.workers.map_or_else(super::scan::default_workers, usize::from);
    let done = evaluate(&session, &config, &plugins, workers, |log| {
        loop {
            log.drain(&stop, |progress| eprintln!("{}", line(progress)))?;
            if args.until_idle || stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
    });
    session.close();
    let (progress, quarantined) = done?;
    eprintln!("idle: {}", line(&progress));
    for parked in &progress.parked {
        eprintln!(
            "{} failed on record {}: {}",
            parked.detector,
            parked.record,
            super::print::visible(&parked.reason)
        );
    }
    for (detector, reason) in &quarantined {
        eprintln!("{detector} was stopped, its findings are incomplete: {}", super::print::visible(reason));
    }
    Ok(ExitCode::from(if quarantined.is_empty() { 0 } else { 2 }))
}

/// Progress, and the detectors that were stopped with their reasons.
pub type Evaluated = (Progress, Vec<(String, String)>);

/// Starts an engine on the session's log and lets `work` drive it.
///
/// # Errors
/// When the database or the engine fails.
pub fn evaluate(
    session: &Session,
    config: &Config,
    plugins: &[Plugin],
    workers: usize,
    work: impl FnOnce(&mut LogRun<'_>) -> Result<(), LogError>,
) -> Result<Evaluated, CliError> {
    let runtime = session.runtime.handle();
    let names = Arc::new(runtime.block_on(session.store.names()).map_err(environment)?);
    let stored = names.len();
    let directory = Arc::new(Directory::from_config(config));
    let state = Arc::new(StoredState::new(session.store.clone(), runtime.clone()));
    let services = Services { names: names.clone(), directory: directory.clone(), state };
    let options =
        Options { workers, lateness: i64::from(config.lateness_hours) * 3_600_000, generation: GENERATION };
    let mut engine = Engine::start(plugins, config, &services, &options).map_err(failed)?;
    let done = LogRun::start(&session.store, runtime, &mut engine, &names, &directory, GENERATION, stored)
        .and_then(|mut log| work(&mut log).map(|()| log.progress().clone()));
    let quarantined = engine
        .fates()
        .iter()
        .filter_map(|(id, fate)| Some((id.clone(), fate.quarantined.clone()?)))
        .collect();
    engine.stop();
    Ok((done.map_err(failed)?, quarantined))
}

fn failed(error: impl Into<LogError>) -> CliError {
    CliError::Environment(error.into().to_string())
}

fn line(progress: &Progress) -> String {
    let Progress { records, new, revised, withdrawn, unreadable, .. } = progress;
    let mut line =
        format!("{records} records evaluated, {new} new findings, {revised} revised, {withdrawn} withdrawn");
    if *unreadable > 0 {
        line.push_str(&format!(", {unreadable} records this version cannot read"));
    }
    line
}

/// SIGINT and SIGTERM let the batch finish; the checkpoint follows.
pub fn stop_on_signal(session: &Session, stop: &Arc<AtomicBool>) {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = stop.clone();
    session.runtime.spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            tracing::warn!("signals cannot be handled; the program will end at once when asked to stop");
            return;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.store(true, Ordering::Relaxed);
    });
}
