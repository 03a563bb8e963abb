//! Drives one plugin the way the engine does, but with batches, checkpoints and restarts wherever a check wants them.
//!
//! Owns the calls and what is kept between them, all in memory: state, findings, figures. Which rows reach the plugin is the
//! engine's own [`Route`] and [`Watermark`]. Unlike the engine it forgives nothing: the first failed call ends the run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, EventKind, FieldId, Finding, Millis, NameTable, SubjectKind};
use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};

use super::Lab;
use crate::engine::book::Book;
use crate::engine::detector::BATCH_ROWS;
use crate::engine::layout::{Layout, Row};
use crate::engine::memory::MemoryState;
use crate::engine::route::Route;
use crate::engine::watermark::Watermark;
use crate::plugin::{Batch, Instance, Output, Services, StateChange};

/// The engine's default lateness.
pub const LATENESS: Millis = 24 * 3_600_000;
/// How far the watermark may come within one batch of a plugin with `[organisation]` (the interface says so).
const MAX_BATCH_SPAN: Millis = 12 * 3_600_000;

/// How rows are handed over.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rows of a batch, at most.
    pub batch: usize,
    /// Batches between two checkpoints; 0 is none but the one at the end.
    pub checkpoint: usize,
    /// Whether each checkpoint is followed by a new instance that has only the state.
    pub restart: bool,
    /// Whether batches without rows come first, between any two, and last.
    pub empty: bool,
    /// Whether everything said is kept as one digest.
    pub transcript: bool,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { batch: BATCH_ROWS, checkpoint: 16, restart: false, empty: false, transcript: false }
    }
}

/// What a run amounted to.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Findings that stand, by identity.
    pub findings: BTreeMap<String, Finding>,
    /// Digest of every call's outputs and every checkpoint's changes, in order.
    pub transcript: String,
    /// What it took.
    pub figures: Figures,
}

/// Figures of a run.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Rows handed over.
    pub rows: u64,
    /// Rows of each kind of event.
    pub kinds: [u64; EventKind::ALL.len()],
    /// Calls of `process`.
    pub calls: u64,
    /// Time in `process`.
    pub busy: Duration,
    /// Longest call of `process` or `checkpoint`.
    pub longest: Duration,
    /// Most findings and withdrawals of one call.
    pub most_outputs: usize,
    /// Most bytes of text in one call's findings.
    pub most_bytes: usize,
    /// Memory of the instance.
    pub memory: usize,
    /// Checkpoints, the keys they changed, and the time they took.
    pub checkpoints: u64,
    /// See `checkpoints`.
    pub changed_keys: u64,
    /// See `checkpoints`.
    pub checkpoint_time: Duration,
    /// Bytes of state, keys included.
    pub state_bytes: usize,
    /// Keys of state.
    pub state_keys: usize,
    /// Largest value.
    pub largest_value: usize,
    /// Different things the plugin is partitioned by.
    pub subjects: usize,
}

/// A call that failed, in the plugin's or the host's words.
#[derive(Clone, Debug)]
pub struct Failed(pub String);

/// A run under way.
pub struct Drive<'a> {
    lab: &'a Lab<'a>,
    plan: Plan,
    settings: crate::config::PluginConfig,
    services: Services,
    /// Time that copying the names took.
    copied: Duration,
    state: Arc<MemoryState>,
    sizes: BTreeMap<String, usize>,
    route: Route,
    layout: Layout,
    packed: Vec<u8>,
    instance: Instance,
    batch: Batch,
    /// Watermark before the batch's first row.
    begins: Millis,
    watermark: Watermark,
    /// No batch's horizon is before this one.
    horizon: Millis,
    batches: usize,
    book: Book,
    said: Vec<Output>,
    subjects: FxHashSet<u64>,
    transcript: Sha256,
    figures: Figures,
}

