//! User-days: which were rightly flagged, which wrongly, which were missed.
//!
//! A user-day is a user on a local day of the site (start of the record, offset of the record). A finding flags the days
//! of the records it rests on: for its subject if that is a user; a finding about a number, a location or the
//! organisation flags that subject's day instead, as one day however many people the records belong to. A flagged
//! user-day is right if the user owns a record of an attack on that day; a flagged day of another subject is right if one
//! of the finding's records of that day is an attack's. What is wrong counts as a look-alike's by the same rule, else as
//! background. An attacked user-day is found if a finding about the user flags it, or one about another subject rests on
//! a record of that user and day. Owns these rules. Does not own which finding belongs to which episode (`compare`).

use std::collections::BTreeMap;

use model::{Finding, Name, NameTable, RecordId, Severity, Status, SubjectKind};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::facts::{Facts, UserDay, day};
use super::labels::{Label, Labels};

/// User-days of one or several folders at one severity and above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flagged days of all subjects.
    pub flagged: u64,
    /// Flagged days that are right.
    pub right: u64,
    /// Attacked user-days that were flagged.
    pub found: u64,
    /// Wrongly flagged days of look-alikes.
    pub wrong_lookalikes: u64,
    /// Other wrongly flagged days.
    pub wrong_background: u64,
    /// Wrongly flagged days by detector: of look-alikes, of the background. A day that two detectors flag is in both.
    pub wrong_by_detector: BTreeMap<String, (u64, u64)>,
}

/// All user-days of one or several folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// User-days with at least one record.
    pub active: u64,
    /// User-days with a record of an attack.
    pub attacked: u64,
    /// User-days with a record of a look-alike and none of an attack.
    pub lookalike: u64,
    /// At medium and above.
    pub medium: Counts,
    /// At high and above.
    pub high: Counts,
}

/// Whose day is flagged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Who<'a> {
    User(Name),
    Other(SubjectKind, &'a str),
}

/// Which side a record or user-day is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Nothing was planted.
    #[default]
    Background,
    /// An innocent look-alike.
    LookAlike,
    /// An attack.
    Attack,
}

/// What a day was flagged with.
#[derive(Debug, Default)]
struct Flag<'a> {
    side: Side,
    by: BTreeMap<&'a str, Severity>,
}

/// What was planted, by record and by user-day.
struct Planted {
    records: FxHashMap<RecordId, Side>,
    days: FxHashMap<UserDay, Side>,
}

impl Planted {
    fn new(labels: &Labels, facts: &Facts) -> Planted {
        let mut planted = Planted { records: FxHashMap::default(), days: FxHashMap::default() };
        let attacks = labels.attacks.iter().map(|label| (Side::Attack, label));
        let lookalikes = labels.lookalikes.iter().map(|label| (Side::LookAlike, label));
        for (place, (side, label)) in attacks.chain(lookalikes).enumerate() {
            planted.add(side, label, facts.days_of(place, label));
        }
        planted
    }

    fn add(&mut self, side: Side, label: &Label, days: Vec<UserDay>) {
        for record in &label.records {
            let known = self.records.entry(RecordId::from_text(record).0).or_default();
            *known = side.max(*known);
        }
        for user_day in days {
            let known = self.days.entry(user_day).or_default();
            *known = side.max(*known);
        }
    }

    fn count(&self, wanted: Side) -> u64 {
        self.days.values().filter(|side| **side == wanted).count() as u64
    }
}

/// A finding that flags what it should not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wrong {
    /// The finding.
    pub id: String,
    /// Who raised it.
    pub detector: String,
    /// How bad it says it is.
    pub severity: Severity,
    /// Kind of its subject.
    pub subject_kind: SubjectKind,
    /// Its subject.
    pub subject: String,
    /// What it says. Holds text that callers choose.
    pub title: String,
    /// Whether a look-alike misled it.
    pub lookalike: bool,
    /// Wrongly flagged days.
    pub days: u64,
}

