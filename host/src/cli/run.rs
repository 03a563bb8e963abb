//! `ringfence run`: evaluates the log, once or for ever.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use rules::RuleSet;

use super::print::visible;
use super::session::{Session, with_options};
use super::{CliError, CliResult, Global, plugin_set, rule_set};
use crate::api::health::Health;
use crate::config::Config;
use crate::engine::log::{LogError, Progress};
use crate::engine::service::{Fixed, InForce, Service};
use crate::plugin::Plugin;
use crate::store::{self, Quarantine};
use crate::telemetry::Metrics;

/// Generation of the policy until policies have generations of their own.
pub(super) const GENERATION: u64 = 1;

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
    let work = Evaluation {
        plugins,
        rules: rule_set::load(global, &config, &[])?,
        workers: args.workers.map_or_else(super::scan::default_workers, usize::from),
        until_idle: args.until_idle,
        metrics: Metrics::new(),
    };
    let until_idle = args.until_idle;
    let waits = if until_idle { patience(&config) } else { FOR_EVER };
    let options = store::Options { patience: waits, ..store::Options::new("ringfence run") };
    with_options(&options, config, &global.data_dir(), async |session| {
        let _health = if until_idle { None } else { start_health(&session.config, &work.metrics).await };
        let tell = |progress: &Progress| tracing::info!("{}", line(progress));
        let progress = work.run(session, tell).await?;
        let quarantines = session.store.quarantines().await?;
        Ok(report(&progress, &quarantines, until_idle))
    })
}

/// Monitoring must not decide over detection: a port that is taken is a warning.
async fn start_health(config: &Config, metrics: &Metrics) -> Option<Health> {
    let listen = config.health.listen.0?;
    match Health::start(listen, metrics.clone()).await {
        Ok(health) => {
            tracing::info!(address = %health.address(), "health and metrics");
            Some(health)
        }
        Err(error) => {
            tracing::warn!(%error, "no health and metrics; evaluation goes on without");
            None
        }
    }
}

fn report(progress: &Progress, quarantines: &[Quarantine], until_idle: bool) -> ExitCode {
    eprintln!("{}: {}", if until_idle { "idle" } else { "stopped" }, line(progress));
    if progress.parked > 0 {
        eprintln!("{} records parked: see 'ringfence parked list'", progress.parked);
    }
    if progress.late > 0 {
        eprintln!(
            "late records are not evaluated; 'ringfence state reset --all --rewind' evaluates the whole log again"
        );
    }
    let stopped: Vec<&Quarantine> = quarantines.iter().filter(|q| q.until.is_some()).collect();
    for q in &stopped {
        eprintln!("{} was stopped, its findings are incomplete: {}", q.detector, visible(&q.reason));
    }
    ExitCode::from(if stopped.is_empty() { 0 } else { 2 })
}

/// What to evaluate with, and how.
pub struct Evaluation {
    /// The detectors.
    pub plugins: Vec<Plugin>,
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// Worker threads.
    pub workers: usize,
    /// Whether to end when everything in the log is evaluated.
    pub until_idle: bool,
    /// Figures for monitoring.
    pub metrics: Metrics,
}

impl Evaluation {
    /// Evaluates the session's log on a thread of its own. `tell` is called after each checkpoint.
    ///
    /// # Errors
    /// When the database or the engine fails in a way that waiting does not mend.
    pub async fn run(
        self,
        session: &Session,
        tell: impl Fn(&Progress) + Send + Sync + 'static,
    ) -> Result<Progress, CliError> {
        let in_force = InForce {
            generation: GENERATION,
            config: Arc::new(session.config.clone()),
            plugins: self.plugins,
            rules: self.rules,
        };
        let service = Service {
            store: session.store.clone(),
            runtime: tokio::runtime::Handle::current(),
            keeper: Arc::new(Fixed(in_force)),
            workers: self.workers,
            stop: session.stop.clone(),
            until_idle: self.until_idle,
            patience: self.until_idle.then(|| patience(&session.config)),
            metrics: self.metrics,
            tell: Box::new(tell),
        };
        let done = tokio::task::spawn_blocking(move || service.run()).await;
        Ok(done.map_err(|e| CliError::Environment(format!("the engine ended: {e}")))??)
    }
}

/// How long a run that is to end waits for a database that is away.
fn patience(config: &Config) -> Duration {
    Duration::from_secs(u64::from(config.database_patience_seconds))
}

/// A service waits for its database for ever, in effect.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3_600);

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
