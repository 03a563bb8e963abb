//! The line of one plugin in the ledger.
//!
//! Owns the figures and how they stand to the budget. Does not own what follows.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use model::Millis;

use super::hourly::Hourly;
use crate::config::Budget;
use crate::engine::account;
use crate::engine::detector::Usage;
use crate::store::{PluginUsage, StateSize};

/// What a budget is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    RecordTime,
    Memory,
    StateKeys,
    StateBytes,
    Findings,
    LogLines,
}

impl Kind {
    pub(super) const ALL: [Kind; 6] =
        [Kind::RecordTime, Kind::Memory, Kind::StateKeys, Kind::StateBytes, Kind::Findings, Kind::LogLines];

    /// The key of the configuration that sets it.
    pub(super) fn key(self) -> &'static str {
        match self {
            Kind::RecordTime => "budget.record_us",
            Kind::Memory => "limits.memory_mib",
            Kind::StateKeys => "budget.state_keys",
            Kind::StateBytes => "budget.state_mib",
            Kind::Findings => "budget.findings_per_hour",
            Kind::LogLines => "budget.log_lines_per_hour",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Kind::RecordTime => "us of processor time per record",
            Kind::Memory => "MiB of memory of one instance",
            Kind::StateKeys => "keys of stored state",
            Kind::StateBytes => "MiB of stored state",
            Kind::Findings => "findings raised, changed or withdrawn within an hour of the log",
            Kind::LogLines => "log lines within an hour",
        }
    }

    fn mend(self) -> &'static str {
        match self {
            Kind::RecordTime => "have the plugin do less for each record",
            Kind::Memory => "have the plugin keep less in memory",
            Kind::StateKeys => "have the plugin delete the keys it does not need any more",
            Kind::StateBytes => "have the plugin store less under each key, or delete keys",
            Kind::Findings => "have the plugin say the same with fewer findings",
            Kind::LogLines => "have the plugin log less",
        }
    }
}

/// How much of one budget is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Use {
    pub(super) kind: Kind,
    pub(super) used: f64,
    pub(super) budget: f64,
}

impl Use {
    /// 1 is all of it.
    pub(super) fn part(self) -> f64 {
        self.used / self.budget
    }

    /// Which budget, how much of it, and what to do, for the plugin `id`.
    pub(super) fn says(self, id: &str) -> String {
        format!("{self}: raise plugins.{id}.{} or {}", self.kind.key(), self.kind.mend())
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = |value: f64| usize::from(value.fract() != 0.0) * 2;
        let Use { kind, used, budget } = *self;
        write!(f, "{}: {used:.2$} of {budget:.3$} {1}", kind.key(), kind.unit(), digits(used), digits(budget))
    }
}

/// What a plugin did from one checkpoint to the next, as far as it becomes durable with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Different findings raised, changed or withdrawn.
    pub findings: u64,
    /// Stored state under the keys that change, before.
    pub before: StateSize,
    /// And after.
    pub after: StateSize,
    /// Log lines it wrote or was not allowed to write.
    pub log_lines: u64,
}

/// Time that a start may take: instances are made, and nothing is in the processor's caches.
const START: Duration = Duration::from_millis(250);

/// Rows and time of a minute.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Minute {
    number: i64,
    rows: u64,
    records: u64,
    time: Duration,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// None for the rules, which have no budget.
    pub(super) budget: Option<Budget>,
    pub(super) digest: String,
    pub(super) memory_limit: u64,
    pub(super) usage: Usage,
    pub(super) records: u64,
    pub(super) minutes: [Minute; 2],
    pub(super) memory: u64,
    pub(super) memory_peak: u64,
    pub(super) largest_memory: u64,
    pub(super) state: StateSize,
    pub(super) findings: Hourly,
    pub(super) findings_total: u64,
    pub(super) log_lines: Hourly,
    pub(super) parked: u64,
    pub(super) quarantines: u64,
    pub(super) is_stopped: bool,
    /// Budgets that were warned of, until their use falls.
    pub(super) warned: BTreeSet<Kind>,
}

impl Entry {
    /// Adds work done at a time on the clock.
    pub(super) fn work(&mut self, records: u64, usage: &Usage, clock: Millis) {
        self.usage.add(usage);
        self.records += records;
        let number = clock.div_euclid(60_000);
        if self.minutes[0].number != number {
            self.minutes = [Minute { number, ..Minute::default() }, self.minutes[0]];
        }
        let minute = &mut self.minutes[0];
        minute.rows += usage.rows;
        minute.records += records;
        minute.time += usage.time;
        self.log_lines.add(clock, clock, usage.log_lines);
    }

    /// Microseconds per row, and per record of the log, in the last two minutes in which it did something.
    pub(super) fn speed(&self) -> (f64, f64) {
        let sum = |of: fn(&Minute) -> u64| self.minutes.iter().map(of).sum::<u64>();
        let micros = self.minutes.iter().map(|m| m.time).sum::<Duration>().as_secs_f64() * 1e6;
        let per = |count: u64| if count == 0 { 0.0 } else { micros / count as f64 };
        (per(sum(|m| m.rows)), per(sum(|m| m.records)))
    }

