//! What each plugin uses, from the ledger: the label is its id, whose place `detectors` has checked.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::Label;
use crate::store::PluginUsage;

type OfPlugin<M> = Family<Label<String>, M>;

#[derive(Debug)]
pub(super) struct Plugins {
    row_time: OfPlugin<Gauge<f64, AtomicU64>>,
    time_share: OfPlugin<Gauge<f64, AtomicU64>>,
    memory_peak: OfPlugin<Gauge>,
    state_keys: OfPlugin<Gauge>,
    state: OfPlugin<Gauge>,
    findings: OfPlugin<Counter>,
    log_lines: OfPlugin<Counter>,
    log_lines_lost: OfPlugin<Counter>,
    parked: OfPlugin<Counter>,
    quarantines: OfPlugin<Counter>,
    in_lane: OfPlugin<Gauge>,
    lag: OfPlugin<Gauge>,
    budget: Family<[(&'static str, String); 2], Gauge<f64, AtomicU64>>,
}

impl Plugins {
    pub(super) fn register(registry: &mut Registry) -> Plugins {
        let r = registry.sub_registry_with_prefix("plugin");
        let all = Plugins {
            row_time: Family::default(),
            time_share: Family::default(),
            memory_peak: Family::default(),
            state_keys: Family::default(),
            state: Family::default(),
            findings: Family::default(),
            log_lines: Family::default(),
            log_lines_lost: Family::default(),
            parked: Family::default(),
            quarantines: Family::default(),
            in_lane: Family::default(),
            lag: Family::default(),
            budget: Family::default(),
        };
        r.register_with_unit(
            "row_time",
            "Processor time per row, lately",
            Unit::Seconds,
            all.row_time.clone(),
        );
        r.register("time_ratio", "Its part of the time of all plugins and rules", all.time_share.clone());
        r.register_with_unit("memory_peak", "Most memory it ever had", Unit::Bytes, all.memory_peak.clone());
        r.register("state_keys", "Keys of its stored state", all.state_keys.clone());
        r.register_with_unit("state", "Its stored state, keys and values", Unit::Bytes, all.state.clone());
        r.register("findings", "Findings raised, changed or withdrawn", all.findings.clone());
        r.register("log_lines", "Log lines written", all.log_lines.clone());
        r.register("log_lines_lost", "Log lines not written for being too many", all.log_lines_lost.clone());
        r.register("parked", "Records set aside because it fails on them", all.parked.clone());
        r.register("quarantines", "How often it was stopped", all.quarantines.clone());
        r.register("lane", "1 while it reads the log outside the main group", all.in_lane.clone());
        r.register("lag_records", "Records it is behind the end of the log", all.lag.clone());
        r.register("budget_used_ratio", "Part of a budget that is used", all.budget.clone());
        all
    }

    pub(super) fn set(&self, line: &PluginUsage) {
        let label = [("plugin", line.plugin.clone())];
        let part = |family: &OfPlugin<Gauge<f64, AtomicU64>>, value: f64| {
            family.get_or_create(&label).set(value);
        };
        part(&self.row_time, line.row_us / 1e6);
        part(&self.time_share, line.time_share);
        let gauge = |family: &OfPlugin<Gauge>, value: u64| {
            family.get_or_create(&label).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        gauge(&self.memory_peak, line.memory_peak_bytes);
        gauge(&self.state_keys, line.state_keys);
        gauge(&self.state, line.state_bytes);
        gauge(&self.in_lane, u64::from(line.place == "lane" || line.place == "catches up"));
        gauge(&self.lag, line.lag);
        let total = |family: &OfPlugin<Counter>, value: u64| {
            family.get_or_create(&label).inner().store(value, Ordering::Relaxed);
        };
        total(&self.findings, line.findings);
        total(&self.log_lines, line.log_lines);
        total(&self.log_lines_lost, line.log_lines_lost);
        total(&self.parked, line.parked);
        total(&self.quarantines, line.quarantines);
        for (key, used) in &line.budget {
            // The keys are those of the configuration.
            let labels = [("plugin", line.plugin.clone()), ("budget", key.clone())];
            self.budget.get_or_create(&labels).set(*used);
        }
    }
}
