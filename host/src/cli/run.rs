//! `ringfence run`: evaluates the log, once or for ever.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::print::visible;
use super::session::{Session, with_options};
use super::{CliError, CliResult, Global, policy as policy_command};
use crate::api::health::Health;
use crate::config::Config;
use crate::engine::log::{LogError, Progress};
use crate::engine::service::Service;
use crate::plugin::Runtime;
use crate::policy::{self, Keeper, Policy, Setup, Sources, stored};
use crate::store::{self, Quarantine};
use crate::telemetry::Metrics;

/// Generation of what is evaluated beside the stored policies: a replay under the files that lie here.
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
    let until_idle = args.until_idle;
    let metrics = Metrics::new();
    let sources = policy_command::sources(global, args.plugins.as_deref());
    let runtime = policy_command::runtime(global)?;
    let waits = if until_idle { patience(&config) } else { FOR_EVER };
    let options = store::Options { patience: waits, ..store::Options::new("ringfence run") };
    with_options(&options, config, &global.data_dir(), async |session| {
        let policy = load(session, sources.clone(), runtime.clone()).await?;
        let refused = policy.refused.len();
        let work = Evaluation {
            policy,
            runtime,
            sources: (!until_idle).then_some(sources),
            workers: args.workers.map_or_else(super::scan::default_workers, usize::from),
            metrics: metrics.clone(),
        };
        let _health = if until_idle { None } else { start_health(&session.config, &metrics).await };
        let tell = |progress: &Progress| tracing::info!("{}", line(progress));
        let progress = work.run(session, tell).await?;
        let quarantines = session.store.quarantines().await?;
        let code = report(&progress, &quarantines, until_idle);
        Ok(if until_idle && refused > 0 { ExitCode::from(2) } else { code })
    })
}

/// The policy of the files here; of a refused one what was last good stays. Says what is refused.
async fn load(session: &Session, sources: Sources, runtime: Runtime) -> Result<Policy, CliError> {
    let last = stored::last_good(&session.store).await?;
    let loaded = tokio::task::spawn_blocking(move || policy::load(&sources, &runtime, &last)).await;
    let policy = loaded.map_err(|e| CliError::Environment(format!("the policy was not loaded: {e}")))??;
    for refused in &policy.refused {
        eprint!("{}", refused.excerpt);
        eprintln!(
            "{} is refused; {}",
            visible(&refused.file),
            if refused.kept {
                "what was last good of it stays in force"
            } else {
                "nothing of it is in force"
            }
        );
    }
    if policy.plugins.is_empty() && policy.rules.is_empty() {
        return Err(CliError::Usage(
            "no detector and no rule is enabled: see `plugins:` and `rules:` in the configuration".to_owned(),
        ));
    }
    Ok(policy)
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
    /// The policy of the files here.
    pub policy: Policy,
    /// Loads plugins.
    pub runtime: Runtime,
    /// Files to follow; without any it ends when everything in the log is evaluated.
    pub sources: Option<Sources>,
    /// Worker threads.
    pub workers: usize,
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
        let until_idle = self.sources.is_none();
        let setup = Setup {
            store: session.store.clone(),
            runtime: tokio::runtime::Handle::current(),
            plugins: self.runtime,
            sources: self.sources,
            stop: session.stop.clone(),
            metrics: self.metrics.clone(),
        };
        let keeper = if until_idle {
            Keeper::new(setup, self.policy)
        } else {
            Keeper::look_out(setup, self.policy)
                .map_err(|e| CliError::Environment(format!("cannot start a thread: {e}")))?
        };
        let _hangup = if until_idle { None } else { Some(on_hangup(keeper.reload())?) };
        let service = Service {
            store: session.store.clone(),
            runtime: tokio::runtime::Handle::current(),
            keeper: Arc::new(keeper),
            workers: self.workers,
            stop: session.stop.clone(),
            until_idle,
            patience: until_idle.then(|| patience(&session.config)),
            metrics: self.metrics,
            tell: Box::new(tell),
        };
        let work = move || {
            let done = service.run();
            // Its keeper waits for a thread, which must not be done on this runtime's threads.
            drop(service);
            done
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|e| CliError::Environment(format!("the engine ended: {e}")))??)
    }
}

/// A task that ends when this is dropped.
struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Calls `reload` for every SIGHUP, which otherwise would end the process.
fn on_hangup(reload: impl Fn() + Send + 'static) -> Result<Task, CliError> {
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|e| CliError::Environment(format!("cannot listen for signals: {e}")))?;
    Ok(Task(tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload();
        }
    })))
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
