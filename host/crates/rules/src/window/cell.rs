//! What one plan knows of one partition key.

use std::collections::BTreeMap;

use model::Millis;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::baseline::History;
use super::episodes::Carry;
use super::tuple::first_eight;
use super::{Datum, Entry, Episode, Spec};

/// See the module above: a function of the set of entries, whatever their order.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Sorted by time, identity and leaf.
    pub(super) entries: Vec<Entry>,
    /// By entry: what the predicate said. As long as `entries`, or empty if there is no predicate.
    pub(super) verdicts: Vec<Verdict>,
    /// Sorted, not among `entries` yet: so that an entry far from the end costs little.
    pub(super) fresh: Vec<Entry>,
    /// Entries before are refused.
    pub(super) horizon: Option<Millis>,
    /// Firings before are in `carry` or `closed`.
    pub(super) sealed: Option<Millis>,
    pub(super) carry: Carry,
    /// Episodes that are over, until they are told.
    pub(super) closed: Vec<Known>,
    /// A later cut, in memory only: what comes in order is folded on from there.
    pub(super) soft: Option<Soft>,
    /// Episodes that may still change, as of the last evaluation; those that were over at the soft cut are there.
    pub(super) standing: Vec<Known>,
    /// What was told: digests of episodes by key.
    pub(super) told: BTreeMap<String, u64>,
    pub(super) history: History,
    /// Whether `standing` is what the entries amount to.
    pub(super) evaluated: bool,
    /// Earliest entry since the last evaluation.
    pub(super) earliest: Option<Millis>,
    /// The latest entry at the last evaluation.
    pub(super) latest: Option<Millis>,
    /// The soft cut lies so far before the latest entry.
    pub(super) lag: Millis,
}

/// An episode, and the digest that tells whether it is the same as when it was told.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) episode: Episode,
    digest: u64,
}

impl From<Episode> for Known {
    fn from(episode: Episode) -> Known {
        let digest = fingerprint(&episode);
        Known { episode, digest }
    }
}

/// The fold up to a cut behind which few entries are expected. If one comes after all, the cut is given up.
#[derive(Clone, Debug)]
pub(super) struct Soft {
    /// Firings before are in `carry` or `closed`.
    pub(super) at: Millis,
    pub(super) carry: Carry,
    /// Episodes that were over there.
    pub(super) closed: Vec<Known>,
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

/// What has changed since something was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An episode is new, or not the same any more.
    Raise(Box<Episode>),
    /// The episode with this key does not stand: a late record made it part of another, or undid it.
    Withdraw(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
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
    pub(super) const UNSETTLED: usize = Self::MAX_ENTRIES / 16;
    /// Length of `fresh`: moving 32 KB costs less than a microsecond.
    pub(super) const MAX_FRESH: usize = 512;
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
        self.earliest = Some(self.earliest.map_or(entry.time, |earliest| earliest.min(entry.time)));
        self.fresh.insert(place, entry);
        if self.fresh.len() >= Self::MAX_FRESH {
            self.merge(spec);
        }
        Inserted::Taken
    }

    /// All episodes that stand as of the last evaluation: those that are over, until they are told, and those that may still
    /// change.
    pub fn episodes(&self) -> impl Iterator<Item = &Episode> {
        self.known().map(|known| &known.episode)
    }

    fn known(&self) -> impl Iterator<Item = &Known> {
        self.closed.iter().chain(self.changeable())
    }

    pub(super) fn changeable(&self) -> impl Iterator<Item = &Known> {
        self.soft.iter().flat_map(|soft| &soft.closed).chain(&self.standing)
    }

    /// Compares with what was told before, and takes it as told. Gives nothing if entries came since the last evaluation.
    pub fn tell(&mut self) -> Vec<Change> {
        if !self.evaluated {
            return Vec::new();
        }
        let mut changes = Vec::new();
        let mut gone = std::mem::take(&mut self.told);
        let mut told = BTreeMap::new();
        let settled = self.closed.len();
        for (at, known) in self.known().enumerate() {
            let key = &known.episode.key;
            let before = gone.remove_entry(key);
            if before.as_ref().is_none_or(|(_, digest)| *digest != known.digest) {
                changes.push(Change::Raise(Box::new(known.episode.clone())));
            }
            if at >= settled {
                told.insert(before.map_or_else(|| key.clone(), |(key, _)| key), known.digest);
            }
        }
        changes.extend(gone.into_keys().map(Change::Withdraw));
        self.told = told;
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
            .episodes()
            .map(|e| size_of::<Known>() + e.key.len() + columns(&e.columns) + e.evidence.len() * 16)
            .sum();
        let open: usize = self
            .carry
            .iter()
            .chain(self.soft.iter().flat_map(|soft| &soft.carry))
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
    pub(super) fn merge(&mut self, spec: &Spec) {
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
