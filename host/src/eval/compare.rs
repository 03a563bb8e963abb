//! Which finding belongs to which planted episode.
//!
//! Owns the rule of belonging and what counts as found. Does not own the findings: they come from the engine.

use model::{Finding, Millis, RecordId, Severity, Status, SubjectKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::labels::{Label, Labels, time};

/// Lowest severity at which an attack counts as found: below it nobody looks the same day.
pub const FOUND: Severity = Severity::Medium;
/// Severity from which an innocent episode counts as wrongly flagged.
pub const LOUD: Severity = Severity::High;

/// One planted episode and the findings that belong to it.
#[derive(Clone, Debug)]
pub struct Episode<'a> {
    /// What was planted.
    pub label: &'a Label,
    /// The findings, by time of raising.
    pub findings: Vec<&'a Finding>,
}

impl<'a> Episode<'a> {
    /// Highest severity of its findings.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|f| f.severity).max()
    }

    /// Whether it was found at [`FOUND`] or above.
    pub fn is_found(&self) -> bool {
        self.severity() >= Some(FOUND)
    }

    /// Whether it was flagged at [`LOUD`] or above.
    pub fn is_loud(&self) -> bool {
        self.severity() >= Some(LOUD)
    }

    /// When the first finding at [`FOUND`] or above was raised.
    pub fn raised_at(&self) -> Option<Millis> {
        self.findings.iter().filter(|f| f.severity >= FOUND).map(|f| f.raised_at).min()
    }

    /// Milliseconds from the first record's start to [`Episode::raised_at`].
    pub fn delay(&self) -> Option<Millis> {
        Some(self.raised_at()? - time(&self.label.first)?)
    }

    /// The detectors that saw it, in order of their names.
    pub fn detectors(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.findings.iter().map(|f| f.detector.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The planted attacks, by time.
    pub attacks: Vec<Episode<'a>>,
    /// The innocent look-alikes, by time.
    pub lookalikes: Vec<Episode<'a>>,
    /// Findings that match nothing that was planted.
    pub others: Vec<&'a Finding>,
    /// People times days.
    pub user_days: u64,
}

/// Most users of an episode for a finding to belong to it by user and time alone: that a finding is about one of fifty
/// people who were rung that hour is coincidence.
const MAX_USERS: usize = 5;

/// Assigns findings to what was planted. A finding belongs to an episode if it rests on one of its records, or is about
/// one of its numbers, or of its at most five users, and overlaps it in time. Withdrawn findings count for
/// nothing; one that belongs to an attack does not count against a look-alike.
pub fn compare<'a>(labels: &'a Labels, findings: &'a [Finding]) -> Comparison<'a> {
    let episodes: Vec<&Label> = labels.attacks.iter().chain(&labels.lookalikes).collect();
    let index = Index::new(&episodes);
    let mut matched: Vec<Vec<&Finding>> = vec![Vec::new(); episodes.len()];
    let mut others = Vec::new();
    for finding in findings.iter().filter(|f| f.status == Status::Open) {
        let places = index.episodes_of(finding);
        let attacks: Vec<usize> = places.iter().copied().filter(|p| *p < labels.attacks.len()).collect();
        let chosen = if attacks.is_empty() { places } else { attacks };
        if chosen.is_empty() {
            others.push(finding);
        }
        chosen.into_iter().for_each(|place| matched[place].push(finding));
    }
    let mut episodes = episodes.into_iter().zip(matched).map(|(label, mut findings)| {
        findings.sort_by(|a, b| (a.raised_at, &a.id).cmp(&(b.raised_at, &b.id)));
        Episode { label, findings }
    });
    Comparison {
        attacks: episodes.by_ref().take(labels.attacks.len()).collect(),
        lookalikes: episodes.collect(),
        others,
        user_days: u64::from(labels.set.users) * u64::from(labels.set.days),
    }
}

/// Episodes by what findings refer to.
struct Index<'a> {
    by_record: FxHashMap<RecordId, Vec<usize>>,
    by_subject: FxHashMap<&'a str, Vec<usize>>,
    times: Vec<(Millis, Millis)>,
}

impl<'a> Index<'a> {
    fn new(episodes: &[&'a Label]) -> Index<'a> {
        let mut index =
            Index { by_record: FxHashMap::default(), by_subject: FxHashMap::default(), times: Vec::new() };
        for (place, label) in episodes.iter().enumerate() {
            for record in &label.records {
                index.by_record.entry(RecordId::from_text(record).0).or_default().push(place);
            }
            let few = label.users.len() <= MAX_USERS || label.records.is_empty();
            for subject in label.users.iter().filter(|_| few).chain(&label.numbers) {
                index.by_subject.entry(subject).or_default().push(place);
            }
            let times = time(&label.first).zip(time(&label.last));
            index.times.push(times.unwrap_or((Millis::MAX, Millis::MIN)));
        }
        index
    }

    /// Ascending, each once.
    fn episodes_of(&self, finding: &Finding) -> Vec<usize> {
        let mut places = FxHashSet::default();
        for record in &finding.evidence {
            places.extend(self.by_record.get(record).into_iter().flatten().copied());
        }
        if matches!(finding.subject.kind, SubjectKind::User | SubjectKind::Number) {
            let named = self.by_subject.get(finding.subject.id.as_str()).into_iter().flatten();
            places.extend(named.copied().filter(|place| {
                let (first, last) = self.times[*place];
                finding.first_event <= last && finding.last_event >= first
            }));
        }
        let mut places: Vec<usize> = places.into_iter().collect();
        places.sort_unstable();
        places
    }
}

#[cfg(test)]
pub(crate) mod tests;
