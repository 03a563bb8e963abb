//! All subjects that are in memory: where each one is, and the bytes of those that are idle.
//!
//! Owns what may be forgotten, and when. A subject at work has a timeline ([`crate::runner`]); an idle one is the bytes
//! that are stored for it, or that will be at the next checkpoint. Those that are stored already can go.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::types::{Name, Number, Subject};

/// Memory that an idle subject costs beyond its bytes: its place in the table, which is on average two thirds full,
/// and what the allocator adds.
const OVERHEAD: usize = 48;
/// An eighth of the room is freed at a time.
const EVICTED_SHARE: usize = 8;
/// So finely is it told who was not used for longest.
const AGES: usize = 256;

/// A subject in eight bytes: the kinds of number, in the top four bits, leave room for the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key(u64);

const SHIFT: u32 = 60;
const USER: u64 = 13 << SHIFT;
const LOCATION: u64 = 14 << SHIFT;
const ORGANISATION: u64 = 15 << SHIFT;

impl Key {
    /// No subject has it.
    pub(crate) const NOBODY: Key = Key(u64::MAX);

    #[inline]
    pub(crate) fn of(subject: Subject) -> Key {
        match subject {
            Subject::User(name) => Key(USER | u64::from(name.0)),
            // The interface has kinds 0 to 4.
            Subject::Number(number) => Key(number.0 & !(1 << 63)),
            Subject::Location(name) => Key(LOCATION | u64::from(name.0)),
            Subject::Organisation => Key(ORGANISATION),
        }
    }

    pub(crate) fn subject(self) -> Subject {
        match self.0 >> SHIFT {
            13 => Subject::User(Name(self.0 as u32)),
            14 => Subject::Location(Name(self.0 as u32)),
            15 => Subject::Organisation,
            _ => Subject::Number(Number(self.0)),
        }
    }

    /// Evenly spread over the upper bits.
    #[inline]
    pub(crate) fn spread(self) -> u64 {
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Where a subject is.
#[derive(Debug)]
pub(crate) enum Place {
    /// Its timeline is in this slot.
    Work(u32),
    /// Idle.
    Rest {
        /// As [`crate::timeline::Timeline::write`] writes it.
        bytes: Box<[u8]>,
        /// Whether that is what is stored.
        saved: bool,
    },
}

struct Entry {
    /// Count of the batch that last used it.
    used: u32,
    place: Place,
}

impl Entry {
    /// Memory that forgetting it frees; none if it must not be forgotten.
    fn saved(&self) -> Option<usize> {
        match &self.place {
            Place::Rest { bytes, saved: true } => Some(cost(bytes)),
            _ => None,
        }
    }
}

/// See the module.
pub(crate) struct Subjects {
    table: FxHashMap<Key, Entry>,
    /// Memory of those at rest.
    bytes: usize,
    /// Of it, of those that are stored.
    saved: usize,
    /// Most memory those at rest may take; what is not yet stored may exceed it.
    room: usize,
}

fn cost(bytes: &[u8]) -> usize {
    bytes.len() + OVERHEAD
}

impl Subjects {
    pub(crate) fn new(room: usize) -> Subjects {
        Subjects { table: FxHashMap::default(), bytes: 0, saved: 0, room }
    }

    pub(crate) fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn place(&self, key: Key) -> Option<&Place> {
        self.table.get(&key).map(|entry| &entry.place)
    }

    /// The subject goes to work.
    pub(crate) fn put_to_work(&mut self, key: Key, slot: u32) {
        let old = self.table.insert(key, Entry { used: 0, place: Place::Work(slot) });
        if let Some(Entry { place: Place::Rest { bytes, saved }, .. }) = old {
            self.bytes -= cost(&bytes);
            self.saved -= if saved { cost(&bytes) } else { 0 };
        }
    }

    /// The subject comes to rest.
    pub(crate) fn put_to_rest(&mut self, key: Key, bytes: Box<[u8]>, saved: bool, used: u32) {
        self.bytes += cost(&bytes);
        self.saved += if saved { cost(&bytes) } else { 0 };
        self.table.insert(key, Entry { used, place: Place::Rest { bytes, saved } });
    }

    /// The bytes of a subject at rest that are not stored yet; they count as stored from now on.
    pub(crate) fn save(&mut self, key: Key) -> Option<&[u8]> {
        match &mut self.table.get_mut(&key)?.place {
            Place::Rest { bytes, saved } => {
                self.saved += if *saved { 0 } else { cost(bytes) };
                *saved = true;
                Some(bytes)
            }
            Place::Work(_) => None,
        }
    }

    /// Forgets the stored subjects that were not used for longest if those at rest take too much memory. `now` is the
    /// count of the batch.
    pub(crate) fn evict(&mut self, now: u32) {
        // Some more than need be is forgotten, so that this is seldom.
        let share = self.room / EVICTED_SHARE;
        if self.bytes <= self.room || self.saved < share {
            return;
        }
        let excess = self.bytes - (self.room - share);
        let oldest = self.table.values().filter_map(|e| e.saved().map(|_| e.used)).min().unwrap_or(now);
        let step = now.saturating_sub(oldest) / AGES as u32 + 1;
        let age = |e: &Entry| ((e.used.saturating_sub(oldest) / step) as usize).min(AGES - 1);
        let mut of_age = [0; AGES];
        for entry in self.table.values() {
            of_age[age(entry)] += entry.saved().unwrap_or(0);
        }
        let (mut ages, mut freed) = (0, 0);
        while ages < AGES && freed < excess {
            freed += of_age[ages];
            ages += 1;
        }
        self.table.retain(|_, e| e.saved().is_none() || age(e) >= ages);
        self.bytes -= freed;
        self.saved -= freed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_subject() {
        let number = Number::from_e164(34_911_234_567).unwrap();
        for subject in [
            Subject::User(Name(7)),
            Subject::User(Name(u32::MAX)),
            Subject::Location(Name(7)),
            Subject::Organisation,
            Subject::Number(number),
            Subject::Number(Number(3 << 60 | 5)),
            Subject::Number(number.range(4).unwrap()),
            Subject::Number(Number::ABSENT),
        ] {
            assert_eq!(Key::of(subject).subject(), subject);
            assert_ne!(Key::of(subject), Key::NOBODY);
        }
    }

    #[test]
    fn the_longest_unused_go_and_the_unsaved_stay() {
        let key = |n: u32| Key::of(Subject::User(Name(n)));
        let mut subjects = Subjects::new(10 * (OVERHEAD + 10));
        for n in 1..=16 {
            subjects.put_to_rest(key(n), vec![0; 10].into(), n != 2, n);
        }
        subjects.put_to_work(key(3), 0);
        subjects.evict(16);
        assert_eq!(subjects.len(), 8 + 1, "seven eighths of ten, and the one at work");
        assert!(subjects.place(key(2)).is_some() && subjects.place(key(3)).is_some());
        assert!(subjects.place(key(1)).is_none() && subjects.place(key(16)).is_some());
        assert_eq!(subjects.save(key(2)), Some(&[0; 10][..]));
        subjects.set_room(0);
        subjects.evict(16);
        assert_eq!((subjects.len(), subjects.bytes), (1, 0));
    }
}
