//! Readers outside the main group, each with a cursor and a thread of its own: stopped ones, new ones, slow ones.
//!
//! Owns their threads, how many there are at a time, and when one is done: a reader that only had to catch up is done when it is level;
//! one that was too slow follows the log here until it is quicker (`book`). Does not own who gets here (`term`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::book::{Book, Look};
use super::groups::{Behind, Reader};
use super::term::start_behind;
use super::{InForce, POLL};
use crate::config::Budget;
use crate::engine::EngineError;
use crate::engine::account::{self, Pace, is_over};
use crate::engine::log::{LogError, LogRun, Progress, Shared};
use crate::engine::worker::WorkerGone;
use crate::plugin::Plugin;
use crate::store::Position;

/// Most lanes at a time: each is two threads and an instance. More readers than that take turns.
pub(super) const MAX_LANES: usize = 16;

/// How long a turn lasts when others wait for theirs.
const TURN: Duration = Duration::from_secs(60);

/// Where the main group is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) position: Position,
    pub(super) generation: u64,
}

/// What a lane tells while it runs.
struct Told {
    position: Mutex<Position>,
    /// It is where the main group was a moment ago.
    is_level: AtomicBool,
    is_slow: AtomicBool,
    /// Others wait for a lane.
    is_crowded: AtomicBool,
}

/// How a reader's run outside the main group ended.
enum End {
    /// It is level and may join the others.
    Level,
    /// It was stopped again, or must end.
    Stopped,
    /// Others have their turn now.
    Yields,
}

/// A lane of a term that is over.
pub(super) struct Ending {
    pub(super) id: String,
    pub(super) thread: JoinHandle<()>,
}

struct Lane {
    reader: Reader,
    halt: Arc<AtomicBool>,
    told: Arc<Told>,
    /// Whether it is said that a stop of its reader is over.
    is_released: bool,
    thread: JoinHandle<Result<End, LogError>>,
}

impl Lane {
    /// Whether its reader is slow and level.
    fn follows(&self) -> bool {
        self.told.is_slow.load(Ordering::Relaxed) && self.told.is_level.load(Ordering::Relaxed)
    }
}

