//! Both readings of rules with correlations, event by event: which correlations fire at which call.

use std::collections::{BTreeMap, BTreeSet};

use model::{Finding, Millis};
use rsigma_eval::{CorrelationConfig, CorrelationEngine, JsonEvent};
use rsigma_parser::parse_sigma_yaml;
use rules::{Evaluator, File, LoadOptions, Output, Share, World, load};

use crate::calls::{Call, world};

/// At which seconds which rule fires, for how many groups.
pub type Fires = BTreeMap<(i64, String), usize>;

/// Episodes by rule: first and last firing, in seconds.
pub type Episodes = BTreeMap<String, Vec<(i64, i64)>>;

/// What we say of calls.
pub struct Ours {
    evaluator: Evaluator,
    world: World,
    state: BTreeMap<String, Vec<u8>>,
    findings: BTreeMap<String, Finding>,
    /// So far.
    pub fires: Fires,
    watermark: Millis,
}

impl Ours {
    /// Rules of one file.
    ///
    /// # Errors
    /// Why one of them is refused.
    pub fn new(text: &str) -> Result<Ours, String> {
        let file = File { name: "rules.yml".to_owned(), text: text.as_bytes().into() };
        let loaded = load(&[file], &[], &LoadOptions::default());
        let wrong: Vec<&str> =
            loaded.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let world = world();
        Ok(Ours {
            evaluator: Evaluator::new(loaded.set, world.clone(), Share::ALL),
            world,
            state: BTreeMap::new(),
            findings: BTreeMap::new(),
            fires: Fires::new(),
            watermark: 0,
        })
    }

    /// Names of the rules and correlations that say something themselves.
    pub fn names(&self) -> BTreeSet<String> {
        self.evaluator.set().plans().iter().map(|plan| plan.name.clone()).collect()
    }

    /// Takes a call, and works out at once what it changes.
    pub fn take(&mut self, call: &Call) {
        self.evaluator.take(&call.event(&self.world), self.watermark);
        // As late as the default allows: nothing of these streams is too late.
        self.watermark = self.watermark.max(call.at * 1_000 - 3_600_000);
        let values = self.evaluator.keys_wanted().iter().map(|key| self.state.get(key).cloned()).collect();
        if let Err(fault) = self.evaluator.settle(values) {
            panic!("{fault}");
        }
        let step = self.evaluator.checkpoint();
        for (key, value) in step.state {
            match value {
                Some(value) => drop(self.state.insert(key, value)),
                None => drop(self.state.remove(&key)),
            }
        }
        for output in step.outputs {
            match output {
                Output::Withdraw { id } => drop(self.findings.remove(&id)),
                Output::Raise(raised) => {
                    if raised.finding.last_event == call.at * 1_000 {
                        *self.fires.entry((call.at, raised.finding.kind.clone())).or_default() += 1;
                    }
                    self.findings.insert(raised.finding.id.clone(), raised.finding);
                }
            }
        }
    }

    /// Findings that stand, as episodes.
    pub fn episodes(&self) -> Episodes {
        let mut episodes = Episodes::new();
        for finding in self.findings.values() {
            let span = (finding.raised_at / 1_000, finding.last_event / 1_000);
            episodes.entry(finding.kind.clone()).or_default().push(span);
        }
        episodes.values_mut().for_each(|spans| spans.sort_unstable());
        episodes
    }
}

/// What they say of calls.
pub struct Theirs {
    engine: CorrelationEngine,
    /// Name of a rule by its title, and the bounds that they do not compare a percentile with.
    known: BTreeMap<String, Known>,
    /// So far.
    pub fires: Fires,
    groups: BTreeMap<(String, Vec<(String, String)>), Vec<i64>>,
}

/// What the test knows of a correlation.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Seconds.
    pub timespan: i64,
    /// Whether a firing with this value counts.
    pub counts: fn(f64, &[(String, f64)]) -> bool,
    /// Bounds for that.
    pub bounds: Vec<(String, f64)>,
}

impl Theirs {
    /// Rules of one file; `known` by title.
    ///
    /// # Errors
    /// Why one of them is refused.
    pub fn new(text: &str, known: BTreeMap<String, Known>) -> Result<Theirs, String> {
        let collection = parse_sigma_yaml(text).map_err(|e| e.to_string())?;
        if !collection.errors.is_empty() {
            return Err(collection.errors.join("; "));
        }
        let config = CorrelationConfig { emit_detections: false, ..CorrelationConfig::default() };
        let mut engine = CorrelationEngine::new(config);
        engine.add_collection(&collection).map_err(|e| e.to_string())?;
        Ok(Theirs { engine, known, fires: Fires::new(), groups: BTreeMap::new() })
    }

    /// Takes a call.
    pub fn take(&mut self, call: &Call) {
        let json = call.json();
        let results = self.engine.process_event(&JsonEvent::borrow(&json));
        let mut seen = BTreeSet::new();
        for result in &results {
            let Some(body) = result.as_correlation() else { continue };
            let Some(known) = self.known.get(&result.header.rule_title) else { continue };
            let group = (known.name.clone(), body.group_key.clone());
            if (known.counts)(body.aggregated_value, &known.bounds) && seen.insert(group.clone()) {
                *self.fires.entry((call.at, known.name.clone())).or_default() += 1;
                self.groups.entry(group).or_default().push(call.at);
            }
        }
    }

    /// Firings of a group no further than the timespan apart are one episode.
    pub fn episodes(&self) -> Episodes {
        let mut episodes = Episodes::new();
        for ((name, _), fires) in &self.groups {
            let gap = self.known.values().find(|k| k.name == *name).map_or(0, |k| k.timespan);
            let spans = episodes.entry(name.clone()).or_default();
            let mut open: Option<(i64, i64)> = None;
            for at in fires {
                open = match open {
                    Some((began, last)) if at - last <= gap => Some((began, *at)),
                    before => {
                        spans.extend(before);
                        Some((*at, *at))
                    }
                };
            }
            spans.extend(open);
        }
        episodes.values_mut().for_each(|spans| spans.sort_unstable());
        episodes
    }
}
