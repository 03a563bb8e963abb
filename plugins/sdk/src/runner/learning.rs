//! The runner's dealings with the habits of the organisation: reading and writing them, and who waits for them.
//!
//! Owns when an event is stepped again because what it saw was not final. Does not own the habits ([`crate::organisation`]).

use super::{Runner, TimelineOf};
use crate::detector::Detector;
use crate::imports;
use crate::organisation::Organisation;
use crate::panel::Panel;
use crate::rest::Key;
use crate::types::{Error, Millis};

/// Most events that wait for habits to become final: those ahead of the watermark, which are a dozen, and a batch.
const MOST_WAITING: usize = 1 << 16;

impl<D: Detector> Runner<D> {
    /// Reads what is stored of the organisation, once: the host has state when there is something to process.
    pub(super) fn know(&mut self) -> Result<(), Error> {
        if !self.knows {
            let read = Organisation::read(imports::state_get).map_err(Error::InvalidState)?;
            self.panel.organisation = read;
            self.knows = true;
        }
        Ok(())
    }

    /// Has those stepped again that saw habits which were not final: when they are, and when the host wants to know
    /// how things stand, which it says by a batch without rows.
    pub(super) fn step_again(&mut self, all: bool) -> Result<(), Error> {
        if !Panel::<D>::LEARNS {
            return Ok(());
        }
        self.panel.organisation.settle(self.horizon);
        // The rest of the waiting are later.
        let due: Vec<(Millis, Key)> = self
            .waiting
            .iter()
            .take_while(|(start, _)| all || !self.panel.organisation.is_open(*start))
            .copied()
            .collect();
        for (start, key) in due {
            let slot = self.slot(key)?;
            let entry = &mut self.slots[slot as usize];
            entry.timeline.redo_from(start);
            entry.used = self.batches;
            if !entry.touched {
                entry.touched = true;
                self.touched.push(slot);
            }
            if !entry.dirty {
                entry.dirty = true;
                self.changed.push(key);
            }
            if !self.panel.organisation.is_open(start) {
                self.waiting.remove(&(start, key));
            }
        }
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_first();
        }
        Ok(())
    }

    /// Who waits is not stored: it shows when the subject comes again. (One that does not, and was ahead of all others when
    /// the service stopped, keeps what it saw then.)
    pub(super) fn wait_again(&mut self, key: Key, timeline: &TimelineOf<D>) {
        if Panel::<D>::LEARNS {
            let open = timeline.starts().rev().take_while(|start| self.panel.organisation.is_open(*start));
            self.waiting.extend(open.map(|start| (start, key)));
        }
    }

    pub(super) fn save_organisation(&mut self) -> Result<(), Error> {
        if !Panel::<D>::LEARNS {
            return Ok(());
        }
        let wrong = |e: postcard::Error| Error::InvalidState(format!("habits cannot be written: {e}"));
        for (key, value) in self.panel.organisation.changes().map_err(wrong)? {
            match value {
                Some(bytes) => imports::state_set(&key, &bytes),
                None => imports::state_delete(&key),
            }
        }
        Ok(())
    }
}
