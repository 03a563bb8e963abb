//! Who evaluates: takes the lease, keeps it, or stands by.
//!
//! Owns the two clocks of the lease: how often a holder shows that it lives, and how long a standing beat is watched. Both
//! are clocks of one process each, compared with nothing. Safety does not rest on them: every checkpoint checks the epoch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::{POLL, Service};
use crate::engine::log::LogError;
use crate::store::{Lease, Position, RULES, STALLED, Store, StoreError};

/// How often a holder shows that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// How long a beat may stand still before somebody else takes over: several beats, and well below the ten seconds in
/// which a take-over is promised.
const STANDSTILL: Duration = Duration::from_secs(5);

/// Beats between two looks for frozen processes, which hold readers of the log back.
const LOOKS: u32 = 10;

/// How often one that stands by looks.
const WATCH: Duration = Duration::from_millis(250);

/// A process as others see it.
#[derive(Debug)]
pub struct Holder(String);

impl Holder {
    /// This process: host, process and a number that no other process has.
    #[allow(clippy::new_without_default, reason = "every call makes another one")]
    pub fn new() -> Holder {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "host" } else { host.trim() };
        Holder(format!("{host}/{}/{:08x}", std::process::id(), rand::random::<u32>()))
    }
}

/// The lease in our hands; its beat goes on until this is dropped.
pub(super) struct Lead {
    epoch: i64,
    lost: Arc<AtomicBool>,
    heart: JoinHandle<()>,
}

impl Lead {
    pub(super) fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Fails when somebody else has the lease.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.lost.load(Ordering::Relaxed) { Err(StoreError::Fenced) } else { Ok(()) }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.heart.abort();
    }
}

impl Service {
    /// Waits for the lease; none when a stop is asked for, or everything is evaluated by the one who has it and that is all
    /// that is wanted. `answered` is called whenever the database has answered.
    pub(super) fn lead(&self, me: &Holder, mut answered: impl FnMut()) -> Result<Option<Lead>, LogError> {
        let mut watched: Option<(Lease, Instant)> = None;
        while !self.stops() {
            let seen = self.runtime.block_on(self.store.lease())?;
            answered();
            let over = match (&seen, &watched) {
                (None, _) => true,
                (Some(lease), _) if lease.holder.is_empty() || lease.holder == me.0 => true,
                (Some(lease), Some((known, since))) if lease == known => since.elapsed() >= STANDSTILL,
                (Some(lease), before) => {
                    if before.is_none() {
                        tracing::info!(holder = lease.holder, "another process evaluates; standing by");
                    }
                    watched = Some((lease.clone(), Instant::now()));
                    false
                }
            };
            if over && let Some(epoch) = self.runtime.block_on(self.store.take_lease(seen.as_ref(), &me.0))? {
                tracing::info!(epoch, "this process evaluates now");
                return Ok(Some(self.begin_lead(epoch)));
            }
            if self.until_idle && !over && self.is_evaluated()? {
                return Ok(None);
            }
            self.pause(if over { POLL } else { WATCH });
        }
        Ok(None)
    }

    fn begin_lead(&self, epoch: i64) -> Lead {
        let lost = Arc::new(AtomicBool::new(false));
        let heart = self.runtime.spawn(beat(self.store.clone(), epoch, lost.clone()));
        Lead { epoch, lost, heart }
    }

    /// Whether every detector and the rules have read the whole log.
    fn is_evaluated(&self) -> Result<bool, LogError> {
        let cursors = self.runtime.block_on(self.store.cursors())?;
        let policy = self.keeper.known();
        let of_plugins =
            policy.plugins.iter().map(|p| cursors.get(p.id()).map_or(Position::START, |c| c.position));
        // Rules without a cursor begin where the others are.
        let of_rules = cursors.get(RULES).map(|c| c.position);
        let least = of_plugins.chain(of_rules).min().unwrap_or_default();
        Ok(self.runtime.block_on(self.store.read_log(least, None, 1))?.is_empty())
    }
}

async fn beat(store: Store, epoch: i64, lost: Arc<AtomicBool>) {
    for round in 1u32.. {
        tokio::time::sleep(BEAT).await;
        if round % LOOKS == 0
            && let Err(error) = store.end_stalled(STALLED).await
        {
            tracing::debug!(%error, "frozen sessions were not looked for");
        }
        // A failure is the evaluation's to notice; until then the lease is worth keeping.
        if matches!(store.beat_lease(epoch).await, Ok(false)) {
            lost.store(true, Ordering::Relaxed);
            return;
        }
    }
}