impl Told {
    fn position(&self) -> Position {
        *self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has ended.
#[derive(Default)]
pub(super) struct Ended {
    /// Readers that are level.
    pub(super) level: Vec<String>,
    /// Readers that go on later.
    pub(super) behind: Vec<Behind>,
    /// Whether one of these was stopped.
    pub(super) has_stopped: bool,
}

/// The lanes of one term.
pub(super) struct Lanes {
    running: Vec<Lane>,
    target: Arc<Mutex<Target>>,
}

impl Lanes {
    pub(super) fn new(target: Target) -> Lanes {
        Lanes { running: Vec::new(), target: Arc::new(Mutex::new(target)) }
    }

    /// Says where the main group is.
    pub(super) fn set_target(&self, target: Target) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }

    /// Whether every lane is one of a slow reader and has read all that the main group has: nothing is left to do for now.
    pub(super) fn are_level(&self, end: Position) -> bool {
        self.running.iter().all(|lane| lane.follows() && lane.told.position() >= end)
    }

    /// Slow readers that have become level since the last call: a stop that they came from is over.
    pub(super) fn newly_level(&mut self) -> Vec<String> {
        let new = self.running.iter_mut().filter(|lane| lane.follows() && !lane.is_released);
        let ids = new.map(|lane| {
            lane.is_released = true;
            lane.reader.id().to_owned()
        });
        ids.collect()
    }

    /// Who runs here, and whether it is here for being slow.
    pub(super) fn readers(&self) -> impl Iterator<Item = (&str, bool)> {
        self.running.iter().map(|lane| (lane.reader.id(), lane.told.is_slow.load(Ordering::Relaxed)))
    }

    /// Starts lanes for those that are due, as long as there are any left.
    pub(super) fn start_due(
        &mut self,
        shared: &Shared,
        policy: &InForce,
        book: &Book,
        behind: &mut Vec<Behind>,
    ) -> Result<(), LogError> {
        let now = Instant::now();
        let mut at = 0;
        let mut waits = false;
        while at < behind.len() {
            let is_due = behind[at].due <= now && !book.ends(behind[at].reader.id());
            let is_full = self.running.len() >= MAX_LANES;
            waits |= is_due && is_full;
            if is_due && !is_full {
                let Behind { reader, .. } = behind.remove(at);
                self.start(shared, policy, book, reader)?;
            } else {
                at += 1;
            }
        }
        for lane in &self.running {
            lane.told.is_crowded.store(waits, Ordering::Relaxed);
        }
        Ok(())
    }

    fn start(
        &mut self,
        shared: &Shared,
        policy: &InForce,
        book: &Book,
        reader: Reader,
    ) -> Result<(), LogError> {
        let halt = Arc::new(AtomicBool::new(false));
        let mut shared = Shared { halt: halt.clone(), config: policy.config.clone(), ..shared.clone() };
        let (mut stay, mut budget) = (None, None);
        if let Reader::Plugin(plugin) = &reader {
            stay = book.stay(plugin);
            budget = Some(policy.config.plugins.get(plugin.id()).cloned().unwrap_or_default().budget);
            // One worker: what it may use is less than a core.
            shared.options.workers = 1;
            let stops = [shared.stop.clone(), halt.clone()];
            shared.lane = Some(account::Lane { pace: shared.pace.clone(), stops });
        }
        tracing::info!(detector = reader.id(), slow = stay.is_some(), "reads the log in a lane of its own");
        let told = Arc::new(Told {
            position: Mutex::new(Position::START),
            is_level: AtomicBool::new(false),
            is_slow: AtomicBool::new(stay.is_some()),
            is_crowded: AtomicBool::new(false),
        });
        let follower = Follower {
            readers_id: reader.id().to_owned(),
            stay: stay.unwrap_or_default(),
            budget,
            shared,
            told: told.clone(),
            target: self.target.clone(),
        };
        let readers = reader.alone(policy);
        let work = move || {
            let run = start_behind(&follower.shared, readers, &follower.readers_id)?;
            follower.follow(run)
        };
        let thread = std::thread::Builder::new().name("lane".to_owned()).spawn(work);
        let thread = thread.map_err(EngineError::Thread)?;
        self.running.push(Lane { reader, halt, told, is_released: false, thread });
        Ok(())
    }

    /// What has ended since the last call; plugins that turned out to be slow are noted.
    pub(super) fn reap(&mut self, book: &mut Book) -> Result<Ended, LogError> {
        let mut ended = Ended::default();
        let now = Instant::now();
        book.ending.retain(|ending| !ending.thread.is_finished());
        let (done, running): (Vec<Lane>, Vec<Lane>) =
            std::mem::take(&mut self.running).into_iter().partition(|lane| lane.thread.is_finished());
        self.running = running;
        for lane in &self.running {
            note_slow(lane, book, now);
        }
        for lane in done {
            note_slow(&lane, book, now);
            match lane.thread.join().unwrap_or(Err(EngineError::Worker(WorkerGone).into()))? {
                End::Level => {
                    book.leave(lane.reader.id(), now);
                    ended.level.push(lane.reader.id().to_owned());
                }
                End::Stopped => {
                    ended.has_stopped = true;
                    ended.behind.push(Behind { reader: lane.reader, due: now });
                }
                End::Yields => ended.behind.push(Behind { reader: lane.reader, due: now }),
            }
        }
        Ok(ended)
    }

    /// Has all end. Those in the midst of a call end after it: the next term does not wait for them, but starts no lane for their
    /// readers before. What they commit until then, the new epoch refuses.
    pub(super) fn halt(mut self, book: &mut Book) {
        let running = std::mem::take(&mut self.running);
        for lane in &running {
            lane.halt.store(true, Ordering::Relaxed);
        }
        let now = Instant::now();
        for lane in running {
            note_slow(&lane, book, now);
            let id = lane.reader.id().to_owned();
            let ended = lane.thread;
            let wait = move || {
                // Whatever it failed of, it starts again from what is stored.
                let _ = ended.join();
            };
            if let Ok(thread) = std::thread::Builder::new().name("lane-end".to_owned()).spawn(wait) {
                book.ending.push(Ending { id, thread });
            }
        }
    }
}

impl Drop for Lanes {
    /// Of a term that failed.
    fn drop(&mut self) {
        for lane in &self.running {
            lane.halt.store(true, Ordering::Relaxed);
        }
    }
}

fn note_slow(lane: &Lane, book: &mut Book, now: Instant) {
    if let Reader::Plugin(plugin) = &lane.reader
        && lane.told.is_slow.load(Ordering::Relaxed)
        && book.stay(plugin).is_none()
    {
        say_slow(plugin);
        book.enter(plugin, now);
    }
}

/// Tells the operator that a plugin has left the main group.
pub(super) fn say_slow(plugin: &Plugin) {
    let id = plugin.id();
    tracing::warn!(
        plugin = id,
        "takes more time per record than its budget.record_us: it reads the log in a lane of its own now, and may fall behind; \
         see 'ringfence plugin top'. Raise plugins.{id}.budget.record_us, or have the plugin do less for each record"
    );
}

/// Counts a lane as one at work.
struct Working(Arc<Pace>);

impl Working {
    fn begin(pace: &Arc<Pace>) -> Working {
        pace.works(true);
        Working(pace.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.works(false);
    }
}

/// What a lane's thread has.
struct Follower {
    readers_id: String,
    /// How long it stays at least, if it is slow.
    stay: Duration,
    /// None for the rules.
    budget: Option<Budget>,
    shared: Shared,
    told: Arc<Told>,
    target: Arc<Mutex<Target>>,
}

impl Follower {
    fn follow(&self, mut run: LogRun) -> Result<End, LogError> {
        let begun = Instant::now();
        let mut look: Option<Look> = None;
        let end = loop {
            let target = *self.target.lock().unwrap_or_else(PoisonError::into_inner);
            *self.told.position.lock().unwrap_or_else(PoisonError::into_inner) = run.position();
            let is_level = run.position() >= target.position;
            self.told.is_level.store(is_level, Ordering::Relaxed);
            run.set_generation(target.generation);
            if is_level {
                if !self.is_slow(&run, begun) {
                    break End::Level;
                }
                let (used, records) = (run.work_of(&self.readers_id), run.progress().records);
                let now = Instant::now();
                let looked = look.get_or_insert_with(|| Look::begin(now, used, records));
                match self.budget.as_ref().and_then(|b| looked.verdict(b, self.stay, now, used, records)) {
                    Some(true) => break End::Level,
                    Some(false) => look = None,
                    None => {}
                }
                run.retry_parked()?;
                self.pause();
            } else {
                let _working = self.shared.lane.as_ref().map(|lane| Working::begin(&lane.pace));
                run.drain(Some(target.position), |_| Ok(!self.told.is_crowded.load(Ordering::Relaxed)))?;
            }
            if run.is_empty() || self.shared.stops() {
                break End::Stopped;
            }
            if self.told.is_crowded.load(Ordering::Relaxed) && begun.elapsed() >= TURN {
                break End::Yields;
            }
        };
        run.stop();
        Ok(end)
    }

    /// Whether it is here for being slow, or was slow while it caught up: then it would only have to leave again.
    fn is_slow(&self, run: &LogRun, begun: Instant) -> bool {
        if self.told.is_slow.load(Ordering::Relaxed) {
            return true;
        }
        let Some(budget) = &self.budget else { return false };
        let ((time, rows), Progress { records, .. }) = (run.work_of(&self.readers_id), run.progress());
        let slow = time > account::BURST && is_over(budget, 1.0, time, *records, rows, begun.elapsed());
        if slow {
            self.told.is_slow.store(true, Ordering::Relaxed);
        }
        slow
    }

    fn pause(&self) {
        if !self.shared.stops() {
            std::thread::sleep(POLL);
        }
    }
}
