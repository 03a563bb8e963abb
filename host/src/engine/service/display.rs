//! What plugins use, shown: in the database for `ringfence plugin top`, and in the metrics.
//!
//! Owns how often. Nothing is decided by what is shown, so a failure to write it is none of the evaluation's.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Service;
use super::lane::Lanes;
use super::lead::Lead;
use crate::engine::ledger::Ledger;
use crate::engine::log::LogRun;

/// How often the ledger is written.
const LEDGER_EVERY: Duration = Duration::from_secs(2);

/// How often it is counted how far readers are behind: that reads an index of the log.
const LAG_EVERY: Duration = Duration::from_secs(10);

/// What was shown last.
#[derive(Default)]
pub(super) struct Display {
    written: Option<Instant>,
    counted: Option<Instant>,
    lags: BTreeMap<String, u64>,
}

impl Service {
    /// Shows the ledger, if it was not shown just now.
    pub(super) fn show(
        &self,
        display: &mut Display,
        lead: &Lead,
        run: &LogRun,
        lanes: &Lanes,
        ledger: &Ledger,
    ) {
        if display.written.is_some_and(|at| at.elapsed() < LEDGER_EVERY) {
            return;
        }
        let mut lines = ledger.lines(run.log_time());
        let here = run.reader_ids();
        let apart: Vec<String> =
            lines.iter().map(|line| line.plugin.clone()).filter(|id| !here.contains(id)).collect();
        if display.counted.is_none_or(|at| at.elapsed() >= LAG_EVERY) {
            display.lags.clear();
            if !apart.is_empty() {
                display.lags = self.runtime.block_on(self.store.lags(&apart)).unwrap_or_default();
            }
            display.counted = Some(Instant::now());
        }
        for line in &mut lines {
            let lane = lanes.readers().find(|(id, _)| *id == line.plugin);
            line.place = match lane {
                Some((_, true)) => "lane",
                Some((_, false)) => "catches up",
                None if apart.contains(&line.plugin) => "waits",
                None => "main group",
            }
            .to_owned();
            if apart.contains(&line.plugin) {
                line.lag = display.lags.get(&line.plugin).copied().unwrap_or_default();
            }
            self.metrics.plugin(line);
        }
        if let Err(error) = self.runtime.block_on(self.store.write_usage(&lines, lead.epoch())) {
            tracing::debug!(%error, "what plugins use was not written");
        }
        display.written = Some(Instant::now());
    }
}
