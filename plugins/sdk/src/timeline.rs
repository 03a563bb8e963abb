//! One subject's events in the order in which they happened, and what a detector makes of them.
//!
//! This is where order independence comes from. State and episodes are a fold over the events sorted by start time
//! and identity. An event that arrives in order is stepped; one that arrives late is put in its place, and the fold is
//! taken up again from the nearest earlier copy. Copies are kept every [`RUNG`] events, so that an autodialler's
//! thousands of events with small inversions cost a few steps each. What is older than the horizon is sealed: only
//! its fold is kept. Owns the fold; does not own which subjects are in memory ([`crate::runner`]).

mod stored;

use serde::{Deserialize, Serialize};

pub(crate) use stored::read;
pub use stored::{Migrated, OldState};

use crate::detector::Detector;
use crate::episode::Episodes;
use crate::finding::{Finding, Output, cut_title, usual_score};
use crate::span::{Now, Stamped};
use crate::types::{Millis, Subject};

/// Events between two copies of the fold: a late event costs at most this many steps more than its distance, and
/// memory grows by one copy per as many events.
const RUNG: u64 = 32;

/// State and episodes after a number of events.
#[derive(Clone, Debug)]
struct Fold<S, F> {
    state: S,
    episodes: Episodes<F>,
}

impl<S: Default, F> Default for Fold<S, F> {
    fn default() -> Self {
        Fold { state: S::default(), episodes: Episodes::default() }
    }
}

/// What was last told to the host about an episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    key: String,
    fingerprint: u64,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<E, S, F> {
    /// Fold over everything up to `events[sealed_len]`, exclusive.
    sealed: Fold<S, F>,
    /// Events that start before this come too late.
    sealed_until: Millis,
    /// Events that were forgotten: the place of `events[0]` in the whole history.
    base: u64,
    /// How many of `events` are sealed and kept only for looking back.
    sealed_len: usize,
    /// By start time and identity.
    events: Vec<Stamped<E>>,
    told: Vec<Told>,
    /// Fold over `events[..folded]`.
    live: Fold<S, F>,
    /// How many of `events` are in `live`; at least `sealed_len`.
    folded: usize,
    /// `live` was taken back since it was last told.
    taken_back: bool,
    /// Copies of `live` by the place after their last event, ascending; all after the sealed part.
    ladder: Vec<(u64, Fold<S, F>)>,
}

impl<E, S: Default, F> Default for Timeline<E, S, F> {
    fn default() -> Self {
        Timeline {
            sealed: Fold::default(),
            sealed_until: Millis::MIN,
            base: 0,
            sealed_len: 0,
            events: Vec::new(),
            told: Vec::new(),
            live: Fold::default(),
            folded: 0,
            taken_back: false,
            ladder: Vec::new(),
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It is in its place.
    Taken,
    /// It was there already.
    Duplicate,
    /// What it would change is sealed.
    TooLate,
}

impl<E, S, F> Timeline<E, S, F>
where
    E: Clone,
    S: Clone + Default,
    F: Clone + Default + Serialize,
{
    /// Reads what [`Timeline::insert`] and [`Timeline::catch_up`] begin with, to have it in the cache.
    #[inline]
    pub(crate) fn glance(&self) -> i64 {
        // The windows begin shortly before the newest event, in a line of their own; the rest is spread over this.
        let at = |back: usize| self.events.get(self.events.len().wrapping_sub(back)).map_or(0, |e| e.start);
        at(1) ^ at(3) ^ i64::from(self.live.episodes.glance()) ^ self.folded as i64
    }

    /// Puts an event in its place. The fold is taken up by [`Timeline::catch_up`].
    pub(crate) fn insert(&mut self, event: Stamped<E>) -> Inserted {
        let order = event.order();
        if self.events.last().is_none_or(|last| last.order() < order) {
            if event.start < self.sealed_until {
                return Inserted::TooLate;
            }
            self.events.push(event);
            return Inserted::Taken;
        }
        if event.start < self.sealed_until {
            return Inserted::TooLate;
        }
        match self.events[self.sealed_len..].binary_search_by(|e| e.order().cmp(&order)) {
            Ok(_) => Inserted::Duplicate,
            Err(at) => {
                let at = self.sealed_len + at;
                self.events.insert(at, event);
                if at < self.folded {
                    self.take_back_to(at);
                }
                Inserted::Taken
            }
        }
    }

    /// Makes `live` a fold over no more than the first `at` events.
    fn take_back_to(&mut self, at: usize) {
        self.taken_back = true;
        let place = self.base + at as u64;
        while self.ladder.last().is_some_and(|(after, _)| *after > place) {
            self.ladder.pop();
        }
        match self.ladder.last() {
            Some((after, fold)) => {
                self.live.clone_from(fold);
                self.folded = (after - self.base) as usize;
            }
            None => {
                self.live.clone_from(&self.sealed);
                self.folded = self.sealed_len;
            }
        }
    }

    /// Steps through the events that are not yet in the fold.
    pub(crate) fn catch_up<D>(&mut self, detector: &D, subject: Subject)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        while self.folded < self.events.len() {
            self.folded += 1;
            let now = Now::new(subject, self.base, &self.events[..self.folded]);
            detector.step(&mut self.live.state, &now, &mut self.live.episodes);
            let place = self.base + self.folded as u64;
            if place.is_multiple_of(RUNG) {
                self.ladder.push((place, self.live.clone()));
            }
        }
    }

    /// Says what changed since the last time.
    pub(crate) fn tell<D>(&mut self, detector: &D, subject: Subject, output: &mut Vec<Output>)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        let changed = self.live.episodes.take_changed() | std::mem::take(&mut self.taken_back);
        if !changed || (self.told.is_empty() && self.live.episodes.is_empty()) {
            return;
        }
        let mut now = Vec::with_capacity(self.told.len());
        for episode in self.live.episodes.iter() {
            let told = Told { key: episode.key(), fingerprint: episode.fingerprint() };
            if !self.told.contains(&told) {
                output.push(Output::Raise(Box::new(finding(detector, subject, &told.key, episode))));
            }
            now.push(told);
        }
        for old in &self.told {
            if !now.iter().any(|n| n.key == old.key) {
                output.push(Output::Withdraw { key: old.key.clone(), subject });
            }
        }
        self.told = now;
    }