    /// The figures at these times of the log and the wall.
    pub(super) fn line(&mut self, id: &str, log: Millis, clock: Millis) -> PluginUsage {
        let (row_us, record_us) = self.speed();
        PluginUsage {
            plugin: id.to_owned(),
            digest: self.digest.clone(),
            rows: self.usage.rows,
            records: self.records,
            seconds: self.usage.time.as_secs_f64(),
            row_us,
            record_us,
            memory_bytes: self.memory,
            memory_peak_bytes: self.memory_peak,
            state_keys: self.state.keys,
            state_bytes: self.state.bytes,
            findings_hour: self.findings.sum(log),
            findings: self.findings_total,
            log_lines_hour: self.log_lines.sum(clock),
            log_lines: self.usage.log_lines,
            log_lines_lost: self.usage.log_lines_lost,
            failures: self.usage.failures,
            parked: self.parked,
            quarantines: self.quarantines,
            budget: self.uses(log, clock).iter().map(|u| (u.kind.key().to_owned(), u.part())).collect(),
            ..PluginUsage::default()
        }
    }

    /// Microseconds per record beyond what a start and the clock give it, lately: what counts against the budget.
    fn charged(&self, clock: Millis) -> f64 {
        let oldest = self.minutes.iter().filter(|m| m.rows > 0).map(|m| m.number).min();
        let since = oldest.map_or(clock, |number| number.saturating_mul(60_000));
        let wall = Duration::from_millis(u64::try_from(clock.saturating_sub(since)).unwrap_or(0));
        let time: Duration = self.minutes.iter().map(|m| m.time).sum();
        let beyond = time.saturating_sub(account::given_by_clock(wall)).saturating_sub(START);
        let count = |of: fn(&Minute) -> u64| self.minutes.iter().map(of).sum::<u64>();
        let records = count(|m| m.records).max(count(|m| m.rows)).max(1);
        beyond.as_secs_f64() * 1e6 / records as f64
    }

    /// How much of each budget is used, on the clocks of the log and the wall.
    pub(super) fn uses(&mut self, log: Millis, clock: Millis) -> Vec<Use> {
        let Some(budget) = self.budget.clone() else { return Vec::new() };
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let mut uses = Vec::new();
        for kind in Kind::ALL {
            let (used, budget) = match kind {
                Kind::Findings => (self.findings.sum(log) as f64, budget.findings_per_hour as f64),
                Kind::LogLines => (self.log_lines.sum(clock) as f64, budget.log_lines_per_hour as f64),
                Kind::RecordTime => (self.charged(clock), budget.record_us),
                Kind::Memory => (mib(self.largest_memory), mib(self.memory_limit)),
                Kind::StateKeys => (self.state.keys as f64, budget.state_keys as f64),
                Kind::StateBytes => (mib(self.state.bytes), budget.state_mib as f64),
            };
            uses.push(Use { kind, used, budget });
        }
        uses
    }

    /// The budget that a step would exceed. What does not grow is not judged: a budget may have been lowered, and a plugin that
    /// mends itself must be let.
    pub(super) fn exceeded(&self, step: &Step, since: Millis, log: Millis, clock: Millis) -> Option<Use> {
        let budget = self.budget.as_ref()?;
        let after = |now: u64, before: u64, then: u64| now.saturating_sub(before).saturating_add(then);
        let keys = after(self.state.keys, step.before.keys, step.after.keys);
        let bytes = after(self.state.bytes, step.before.bytes, step.after.bytes);
        let findings = self.findings.with(since, log, step.findings);
        let lines = self.log_lines.clone().sum(clock);
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let over = |kind, is_more: bool, used: u64, most: u64, shown: fn(u64) -> f64| {
            (is_more && used > most).then(|| Use { kind, used: shown(used), budget: shown(most) })
        };
        let plain = |count: u64| count as f64;
        over(Kind::StateKeys, keys > self.state.keys, keys, budget.state_keys, plain)
            .or_else(|| over(Kind::StateBytes, bytes > self.state.bytes, bytes, budget.state_bytes(), mib))
            .or_else(|| over(Kind::Findings, step.findings > 0, findings, budget.findings_per_hour, plain))
            .or_else(|| over(Kind::LogLines, step.log_lines > 0, lines, budget.log_lines_per_hour, plain))
    }

    /// A step is committed.
    pub(super) fn committed(&mut self, step: &Step, since: Millis, log: Millis) {
        let after = |now: u64, before: u64, then: u64| now.saturating_sub(before).saturating_add(then);
        self.state.keys = after(self.state.keys, step.before.keys, step.after.keys);
        self.state.bytes = after(self.state.bytes, step.before.bytes, step.after.bytes);
        self.findings.add(since, log, step.findings);
        self.findings_total += step.findings;
    }
}
