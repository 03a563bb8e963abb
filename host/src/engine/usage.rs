//! What a detector or the rules did, as a sum, and the rows it could not take.

use std::time::Duration;

use model::{Millis, RecordId};

/// What a detector did, for people and for the ledger.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// Rows it was given.
    pub rows: u64,
    /// Processor time in its calls and in what they asked of the host, and time they waited for stored state.
    pub time: Duration,
    /// Calls that failed.
    pub failures: u64,
    /// Log lines it wrote.
    pub log_lines: u64,
    /// Log lines it was not allowed to write.
    pub log_lines_lost: u64,
}

impl Usage {
    /// Adds what another worker's did.
    pub fn add(&mut self, other: &Usage) {
        self.rows += other.rows;
        self.time += other.time;
        self.failures += other.failures;
        self.log_lines += other.log_lines;
        self.log_lines_lost += other.log_lines_lost;
    }

    /// What came since `before`; all of it if it began anew since.
    pub fn since(&self, before: &Usage) -> Usage {
        if self.rows < before.rows || self.time < before.time {
            return self.clone();
        }
        Usage {
            rows: self.rows - before.rows,
            time: self.time - before.time,
            failures: self.failures.saturating_sub(before.failures),
            log_lines: self.log_lines.saturating_sub(before.log_lines),
            log_lines_lost: self.log_lines_lost.saturating_sub(before.log_lines_lost),
        }
    }
}

/// A row no instance could take, set aside.
#[derive(Clone, Debug)]
pub struct Parked {
    /// The detector.
    pub detector: String,
    /// The record.
    pub record: RecordId,
    /// Its report time.
    pub report_time: Millis,
    /// Digest of the plugin.
    pub digest: String,
    /// What happened.
    pub reason: String,
}
