//! Reads state ahead: when a detector asks for one subject of a batch, the batch's other subjects are read with it.
//!
//! Owns the guess which keys a detector will ask for next. A first look at a subject costs a round trip to the database;
//! after a restart every subject is looked at for the first time. Keys about a subject have one form (the interface says
//! so); a detector with other keys is served one by one.

use model::SubjectKind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::columns::{Batch, Column};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    kind: Option<SubjectKind>,
    /// Subjects of the batch under way: handles or numbers.
    subjects: Vec<u64>,
    /// Subjects the instance has asked for, and most likely has in memory.
    asked: FxHashSet<u64>,
    values: FxHashMap<String, Option<Vec<u8>>>,
}

impl Ahead {
    /// Notes whom a batch is about.
    pub(super) fn begin(&mut self, kind: SubjectKind, batch: &Batch) {
        self.kind = Some(kind);
        self.subjects.clear();
        let field = match kind {
            SubjectKind::User => model::FieldId::user,
            SubjectKind::Location => model::FieldId::location,
            SubjectKind::Number => model::FieldId::called_number,
            SubjectKind::Organisation => return,
        };
        let column = batch.fields().iter().position(|f| *f == field);
        match column.and_then(|at| batch.columns.get(at)) {
            Some(Column::U32(handles)) => self.subjects.extend(handles.iter().map(|h| u64::from(*h))),
            Some(Column::U64(numbers)) => self.subjects.extend(numbers),
            _ => {}
        }
    }

    /// Forgets what belongs to a batch.
    #[inline]
    pub(super) fn end(&mut self) {
        if !self.values.is_empty() {
            self.values.clear();
        }
    }

    /// What was read ahead for a key; none if it was not.
    pub(super) fn take(&mut self, key: &str) -> Option<Option<Vec<u8>>> {
        self.values.remove(key)
    }

    /// The key, and those of the batch's subjects that have not been asked for.
    pub(super) fn keys_with(&mut self, key: &str) -> Vec<String> {
        let mut keys = vec![key.to_owned()];
        let Some((kind, subject)) = self.kind.and_then(|kind| Some((kind, parse(kind, key)?))) else {
            return keys;
        };
        if !self.asked.insert(subject) {
            // It was forgotten since, and so may others have been.
            self.asked.clear();
            self.asked.insert(subject);
        }
        for subject in &self.subjects {
            if *subject != 0 && self.asked.insert(*subject) {
                keys.push(form(kind, *subject));
            }
        }
        keys
    }

    /// Keeps what was read.
    pub(super) fn fill(&mut self, keys: Vec<String>, values: Vec<Option<Vec<u8>>>) {
        self.values.extend(keys.into_iter().zip(values));
    }
}

fn form(kind: SubjectKind, subject: u64) -> String {
    match kind {
        SubjectKind::User => format!("u/{subject}"),
        SubjectKind::Location => format!("l/{subject}"),
        SubjectKind::Number => format!("n/{subject:x}"),
        SubjectKind::Organisation => "o".to_owned(),
    }
}

fn parse(kind: SubjectKind, key: &str) -> Option<u64> {
    match (kind, key.split_at_checked(2)?) {
        (SubjectKind::User, ("u/", handle)) | (SubjectKind::Location, ("l/", handle)) => handle.parse().ok(),
        (SubjectKind::Number, ("n/", number)) => u64::from_str_radix(number, 16).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batchs_subjects_come_with_the_first_and_each_once() {
        let mut batch = Batch::new(&[model::FieldId::user]);
        if let Column::U32(users) = &mut batch.columns[0] {
            users.extend([7, 9, 0, 7, 8]);
        }
        batch.rows = 5;
        let mut ahead = Ahead::default();
        ahead.begin(SubjectKind::User, &batch);
        let keys = ahead.keys_with("u/9");
        assert_eq!(keys, ["u/9", "u/7", "u/8"]);
        ahead.fill(keys, vec![None, Some(vec![1]), None]);
        assert_eq!(ahead.take("u/7"), Some(Some(vec![1])));
        assert_eq!(ahead.take("u/8"), Some(None));
        assert_eq!(ahead.take("u/10"), None);
        ahead.end();
        assert_eq!(ahead.keys_with("u/10"), ["u/10"]);
        assert_eq!(ahead.keys_with("something else"), ["something else"]);
        // Asked for once more: the instance has forgotten subjects.
        assert_eq!(ahead.keys_with("u/9").len(), 3);
    }
}
