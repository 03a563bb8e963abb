//! Runs a detector: batches in, findings out, state written back.
//!
//! Owns the subjects at work: those lately used have their timelines here, the others are idle ([`crate::rest`]). The
//! same code runs in a component and natively (tests, the boundary benchmark).

mod learning;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::detector::Detector;
use crate::finding::Output;
use crate::imports;
use crate::panel::Panel;
use crate::rest::{Key, Place, Subjects};
use crate::row::{Batch, Columns, Context, Row};
use crate::setup::Setup;
use crate::span::Stamped;
use crate::timeline::{self, Inserted, Timeline};
use crate::types::{DAY, Error, Millis, Subject};

/// Most subjects at work after a batch: enough for an organisation of usual size to have nobody idle, and some
/// megabytes. A timeline at work is quick, and about four times as large as one at rest.
const AT_WORK: usize = 3072;
/// Of so many at work one goes to rest: few at a time would be looked for too often.
const REST_SHARE: usize = 6;
/// A timeline at work may take this much of the memory allowed for those at rest.
const WORK_BYTES: usize = 8 << 10;

/// An event so long before the horizon is sealed before another comes to its subject: half the time for which the habits
/// that it saw are kept.
const SEALED_BY: Millis = 7 * DAY;

/// Idle subjects may take a half of it: the rest is for those at work, those not yet stored, the batch, and what
/// fragments.
const ROOM_SHARE: usize = 2;

/// Subjects at work whose slot is found without searching: one comparison, where a hash table's search is two loops.
const RECENT_BITS: u32 = 12;

type TimelineOf<D> = Timeline<<D as Detector>::Event, <D as Detector>::State, <D as Detector>::Facts>;

/// In this order, for the cache.
#[repr(C)]
struct Slot<D: Detector> {
    /// [`Key::NOBODY`] if the slot is free.
    key: Key,
    /// Has events that are not folded, in this batch.
    touched: bool,
    /// Differs from what is stored.
    dirty: bool,
    /// Count of the batch that last used it.
    used: u32,
    timeline: TimelineOf<D>,
}

/// A configured detector with its subjects.
pub struct Runner<D: Detector> {
    panel: Panel<D>,
    columns: Arc<Columns>,
    slots: Vec<Slot<D>>,
    free: Vec<u32>,
    subjects: Subjects,
    /// The slot last found for each place; it may be another subject's by now, or free.
    recent: Vec<u32>,
    touched: Vec<u32>,
    /// Events of the batch under way with their subjects' slots; kept for its buffer.
    taken: Vec<(u32, Stamped<D::Event>)>,
    /// Subjects that differ from what is stored, in the order in which they came to.
    changed: Vec<Key>,
    /// For a timeline's bytes.
    buffer: Vec<u8>,
    batches: u32,
    /// Subjects with events that saw habits of the organisation that are not final.
    waiting: BTreeSet<(Millis, Key)>,
    /// Whether what is stored of the organisation has been read.
    knows: bool,
    horizon: Millis,
    too_late: u64,
    at_work: usize,
}

/// A detector run outside a component: tests, and the host's benchmark of the boundary.
pub type NativeRunner<D> = Runner<D>;

/// Where a subject is remembered.
#[inline]
fn place(key: Key) -> usize {
    (key.spread() >> (64 - RECENT_BITS)) as usize
}

impl<D: Detector> Runner<D> {
    /// From what the host says.
    ///
    /// # Errors
    /// When settings or columns do not fit the detector.
    pub fn configure(setup: &Setup) -> Result<Runner<D>, Error> {
        let columns = Arc::new(Columns::new(&setup.columns)?);
        let panel = Panel::new(setup)?;
        let room = usize::try_from(setup.memory_bytes).unwrap_or(usize::MAX) / ROOM_SHARE;
        Ok(Runner {
            panel,
            columns,
            slots: Vec::new(),
            free: Vec::new(),
            subjects: Subjects::new(room),
            recent: vec![0; 1 << RECENT_BITS],
            touched: Vec::new(),
            taken: Vec::new(),
            changed: Vec::new(),
            buffer: Vec::new(),
            batches: 0,
            waiting: BTreeSet::new(),
            knows: !Panel::<D>::LEARNS,
            horizon: Millis::MIN,
            too_late: 0,
            at_work: AT_WORK.min(room / WORK_BYTES),
        })
    }

