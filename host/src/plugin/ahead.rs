//! Reads state ahead: when a detector asks for one subject of a batch, the batch's other subjects are read with it.
//!
//! Owns the guess which keys a detector will ask for next. A first look at a subject costs a round trip to the database;
//! after a restart every subject is looked at for the first time. Keys about a subject have one form (the interface says
//! so); a detector with other keys is served one by one.

use model::{FieldId, Name, Number, SubjectKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::columns::{Batch, Column, row};
use super::manifest::{Also, AlsoKey, Manifest};

/// Most subjects remembered as asked for, 24 bytes each. Beyond it all are forgotten, and some are read once more than need be.
const MAX_ASKED: usize = 1 << 20;

/// What a key is about: a handle, or a number.
type About = (SubjectKind, u64);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Subjects of the batch under way.
    subjects: Vec<About>,
    /// Numbers of the batch under way that are second subjects, and how many digits may be dropped from them.
    numbers: Vec<u64>,
    dropped: u32,
    /// Whether the detector's second subjects are the numbers' ranges.
    by_range: bool,
    /// Subjects the instance has asked for, and most likely has in memory.
    asked: FxHashSet<About>,
    values: FxHashMap<String, Option<Vec<u8>>>,
}

impl Ahead {
    /// Notes whom a batch is about.
    pub(super) fn begin(&mut self, manifest: &Manifest, batch: &Batch) {
        self.subjects.clear();
        self.numbers.clear();
        match manifest.partition {
            SubjectKind::User => self.add(SubjectKind::User, batch, FieldId::user, row::FIRST),
            SubjectKind::Location => self.add(SubjectKind::Location, batch, FieldId::location, row::FIRST),
            SubjectKind::Number => self.add(SubjectKind::Number, batch, FieldId::called_number, row::FIRST),
            SubjectKind::Organisation => {}
        }
        if let Some(also) = &manifest.also {
            self.dropped = also.drop_digits;
            self.add_second(also, batch);
        }
    }

    fn add(&mut self, kind: SubjectKind, batch: &Batch, field: FieldId, bit: u32) {
        let column = batch.column(field);
        self.subjects.extend(for_whom(batch, bit).map(|index| (kind, value(column, index))));
    }

    fn add_second(&mut self, also: &Also, batch: &Batch) {
        const TERMINATING: Name = Name::known("TERMINATING");
        let (inbound, outbound) = match also.key {
            AlsoKey::User => return self.add(SubjectKind::User, batch, FieldId::user, row::ALSO),
            AlsoKey::Location => return self.add(SubjectKind::Location, batch, FieldId::location, row::ALSO),
            AlsoKey::CalledNumber => (FieldId::called_number, FieldId::called_number),
            AlsoKey::CallingNumber => (FieldId::calling_number, FieldId::calling_number),
            AlsoKey::OtherParty => (FieldId::calling_number, FieldId::called_number),
        };
        let (inbound, outbound) = (batch.column(inbound), batch.column(outbound));
        let direction = batch.column(FieldId::direction);
        let number = |index| {
            let is_inbound = value(direction, index) == u64::from(TERMINATING.0);
            value(if is_inbound { inbound } else { outbound }, index)
        };
        self.numbers.extend(for_whom(batch, row::ALSO).map(number));
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
        let Some(about) = parse(key) else { return keys };
        self.learn_form(about);
        let numbers = self.numbers.iter().map(|n| if self.by_range { range(*n, self.dropped) } else { *n });
        let numbers: Vec<About> = numbers.map(|number| (SubjectKind::Number, number)).collect();
        if !self.subjects.contains(&about) && !numbers.contains(&about) {
            return keys;
        }
        if !self.asked.insert(about) || self.asked.len() > MAX_ASKED {
            // It was forgotten since, and so may others have been.
            self.asked.clear();
            self.asked.insert(about);
        }
        for about in self.subjects.iter().chain(&numbers) {
            if about.1 != 0 && self.asked.insert(*about) {
                keys.push(form(*about));
            }
        }
        keys
    }

    /// Whether a detector whose numbers meet by ranges keeps state by number or by range is its own affair, and shows.
    fn learn_form(&mut self, (kind, number): About) {
        if kind != SubjectKind::Number || self.dropped == 0 {
            return;
        }
        if self.numbers.contains(&number) {
            self.by_range = false;
        } else if self.numbers.iter().any(|n| range(*n, self.dropped) == number) {
            self.by_range = true;
        }
    }

    /// Keeps what was read.
    pub(super) fn fill(&mut self, keys: Vec<String>, values: Vec<Option<Vec<u8>>>) {
        self.values.extend(keys.into_iter().zip(values));
    }
}

