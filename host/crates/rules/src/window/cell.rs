//! What one plan knows of one partition key.

use std::collections::BTreeMap;

use model::Millis;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::baseline::History;
use super::episodes::{self, Carry, Cut};
use super::run::{self, Passing};
use super::tuple::first_eight;
use super::{Datum, Entry, Episode, Predicate, PredicateError, Spec};

/// See the module above: a function of the set of entries, whatever their order.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Sorted by time, identity and leaf.
    pub(super) entries: Vec<Entry>,
    /// By entry: what the predicate said. As long as `entries`, or empty if there is no predicate.
    verdicts: Vec<Verdict>,
    /// Sorted, not among `entries` yet: so that an entry far from the end costs little.
    pub(super) fresh: Vec<Entry>,
    /// Entries before are refused.
    pub(super) horizon: Option<Millis>,
    /// Firings before are in `carry` or `closed`.
    pub(super) sealed: Option<Millis>,
    pub(super) carry: Carry,
    /// Episodes that are over, until they are told.
    pub(super) closed: Vec<Episode>,
    /// Episodes that may still change, as of the last evaluation.
    standing: Vec<Episode>,
    /// What was told: digests of episodes by key.
    pub(super) told: BTreeMap<String, u64>,
    pub(super) history: History,
    /// Whether `standing` is what the entries amount to.
    evaluated: bool,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Inserted {
    /// It is in its place.
    Taken,
    /// The record is there already.
    Duplicate,
    /// It lies before the horizon: what happened then is settled.
    TooLate,
    /// The cell holds [`Cell::MAX_ENTRIES`] and as many as may wait: evaluate it and insert again, which will succeed.
    Full,
}

/// What an evaluation gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// All episodes that stand: those that are over, until they are told, and those that may still change.
    pub episodes: Vec<Episode>,
    /// Failures of the predicate since the last evaluation, the first [`Evaluated::MAX_ERRORS`].
    pub errors: Vec<PredicateError>,
    /// How many failures there were.
    pub failed: u64,
    /// Entries, values and episodes that were given up early because the cell was full. Findings may then be fewer, or told
    /// in parts.
    pub saturated: u64,
}

impl Evaluated {
    /// Failures named by one evaluation: a script that always fails, fails with every record.
    pub const MAX_ERRORS: usize = 8;
}

/// What has changed since something was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An episode is new, or not the same any more.
    Raise(Box<Episode>),
    /// The episode with this key does not stand: a late record made it part of another, or undid it.
    Withdraw(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Unknown,
    Holds,
    Fails,
}

impl Cell {
    /// Entries kept: about 2 MB. A group with more within its lateness has its oldest settled early, which is counted;
    /// in a window that holds more, no more are counted.
    pub const MAX_ENTRIES: usize = 16_384;
    /// Entries beyond, until the next evaluation.
    pub(super) const MAX_WAITING: usize = Self::MAX_ENTRIES / 4;
    /// Of a full cell's entries this part is never settled early: a few records dated in the future must not settle the
    /// present.
    const UNSETTLED: usize = Self::MAX_ENTRIES / 16;
    /// Length of `fresh`: moving 32 KB costs less than a microsecond.
    const MAX_FRESH: usize = 512;
    /// Times beyond are no times; 285,000 years fit, and sums of times cannot overflow.
    pub(super) const MAX_TIME: Millis = 1 << 53;

