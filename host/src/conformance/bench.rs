//! What a plugin costs, beside the built-in detectors on the same records in the same run.
//!
//! Owns the measuring. Whole runs take turns and the quickest of each counts, so that a busy machine decides little. Does not
//! judge: what is too slow is the operator's budget, or `time` of the battery.

use std::time::Instant;

use serde::Serialize;

use super::drive::{Drive, Failed, Plan};
use super::traffic::{Traffic, shift};
use super::{BatteryError, Lab, Options};
use crate::config::PluginConfig;
use crate::plugin::{Plugin, Runtime, builtins};

/// Runs of each; the quickest counts.
const ROUNDS: usize = 3;
/// Instances made to time one.
const INSTANCES: usize = 10;
/// Events made for one row handed over, at most: a filter may let little through.
const MAX_EVENTS_PER_ROW: u64 = 12;

/// Figures of one plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Costs {
    /// Its id.
    pub plugin: String,
    /// Rows it was handed.
    pub rows: u64,
    /// Nanoseconds of `process` per row.
    pub ns_per_record: f64,
    /// Rows per second of one instance.
    pub records_per_second: f64,
    /// Its time per row over this plugin's time per row: above 1 the plugin under test is quicker.
    pub ratio: f64,
    /// Longest call.
    pub longest_call_ms: f64,
    /// Memory of the instance at the end.
    pub memory_mib: f64,
    /// What it took beyond an instance that has seen nothing, per row.
    pub memory_bytes_per_record: f64,
    /// The same per thing it is partitioned by.
    pub memory_bytes_per_subject: f64,
    /// Stored state per thing it is partitioned by.
    pub state_bytes_per_subject: f64,
    /// Microseconds of `checkpoint` per key that changed.
    pub checkpoint_us_per_key: f64,
    /// Findings at the end.
    pub findings: usize,
    /// Milliseconds to check and compile it, without the cache.
    pub compile_ms: f64,
    /// Microseconds to make and configure an instance.
    pub instantiate_us: f64,
    /// Bytes of the component.
    pub size: usize,
}

/// Measures `bytes` and then the built-in detectors.
///
/// # Errors
/// When the plugin is refused or fails.
pub fn measure(
    file: &str,
    bytes: &[u8],
    settings: &PluginConfig,
    seed: u64,
    rows: u64,
) -> Result<Vec<Costs>, BatteryError> {
    // Without a cache: compiling is one of the figures.
    let runtime = Runtime::new(None).map_err(|e| BatteryError(e.to_string()))?;
    let defaults = PluginConfig::default();
    let mut all = vec![Measured::load(&runtime, file, bytes, settings)?];
    for builtin in builtins().iter().filter(|b| b.bytes != bytes) {
        all.push(Measured::load(&runtime, builtin.name, builtin.bytes, &defaults)?);
    }
    let traffic = Traffic::make(seed)?;
    for _ in 0..ROUNDS {
        for measured in &mut all {
            measured.run(&traffic, seed, rows).map_err(|Failed(m)| BatteryError(m))?;
        }
    }
    let ns = all[0].best;
    Ok(all.into_iter().map(|measured| measured.costs(ns)).collect())
}

struct Measured<'a> {
    plugin: Plugin,
    settings: &'a PluginConfig,
    size: usize,
    compile_ms: f64,
    instantiate_us: f64,
    fresh: usize,
    /// Nanoseconds per row of the quickest run.
    best: f64,
    last: super::drive::Run,
}

impl<'a> Measured<'a> {
    fn load(
        runtime: &Runtime,
        file: &str,
        bytes: &[u8],
        settings: &'a PluginConfig,
    ) -> Result<Measured<'a>, BatteryError> {
        let begun = Instant::now();
        let plugin = runtime.load(file, bytes).map_err(|e| BatteryError(e.to_string()))?;
        let compile_ms = begun.elapsed().as_secs_f64() * 1e3;
        Ok(Measured {
            plugin,
            settings,
            size: bytes.len(),
            compile_ms,
            instantiate_us: f64::INFINITY,
            fresh: 0,
            best: f64::INFINITY,
            last: super::drive::Run::default(),
        })
    }

    fn run(&mut self, traffic: &Traffic, seed: u64, rows: u64) -> Result<(), Failed> {
        let plugin = self.plugin.clone();
        let options = Options { seed, ..Options::default() };
        let lab = Lab::of(&plugin, self.settings, traffic.clone_without_events(), options);
        for _ in 0..INSTANCES {
            let begun = Instant::now();
            let mut drive = Drive::start(&lab, &traffic.texts, Plan::default())?;
            // The names are copied for each run; that is not the plugin's time.
            let names = drive.names_copied();
            self.instantiate_us =
                self.instantiate_us.min(begun.elapsed().saturating_sub(names).as_secs_f64() * 1e6);
            self.fresh = drive.figures().memory;
        }
        let mut drive = Drive::start(&lab, &traffic.texts, Plan::default())?;
        let mut events = traffic.events.clone();
        let mut made = 0;
        while drive.figures().rows < rows && made < rows * MAX_EVENTS_PER_ROW && !events.is_empty() {
            drive.feed(&events)?;
            made += events.len() as u64;
            shift(&mut events, 1);
        }
        let run = drive.finish()?;
        let ns = run.figures.busy.as_nanos() as f64 / run.figures.rows.max(1) as f64;
        if ns < self.best {
            (self.best, self.last) = (ns, run);
        }
        Ok(())
    }

    fn costs(self, ns: f64) -> Costs {
        let figures = &self.last.figures;
        let grown = figures.memory.saturating_sub(self.fresh) as f64;
        let subjects = figures.subjects.max(1) as f64;
        Costs {
            plugin: self.plugin.id().to_owned(),
            rows: figures.rows,
            ns_per_record: self.best,
            records_per_second: 1e9 / self.best,
            ratio: self.best / ns,
            longest_call_ms: figures.longest.as_secs_f64() * 1e3,
            memory_mib: figures.memory as f64 / f64::from(1 << 20),
            memory_bytes_per_record: grown / figures.rows.max(1) as f64,
            memory_bytes_per_subject: grown / subjects,
            state_bytes_per_subject: figures.state_bytes as f64 / subjects,
            checkpoint_us_per_key: figures.checkpoint_time.as_secs_f64() * 1e6
                / figures.changed_keys.max(1) as f64,
            findings: self.last.findings.len(),
            compile_ms: self.compile_ms,
            instantiate_us: self.instantiate_us,
            size: self.size,
        }
    }
}
