//! Going on when the database does not.
//!
//! Owns how long to wait between attempts, when to give up, and saying so once. Does not own what is tried, nor what counts
//! as transient ([`StoreError::is_transient`]).

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connect::Server;
use super::{Store, StoreError};

/// Bound of the first wait: a restart of the private server takes about as long.
const FIRST: Duration = Duration::from_millis(50);

/// Bound of every wait: what is back is noticed within seconds.
const LONGEST: Duration = Duration::from_secs(5);

/// How often a wait looks whether it was asked to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Waits between attempts: each bound is twice the one before, up to 5 s, and the wait is drawn evenly below it, so that many
/// that failed together do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    bound: Duration,
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::new()
    }
}

impl Backoff {
    /// From the beginning.
    pub fn new() -> Backoff {
        Backoff { bound: FIRST }
    }

    /// How long to wait before the next attempt.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator to loop over")]
    pub fn next(&mut self) -> Duration {
        let bound = self.bound;
        self.bound = (bound * 2).min(LONGEST);
        // A fresh hasher has fresh keys: good enough to spread waits, and no generator to keep.
        let drawn = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
        bound.mul_f64(drawn)
    }

    /// After a success: the next wait is short again.
    pub fn reset(&mut self) {
        self.bound = FIRST;
    }
}

/// How long to keep trying, and what ends it early.
#[derive(Clone, Debug, Default)]
pub struct Patience {
    /// Longest time from the first failure on; zero gives up at once.
    pub limit: Duration,
    /// Gives up when set.
    pub stop: Arc<AtomicBool>,
}

impl Patience {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    async fn stopped(&self) {
        while !self.is_stopped() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Says in the log once that the database is away and once that it is back.
///
/// Every clone is a witness of its own: away from the first that fails, back when none of them fails any more. Dropping a
/// witness withdraws it.
#[derive(Debug, Default)]
pub struct Outage {
    shared: Arc<Mutex<Away>>,
    failing: bool,
}

#[derive(Debug, Default)]
struct Away {
    witnesses: usize,
    since: Option<Instant>,
}

impl Clone for Outage {
    fn clone(&self) -> Outage {
        Outage { shared: self.shared.clone(), failing: false }
    }
}

impl Outage {
    /// Nothing is wrong yet.
    pub fn new() -> Outage {
        Outage::default()
    }

    /// This witness's work failed.
    pub fn failed(&mut self, error: &StoreError) {
        if self.failing {
            return;
        }
        self.failing = true;
        let mut away = lock(&self.shared);
        away.witnesses += 1;
        if away.since.is_none() {
            away.since = Some(Instant::now());
            tracing::warn!("{error}; trying again until it is back");
        }
    }

    /// This witness's work succeeded.
    pub fn worked(&mut self) {
        if !std::mem::take(&mut self.failing) {
            return;
        }
        let mut away = lock(&self.shared);
        away.witnesses -= 1;
        if away.witnesses == 0
            && let Some(since) = away.since.take()
        {
            tracing::warn!("the database is back after {:.1} s", since.elapsed().as_secs_f64());
        }
    }

    /// Whether some witness's work fails now.
    pub fn is_away(&self) -> bool {
        lock(&self.shared).since.is_some()
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        if self.failing {
            let mut away = lock(&self.shared);
            away.witnesses -= 1;
            if away.witnesses == 0 {
                // Nobody who could tell is left: not "back".
                away.since = None;
            }
        }
    }
}

fn lock(away: &Mutex<Away>) -> MutexGuard<'_, Away> {
    away.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One piece of work that is tried until it succeeds: `loop { match work().await { Ok(x) => { trying.worked(); break x }
/// Err(e) => trying.again(e).await? } }`.
#[derive(Debug)]
pub struct Trying<'a> {
    /// `None` while there is none to revive.
    server: Option<&'a Server>,
    patience: Patience,
    outage: Outage,
    backoff: Backoff,
    since: Option<Instant>,
}

impl Store {
    /// Work on this store that is tried again when it fails.
    pub fn trying(&self, patience: &Patience, outage: &Outage) -> Trying<'_> {
        Trying::new(Some(&self.inner.server), patience, outage)
    }
}

impl<'a> Trying<'a> {
    pub(super) fn new(server: Option<&'a Server>, patience: &Patience, outage: &Outage) -> Trying<'a> {
        Trying {
            server,
            patience: patience.clone(),
            outage: outage.clone(),
            backoff: Backoff::new(),
            since: None,
        }
    }

    /// After a failure: waits, makes sure that a server is there, and returns when it is time to try again.
    ///
    /// # Errors
    /// The failure, or the last one met here, when it will not heal, patience is used up, or it was asked to stop.
    pub async fn again(&mut self, error: StoreError) -> Result<(), StoreError> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let mut error = error;
        loop {
            let left = self.patience.limit.saturating_sub(since.elapsed());
            if !error.is_transient() || left.is_zero() || self.patience.is_stopped() {
                return Err(error);
            }
            self.outage.failed(&error);
            let wait = self.backoff.next().min(left);
            let revived = async {
                tokio::time::sleep(wait).await;
                match self.server {
                    Some(server) => server.revive().await,
                    None => Ok(()),
                }
            };
            tokio::select! {
                revived = revived => match revived {
                    Ok(()) => return Ok(()),
                    Err(e) => error = e,
                },
                () = self.patience.stopped() => return Err(error),
            }
        }
    }

    /// After a success.
    pub fn worked(&mut self) {
        self.since = None;
        self.backoff.reset();
        self.outage.worked();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_differ() {
        let mut backoff = Backoff::new();
        let waits: Vec<Duration> = (0..200).map(|_| backoff.next()).collect();
        assert!(waits[0] <= FIRST && waits[1] <= FIRST * 2);
        assert!(waits.iter().all(|w| *w <= LONGEST));
        assert!(waits[20..].iter().any(|w| *w > LONGEST / 2) && waits[20..].iter().any(|w| *w < LONGEST / 2));
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn away_until_the_last_witness_is_content() {
        let error = StoreError::while_("testing")(sqlx::Error::PoolTimedOut);
        let mut one = Outage::new();
        let mut two = one.clone();
        one.failed(&error);
        one.failed(&error);
        two.failed(&error);
        one.worked();
        assert!(one.is_away());
        drop(two);
        assert!(!one.is_away());
    }
}
