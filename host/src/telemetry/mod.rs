//! What a running engine says about itself: counters, gauges, whether its loop still goes round.
//!
//! Owns the metrics, their names and labels, and the Prometheus text made of them. Does not own serving it (`api`) or
//! deciding what happened (`engine`). No label holds anything from a record: the only free text is a detector's id, which
//! the manifest bounds to `a-z 0-9 -`.

mod detectors;
mod plugins;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::store::PluginUsage;

pub use self::rules::MAX_RULES;
use self::rules::Rules;
use detectors::Detectors;
pub use detectors::{DetectorFigures, MAX_DETECTORS};
use plugins::Plugins;

/// A label with its value.
type Label<T> = [(&'static str, T); 1];

/// Upper bounds of the checkpoint histogram in seconds: a quiet one takes a few milliseconds, the slowest that is still
/// well some seconds.
const CHECKPOINT_BUCKETS: [f64; 12] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// What this process is among those on one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Has not come so far.
    #[default]
    Starting,
    /// Works.
    Leader,
    /// Waits to take over.
    Standby,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 3] = [Role::Starting, Role::Leader, Role::Standby];

    /// Its name in metrics and answers.
    pub fn name(self) -> &'static str {
        match self {
            Role::Starting => "starting",
            Role::Leader => "leader",
            Role::Standby => "standby",
        }
    }
}

/// The metrics of one process. Cheap to clone; no method waits for anything but another's few writes to memory.
#[derive(Clone, Debug)]
pub struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    evaluated: Counter,
    late: Counter,
    unreadable: Counter,
    findings: Family<Label<&'static str>, Counter>,
    lag: Gauge<f64, AtomicU64>,
    checkpoint: Histogram,
    checkpoint_keys: Counter,
    detectors: Detectors,
    plugins: Plugins,
    rules: Rules,
    generation: Gauge,
    refused: Gauge,
    reloads: Family<Label<&'static str>, Counter>,
    role: Family<Label<&'static str>, Gauge>,
    role_now: AtomicU8,
    database: Gauge,
    database_up: AtomicBool,
    started: Instant,
    /// Milliseconds after `started` at which the engine's loop last went round.
    alive_at: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}

impl Metrics {
    /// Nothing has happened yet; the role is `Starting`, the database down.
    pub fn new() -> Metrics {
        Metrics::since(Instant::now())
    }