/// Rows that are for a subject of that kind and this instance; all of them where the batch does not say.
fn for_whom(batch: &Batch, bit: u32) -> impl Iterator<Item = usize> {
    let rows = batch.row_column();
    (0..batch.rows).filter(move |index| rows.is_none_or(|rows| rows[*index] & bit != 0))
}

/// A handle or number; 0 if there is no such column.
#[inline]
fn value(column: Option<&Column>, index: usize) -> u64 {
    match column {
        Some(Column::U32(handles)) => u64::from(handles[index]),
        Some(Column::U64(numbers)) => numbers[index],
        _ => 0,
    }
}

/// A number's range; what is no full number has none.
fn range(number: u64, dropped: u32) -> u64 {
    Number(number).range(dropped).map_or(number, |range| range.0)
}

fn form((kind, subject): About) -> String {
    match kind {
        SubjectKind::User => format!("u/{subject}"),
        SubjectKind::Location => format!("l/{subject}"),
        SubjectKind::Number => format!("n/{subject:x}"),
        SubjectKind::Organisation => "o".to_owned(),
    }
}

fn parse(key: &str) -> Option<About> {
    let (kind, subject) = key.split_at_checked(2)?;
    match kind {
        "u/" => Some((SubjectKind::User, subject.parse().ok()?)),
        "l/" => Some((SubjectKind::Location, subject.parse().ok()?)),
        "n/" => Some((SubjectKind::Number, u64::from_str_radix(subject, 16).ok()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(more: &str) -> Manifest {
        let text = format!(
            "id = \"x\"\nversion = \"1.0.0\"\ninterface = \"1.0\"\nsummary = \"X.\"\npartition = \"user\"\n\
             events = [\"call\"]\n{more}"
        );
        Manifest::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_batchs_subjects_come_with_the_first_and_each_once() {
        let manifest = manifest("columns = [\"user\"]");
        let mut batch = Batch::new(&manifest.columns);
        if let Column::U32(users) = &mut batch.columns[0] {
            users.extend([7, 9, 0, 7, 8, 10]);
        }
        batch.rows = 6;
        let mut ahead = Ahead::default();
        ahead.begin(&manifest, &batch);
        let keys = ahead.keys_with("u/9");
        assert_eq!(keys, ["u/9", "u/7", "u/8", "u/10"]);
        ahead.fill(keys, vec![None, Some(vec![1]), None, None]);
        assert_eq!(ahead.take("u/7"), Some(Some(vec![1])));
        assert_eq!(ahead.take("u/8"), Some(None));
        assert_eq!(ahead.take("u/11"), None);
        ahead.end();
        assert_eq!(ahead.keys_with("u/11"), ["u/11"]);
        assert_eq!(ahead.keys_with("something else"), ["something else"]);
        // Asked for once more: the instance has forgotten subjects.
        assert_eq!(ahead.keys_with("u/9").len(), 4);
    }

    #[test]
    fn second_subjects_are_read_with_them_by_number_or_by_range() {
        let manifest = manifest(
            "columns = [\"user\", \"direction\", \"called_number\", \"calling_number\", \"$row\"]\n\
             [also]\npartition = \"number\"\nkey = \"other_party\"\ndrop_digits = 4",
        );
        let number = |digits: u64| Number::from_e164(digits).unwrap().0;
        let (out, inbound) = (Name::known("ORIGINATING").0, Name::known("TERMINATING").0);
        let mut batch = Batch::new(&manifest.columns);
        batch.columns = vec![
            Column::U32(vec![7, 8, 9]),
            Column::U32(vec![out, inbound, inbound]),
            Column::U64(vec![number(573_001_112_233), number(4), number(5)]),
            Column::U64(vec![number(6), number(573_002_223_344), number(573_003_334_455)]),
            Column::U32(vec![row::FIRST | row::ALSO, row::ALSO, row::ORGANISATION]),
        ];
        batch.rows = 3;
        let key = |digits: u64| form((SubjectKind::Number, number(digits)));
        let mut ahead = Ahead::default();
        ahead.begin(&manifest, &batch);
        // Only what is this instance's: not user 8, and nothing of the third row.
        assert_eq!(ahead.keys_with("u/7"), ["u/7".to_owned(), key(573_001_112_233), key(573_002_223_344)]);
        let mut ahead = Ahead::default();
        ahead.begin(&manifest, &batch);
        let range = |digits: u64| form((SubjectKind::Number, Number(number(digits)).range(4).unwrap().0));
        assert_eq!(
            ahead.keys_with(&range(573_002_223_344)),
            [range(573_002_223_344), "u/7".to_owned(), range(573_001_112_233)]
        );
    }
}
