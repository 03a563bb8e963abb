//! Runs a detector: subjects in memory, batches in, findings out, state written back.
//!
//! Owns which subjects are in memory. The same code runs in a component and natively (tests, the boundary benchmark).

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHashMap;

use crate::detector::Detector;
use crate::finding::Output;
use crate::imports;
use crate::row::{Batch, Columns, Row};
use crate::span::Stamped;
use crate::timeline::{Inserted, Timeline};
use crate::types::{Error, Millis, Subject};

/// Most subjects kept in memory after a checkpoint; the others are read again when they are needed. At 1 to 2 KB
/// each this stays within half of an instance's usual 256 MiB.
const RESIDENT: usize = 60_000;

/// Subjects whose slot is found without searching: one comparison, where a hash table's search is two loops.
const RECENT: usize = 4096;
/// No slot has this number.
const NOBODY: (Subject, u32) = (Subject::Organisation, u32::MAX);

type TimelineOf<D> = Timeline<<D as Detector>::Event, <D as Detector>::State, <D as Detector>::Facts>;

struct Slot<D: Detector> {
    subject: Subject,
    timeline: TimelineOf<D>,
    /// Has events that are not folded, in this batch.
    touched: bool,
    /// Differs from what is stored.
    dirty: bool,
    /// Count of the batch that last used it, for eviction.
    used: u64,
}

/// A configured detector with its subjects.
pub struct Runner<D: Detector> {
    detector: D,
    columns: Columns,
    slots: Vec<Slot<D>>,
    index: FxHashMap<Subject, u32>,
    /// The subject last found at each place, with its slot.
    recent: Vec<(Subject, u32)>,
    touched: Vec<u32>,
    /// Events of the batch under way with their subjects' slots; kept for its buffer.
    taken: Vec<(u32, Stamped<D::Event>)>,
    batches: u64,
    horizon: Millis,
    too_late: u64,
    resident: usize,
}

/// A detector run outside a component: tests, and the host's benchmark of the boundary.
pub type NativeRunner<D> = Runner<D>;

/// Where a subject is remembered.
#[inline]
fn place(subject: Subject) -> usize {
    let mut hasher = rustc_hash::FxHasher::default();
    subject.hash(&mut hasher);
    hasher.finish() as usize % RECENT
}

impl<D: Detector> Runner<D> {
    /// From the configuration as JSON and the names of the columns in the order of the batches.
    ///
    /// # Errors
    /// When either does not fit the detector.
    pub fn configure(config: &str, columns: &[String]) -> Result<Runner<D>, Error> {
        let columns = Columns::new(columns)?;
        let config = serde_json::from_str(config).map_err(|e| Error::InvalidConfig(e.to_string()))?;
        let detector = D::new(config).map_err(Error::InvalidConfig)?;
        Ok(Runner {
            detector,
            columns,
            slots: Vec::new(),
            index: FxHashMap::default(),
            recent: vec![NOBODY; RECENT],
            touched: Vec::new(),
            taken: Vec::new(),
            batches: 0,
            horizon: Millis::MIN,
            too_late: 0,
            resident: RESIDENT,
        })
    }

    /// Keeps at most this many subjects in memory after a checkpoint.
    #[must_use]
    pub fn with_resident(mut self, subjects: usize) -> Runner<D> {
        self.resident = subjects;
        self
    }

    /// Takes the next events and says what changed.
    ///
    /// # Errors
    /// When the batch does not have the declared columns, or stored state cannot be read.
    pub fn process(&mut self, batch: &Batch) -> Result<Vec<Output>, Error> {
        self.columns.check(batch)?;
        self.batches += 1;
        self.take(batch)?;
        self.fetch();
        self.insert();
        self.horizon = self.horizon.max(batch.horizon);
        Ok(self.settle())
    }

    /// Selects the batch's events and finds their subjects.
    fn take(&mut self, batch: &Batch) -> Result<(), Error> {
        self.taken.clear();
        for index in 0..batch.rows {
            let row = Row::new(batch, &self.columns, index);
            let start = row.start_time();
            if start == 0 {
                continue;
            }
            let Some((subject, event)) = self.detector.select(&row) else { continue };
            if start < self.horizon {
                self.too_late += 1;
                continue;
            }
            let report = row.report_time();
            let report = if report == 0 { start } else { report };
            let event = Stamped { start, report, id: row.record_id(), event };
            let known = &mut self.recent[place(subject)];
            if known.0 != subject || known.1 == NOBODY.1 {
                *known = (subject, Self::slot(&mut self.slots, &mut self.index, subject)?);
            }
            let slot = known.1;
            self.taken.push((slot, event));
        }
        Ok(())
    }