    pub(crate) fn since(started: Instant) -> Metrics {
        let mut registry = Registry::with_prefix("ringfence");
        let r = &mut registry;
        let evaluated = counter(r, "records_evaluated", "Records of the log that were evaluated");
        let late = counter(r, "records_late", "Records later than lateness_hours allows");
        let unreadable = counter(r, "records_unreadable", "Stored records this version cannot read");
        let findings = Family::default();
        r.register("findings", "Changes of findings committed", findings.clone());
        let lag = Gauge::default();
        r.register_with_unit("lag", "Age of the oldest record not evaluated yet", Unit::Seconds, lag.clone());
        let checkpoint = Histogram::new(CHECKPOINT_BUCKETS);
        r.register_with_unit("checkpoint", "Time of a checkpoint", Unit::Seconds, checkpoint.clone());
        let checkpoint_keys = counter(r, "checkpoint_keys", "Keys of detector state written by checkpoints");
        let detectors = Detectors::register(r);
        let plugins = Plugins::register(r);
        let rules = Rules::register(r);
        let generation = Gauge::default();
        r.register("policy_generation", "Generation of the policy in force", generation.clone());
        let refused = Gauge::default();
        r.register("policy_refused_files", "Files of the policy that are refused", refused.clone());
        let reloads = Family::default();
        r.register("policy_reloads", "Looks at changed files, by how they ended", reloads.clone());
        let role = Family::default();
        r.register("role", "1 for what this process is", role.clone());
        let database = Gauge::default();
        r.register("database_up", "1 while the database answers", database.clone());
        r.register("build", "What runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let start = Gauge::<f64, AtomicU64>::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(now.as_secs_f64());
        r.register_with_unit("process_start_time", "When the process started", Unit::Seconds, start);
        let inner = Inner {
            registry,
            evaluated,
            late,
            unreadable,
            findings,
            lag,
            checkpoint,
            checkpoint_keys,
            detectors,
            plugins,
            rules,
            generation,
            refused,
            reloads,
            role,
            role_now: AtomicU8::new(0),
            database,
            database_up: AtomicBool::new(false),
            started,
            alive_at: AtomicU64::new(0),
        };
        let metrics = Metrics { inner: Arc::new(inner) };
        metrics.role(Role::Starting);
        // So that a series is there before the first change, and a rate over it sees the step from 0.
        metrics.findings(0, 0, 0);
        metrics
    }

    /// Adds records that were evaluated; of these, late and unreadable ones.
    pub fn evaluated(&self, records: u64, late: u64, unreadable: u64) {
        self.inner.evaluated.inc_by(records);
        self.inner.late.inc_by(late);
        self.inner.unreadable.inc_by(unreadable);
    }

    /// Adds changes of findings that were committed.
    pub fn findings(&self, new: u64, revised: u64, withdrawn: u64) {
        for (change, count) in [("new", new), ("revised", revised), ("withdrawn", withdrawn)] {
            self.inner.findings.get_or_create(&[("change", change)]).inc_by(count);
        }
    }

    /// Sets the age of the oldest unread record; 0 when there is none.
    pub fn lag(&self, seconds: f64) {
        self.inner.lag.set(if seconds.is_finite() { seconds.max(0.0) } else { 0.0 });
    }

    /// Adds a checkpoint and the keys it wrote.
    pub fn checkpoint(&self, took: Duration, keys: u64) {
        self.inner.checkpoint.observe(took.as_secs_f64());
        self.inner.checkpoint_keys.inc_by(keys);
    }

    /// Sets a detector's figures: totals since the process started. An id that is no word `a-z 0-9 -`, and one beyond the
    /// first [`MAX_DETECTORS`], is left out.
    pub fn detector(&self, id: &str, figures: &DetectorFigures) {
        self.inner.detectors.set(id, figures);
    }

    /// Sets what a plugin uses, by the ledger. Ids are bounded as those of [`Metrics::detector`].
    pub fn plugin(&self, line: &PluginUsage) {
        if self.inner.detectors.has_place(&line.plugin) {
            self.inner.plugins.set(line);
        }
    }

    /// Adds records that a rule matched, and those on which its script failed. Rules beyond the first [`MAX_RULES`] are left out.
    pub fn rule(&self, name: &str, matches: u64, failures: u64) {
        self.inner.rules.add(name, matches, failures);
    }

    /// Sets what is in force, and how many files of it are refused.
    pub fn policy(&self, generation: u64, refused: usize) {
        self.inner.generation.set(generation as i64);
        self.inner.refused.set(refused as i64);
    }

    /// Adds a look at changed files: `changed`, `unchanged`, `refused` or `failed`.
    pub fn reloaded(&self, outcome: &'static str) {
        self.inner.reloads.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Sets what this process is.
    pub fn role(&self, role: Role) {
        self.inner.role_now.store(role as u8, Ordering::Relaxed);
        for each in Role::ALL {
            self.inner.role.get_or_create(&[("role", each.name())]).set(i64::from(each == role));
        }
    }

    /// Sets whether the database answers.
    pub fn database(&self, up: bool) {
        self.inner.database_up.store(up, Ordering::Relaxed);
        self.inner.database.set(i64::from(up));
    }

    /// Notes that the engine's loop went round: also while it waits for a database that is down.
    pub fn alive(&self) {
        // Half a thousand million years fit.
        let now = self.inner.started.elapsed().as_millis() as u64;
        self.inner.alive_at.fetch_max(now, Ordering::Relaxed);
    }

    /// What this process is.
    pub fn current_role(&self) -> Role {
        let role = self.inner.role_now.load(Ordering::Relaxed);
        Role::ALL.into_iter().find(|r| *r as u8 == role).unwrap_or_default()
    }

    /// Whether the database answered lately.
    pub fn database_is_up(&self) -> bool {
        self.inner.database_up.load(Ordering::Relaxed)
    }

    /// How long ago the engine's loop last went round; before the first time, since the start.
    pub fn stalled_for(&self) -> Duration {
        let alive_at = Duration::from_millis(self.inner.alive_at.load(Ordering::Relaxed));
        self.inner.started.elapsed().saturating_sub(alive_at)
    }

    /// Everything in OpenMetrics text, which Prometheus reads; see [`CONTENT_TYPE`].
    pub fn exposition(&self) -> String {
        let mut text = String::with_capacity(8 << 10);
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.inner.registry);
        text
    }
}

/// Media type of [`Metrics::exposition`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

#[cfg(test)]
mod tests;
