//! What one plugin uses while it runs, over all workers of an engine, and what follows at once.
//!
//! Owns the fair share: in the main group a plugin whose time runs ahead of its budget must leave, in a lane it rests between
//! calls; and how many log lines it has left. Does not own budgets over hours (`ledger`) or where it goes (`service`).
//!
//! ## How long a plugin can hold the others
//! Its debt is the time it took, less what its budget gives it for the records that passed, less `WALL_SHARE` of the time on
//! the clock. Over [`BURST`] it is out at once, in the midst of a stretch. So it can hold a worker for a second beyond its budget and
//! one call more: with `limits.call_ms` at 2000, a plugin that takes just under two seconds for every batch is out after the first.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Budget, LanesConfig};

/// How far a plugin's time may run ahead of its budget. Cold state after a start, a garbage collection or a burst of findings
/// take tenths of a second; more than a second of waiting is noticed by people who wait for a finding.
pub const BURST: Duration = Duration::from_secs(1);

/// Part of the time on the clock that a plugin may use whatever the number of records: with little traffic there are checkpoints
/// ten times a second, and a plugin's call for each costs the same for one record as for a thousand.
const WALL_SHARE: f64 = 0.05;

/// Most time charged for one read of stored state: a database that is slow is not the plugin's fault, a plugin that reads
/// more often than it must is.
const STATE_READ: Duration = Duration::from_millis(2);

/// How long a rest lasts before it looks whether it must go on.
const NAP: Duration = Duration::from_millis(20);

/// What the lanes of a service share.
#[derive(Debug)]
pub struct Pace {
    share_percent: AtomicU32,
    /// Lanes at work.
    working: AtomicUsize,
    /// Whether the main group has records to evaluate.
    busy: AtomicBool,
}

impl Pace {
    /// As configured, with nobody at work.
    pub fn new(lanes: LanesConfig) -> Pace {
        Pace {
            share_percent: AtomicU32::new(lanes.share_percent),
            working: AtomicUsize::new(0),
            busy: AtomicBool::new(false),
        }
    }

    /// From now on as configured here.
    pub fn configure(&self, lanes: LanesConfig) {
        self.share_percent.store(lanes.share_percent, Ordering::Relaxed);
    }