impl<'a> Drive<'a> {
    /// A fresh instance without state; names are those of `texts`.
    pub fn start(lab: &'a Lab<'a>, texts: &[String], plan: Plan) -> Result<Drive<'a>, Failed> {
        let state = Arc::new(MemoryState::default());
        let begun = Instant::now();
        let names = Arc::new(NameTable::restore(texts.iter().cloned()));
        let copied = begun.elapsed();
        let services = Services { names, directory: lab.traffic.directory.clone(), state: state.clone() };
        let mut settings = lab.settings.clone();
        // The limits are for the engine's batches; a check with longer ones must not trip over them.
        let times = plan.batch.div_ceil(BATCH_ROWS).max(1);
        settings.limits.findings_per_call = settings.limits.findings_per_call.saturating_mul(times);
        settings.limits.output_bytes = settings.limits.output_bytes.saturating_mul(times);
        settings.limits.call_ms = settings.limits.call_ms.saturating_mul(times as u64);
        let route = Route::new(lab.plugin.manifest(), &settings, &lab.traffic.config, &services.names)
            .map_err(|e| Failed(e.to_string()))?;
        let instance = lab.plugin.instantiate(&services, &settings, 1).map_err(|e| Failed(e.to_string()))?;
        let layout = Layout::new(route.fields());
        let batch = route.batch();
        Ok(Drive {
            lab,
            plan,
            settings,
            services,
            copied,
            state,
            sizes: BTreeMap::new(),
            route,
            layout,
            packed: Vec::new(),
            instance,
            batch,
            begins: 0,
            watermark: Watermark::default(),
            horizon: Millis::MIN,
            batches: 0,
            book: Book::default(),
            said: Vec::new(),
            subjects: FxHashSet::default(),
            transcript: Sha256::new(),
            figures: Figures::default(),
        })
    }

    /// Time of the start that was the host's.
    pub fn names_copied(&self) -> Duration {
        self.copied
    }

    /// What there is so far.
    pub fn figures(&mut self) -> &Figures {
        self.figures.memory = self.instance.memory_bytes();
        self.figures.state_bytes = self.sizes.iter().map(|(key, bytes)| key.len() + bytes).sum();
        self.figures.state_keys = self.sizes.len();
        self.figures.subjects = self.subjects.len();
        &self.figures
    }

    /// Hands events over in their order; what is left of a batch waits for the next ones.
    pub fn feed(&mut self, events: &[Event]) -> Result<(), Failed> {
        for event in events {
            let at = self.watermark.at();
            let late = event.int(FieldId::start_time) < at.saturating_sub(LATENESS);
            if !late {
                self.take(event, at)?;
            }
            self.watermark.note(event.int(FieldId::report_time));
        }
        Ok(())
    }

    fn take(&mut self, event: &Event, at: Millis) -> Result<(), Failed> {
        self.packed.clear();
        self.layout.pack(event, &mut self.packed);
        let taken = self.route.take(Row { layout: &self.layout, bytes: &self.packed }, 0, 1);
        if taken == 0 {
            return Ok(());
        }
        let too_long = self.route.is_shared() && at.saturating_sub(self.begins) > MAX_BATCH_SPAN;
        if self.batch.rows > 0 && (self.batch.rows >= self.plan.batch || too_long) {
            self.end_batch()?;
        }
        if self.batch.rows == 0 {
            self.begins = at;
        }
        self.route.gather(Row { layout: &self.layout, bytes: &self.packed }, taken, &mut self.batch);
        self.figures.rows += 1;
        self.figures.kinds[event.kind as usize] += 1;
        self.subjects.insert(match self.lab.plugin.manifest().partition {
            SubjectKind::User => event.slot(FieldId::user),
            SubjectKind::Number => event.slot(FieldId::called_number),
            SubjectKind::Location => event.slot(FieldId::location),
            SubjectKind::Organisation => 0,
        });
        Ok(())
    }

    /// Ends the batch under way, and with it what the plan says.
    fn end_batch(&mut self) -> Result<(), Failed> {
        if self.plan.empty {
            self.call_empty(self.begins.saturating_sub(LATENESS))?;
        }
        self.call(self.begins.saturating_sub(LATENESS))?;
        self.batches += 1;
        if self.plan.checkpoint > 0 && self.batches.is_multiple_of(self.plan.checkpoint) {
            self.checkpoint()?;
        }
        Ok(())
    }

    fn call(&mut self, horizon: Millis) -> Result<(), Failed> {
        self.horizon = self.horizon.max(horizon);
        self.batch.horizon = self.horizon;
        let begun = Instant::now();
        let outputs = self.instance.process(&self.batch);
        let took = begun.elapsed();
        self.batch.clear();
        let outputs = outputs.map_err(|e| Failed(e.to_string()))?;
        self.figures.calls += 1;
        self.figures.busy += took;
        self.figures.longest = self.figures.longest.max(took);
        self.figures.most_outputs = self.figures.most_outputs.max(outputs.len());
        self.figures.most_bytes = self.figures.most_bytes.max(outputs.iter().map(size).sum());
        if self.plan.transcript {
            self.transcript.update(format!("{outputs:?}"));
        }
        self.said.extend(outputs);
        Ok(())
    }

    /// A batch without rows; the one under way waits.
    pub fn call_empty(&mut self, horizon: Millis) -> Result<(), Failed> {
        let waiting = std::mem::replace(&mut self.batch, self.route.batch());
        let done = self.call(horizon);
        self.batch = waiting;
        done
    }

    /// Ends the batch under way and makes a checkpoint.
    pub fn settle(&mut self) -> Result<(), Failed> {
        if self.batch.rows > 0 {
            self.call(self.begins.saturating_sub(LATENESS))?;
        }
        self.checkpoint()
    }

    fn checkpoint(&mut self) -> Result<(), Failed> {
        if self.route.is_shared() {
            self.call_empty(self.watermark.at().saturating_sub(LATENESS))?;
        }
        let begun = Instant::now();
        let changes = self.instance.checkpoint().map_err(|e| Failed(e.to_string()))?;
        let took = begun.elapsed();
        self.figures.longest = self.figures.longest.max(took);
        self.figures.checkpoints += 1;
        self.figures.changed_keys += changes.len() as u64;
        self.figures.checkpoint_time += took;
        if self.plan.transcript {
            self.transcript.update(format!("{changes:?}"));
        }
        changes.iter().for_each(|change| self.keep(change));
        self.instance.committed();
        self.book.take(self.said.drain(..));
        if self.plan.restart {
            self.instance = self
                .lab
                .plugin
                .instantiate(&self.services, &self.settings, 1)
                .map_err(|e| Failed(format!("after a restart: {e}")))?;
        }
        Ok(())
    }

    fn keep(&mut self, change: &StateChange) {
        self.state.apply(self.lab.plugin.id(), change);
        match &change.value {
            Some(value) => {
                self.figures.largest_value = self.figures.largest_value.max(value.len());
                self.sizes.insert(change.key.clone(), value.len());
            }
            None => drop(self.sizes.remove(&change.key)),
        }
    }

    /// Ends the run with a last checkpoint.
    pub fn finish(mut self) -> Result<Run, Failed> {
        self.settle()?;
        if self.plan.empty {
            self.call_empty(self.horizon)?;
            self.checkpoint()?;
        }
        self.figures();
        let findings = self.book.into_findings().into_iter().map(|f| (f.id.clone(), settled(f))).collect();
        let transcript = format!("{:x}", self.transcript.finalize());
        Ok(Run { findings, transcript, figures: self.figures })
    }
}

/// All but what tells how records arrived, and the display name, which the engine gives.
pub fn settled(mut finding: Finding) -> Finding {
    (finding.revision, finding.raised_at) = (0, 0);
    finding.subject.name.clear();
    finding
}

/// Bytes of a finding's texts and evidence, about as they crossed.
fn size(output: &Output) -> usize {
    match output {
        Output::Withdraw { id } => id.len(),
        Output::Raise(f) => {
            f.title.len()
                + f.explanation.iter().map(String::len).sum::<usize>()
                + 16 * f.evidence.len()
                + f.attributes
                    .iter()
                    .map(|(key, value)| key.len() + format!("{value:?}").len())
                    .sum::<usize>()
        }
    }
}
