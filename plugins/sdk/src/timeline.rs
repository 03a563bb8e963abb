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
use crate::panel::Panel;
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

/// A copy of a fold, and the place after its last event.
type Rung<S, F> = (u64, Fold<S, F>);

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

/// See the module. In this order, because what every event needs then shares few lines of the cache.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Timeline<E, S, F> {
    /// By start time and identity.
    events: Vec<Stamped<E>>,
    /// How many of `events` are in `live`; at least `sealed_len`.
    folded: usize,
    /// How many of `events` are sealed and kept only for looking back.
    sealed_len: usize,
    /// Events that start before this come too late.
    sealed_until: Millis,
    /// Events that were forgotten: the place of `events[0]` in the whole history.
    base: u64,
    /// `live` was taken back since it was last told.
    taken_back: bool,
    /// Fold over `events[..folded]`.
    live: Fold<S, F>,
    told: Vec<Told>,
    /// Copies of `live` by the place after their last event, ascending; all after the sealed part.
    ladder: Vec<Rung<S, F>>,
    /// Fold over everything up to `events[sealed_len]`, exclusive.
    sealed: Box<Fold<S, F>>,
}

impl<E, S: Default, F> Default for Timeline<E, S, F> {
    fn default() -> Self {
        Timeline {
            sealed: Box::default(),
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

    /// Whether an event before this moment is not sealed.
    #[inline]
    pub(crate) fn is_unsealed_before(&self, at: Millis) -> bool {
        self.events.get(self.sealed_len).is_some_and(|e| e.start < at)
    }

    /// When the events that are kept happened.
    pub(crate) fn starts(&self) -> impl DoubleEndedIterator<Item = Millis> {
        self.events.iter().map(|e| e.start)
    }

    /// Has the events from this moment on stepped again: what they see of the organisation may have changed.
    pub(crate) fn redo_from(&mut self, start: Millis) {
        let at = self.sealed_len + self.events[self.sealed_len..].partition_point(|e| e.start < start);
        if at < self.folded {
            self.take_back_to(at);
        }
    }

    /// Steps through the events that are not yet in the fold.
    #[inline]
    pub(crate) fn catch_up<D>(&mut self, panel: &mut Panel<D>, subject: Subject)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        let done = self.folded;
        self.folded = self.events.len();
        step(panel, subject, (self.base, &self.events), done, &mut self.live, Some(&mut self.ladder));
    }

    /// Says what changed since the last time.
    pub(crate) fn tell<D>(&mut self, panel: &Panel<D>, subject: Subject, output: &mut Vec<Output>)
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
                output.push(Output::Raise(Box::new(finding(
                    panel.of(episode.variant()),
                    subject,
                    &told.key,
                    episode,
                ))));
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
    pub(crate) fn seal<D>(&mut self, panel: &Panel<D>, horizon: Millis)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        self.sealed_until = self.sealed_until.max(horizon);
        let older = |(after, _): &Rung<S, F>| {
            self.events.get((*after - self.base - 1) as usize).is_some_and(|e| e.start < horizon)
        };
        if let Some(newest) = self.ladder.iter().rposition(older) {
            let mut rungs = self.ladder.drain(..=newest);
            if let Some((after, fold)) = rungs.next_back() {
                *self.sealed = fold;
                self.sealed_len = (after - self.base) as usize;
            }
        }
        self.drop_older(panel);
        self.forget_final(horizon);
    }

    /// Seals all that is older than the horizon, so that as few events as possible are kept. What lies after the
    /// newest copy of the fold is folded again, once in its life. The fold must be caught up and told.
    pub(crate) fn seal_all<D>(&mut self, panel: &mut Panel<D>, subject: Subject, horizon: Millis)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        self.seal(panel, horizon);
        let older = self.events.partition_point(|e| e.start < horizon);
        if older <= self.sealed_len {
            return;
        }
        if older == self.folded {
            self.sealed.as_mut().clone_from(&self.live);
        } else {
            let events = (self.base, &self.events[..older]);
            step(panel, subject, events, self.sealed_len, &mut self.sealed, None);
        }
        self.sealed_len = older;
        self.drop_older(panel);
        self.forget_final(horizon);
    }

    /// Drops events that no step will look back at: a window reaches back from the newest sealed event at most.
    fn drop_older<D>(&mut self, panel: &Panel<D>)
    where
        D: Detector<Event = E, State = S, Facts = F>,
    {
        let Some(newest) = self.sealed_len.checked_sub(1) else { return };
        let oldest = self.events[newest].start.saturating_sub(panel.look_back());
        let sealed = &self.events[..self.sealed_len];
        let mut gone = sealed.partition_point(|e| e.start <= oldest);
        gone += sealed[gone..].iter().take_while(|e| !panel.of(e.variant).looks_back_at(&e.event)).count();
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

    /// After reading from storage: takes up the fold, without stepping again what lies before `final_before`.
    pub(crate) fn restored(&mut self, final_before: Millis) {
        // `live` is stored only if `sealed` lacks something.
        let whole = self.folded == self.events.len() && self.sealed_len < self.folded;
        if whole && self.events.last().is_some_and(|e| e.start < final_before) {
            *self.sealed = self.live.clone();
            self.sealed_len = self.folded;
            self.sealed_until = self.sealed_until.max(final_before);
        } else {
            self.live = Fold::clone(&self.sealed);
            self.folded = self.sealed_len;
        }
        self.ladder.clear();
        // What was told before may not come back: a late event can have undone it.
        self.taken_back = true;
    }
}

/// Takes a fold over `done` of these events to the end of them. `base` is their place in the whole history. The one
/// caller of [`Detector::step`], so that the compiler makes one loop of the two.
fn step<D: Detector>(
    panel: &mut Panel<D>,
    subject: Subject,
    (base, events): (u64, &[Stamped<D::Event>]),
    done: usize,
    fold: &mut Fold<D::State, D::Facts>,
    mut ladder: Option<&mut Vec<Rung<D::State, D::Facts>>>,
) {
    for upto in done + 1..=events.len() {
        let event = &events[upto - 1];
        let (detector, organisation) = panel.at(event.variant, event.start);
        let now = Now::new(subject, organisation, base, &events[..upto]);
        detector.step(&mut fold.state, &now, &mut fold.episodes);
        let place = base + upto as u64;
        if place.is_multiple_of(RUNG)
            && let Some(ladder) = &mut ladder
        {
            ladder.push((place, fold.clone()));
        }
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
