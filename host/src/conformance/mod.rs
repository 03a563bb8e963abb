//! The conformance battery: whether a plugin keeps what the engine promises about detectors, told before it is installed.
//!
//! Owns the checks, the traffic they run on, and the shrinking of an input that fails one. Everything happens in this
//! process with the engine's own parts and state in memory: no database, no clock but for the figures. Does not own
//! arguments or printing (`cli::plugin::test`).
//!
//! ```text
//! seed ─▶ traffic ─▶ drive (batches, checkpoints, restarts) ─▶ checks ─▶ compare ─▶ outcome
//!                                     ▲                           │ failed
//!                                     └──────── shrink ◀──────────┘
//! ```

pub mod bench;
mod checks;
pub mod compare;
pub mod drive;
mod shrink;
pub mod traffic;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::time::Instant;

use model::Event;
use serde::Serialize;

use crate::config::PluginConfig;
use crate::plugin::Plugin;
use checks::long::Long;
use drive::{Drive, Failed, Plan, Run};
use traffic::Traffic;

pub use checks::{Check, NAMES};

/// A battery that cannot run at all.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BatteryError(pub String);

/// What is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Seed of the traffic and of every choice a check makes.
    pub seed: u64,
    /// Names of the checks; none is all.
    pub checks: Vec<String>,
    /// Most records of the traffic; the attacks are spread over all of it.
    pub records: usize,
    /// Rows of one step of the long run, in which memory and state must not grow.
    pub step_rows: u64,
    /// Rows of the longest batch tried. The engine's own have 512; another host's may not.
    pub huge_rows: usize,
    /// Whether the input of a failed check is made as small as it can be.
    pub shrink: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            checks: Vec::new(),
            records: usize::MAX,
            step_rows: 100_000,
            huge_rows: 65_536,
            shrink: true,
        }
    }
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", content = "reason", rename_all = "kebab-case")]
pub enum Verdict {
    /// As it must be.
    Ok,
    /// What is wrong, in one sentence.
    Failed(String),
    /// Why it says nothing about this plugin.
    NotApplicable(String),
}

/// What one check says.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its name.
    pub check: &'static str,
    /// What it holds the plugin to.
    pub promise: &'static str,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Findings it compared; a check that compared none proves little.
    pub compared: Option<usize>,
    /// What it measured.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<&'static str, f64>,
    /// How long it took.
    pub seconds: f64,
    /// The smallest input that still fails, as lines of JSON.
    #[serde(skip)]
    pub records: Option<String>,
    /// How many records those are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub records_kept: Option<usize>,
}

impl Outcome {
    /// Whether it compared findings and there were none.
    pub fn is_weak(&self) -> bool {
        self.compared == Some(0) && self.verdict == Verdict::Ok
    }
}

/// What a check's function answers.
pub(crate) struct Told {
    verdict: Verdict,
    compared: Option<usize>,
    figures: BTreeMap<&'static str, f64>,
}

/// A plugin under test, with the traffic.
pub struct Lab<'a> {
    /// The plugin.
    pub plugin: &'a Plugin,
    /// Its settings.
    pub settings: &'a PluginConfig,
    /// The traffic.
    pub traffic: Traffic,
    /// What is run.
    pub options: Options,
    reference: OnceCell<Result<Run, Failed>>,
    long: OnceCell<Result<Long, Failed>>,
}