    /// Has the processor fetch all the timelines at once that would otherwise be waited for one after the other:
    /// subjects are many, and a batch's are seldom in the cache.
    fn fetch(&self) {
        let glance = |(slot, _): &(u32, _)| self.slots[*slot as usize].timeline.glance();
        // By fours, because a component looks at its deadline at every turn of a loop.
        let (fours, rest) = self.taken.as_chunks::<4>();
        let sum =
            fours.iter().fold(0, |sum, [a, b, c, d]| sum ^ glance(a) ^ glance(b) ^ glance(c) ^ glance(d));
        std::hint::black_box(rest.iter().fold(sum, |sum, taken| sum ^ glance(taken)));
    }

    /// Puts the events into their timelines.
    fn insert(&mut self) {
        for (slot, event) in self.taken.drain(..) {
            let entry = &mut self.slots[slot as usize];
            match entry.timeline.insert(event) {
                Inserted::Taken => {
                    entry.used = self.batches;
                    if !entry.touched {
                        entry.touched = true;
                        entry.dirty = true;
                        self.touched.push(slot);
                    }
                }
                Inserted::Duplicate => {}
                Inserted::TooLate => self.too_late += 1,
            }
        }
    }

    /// Folds and tells what this batch touched.
    fn settle(&mut self) -> Vec<Output> {
        let mut output = Vec::new();
        let look_back = self.detector.look_back();
        for slot in self.touched.drain(..) {
            let entry = &mut self.slots[slot as usize];
            entry.touched = false;
            entry.timeline.catch_up(&self.detector, entry.subject);
            entry.timeline.tell(&self.detector, entry.subject, &mut output);
            if entry.timeline.wants_sealing() {
                entry.timeline.seal(self.horizon, look_back);
            }
        }
        output
    }

    fn slot(
        slots: &mut Vec<Slot<D>>,
        index: &mut FxHashMap<Subject, u32>,
        subject: Subject,
    ) -> Result<u32, Error> {
        if let Some(slot) = index.get(&subject) {
            return Ok(*slot);
        }
        let timeline = Self::load(subject)?;
        let slot = slots.len() as u32;
        slots.push(Slot { subject, timeline, touched: false, dirty: false, used: 0 });
        index.insert(subject, slot);
        Ok(slot)
    }

    fn load(subject: Subject) -> Result<TimelineOf<D>, Error> {
        let key = subject.state_key();
        let Some(bytes) = imports::state_get(&key) else { return Ok(Timeline::default()) };
        let unreadable = |why: String| Error::InvalidState(format!("key '{key}': {why}"));
        let mut migrated = Vec::new();
        let body = match bytes.split_first() {
            Some((version, body)) if *version == D::STATE_SCHEMA => body,
            Some((version, body)) => {
                migrated = D::migrate(*version, body).map_err(unreadable)?;
                &migrated
            }
            None => return Err(unreadable("it is empty".to_owned())),
        };
        let mut timeline: TimelineOf<D> =
            postcard::from_bytes(body).map_err(|e| unreadable(format!("schema {}: {e}", D::STATE_SCHEMA)))?;
        drop(migrated);
        timeline.restored();
        Ok(timeline)
    }

    /// Writes what changed and forgets the subjects longest unused if there are too many.
    ///
    /// # Errors
    /// When a state cannot be written.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        let look_back = self.detector.look_back();
        // In the order in which subjects were first met: the same for the same input.
        for entry in self.slots.iter_mut().filter(|s| s.dirty) {
            entry.timeline.catch_up(&self.detector, entry.subject);
            entry.timeline.seal(self.horizon, look_back);
            imports::state_set(&entry.subject.state_key(), &Self::encode(&entry.timeline)?);
            entry.dirty = false;
        }
        self.evict();
        if self.too_late > 0 {
            crate::log::info(&format!(
                "{} events started before the horizon and were left out",
                self.too_late
            ));
            self.too_late = 0;
        }
        Ok(())
    }

    fn encode(timeline: &TimelineOf<D>) -> Result<Vec<u8>, Error> {
        let bytes = postcard::to_extend(timeline, vec![D::STATE_SCHEMA]);
        bytes.map_err(|e| Error::InvalidState(format!("cannot be written: {e}")))
    }

    /// Everything is stored: the subjects longest unused can go.
    fn evict(&mut self) {
        if self.slots.len() <= self.resident {
            return;
        }
        let used_since = |batch: u64| self.slots.iter().filter(|s| s.used >= batch).count();
        let (mut low, mut high) = (0, self.batches + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if used_since(middle) > self.resident {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.slots.retain(|s| s.used >= low);
        self.recent.fill(NOBODY);
        self.index = self.slots.iter().enumerate().map(|(i, s)| (s.subject, i as u32)).collect();
    }

    /// Subjects in memory.
    pub fn resident(&self) -> usize {
        self.slots.len()
    }
}
