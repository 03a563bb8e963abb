//! An engine with its book and its state in memory, which survive it.

use std::sync::Arc;

use model::Finding;
use ringfence::engine::book::Book;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::{Chunk, Merge, Spool};
use ringfence::engine::{Engine, Options};
use ringfence::plugin::Services;

use super::organisation::{LATENESS, Organisation};

/// A stream of chance (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which must not be 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Whether something with this many chances in a hundred happens.
    pub fn percent(&mut self, chances: u64) -> bool {
        self.below(100) < chances
    }
}

pub struct Machine {
    organisation: &'static Organisation,
    engine: Engine,
    state: Arc<MemoryState>,
    book: Book,
}

fn engine(organisation: &Organisation, state: &Arc<MemoryState>, workers: usize) -> Engine {
    let services = Services {
        names: organisation.names.clone(),
        directory: organisation.directory.clone(),
        state: state.clone(),
    };
    let options = Options { workers, lateness: LATENESS, generation: 1 };
    Engine::start(&organisation.plugins, &organisation.config, &services, &options).unwrap()
}

impl Machine {
    pub fn start(organisation: &'static Organisation, workers: usize) -> Machine {
        let state = Arc::new(MemoryState::default());
        let engine = engine(organisation, &state, workers);
        Machine { organisation, engine, state, book: Book::default() }
    }

    /// Another engine goes on from what was kept; what was not checkpointed is gone.
    pub fn restart(self, workers: usize) -> Machine {
        let Machine { organisation, engine: old, state, book } = self;
        old.stop();
        let engine = engine(organisation, &state, workers);
        Machine { organisation, engine, state, book }
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
        for (detector, fate) in self.engine.fates() {
            assert!(fate.quarantined.is_none(), "{detector}: {:?}", fate.quarantined);
        }
        assert_eq!(self.engine.late(), 0, "nothing came too late");
        self.book.take(checkpoint.outputs);
        for (detector, change) in &checkpoint.state {
            self.state.apply(detector, change);
        }
    }

    pub fn findings(self) -> Vec<Finding> {
        self.engine.stop();
        self.book.into_findings()
    }
}