    /// Whether the main group has records to evaluate.
    pub fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Whether one more lane has records to evaluate, or one less.
    pub fn works(&self, one_more: bool) {
        if one_more {
            self.working.fetch_add(1, Ordering::Relaxed);
        } else {
            // Each lane that ends was counted when it began.
            self.working.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Part of a core for each lane at work.
    fn share(&self) -> f64 {
        let all = match self.busy.load(Ordering::Relaxed) {
            true => f64::from(self.share_percent.load(Ordering::Relaxed)) / 100.0,
            false => 1.0,
        };
        all / self.working.load(Ordering::Relaxed).max(1) as f64
    }

    /// Rests for as long as it takes that `spent` was no more than a lane's share, unless `ends`. Looks again and again: the main
    /// group may become idle, or another lane end.
    pub fn rest(&self, spent: Duration, ends: impl Fn() -> bool) {
        let begun = Instant::now();
        loop {
            let due = spent.mul_f64((1.0 / self.share() - 1.0).max(0.0));
            let left = due.saturating_sub(begun.elapsed());
            if left.is_zero() || ends() {
                return;
            }
            std::thread::sleep(left.min(NAP));
        }
    }
}

/// Where a plugin runs in a service.
#[derive(Clone, Debug)]
pub struct Lane {
    /// What it shares with the other lanes.
    pub pace: Arc<Pace>,
    /// Ends work: of the process, and of this lane.
    pub stops: [Arc<AtomicBool>; 2],
}

impl Lane {
    /// Whether work must end.
    pub fn ends(&self) -> bool {
        self.stops.iter().any(|stop| stop.load(Ordering::Relaxed))
    }
}

/// What is counted of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallCost {
    /// Processor time of the thread.
    pub processor: Duration,
    /// Time it waited for stored state.
    pub waited: Duration,
    /// How often it read stored state.
    pub reads: u32,
}

impl CallCost {
    /// What counts against the budget.
    fn charged(self) -> Duration {
        self.processor + self.waited.min(STATE_READ * self.reads)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Account {
    record: Duration,
    /// Whether it must leave when it is too slow.
    bound: AtomicBool,
    lane: OnceLock<Lane>,
    debt: Mutex<Debt>,
    leaves: AtomicBool,
    lines_left: AtomicU64,
}

#[derive(Debug)]
struct Debt {
    /// Nanoseconds.
    owed: f64,
    since: Instant,
}

impl Account {
    /// Nothing used, nothing bound.
    pub fn new(budget: &Budget) -> Account {
        Account {
            record: budget.record(),
            bound: AtomicBool::new(false),
            lane: OnceLock::new(),
            debt: Mutex::new(Debt { owed: 0.0, since: Instant::now() }),
            leaves: AtomicBool::new(false),
            lines_left: AtomicU64::new(u64::MAX),
        }
    }

    /// It runs in the main group: it must leave when it is too slow.
    pub fn bind(&self) {
        self.bound.store(true, Ordering::Relaxed);
    }

    /// It runs in a lane.
    pub fn put_in(&self, lane: Lane) {
        // The first stays; nothing moves an engine from one lane to another.
        let _ = self.lane.set(lane);
    }

    /// A worker takes `rows` for it out of `records` of the log that are shared by `workers`.
    pub fn grant(&self, records: usize, rows: usize, workers: usize) {
        let records = (records as f64 / workers.max(1) as f64).max(rows as f64);
        let mut debt = self.debt.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = debt.since.elapsed();
        debt.since = Instant::now();
        // What was not used is not saved up.
        let given = records * self.record.as_nanos() as f64 + wall.as_nanos() as f64 * WALL_SHARE;
        debt.owed = debt.owed.max(0.0) - given;
    }

    /// A call took that long. In a lane it rests for it.
    pub fn charge(&self, cost: CallCost) {
        let charged = cost.charged();
        let owed = {
            let mut debt = self.debt.lock().unwrap_or_else(PoisonError::into_inner);
            debt.owed += charged.as_nanos() as f64;
            debt.owed
        };
        if owed > BURST.as_nanos() as f64 && self.bound.load(Ordering::Relaxed) {
            self.leaves.store(true, Ordering::Relaxed);
        }
        self.rest(charged);
    }

    /// In a lane, rests for time that it took.
    pub fn rest(&self, spent: Duration) {
        if let Some(lane) = self.lane.get() {
            lane.pace.rest(spent, || lane.ends());
        }
    }

    /// Whether it must leave the main group.
    pub fn leaves(&self) -> bool {
        self.leaves.load(Ordering::Relaxed)
    }

    /// Whether work in its lane must end; false in the main group, which ends by itself.
    pub fn ends(&self) -> bool {
        self.lane.get().is_some_and(Lane::ends)
    }

    /// Log lines it may still write.
    pub fn lines_left(&self) -> u64 {
        self.lines_left.load(Ordering::Relaxed)
    }

    /// Sets how many lines it may still write.
    pub fn allow_lines(&self, lines: u64) {
        self.lines_left.store(lines, Ordering::Relaxed);
    }

    /// It wrote lines.
    pub fn use_lines(&self, lines: u64) {
        let less = |left: u64| Some(left.saturating_sub(lines));
        let _ = self.lines_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// What a plugin may use within that time on the clock, whatever the number of records.
pub fn given_by_clock(wall: Duration) -> Duration {
    wall.mul_f64(WALL_SHARE)
}

/// Whether that much time is more than `part` of the budget for those records and rows, within `wall`.
pub fn is_over(budget: &Budget, part: f64, time: Duration, records: u64, rows: u64, wall: Duration) -> bool {
    let given = budget.record().as_secs_f64() * records.max(rows) as f64 + given_by_clock(wall).as_secs_f64();
    time.as_secs_f64() > given * part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(millis: u64) -> CallCost {
        CallCost { processor: Duration::from_millis(millis), ..CallCost::default() }
    }

    fn bound() -> Account {
        let account = Account::new(&Budget { record_us: 2.0, ..Budget::default() });
        account.bind();
        account
    }

    #[test]
    fn one_call_of_two_seconds_is_enough_and_a_budget_kept_is_not() {
        let account = bound();
        account.grant(8_192, 8_192, 1);
        account.charge(call(2_000));
        assert!(account.leaves());
        let account = bound();
        for _ in 0..1_000 {
            account.grant(8_192, 8_192, 1);
            account.charge(call(16));
        }
        assert!(!account.leaves());
        // Twice the budget: out when it is a second ahead.
        let rounds = (0..1_000)
            .take_while(|_| {
                account.grant(8_192, 8_192, 1);
                account.charge(call(33));
                !account.leaves()
            })
            .count();
        assert!((50..=70).contains(&rounds), "{rounds}");
    }

    #[test]
    fn few_rows_of_many_records_may_be_slow_and_a_slow_database_is_not_its_fault() {
        let account = bound();
        for _ in 0..100 {
            account.grant(8_192, 10, 1);
            account.charge(call(15));
            account.charge(CallCost { waited: Duration::from_secs(9), reads: 0, ..call(0) });
        }
        assert!(!account.leaves());
        account.charge(CallCost { waited: Duration::from_secs(9), reads: 2_000, ..call(0) });
        assert!(account.leaves());
    }

    #[test]
    fn what_is_not_bound_never_leaves() {
        let account = Account::new(&Budget::default());
        account.charge(call(60_000));
        assert!(!account.leaves());
    }

    #[test]
    fn a_lane_rests_while_the_main_group_works_and_shares_with_others() {
        let pace = Pace::new(LanesConfig { share_percent: 10 });
        let never = || false;
        let took = |spent| {
            let begun = Instant::now();
            pace.rest(spent, never);
            begun.elapsed()
        };
        pace.works(true);
        assert!(took(Duration::from_secs(60)) < Duration::from_secs(30), "an idle main group needs no rest");
        pace.set_busy(true);
        assert!(took(Duration::from_millis(10)) >= Duration::from_millis(90));
        pace.works(true);
        assert!(took(Duration::from_millis(10)) >= Duration::from_millis(190));
        let begun = Instant::now();
        pace.rest(Duration::from_secs(60), || true);
        assert!(begun.elapsed() < Duration::from_secs(30), "a stop ends the rest");
    }
}
