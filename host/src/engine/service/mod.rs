//! The long-running evaluation of the log: leads or stands by, evaluates, and goes on after every failure of the world.
//!
//! Owns the rule that any failure is answered in one way: forget what is in memory, wait, start again from what is stored.
//! Nothing is repaired in place, so there is nothing that a repair can get wrong. Does not own the evaluation (`engine::log`).

mod groups;
mod lead;
mod reload;
mod renew;
mod term;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use super::EngineError;
use super::log::{LogError, Progress};
use crate::store::{Backoff, Outage, Store, StoreError};
use crate::telemetry::{Metrics, Role};

pub use lead::Holder;
pub use reload::{Change, Changed, Fixed, How, InForce, Keeper};

/// Pause before looking for new records: short beside the second in which a finding is due.
const POLL: Duration = Duration::from_millis(100);

/// What the service needs.
pub struct Service {
    /// The database.
    pub store: Store,
    /// For the store's work.
    pub runtime: Handle,
    /// Says what to evaluate with.
    pub keeper: Arc<dyn Keeper>,
    /// Worker threads.
    pub workers: usize,
    /// Ends the service.
    pub stop: Arc<AtomicBool>,
    /// Whether to end when everything in the log is evaluated.
    pub until_idle: bool,
    /// How long the database may be away before it is an error; none is for ever.
    pub patience: Option<Duration>,
    /// Figures for monitoring.
    pub metrics: Metrics,
    /// Called after each checkpoint with what was done since the start of the service.
    pub tell: Box<dyn Fn(&Progress) + Send + Sync>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({} workers)", self.workers)
    }
}

/// Why an attempt ended without a failure.
enum End {
    /// A stop was asked for.
    Stopped,
    /// Everything is evaluated.
    Idle,
    /// What runs together has changed: start again from what is stored.
    Again,
}

impl Service {
    /// Runs until a stop is asked for, or until the log is evaluated. Blocks: it must have a thread of its own.
    ///
    /// # Errors
    /// When something fails that waiting does not mend, or the database stays away longer than the patience.
    pub fn run(&self) -> Result<Progress, LogError> {
        let holder = Holder::new();
        let mut total = Progress::default();
        let mut backoff = Backoff::new();
        let mut outage = Outage::new();
        let mut since = None;
        let restart = Restart::default();
        loop {
            if self.stops() {
                return Ok(total);
            }
            self.metrics.alive();
            let answered = || {
                outage.worked();
                backoff.reset();
                since = None;
                self.metrics.database(true);
                self.metrics.alive();
            };
            match self.attempt(&holder, &restart, &mut total, answered) {
                Ok(End::Stopped | End::Idle) => return Ok(total),
                Ok(End::Again) => {}
                Err(LogError::Store(StoreError::Fenced | StoreError::Overtaken { .. })) => {
                    tracing::info!(
                        "the lease or stored state has changed; starting again from what is stored"
                    );
                }
                Err(error) if may_pass(&error) => {
                    self.metrics.database(false);
                    say(&mut outage, &error);
                    let since = *since.get_or_insert_with(Instant::now);
                    if self.patience.is_some_and(|patience| since.elapsed() > patience) {
                        return Err(error);
                    }
                    self.pause(backoff.next());
                    // Its failure is the next attempt's failure.
                    let _ = self.runtime.block_on(self.store.revive());
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits, but not through a stop.
    fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.stops() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(POLL));
            self.metrics.alive();
        }
    }

    fn attempt(
        &self,
        holder: &Holder,
        restart: &Restart,
        total: &mut Progress,
        mut answered: impl FnMut(),
    ) -> Result<End, LogError> {
        self.metrics.role(Role::Standby);
        let Some(lead) = self.lead(holder, &mut answered)? else {
            let end = if self.stops() { End::Stopped } else { End::Idle };
            return Ok(end);
        };
        self.metrics.role(Role::Leader);
        let policy = self.keeper.lead(lead.epoch())?;
        let done = self.term(&lead, policy, restart, total, answered);
        if matches!(done, Ok(End::Stopped | End::Idle)) {
            // If it fails, others wait for the lease to run out.
            let _ = self.runtime.block_on(self.store.release_lease(lead.epoch()));
        }
        done
    }
}

/// When the engine was last stopped to start anew with another policy, until it has.
#[derive(Debug, Default)]
struct Restart(Mutex<Option<Instant>>);

impl Restart {
    fn begin(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How long it took.
    fn end(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().map(|since| since.elapsed())
    }
}

/// Whether waiting may help: everything but data that this version does not understand, and a wrong setup.
fn may_pass(error: &LogError) -> bool {
    match error {
        LogError::Store(error) => error.is_transient(),
        LogError::Engine(EngineError::Names(_)) => false,
        LogError::Spool(_) | LogError::Engine(_) => true,
    }
}

/// Once per outage.
fn say(outage: &mut Outage, error: &LogError) {
    match error {
        LogError::Store(error) => outage.failed(error),
        other => outage.failed(&StoreError::Ended(other.to_string())),
    }
}