/// Counts the days, and lists the findings at medium and above that flag a wrong one.
pub(super) fn count(
    labels: &Labels,
    findings: &[Finding],
    facts: &Facts,
    names: &NameTable,
) -> (Days, Vec<Wrong>) {
    let planted = Planted::new(labels, facts);
    let mut flags: FxHashMap<(Who<'_>, i32), Flag<'_>> = FxHashMap::default();
    let mut covered: FxHashMap<UserDay, Severity> = FxHashMap::default();
    let mut wrong = Vec::new();
    for finding in findings.iter().filter(|f| f.status == Status::Open) {
        let sides = sides_of(finding, facts, names, &planted);
        for record in finding.evidence.iter().filter_map(|id| facts.get(*id)) {
            if let Some(owner) = record.owner {
                let best = covered.entry((owner, record.day)).or_insert(finding.severity);
                *best = finding.severity.max(*best);
            }
        }
        note_wrong(finding, &sides, &mut wrong);
        for (key, side) in sides {
            let flag = flags.entry(key).or_default();
            flag.side = side.max(flag.side);
            let severity = flag.by.entry(&finding.detector).or_insert(finding.severity);
            *severity = finding.severity.max(*severity);
        }
    }
    let at = |level: Severity| {
        let mut counts = counts(flags.values(), level);
        let attacked = planted.days.iter().filter(|(_, side)| **side == Side::Attack);
        counts.found =
            attacked.filter(|(day, _)| covered.get(day).is_some_and(|s| *s >= level)).count() as u64;
        counts
    };
    let days = Days {
        active: facts.active.len() as u64,
        attacked: planted.count(Side::Attack),
        lookalike: planted.count(Side::LookAlike),
        medium: at(Severity::Medium),
        high: at(Severity::High),
    };
    (days, wrong)
}

/// The days that a finding flags, and which side each is on.
fn sides_of<'a>(
    finding: &'a Finding,
    facts: &Facts,
    names: &NameTable,
    planted: &Planted,
) -> FxHashMap<(Who<'a>, i32), Side> {
    let subject = &finding.subject;
    // A full table cannot happen here: the user's own records put the name there.
    let user = (subject.kind == SubjectKind::User).then(|| names.intern(&subject.id).ok()).flatten();
    let who = user.map_or(Who::Other(subject.kind, &subject.id), Who::User);
    let side_of = |record: Option<RecordId>, day: i32| match user {
        Some(user) => planted.days.get(&(user, day)).copied().unwrap_or_default(),
        None => record.and_then(|id| planted.records.get(&id)).copied().unwrap_or_default(),
    };
    let known = finding.evidence.iter().filter_map(|id| Some((Some(*id), facts.get(*id)?.day)));
    let mut days: FxHashMap<(Who<'_>, i32), Side> = FxHashMap::default();
    for (record, day) in known {
        let side = days.entry((who.clone(), day)).or_default();
        *side = side_of(record, day).max(*side);
    }
    if days.is_empty() {
        // A finding that rests on no record of the files flags the UTC day of its first event.
        let day = day(finding.first_event, 0);
        days.insert((who, day), side_of(None, day));
    }
    days
}

fn note_wrong(finding: &Finding, sides: &FxHashMap<(Who<'_>, i32), Side>, wrong: &mut Vec<Wrong>) {
    let bad: Vec<Side> = sides.values().copied().filter(|side| *side != Side::Attack).collect();
    if bad.is_empty() || finding.severity < Severity::Medium {
        return;
    }
    wrong.push(Wrong {
        id: finding.id.clone(),
        detector: finding.detector.clone(),
        severity: finding.severity,
        subject_kind: finding.subject.kind,
        subject: finding.subject.id.clone(),
        title: finding.title.clone(),
        lookalike: bad.contains(&Side::LookAlike),
        days: bad.len() as u64,
    });
}

fn counts<'a, 'f: 'a>(flags: impl Iterator<Item = &'a Flag<'f>>, level: Severity) -> Counts {
    let mut counts = Counts::default();
    for flag in flags {
        let by: FxHashSet<&str> = flag.by.iter().filter(|(_, s)| **s >= level).map(|(d, _)| *d).collect();
        if by.is_empty() {
            continue;
        }
        counts.flagged += 1;
        match flag.side {
            Side::Attack => counts.right += 1,
            Side::LookAlike => counts.wrong_lookalikes += 1,
            Side::Background => counts.wrong_background += 1,
        }
        for detector in by.into_iter().filter(|_| flag.side != Side::Attack) {
            let (lookalikes, background) = counts.wrong_by_detector.entry(detector.to_owned()).or_default();
            *if flag.side == Side::LookAlike { lookalikes } else { background } += 1;
        }
    }
    counts
}

impl Counts {
    fn add(&mut self, more: &Counts) {
        self.flagged += more.flagged;
        self.right += more.right;
        self.found += more.found;
        self.wrong_lookalikes += more.wrong_lookalikes;
        self.wrong_background += more.wrong_background;
        for (detector, (lookalikes, background)) in &more.wrong_by_detector {
            let known = self.wrong_by_detector.entry(detector.clone()).or_default();
            known.0 += lookalikes;
            known.1 += background;
        }
    }
}

impl Days {
    /// Adds those of another folder.
    pub(super) fn add(&mut self, more: &Days) {
        self.active += more.active;
        self.attacked += more.attacked;
        self.lookalike += more.lookalike;
        self.medium.add(&more.medium);
        self.high.add(&more.high);
    }
}