    /// Keeps at most this many subjects at work after a batch, and at most so many bytes of idle ones that are stored.
    #[must_use]
    pub fn with_bounds(mut self, at_work: usize, idle_bytes: usize) -> Runner<D> {
        self.at_work = at_work;
        self.subjects.set_room(idle_bytes);
        self
    }

    /// Takes the next events and says what changed.
    ///
    /// # Errors
    /// When the batch does not have the declared columns, or stored state cannot be read.
    pub fn process(&mut self, batch: &Batch) -> Result<Vec<Output>, Error> {
        self.columns.check(batch)?;
        self.know()?;
        self.batches = self.batches.saturating_add(1);
        self.take(batch)?;
        self.fetch();
        self.insert();
        self.horizon = self.horizon.max(batch.horizon);
        self.step_again(batch.rows == 0)?;
        let output = self.settle();
        self.panel.organisation.forget(self.horizon);
        self.rest()?;
        Ok(output)
    }

    /// Selects the batch's events and finds their subjects.
    fn take(&mut self, batch: &Batch) -> Result<(), Error> {
        self.taken.clear();
        let columns = self.columns.clone();
        for index in 0..batch.rows {
            let row = Row::new(batch, &columns, index);
            let start = row.start_time();
            if start == 0 {
                continue;
            }
            let context = row.context();
            let variant = context.variant();
            if context.is_for(Context::PARTITION)
                && let Some(selected) = self.panel.of(variant).select(&row)
            {
                self.put(&row, variant, selected)?;
            }
            if context.is_for(Context::ALSO)
                && let Some(selected) = self.panel.of(variant).select_also(&row)
            {
                self.put(&row, variant, selected)?;
            }
            if context.is_for(Context::ORGANISATION) && start >= self.horizon {
                self.panel.learn(variant, &row);
            }
        }
        Ok(())
    }

    /// Puts a selected event with those of the batch.
    #[inline]
    fn put(
        &mut self,
        row: &Row<'_>,
        variant: u8,
        (subject, event): (Subject, D::Event),
    ) -> Result<(), Error> {
        if subject.is_absent() {
            return Ok(());
        }
        let start = row.start_time();
        if start < self.horizon {
            self.too_late += 1;
            return Ok(());
        }
        let report = row.report_time();
        let report = if report == 0 { start } else { report };
        let event = Stamped { start, report, id: row.record_id(), variant, event };
        let slot = self.slot(Key::of(subject))?;
        self.taken.push((slot, event));
        Ok(())
    }

