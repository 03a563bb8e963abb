//! Re-makes findings from the log, with nothing but the log and what was set aside from it.
//!
//! Owns the way of records through `replay`: the whole log is one stretch in the order of report times, state and findings
//! are in memory as in `scan`. Each detector is replayed up to where its stored evaluation stands. Does not own the
//! comparison with what is stored (`cli::replay`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Event, Finding, NameTable};
use rules::RuleSet;
use tokio::runtime::Handle;

use super::book::Book;
use super::ledger::offline;
use super::log::{LogError, Readers};
use super::memory::MemoryState;
use super::spool::{Chunk, Merge, Spool};
use super::{CHUNK_ROWS, Engine, LeftOut, Options};
use crate::config::Config;
use crate::directory::Directory;
use crate::normalize::{Normalizer, sources};
use crate::plugin::{Plugin, Services};
use crate::source::StoredReader;
use crate::store::{Cursor, Position, RULES, Store, StoreError};

/// Chunks between two checkpoints, as in `engine::scan`: rows since the last one stay in memory.
const CHECKPOINT_CHUNKS: usize = 16;

/// What a replay needs.
#[derive(Clone)]
pub struct Replay {
    /// The database.
    pub store: Store,
    /// For the store's work.
    pub runtime: Handle,
    /// The configuration.
    pub config: Arc<Config>,
    /// How engines run.
    pub options: Options,
    /// Records to keep from detectors: those that the stored evaluation set aside.
    pub left_out: LeftOut,
    /// Ends the replay.
    pub stop: Arc<AtomicBool>,
}

impl std::fmt::Debug for Replay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replay({} detectors leave records out)", self.left_out.len())
    }
}

/// What a replay saw and found.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The findings that stand, the one with the latest event first.
    pub findings: Vec<Finding>,
    /// Records read, for the detector that has read most.
    pub records: u64,
    /// Records that this version cannot read.
    pub unreadable: u64,
    /// Records later than the allowed lateness in the order of report times.
    pub late: u64,
    /// Records a detector failed on, beside those left out.
    pub parked: usize,
    /// Detectors that failed too often, with the reason.
    pub quarantined: BTreeMap<String, String>,
}

impl Replay {
    /// Replays `plugins` and `rules`, each up to its cursor. Blocks: it must have a thread of its own.
    ///
    /// # Errors
    /// When the database, the temporary folder or a worker fails, or a stop is asked for.
    pub fn run(
        &self,
        plugins: &[Plugin],
        rules: Option<&Arc<RuleSet>>,
        cursors: &BTreeMap<String, Cursor>,
    ) -> Result<Replayed, LogError> {
        // Usually all stand at one place; one that was stopped or is new does not, and is replayed by itself.
        let mut groups: BTreeMap<Position, Readers> = BTreeMap::new();
        let position_of = |id: &str| cursors.get(id).map_or(Position::START, |c| c.position);
        for plugin in plugins {
            groups.entry(position_of(plugin.id())).or_default().plugins.push(plugin.clone());
        }
        if let Some(rules) = rules {
            groups.entry(position_of(RULES)).or_default().rules = Some(rules.clone());
        }
        groups.remove(&Position::START);
        let mut all = Replayed::default();
        for (end, group) in groups {
            let done = self.group(&group, end)?;
            all.findings.extend(done.findings);
            all.quarantined.extend(done.quarantined);
            all.parked += done.parked;
            all.records = all.records.max(done.records);
            all.unreadable = all.unreadable.max(done.unreadable);
            all.late = all.late.max(done.late);
        }
        all.findings.sort_by(|a, b| (b.last_event, &a.id).cmp(&(a.last_event, &b.id)));
        Ok(all)
    }

    fn group(&self, readers: &Readers, end: Position) -> Result<Replayed, LogError> {
        let names = Arc::new(NameTable::default());
        let directory = Arc::new(Directory::from_config(&self.config));
        let state = Arc::new(MemoryState::default());
        let services = Services { names: names.clone(), directory: directory.clone(), state: state.clone() };
        let (plugins, rules) = (&readers.plugins, readers.rules.as_ref());
        let mut engine = Engine::start(plugins, rules, &self.config, &services, &self.options)?;
        engine.leave_out(self.left_out.clone());
        let mut normalizer = Normalizer::new(names, directory, engine.layout().fields());
        let mut done = Replayed::default();
        let mut spool = Spool::new(engine.layout().clone(), &std::env::temp_dir());
        self.read(end, &mut normalizer, &mut spool, &mut done)?;

        let mut book = Book::default();
        let mut merge = Merge::new(vec![spool])?;
        let mut chunks = 0;
        loop {
            let mut chunk = Chunk::default();
            let more = merge.fill(&mut chunk, CHUNK_ROWS)?;
            self.check_stop()?;
            if more {
                engine.push(chunk)?;
                chunks += 1;
            }
            if !more || chunks % CHECKPOINT_CHUNKS == 0 {
                let checkpoint = engine.checkpoint()?;
                book.take(checkpoint.outputs);
                checkpoint.state.iter().for_each(|(detector, change)| state.apply(detector, change));
                done.parked += checkpoint.parked.len();
                done.quarantined.extend(checkpoint.quarantined);
            }
            if !more {
                break;
            }
        }
        done.late = engine.late();
        offline::warn(&self.config, engine.fates(), done.records, &state);
        done.findings = book.into_findings();
        engine.stop();
        Ok(done)
    }

    /// Reads the log up to `end` into `spool`, the next page while one is normalised.
    fn read(
        &self,
        end: Position,
        normalizer: &mut Normalizer,
        spool: &mut Spool,
        done: &mut Replayed,
    ) -> Result<(), LogError> {
        let request = |after: Position| {
            let store = self.store.clone();
            self.runtime.spawn(async move { store.read_log(after, Some(end), CHUNK_ROWS as u32).await })
        };
        let mut event = Event::default();
        let mut reader = StoredReader::new(sources(normalizer.wanted()));
        let mut next = Some(request(Position::START));
        while let Some(page) = next.take() {
            let rows = self.runtime.block_on(page).map_err(|e| StoreError::Ended(e.to_string()))??;
            self.check_stop()?;
            next = rows.last().filter(|last| last.position < end).map(|last| request(last.position));
            done.records += rows.len() as u64;
            for row in &rows {
                if matches!(reader.read(&row.raw, |r| normalizer.normalize(r, &mut event)), Ok(Ok(()))) {
                    spool.push(&event)?;
                } else {
                    done.unreadable += 1;
                }
            }
        }
        Ok(())
    }

    fn check_stop(&self) -> Result<(), StoreError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(StoreError::Ended("a stop was asked for".to_owned()));
        }
        Ok(())
    }
}