impl<'a> Lab<'a> {
    /// A lab; `records` are a kept input in place of the seed's traffic.
    ///
    /// # Errors
    /// When the traffic cannot be made, or a check is named that there is not.
    pub fn new(
        plugin: &'a Plugin,
        settings: &'a PluginConfig,
        options: Options,
        records: Option<&str>,
    ) -> Result<Lab<'a>, BatteryError> {
        if let Some(unknown) = options.checks.iter().find(|name| !NAMES.contains(&name.as_str())) {
            let message = format!("no check '{unknown}'; there are {}", NAMES.join(", "));
            return Err(BatteryError(message));
        }
        let mut traffic = Traffic::make(options.seed)?;
        if let Some(records) = records {
            traffic = traffic.with_records(records)?;
        }
        traffic.events.truncate(options.records);
        Ok(Lab::of(plugin, settings, traffic, options))
    }

    /// A lab with that traffic.
    pub(crate) fn of(
        plugin: &'a Plugin,
        settings: &'a PluginConfig,
        traffic: Traffic,
        options: Options,
    ) -> Lab<'a> {
        Lab { plugin, settings, traffic, options, reference: OnceCell::new(), long: OnceCell::new() }
    }

    /// Runs events of the traffic.
    pub(crate) fn run(&self, events: &[Event], plan: Plan) -> Result<Run, Failed> {
        self.run_with(events, &self.traffic.texts, plan)
    }

    /// Runs events whose names are those of `texts`.
    pub(crate) fn run_with(&self, events: &[Event], texts: &[String], plan: Plan) -> Result<Run, Failed> {
        let mut drive = Drive::start(self, texts, plan)?;
        drive.feed(events)?;
        drive.finish()
    }

    /// The ordinary run that others are compared with; that of the whole traffic is made once.
    pub(crate) fn reference(&self, events: &[Event]) -> Result<Run, Failed> {
        let run = |events: &[Event]| self.run(events, Plan { transcript: true, ..Plan::default() });
        if std::ptr::eq(events, self.traffic.events.as_slice()) {
            return self.reference.get_or_init(|| run(events)).clone();
        }
        run(events)
    }

    /// The long run that limits are read from.
    pub(crate) fn long(&self) -> Result<&Long, Failed> {
        self.long.get_or_init(|| Long::run(self)).as_ref().map_err(Clone::clone)
    }

    /// Runs the battery; `seen` hears of each outcome as it comes.
    pub fn battery(&self, mut seen: impl FnMut(&Outcome)) -> Vec<Outcome> {
        let wanted = |check: &&Check| {
            self.options.checks.is_empty() || self.options.checks.iter().any(|name| name == check.name)
        };
        let mut outcomes = Vec::new();
        for check in checks::ALL.iter().filter(wanted) {
            let outcome = self.try_check(check);
            seen(&outcome);
            outcomes.push(outcome);
        }
        outcomes
    }

    fn try_check(&self, check: &Check) -> Outcome {
        let begun = Instant::now();
        let events = self.traffic.events.as_slice();
        // What fails on ordinary traffic fails everywhere: that is said once.
        let hopeless = (check.name != checks::TRAFFIC).then(|| self.reference(events).err()).flatten();
        let told = match hopeless {
            Some(_) => Told::not_applicable(format!("the plugin fails already in '{}'", checks::TRAFFIC)),
            None => (check.run)(self, events),
        };
        let kept = match &told.verdict {
            Verdict::Failed(_) if check.shrinks && self.options.shrink => Some(shrink::smallest(self, check)),
            _ => None,
        };
        Outcome {
            check: check.name,
            promise: check.promise,
            verdict: told.verdict,
            compared: told.compared,
            figures: told.figures,
            seconds: begun.elapsed().as_secs_f64(),
            records_kept: kept.as_ref().map(Vec::len),
            records: kept.map(|events| traffic::to_json(&events, &self.traffic.texts)),
        }
    }
}

impl Told {
    fn ok() -> Told {
        Told { verdict: Verdict::Ok, compared: None, figures: BTreeMap::new() }
    }

    fn failed(reason: impl Into<String>) -> Told {
        Told { verdict: Verdict::Failed(reason.into()), ..Told::ok() }
    }

    fn not_applicable(reason: impl Into<String>) -> Told {
        Told { verdict: Verdict::NotApplicable(reason.into()), ..Told::ok() }
    }

    /// Of so many compared findings.
    fn compared(mut self, findings: usize) -> Told {
        self.compared = Some(findings);
        self
    }

    fn figure(mut self, name: &'static str, value: f64) -> Told {
        self.figures.insert(name, value);
        self
    }
}

/// Whether any check failed.
pub fn is_failed(outcomes: &[Outcome]) -> bool {
    outcomes.iter().any(|o| matches!(o.verdict, Verdict::Failed(_)))
}

#[cfg(test)]
mod tests;
