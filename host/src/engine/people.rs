//! Display names of users, the latest by report time.
//!
//! Owns what was seen since the start and which of it is new to the database. Does not own storage (`store::person`).

use model::{FieldId, Millis, Name, NameTable, RecordId};
use rustc_hash::FxHashMap;

use super::layout::Row;
use crate::store::Person;

/// See the module.
#[derive(Debug, Default)]
pub struct People {
    latest: FxHashMap<u32, Seen>,
    changed: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    report_time: Millis,
    record: RecordId,
    name: u32,
    /// Stands in `changed`.
    new: bool,
}

impl People {
    /// The fields it reads.
    pub const FIELDS: [FieldId; 2] = [FieldId::user, FieldId::user_name];

    /// Notes the display name on a row.
    #[inline]
    pub fn note(&mut self, row: Row<'_>) {
        let (user, name) = (row.u32(FieldId::user), row.u32(FieldId::user_name));
        if user == 0 || name == 0 {
            return;
        }
        let seen = Seen { report_time: row.report_time(), record: row.id(), name, new: true };
        match self.latest.get_mut(&user) {
            None => {
                self.latest.insert(user, seen);
                self.changed.push(user);
            }
            Some(known) if (seen.report_time, seen.record) > (known.report_time, known.record) => {
                // Also when the name is the same: kept with an older time, it would give way to a late record's.
                let waits = std::mem::replace(known, seen).new;
                if !waits {
                    self.changed.push(user);
                }
            }
            Some(_) => {}
        }
    }

    /// The user's display name, if one was seen.
    pub fn name(&self, user: Name) -> Option<Name> {
        self.latest.get(&user.0).map(|seen| Name(seen.name))
    }

    /// Users seen on a later record than at the last call, with their names.
    pub fn take_changed(&mut self, names: &NameTable) -> Vec<Person> {
        let changed = std::mem::take(&mut self.changed);
        let person = |user: u32| {
            let seen = self.latest.get_mut(&user)?;
            seen.new = false;
            Some(Person {
                user: names.resolve(Name(user))?.to_string(),
                name: names.resolve(Name(seen.name))?.to_string(),
                report_time: seen.report_time,
                record: seen.record,
            })
        };
        changed.into_iter().filter_map(person).collect()
    }
}
