//! An engine, and in memory what a checkpoint keeps of it: book, state, watermark, display names.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Finding, Millis, RecordId, SubjectKind};
use ringfence::engine::book::Book;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::{Chunk, Merge, Spool};
use ringfence::engine::watermark::Watermark;
use ringfence::engine::{Engine, Options};
use ringfence::plugin::Services;

use super::dice::Dice;
use super::organisation::{LATENESS, Organisation};

pub struct Machine {
    organisation: &'static Organisation,
    engine: Engine,
    kept: Kept,
}

/// What survives an engine.
#[derive(Default)]
struct Kept {
    state: Arc<MemoryState>,
    book: Book,
    watermark: Vec<Millis>,
    /// Each user's name on the latest record.
    people: BTreeMap<String, (Millis, RecordId, String)>,
}

fn engine(organisation: &Organisation, kept: &Kept, workers: usize) -> Engine {
    let services = Services {
        names: organisation.names.clone(),
        directory: organisation.directory.clone(),
        state: kept.state.clone(),
    };
    let options = Options { workers, lateness: LATENESS, generation: 1 };
    let mut engine = Engine::start(
        &organisation.plugins,
        Some(&organisation.rules),
        &organisation.config,
        &services,
        &options,
    )
    .unwrap();
    engine.set_watermark(Watermark::restore(kept.watermark.clone()));
    engine
}

impl Machine {
    pub fn start(organisation: &'static Organisation, workers: usize) -> Machine {
        let kept = Kept::default();
        Machine { organisation, engine: engine(organisation, &kept, workers), kept }
    }

    /// Another engine goes on from what was kept; what was not checkpointed is gone.
    pub fn restart(self, workers: usize) -> Machine {
        let Machine { organisation, engine: old, kept } = self;
        old.stop();
        Machine { organisation, engine: engine(organisation, &kept, workers), kept }
    }

    /// Hands events over in chunks of at most `chunk`, as they come or ordered by report time.
    pub fn push(&mut self, rows: &[usize], sorted: bool, chunk: usize, dice: &mut Dice) {
        let layout = self.engine.layout().clone();
        let events = rows.iter().map(|index| &self.organisation.events[*index]);
        let mut size = || 1 + dice.below(chunk as u64) as usize;
        if !sorted {
            let (mut now, mut limit) = (Chunk::default(), size());
            for event in events {
                now.push_event(&layout, event);
                if now.len() == limit {
                    self.engine.push(std::mem::take(&mut now)).unwrap();
                    limit = size();
                }
            }
            self.engine.push(now).unwrap();
            return;
        }
        let mut spools: Vec<Spool> =
            (0..3).map(|_| Spool::new(layout.clone(), &std::env::temp_dir())).collect();
        for (event, at) in events.zip((0..3).cycle()) {
            spools[at].push(event).unwrap();
        }
        let mut merge = Merge::new(spools).unwrap();
        loop {
            let mut now = Chunk::default();
            if !merge.fill(&mut now, size()).unwrap() {
                return;
            }
            self.engine.push(now).unwrap();
        }
    }

    /// What changed is kept, as a transaction would keep it.
    pub fn checkpoint(&mut self) {
        let checkpoint = self.engine.checkpoint().unwrap();
        assert!(checkpoint.parked.is_empty(), "{:?}", checkpoint.parked);
        assert!(checkpoint.quarantined.is_empty(), "{:?}", checkpoint.quarantined);
        assert!(checkpoint.late.is_empty(), "nothing came too late: {:?}", checkpoint.late);
        assert!(checkpoint.failures.is_empty(), "{:?}", checkpoint.failures);
        self.kept.book.take(checkpoint.outputs);
        for (detector, change) in &checkpoint.state {
            self.kept.state.apply(detector, change);
        }
        self.kept.watermark = self.engine.watermark().times().to_vec();
        for person in checkpoint.people {
            let seen = (person.report_time, person.record, person.name);
            let known = self.kept.people.entry(person.user).or_insert_with(|| seen.clone());
            if (seen.0, seen.1) > (known.0, known.1) {
                *known = seen;
            }
        }
    }

    /// The findings that stand; users are shown by the name they have now.
    pub fn findings(self) -> Vec<Finding> {
        self.engine.stop();
        let mut findings = self.kept.book.into_findings();
        for finding in &mut findings {
            let subject = &mut finding.subject;
            if subject.kind == SubjectKind::User
                && let Some((_, _, name)) = self.kept.people.get(&subject.id)
            {
                subject.name = name.clone();
            }
        }
        findings
    }
}