    /// Puts an entry in its place.
    pub fn insert(&mut self, spec: &Spec, mut entry: Entry) -> Inserted {
        if entry.time.unsigned_abs() > Self::MAX_TIME as u64 || self.horizon.is_some_and(|h| entry.time < h) {
            return Inserted::TooLate;
        }
        let Err(place) = self.fresh.binary_search_by(|e| order(e).cmp(&order(&entry))) else {
            return Inserted::Duplicate;
        };
        let appends = self.entries.last().is_none_or(|last| order(last) < order(&entry));
        if !appends && self.entries.binary_search_by(|e| order(e).cmp(&order(&entry))).is_ok() {
            return Inserted::Duplicate;
        }
        if self.entries.len() + self.fresh.len() >= Self::MAX_ENTRIES + Self::MAX_WAITING {
            return Inserted::Full;
        }
        entry.columns.iter_mut().for_each(Datum::cut);
        if let Some((baseline, columns)) = &spec.baseline {
            self.history.learn(baseline, columns, &entry);
        }
        self.evaluated = false;
        self.fresh.insert(place, entry);
        if self.fresh.len() >= Self::MAX_FRESH {
            self.merge(spec);
        }
        Inserted::Taken
    }

    /// Works out what stands, and settles what lies before the horizon: entries before it are refused from now on. A horizon
    /// before an earlier one is taken as that one.
    pub fn evaluate(&mut self, spec: &Spec, horizon: Millis, predicate: Option<&dyn Predicate>) -> Evaluated {
        let mut outcome = Evaluated::default();
        let horizon = horizon.clamp(-Self::MAX_TIME, Self::MAX_TIME);
        let mut horizon = self.horizon.map_or(horizon, |before| before.max(horizon));
        self.horizon = Some(horizon);
        if !self.evaluated || self.is_worth_settling(spec, horizon) {
            self.merge(spec);
            horizon = self.relieve(spec, horizon);
            self.horizon = Some(horizon);
            self.work_out(spec, horizon, predicate, &mut outcome);
            self.settle(spec, horizon, &mut outcome);
            self.evaluated = true;
        }
        outcome.episodes = self.closed.iter().chain(&self.standing).cloned().collect();
        outcome
    }

    /// Compares with what was told before, and takes it as told. Gives nothing if entries came since the last evaluation.
    pub fn tell(&mut self) -> Vec<Change> {
        if !self.evaluated {
            return Vec::new();
        }
        let mut changes = Vec::new();
        let mut gone = std::mem::take(&mut self.told);
        for episode in self.closed.iter().chain(&self.standing) {
            let digest = fingerprint(episode);
            if gone.remove(&episode.key) != Some(digest) {
                changes.push(Change::Raise(Box::new(episode.clone())));
            }
        }
        changes.extend(gone.into_keys().map(Change::Withdraw));
        self.told = self.standing.iter().map(|e| (e.key.clone(), fingerprint(e))).collect();
        self.closed.clear();
        changes
    }