    #[inline]
    fn slot(&mut self, key: Key) -> Result<u32, Error> {
        let known = self.recent[place(key)];
        match self.slots.get(known as usize) {
            Some(slot) if slot.key == key => Ok(known),
            _ => self.find(key),
        }
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
            let start = event.start;
            if Panel::<D>::LEARNS && entry.timeline.is_unsealed_before(self.horizon.saturating_sub(SEALED_BY))
            {
                // What is long final must not be stepped again: the habits it saw will be forgotten.
                let subject = entry.key.subject();
                entry.timeline.catch_up(&mut self.panel, subject);
                entry.timeline.seal_all(&mut self.panel, subject, self.horizon);
            }
            match entry.timeline.insert(event) {
                Inserted::Taken => {
                    entry.used = self.batches;
                    if self.panel.organisation.is_open(start) {
                        self.waiting.insert((start, entry.key));
                    }
                    if !entry.touched {
                        entry.touched = true;
                        self.touched.push(slot);
                        if !entry.dirty {
                            entry.dirty = true;
                            self.changed.push(entry.key);
                        }
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
        for slot in self.touched.drain(..) {
            let entry = &mut self.slots[slot as usize];
            entry.touched = false;
            let subject = entry.key.subject();
            entry.timeline.catch_up(&mut self.panel, subject);
            entry.timeline.tell(&self.panel, subject, &mut output);
            if entry.timeline.wants_sealing() {
                entry.timeline.seal(&self.panel, self.horizon);
            }
        }
        output
    }

    /// The slot of a subject that is not among the recent.
    #[cold]
    fn find(&mut self, key: Key) -> Result<u32, Error> {
        let slot = match self.subjects.place(key) {
            Some(Place::Work(slot)) => *slot,
            Some(Place::Rest { bytes, saved }) => {
                let (timeline, dirty) = (Self::read(&self.panel, key, bytes)?, !saved);
                self.wait_again(key, &timeline);
                self.put_to_work(key, timeline, dirty)
            }
            None => {
                let timeline = match imports::state_get(&key.subject().state_key()) {
                    Some(bytes) => Self::read(&self.panel, key, &bytes)?,
                    None => Timeline::default(),
                };
                self.wait_again(key, &timeline);
                self.put_to_work(key, timeline, false)
            }
        };
        self.recent[place(key)] = slot;
        Ok(slot)
    }

    fn put_to_work(&mut self, key: Key, timeline: TimelineOf<D>, dirty: bool) -> u32 {
        let entry = Slot { key, timeline, touched: false, dirty, used: self.batches };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = entry;
                slot
            }
            None => {
                self.slots.push(entry);
                (self.slots.len() - 1) as u32
            }
        };
        self.subjects.put_to_work(key, slot);
        slot
    }

    fn read(panel: &Panel<D>, key: Key, bytes: &[u8]) -> Result<TimelineOf<D>, Error> {
        timeline::read::<D>(bytes, panel.organisation.final_before())
            .map_err(|why| Error::InvalidState(format!("key '{}': {why}", key.subject().state_key())))
    }

    /// Sends those at work that were not used for longest to rest if they are too many, and forgets idle ones if they
    /// take too much memory.
    fn rest(&mut self) -> Result<(), Error> {
        let at_work = self.slots.len() - self.free.len();
        if at_work > self.at_work {
            let slots = self.slots.iter().enumerate().filter(|(_, s)| s.key != Key::NOBODY);
            let mut oldest: Vec<(u32, u32)> = slots.map(|(i, s)| (s.used, i as u32)).collect();
            let count = (at_work - self.at_work + self.at_work / REST_SHARE).min(at_work);
            if count < at_work {
                oldest.select_nth_unstable(count);
            }
            for (_, slot) in &oldest[..count] {
                self.put_to_rest(*slot)?;
            }
        }
        self.subjects.evict(self.batches);
        Ok(())
    }

    fn put_to_rest(&mut self, slot: u32) -> Result<(), Error> {
        self.encode(slot)?;
        let entry = &mut self.slots[slot as usize];
        let key = std::mem::replace(&mut entry.key, Key::NOBODY);
        entry.timeline = Timeline::default();
        self.subjects.put_to_rest(key, self.buffer.as_slice().into(), !entry.dirty, entry.used);
        self.free.push(slot);
        Ok(())
    }

    /// Leaves the bytes of the timeline in this slot in the buffer.
    fn encode(&mut self, slot: u32) -> Result<(), Error> {
        let entry = &mut self.slots[slot as usize];
        // What is stored needs no change: it would only be sealed further.
        if entry.dirty || Panel::<D>::LEARNS {
            let subject = entry.key.subject();
            entry.timeline.catch_up(&mut self.panel, subject);
            entry.timeline.seal_all(&mut self.panel, subject, self.horizon);
        }
        self.buffer.clear();
        let written = entry.timeline.write(D::STATE_SCHEMA, Panel::<D>::LEARNS, &mut self.buffer);
        written.map_err(|e| Error::InvalidState(format!("cannot be written: {e}")))
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// When a state cannot be written.
    pub fn checkpoint(&mut self) -> Result<(), Error> {
        self.know()?;
        for key in std::mem::take(&mut self.changed) {
            let name = key.subject().state_key();
            if let Some(Place::Work(slot)) = self.subjects.place(key) {
                let slot = *slot;
                self.encode(slot)?;
                imports::state_set(&name, &self.buffer);
                self.slots[slot as usize].dirty = false;
            } else if let Some(bytes) = self.subjects.save(key) {
                imports::state_set(&name, bytes);
            }
        }
        self.save_organisation()?;
        self.subjects.evict(self.batches);
        if self.too_late > 0 {
            crate::log::info(&format!(
                "{} events started before the horizon and were left out",
                self.too_late
            ));
            self.too_late = 0;
        }
        Ok(())
    }

    /// Subjects in memory.
    pub fn resident(&self) -> usize {
        self.subjects.len()
    }
}