    /// Whether sealing would free enough to be worth it.
    pub(crate) fn wants_sealing(&self) -> bool {
        (self.events.len() - self.sealed_len) as u64 >= 2 * RUNG
    }

    /// Seals what is older than the horizon, at the newest copy of the fold that is: nothing is folded twice.
    /// The fold must be caught up and told.
    pub(crate) fn seal<D>(&mut self, detector: &D, horizon: Millis)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        self.sealed_until = self.sealed_until.max(horizon);
        let older = |(after, _): &(u64, Fold<S, F>)| {
            self.events.get((*after - self.base - 1) as usize).is_some_and(|e| e.start < horizon)
        };
        if let Some(newest) = self.ladder.iter().rposition(older) {
            let mut rungs = self.ladder.drain(..=newest);
            if let Some((after, fold)) = rungs.next_back() {
                self.sealed = fold;
                self.sealed_len = (after - self.base) as usize;
            }
        }
        self.drop_older(detector);
        self.forget_final(horizon);
    }

    /// Seals all that is older than the horizon, so that as few events as possible are kept. What lies after the
    /// newest copy of the fold is folded again, once in its life. The fold must be caught up and told.
    pub(crate) fn seal_all<D>(&mut self, detector: &D, subject: Subject, horizon: Millis)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        self.seal(detector, horizon);
        let older = self.events.partition_point(|e| e.start < horizon);
        if older <= self.sealed_len {
            return;
        }
        if older == self.folded {
            self.sealed.clone_from(&self.live);
        } else {
            for upto in self.sealed_len + 1..=older {
                let now = Now::new(subject, self.base, &self.events[..upto]);
                detector.step(&mut self.sealed.state, &now, &mut self.sealed.episodes);
            }
        }
        self.sealed_len = older;
        self.drop_older(detector);
        self.forget_final(horizon);
    }

    /// Drops events that no step will look back at: a window reaches back from the newest sealed event at most.
    fn drop_older<D>(&mut self, detector: &D)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        let Some(newest) = self.sealed_len.checked_sub(1) else { return };
        let oldest = self.events[newest].start.saturating_sub(detector.look_back());
        let seen = |e: &Stamped<E>| e.start > oldest && detector.looks_back_at(&e.event);
        let gone = self.events[..self.sealed_len].iter().position(seen).unwrap_or(self.sealed_len);
        self.events.drain(..gone);
        self.base += gone as u64;
        self.sealed_len -= gone;
        self.folded -= gone;
        // The room that a busy hour took must not stay for ever.
        if self.events.capacity() > 4 * (self.events.len() + 16) {
            self.events.shrink_to(2 * self.events.len());
        }
    }

    /// Drops episodes that nothing can change any more: neither what is still to come (at or after the horizon), nor
    /// what is not sealed yet.
    fn forget_final(&mut self, horizon: Millis) {
        let unsealed = self.events.get(self.sealed_len).map_or(Millis::MAX, |e| e.start);
        let before = horizon.min(unsealed);
        for episode in self.live.episodes.iter().filter(|e| e.open_until() < before) {
            let key = episode.key();
            self.told.retain(|t| t.key != key);
        }
        self.sealed.episodes.forget(before);
        self.live.episodes.forget(before);
        for (_, fold) in &mut self.ladder {
            fold.episodes.forget(before);
        }
    }

    /// After reading from storage: `live` is not stored.
    pub(crate) fn restored(&mut self) {
        self.live = self.sealed.clone();
        self.folded = self.sealed_len;
        self.ladder.clear();
        // What was told before may not come back: a late event can have undone it.
        self.taken_back = true;
    }
}

fn finding<D: Detector>(
    detector: &D,
    subject: Subject,
    key: &str,
    episode: &crate::Episode<D::Facts>,
) -> Finding {
    let report = detector.describe(subject, episode);
    let mut attributes = report.figures;
    if !attributes.iter().any(|(name, _)| name == "records") {
        attributes.push(("records".to_owned(), episode.records().into()));
    }
    Finding {
        key: key.to_owned(),
        kind: episode.kind().to_owned(),
        severity: episode.severity(),
        score: report.score.unwrap_or_else(|| usual_score(episode.severity())),
        subject,
        title: cut_title(report.title),
        explanation: report.explanation,
        first_event: episode.first_event(),
        last_event: episode.last_event(),
        raised_at: episode.raised_at(),
        evidence: episode.evidence().to_vec(),
        attributes,
    }
}