    /// Whether nothing would be lost if the cell were forgotten.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.fresh.is_empty()
            && self.carry.is_empty()
            && self.closed.is_empty()
            && self.told.is_empty()
            && self.history.is_empty()
    }

    /// About so many bytes in memory.
    pub fn bytes(&self) -> usize {
        let columns =
            |columns: &[Datum]| std::mem::size_of_val(columns) + columns.iter().map(heap).sum::<usize>();
        let entries: usize = self
            .entries
            .iter()
            .chain(&self.fresh)
            .map(|e| size_of::<Entry>() + size_of::<Verdict>() + columns(&e.columns))
            .sum();
        let episodes: usize = self
            .closed
            .iter()
            .chain(&self.standing)
            .map(|e| size_of::<Episode>() + e.key.len() + columns(&e.columns) + e.evidence.len() * 16)
            .sum();
        let open: usize = self
            .carry
            .iter()
            .map(|(group, open)| {
                let records = open.evidence.len() + open.counted.len();
                size_of_val(open) + columns(group) + columns(&open.columns) + records * 32
            })
            .sum();
        let told: usize = self.told.keys().map(|key| key.len() + 48).sum();
        size_of::<Cell>() + entries + episodes + open + told + self.history.bytes()
    }

    /// Moves what waits among the entries. What the predicate said of entries that now have others before them within its
    /// reach is forgotten.
    fn merge(&mut self, spec: &Spec) {
        let judged = spec.has_predicate;
        if judged {
            self.verdicts.resize(self.entries.len(), Verdict::Unknown);
        }
        if self.fresh.is_empty() {
            return;
        }
        let fresh = std::mem::take(&mut self.fresh);
        let from = self.entries.partition_point(|e| order(e) < order(&fresh[0]));
        let after = self.entries.split_off(from);
        let said = if judged { self.verdicts.split_off(from) } else { Vec::new() };
        let mut after =
            after.into_iter().zip(said.into_iter().chain(std::iter::repeat(Verdict::Unknown))).peekable();
        self.entries.reserve(fresh.len() + after.size_hint().0);
        for entry in fresh {
            let place = order(&entry);
            let before = self.entries.len();
            while let Some((old, verdict)) = after.next_if(|(old, _)| order(old) < place) {
                self.push(old, verdict, judged);
            }
            self.forget_verdicts(spec, before);
            self.push(entry, Verdict::Unknown, judged);
        }
        let before = self.entries.len();
        for (old, verdict) in after {
            self.push(old, verdict, judged);
        }
        self.forget_verdicts(spec, before);
    }

    fn push(&mut self, entry: Entry, verdict: Verdict, judged: bool) {
        self.entries.push(entry);
        if judged {
            self.verdicts.push(verdict);
        }
    }

    /// Of the entries from `from` on, those within the predicate's reach of the one before are to be asked again.
    fn forget_verdicts(&mut self, spec: &Spec, from: usize) {
        let Some(before) = from.checked_sub(1).filter(|_| spec.has_predicate) else { return };
        let until = self.entries[before].time.saturating_add(spec.looks_back);
        for (entry, verdict) in self.entries[from..].iter().zip(&mut self.verdicts[from..]) {
            if entry.time > until {
                break;
            }
            *verdict = Verdict::Unknown;
        }
    }

    /// A horizon that leaves a full cell room.
    fn relieve(&self, spec: &Spec, horizon: Millis) -> Millis {
        let Some(excess) = self.entries.len().checked_sub(Self::MAX_ENTRIES + 1) else { return horizon };
        let wanted = self.entries[excess].time.saturating_add(spec.reach()).saturating_add(1);
        let latest = self.entries[self.entries.len() - Self::UNSETTLED].time;
        horizon.max(wanted.min(latest))
    }

    /// Whether the horizon has passed so much that working everything out anew is worth the entries that can be dropped.
    fn is_worth_settling(&self, spec: &Spec, horizon: Millis) -> bool {
        /// Entries are kept for longer than they are needed by a quarter of that time, and at least by an hour.
        const SLACK: Millis = 3_600_000;
        let reach = spec.reach();
        let slack = SLACK.max(reach / 4);
        let oldest = horizon.saturating_sub(reach).saturating_sub(slack);
        self.entries.first().is_some_and(|e| e.time < oldest)
            || (self.standing.iter())
                .any(|e| horizon.saturating_sub(e.last) > spec.open_for().saturating_add(slack))
    }

    /// Works out all firings from `sealed` on.
    fn work_out(
        &mut self,
        spec: &Spec,
        horizon: Millis,
        predicate: Option<&dyn Predicate>,
        outcome: &mut Evaluated,
    ) {
        let from = self.sealed.unwrap_or(Millis::MIN);
        let crowded = episodes::bound(spec, &mut self.carry);
        outcome.saturated += crowded.len() as u64;
        self.closed.extend(crowded);
        let (mut pass, value) = match &spec.baseline {
            Some((baseline, columns)) => {
                let (pass, value) = self.history.judge(baseline, columns, &self.entries);
                (Some(pass), value)
            }
            None => (None, None),
        };
        if let Some(predicate) = predicate.filter(|_| spec.has_predicate) {
            let pass = pass.get_or_insert_with(|| vec![true; self.entries.len()]);
            self.ask(predicate, from, pass, outcome);
        }
        let passing = Passing { pass: pass.as_deref(), value: value.as_deref() };
        let run = run::root(&spec.root, &self.entries, &passing);
        let keep = horizon.saturating_sub(spec.span());
        let folded =
            episodes::fold(spec, &self.entries, &run, &self.carry, Cut { from, seal: horizon, keep });
        self.closed.extend(folded.closed);
        self.standing = folded.standing;
        self.carry = folded.carry;
        self.sealed = Some(horizon);
    }

    /// Asks the predicate about entries that pass and of which it has not said anything yet.
    fn ask(&mut self, predicate: &dyn Predicate, from: Millis, pass: &mut [bool], outcome: &mut Evaluated) {
        let first = self.entries.partition_point(|e| e.time < from);
        for at in first..self.entries.len() {
            if !pass[at] {
                continue;
            }
            if self.verdicts[at] == Verdict::Unknown {
                self.verdicts[at] = match predicate.holds(&self.entries, at) {
                    Ok(true) => Verdict::Holds,
                    Ok(false) => Verdict::Fails,
                    Err(error) => {
                        outcome.failed += 1;
                        if outcome.errors.len() < Evaluated::MAX_ERRORS {
                            outcome.errors.push(error);
                        }
                        Verdict::Fails
                    }
                };
            }
            pass[at] = self.verdicts[at] == Verdict::Holds;
        }
    }

    /// Drops what no firing at the horizon or later asks for.
    fn settle(&mut self, spec: &Spec, horizon: Millis, outcome: &mut Evaluated) {
        let needed = self.entries.partition_point(|e| e.time < horizon.saturating_sub(spec.reach()));
        let excess = self.entries.len().saturating_sub(Self::MAX_ENTRIES);
        outcome.saturated += excess.saturating_sub(needed) as u64;
        let dropped = needed.max(excess);
        self.entries.drain(..dropped);
        self.verdicts.drain(..dropped.min(self.verdicts.len()));
        if let Some((baseline, columns)) = &spec.baseline {
            if !spec.has_predicate {
                self.entries.retain(|e| !self.history.never_counts(baseline, columns, e, horizon));
            }
            let from = horizon.saturating_sub(spec.span());
            outcome.saturated += self.history.settle(baseline, from, horizon);
        }
        // Flooded once, it does not hold the room for ever.
        if self.entries.capacity() > 2 * self.entries.len() + Self::MAX_FRESH {
            self.entries.shrink_to_fit();
            self.verdicts.shrink_to_fit();
        }
    }
}

