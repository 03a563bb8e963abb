//! What the score needs to know of single records: when, whose, on which local day.
//!
//! Owns the second reading of the folder's files; the first is the engine's. Keeps labelled and cited records only, and
//! of all others no more than on which days somebody was active.

use std::sync::Arc;

use model::{Event, FieldId, FieldSet, Finding, Millis, Name, NameTable, RecordId};
use rustc_hash::{FxHashMap, FxHashSet};

use super::EvalError;
use super::labels::{Label, Labels, time};
use crate::directory::Directory;
use crate::normalize::Record;
use crate::source::{Input, ReadOptions, Sink, SinkError, read_all};

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// When it started.
    pub(super) start: Millis,
    /// When it was reported; its start where it does not say.
    pub(super) report: Millis,
    /// Whose it is, if it says.
    pub(super) owner: Option<Name>,
    /// Local day, counted from 1 January 1970.
    pub(super) day: i32,
}

/// A user on a local day.
pub(super) type UserDay = (Name, i32);

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Facts {
    by_record: FxHashMap<RecordId, Fact>,
    /// User-days with at least one record.
    pub(super) active: FxHashSet<UserDay>,
    /// Days of labels that name users and times instead of records, by label.
    spans: FxHashMap<usize, FxHashSet<UserDay>>,
}

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;

impl Facts {
    /// Reads the files.
    pub(super) fn read(
        inputs: &[Input],
        labels: &Labels,
        findings: &[Finding],
        names: &Arc<NameTable>,
        directory: &Arc<Directory>,
    ) -> Result<Facts, EvalError> {
        let wanted = Arc::new(Wanted::new(labels, findings, names)?);
        let mut fields = FieldSet::NONE;
        FIELDS.into_iter().for_each(|field| fields.insert(field));
        let options = ReadOptions { wanted: fields, strict: false, progress: None };
        let mut sinks = [Collector { wanted, facts: Facts::default() }];
        read_all(inputs, &options, names, directory, &mut sinks)?;
        let [collector] = sinks;
        Ok(collector.facts)
    }

    /// What is known of a record.
    pub(super) fn get(&self, record: RecordId) -> Option<&Fact> {
        self.by_record.get(&record)
    }

    /// The records of a label that are in the files, by start.
    pub(super) fn of_label(&self, label: &Label) -> Vec<Fact> {
        let ids = label.records.iter().map(|text| RecordId::from_text(text).0);
        let mut facts: Vec<Fact> = ids.filter_map(|id| self.get(id).copied()).collect();
        facts.sort_by_key(|fact| (fact.start, fact.report));
        facts
    }

    /// The user-days of a label; `place` is its place among attacks and then look-alikes.
    pub(super) fn days_of(&self, place: usize, label: &Label) -> Vec<UserDay> {
        let by_record = self.of_label(label).into_iter().filter_map(|fact| Some((fact.owner?, fact.day)));
        by_record.chain(self.spans.get(&place).into_iter().flatten().copied()).collect()
    }
}

const FIELDS: [FieldId; 4] =
    [FieldId::start_time, FieldId::report_time, FieldId::local_offset, FieldId::user];

/// The local day of a time.
pub(super) fn day(at: Millis, offset_minutes: i64) -> i32 {
    i32::try_from((at + offset_minutes * MINUTE).div_euclid(DAY)).unwrap_or(i32::MAX)
}

/// What to keep.
struct Wanted {
    records: FxHashSet<RecordId>,
    /// Users of labels without records, with times and the label's place.
    spans: FxHashMap<Name, Vec<(Millis, Millis, usize)>>,
}

impl Wanted {
    fn new(labels: &Labels, findings: &[Finding], names: &NameTable) -> Result<Wanted, EvalError> {
        let mut wanted = Wanted { records: FxHashSet::default(), spans: FxHashMap::default() };
        for (place, label) in labels.attacks.iter().chain(&labels.lookalikes).enumerate() {
            wanted.records.extend(label.records.iter().map(|text| RecordId::from_text(text).0));
            if !label.records.is_empty() {
                continue;
            }
            if let (Some(first), Some(last)) = (time(&label.first), time(&label.last)) {
                for user in &label.users {
                    let user = names.intern(user).map_err(|e| EvalError::Other(e.to_string()))?;
                    wanted.spans.entry(user).or_default().push((first, last, place));
                }
            }
        }
        wanted.records.extend(findings.iter().flat_map(|finding| finding.evidence.iter().copied()));
        Ok(wanted)
    }
}

struct Collector {
    wanted: Arc<Wanted>,
    facts: Facts,
}

impl Sink for Collector {
    fn event(&mut self, event: &Event, _record: &Record<'_>) -> Result<(), SinkError> {
        let start = event.int(FieldId::start_time);
        let report = if event.has(FieldId::report_time) { event.int(FieldId::report_time) } else { start };
        let owner = event.has(FieldId::user).then(|| event.name(FieldId::user));
        let day = day(start, event.int(FieldId::local_offset));
        if let Some(owner) = owner {
            self.facts.active.insert((owner, day));
            for (first, last, place) in self.wanted.spans.get(&owner).into_iter().flatten() {
                if (*first..=*last).contains(&start) {
                    self.facts.spans.entry(*place).or_default().insert((owner, day));
                }
            }
        }
        if self.wanted.records.contains(&event.id) {
            self.facts.by_record.insert(event.id, Fact { start, report, owner, day });
        }
        Ok(())
    }
}