/// Entries are sorted so. The same record always has the same time.
pub(super) fn order(entry: &Entry) -> (Millis, model::RecordId, u16) {
    (entry.time, entry.id, entry.leaf)
}

fn heap(datum: &Datum) -> usize {
    match datum {
        Datum::Text(text) => text.len(),
        _ => 0,
    }
}

/// What tells whether an episode is the same as when it was told.
fn fingerprint(episode: &Episode) -> u64 {
    let mut hasher = Sha256::new();
    let mut write = |bytes: &[u8]| hasher.update(bytes);
    match postcard::to_allocvec(&Stated::of(episode)) {
        Ok(bytes) => write(&bytes),
        // Cannot happen with these types; then every evaluation tells it again, which repeats and loses nothing.
        Err(_) => write(&episode.figures.count.to_le_bytes()),
    }
    first_eight(&hasher.finalize())
}

/// All of an episode but its key.
#[derive(Serialize)]
struct Stated<'a> {
    columns: &'a [Datum],
    leaf: u16,
    first: Millis,
    last: Millis,
    raised: Millis,
    count: u64,
    value: u64,
    firings: u64,
    evidence: Vec<u128>,
}

impl<'a> Stated<'a> {
    fn of(episode: &'a Episode) -> Stated<'a> {
        Stated {
            columns: &episode.columns,
            leaf: episode.leaf,
            first: episode.first,
            last: episode.last,
            raised: episode.raised,
            count: episode.figures.count,
            value: episode.figures.value.to_bits(),
            firings: episode.figures.firings,
            evidence: episode.evidence.iter().map(|id| id.0).collect(),
        }
    }
}
