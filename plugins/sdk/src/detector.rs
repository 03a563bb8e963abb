//! What an author writes: the [`Detector`] trait.
//!
//! Owns the author's side of the contract. Does not own the order of events, late arrivals, duplicates, state or
//! revisions: the SDK takes care of those, so that a detector cannot get them wrong.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::episode::{Episode, Episodes};
use crate::finding::Report;
use crate::organisation::Habits;
use crate::row::Row;
use crate::span::Now;
use crate::timeline::{Migrated, OldState};
use crate::types::{Millis, Subject};

/// A detector. `step` is called for each event of a subject in the order in which they happened, whatever the order in
/// which they arrived: when a late event comes in between, the SDK takes an earlier copy of the state and steps
/// through what follows again. So `step` and `describe` must depend on nothing but their arguments, the
/// configuration, and the imports `names` and `directory`.
pub trait Detector: Sized {
    /// Settings, read from the JSON object the host passes: complete, defaults filled in.
    type Config: DeserializeOwned;
    /// What the detector keeps of a row: small, it is held for as long as late events may come.
    type Event: Clone + Serialize + DeserializeOwned;
    /// What it remembers of a subject between events: small and quick to clone.
    type State: Clone + Default + Serialize + DeserializeOwned;
    /// What it remembers of an episode for its report.
    type Facts: Clone + Default + Serialize + DeserializeOwned;
    /// What it knows of the organisation as a whole, learned by [`Detector::learn`]; `()` for nothing.
    type Habits: Habits;

    /// Raise this when `Event`, `State` or `Facts` change their form; stored state of another version goes through
    /// [`Detector::migrate`].
    const STATE_SCHEMA: u8 = 1;

    /// Makes the detector; an error should name the setting and what is allowed.
    ///
    /// # Errors
    /// When a setting does not make sense.
    fn new(config: Self::Config) -> Result<Self, String>;

    /// The longest time back that `step` asks for with [`Now::within`] or a [`crate::Window`].
    fn look_back(&self) -> Millis;

    /// Whether a later step that looks back may have to see this event. Those before the first such event are
    /// forgotten as soon as they are final, so a step that looks back must take no notice of the others: then a user
    /// of whom little is remarkable takes little memory. Leave it alone in a detector with a [`crate::Window`], which counts them all.
    #[inline]
    fn looks_back_at(&self, _event: &Self::Event) -> bool {
        true
    }

    /// Picks the rows that matter and what to keep of them. The subject must be the manifest's partition; a row about an absent one
    /// is left out.
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Self::Event)>;

    /// Picks the rows that matter to a second subject, that of `[also]` in the manifest. The manifest's filters only
    /// save work: this must look for itself whether a row is one of its own.
    #[inline]
    fn select_also(&self, _row: &Row<'_>) -> Option<(Subject, Self::Event)> {
        None
    }

    /// Learns from a row of `[organisation]` in the manifest for the habits of the whole, and says whether anything is
    /// new. The rows of a day come in any order and some again: keep sets and maxima, bounded, and look for itself whether the
    /// row is one to learn from.
    #[inline]
    fn learn(&self, _row: &Row<'_>, _day: &mut <Self::Habits as Habits>::Day) -> bool {
        false
    }

    /// Takes the next event.
    fn step(
        &self,
        state: &mut Self::State,
        now: &Now<'_, Self::Event, Self::Habits>,
        episodes: &mut Episodes<Self::Facts>,
    );

    /// Puts an episode into words and figures; called only when it is new or changed.
    fn describe(&self, subject: Subject, episode: &Episode<Self::Facts>) -> Report;

    /// Turns state that an older version stored into this version's: `stored.read` with that version's types. What
    /// one version writes the next must be able to read, or its users lose what it learned.
    ///
    /// # Errors
    /// When it cannot: the host then reports the plugin as failed, with this text.
    fn migrate(stored: OldState<'_>) -> Result<Migrated<Self>, String> {
        let (from, to) = (stored.schema(), Self::STATE_SCHEMA);
        Err(format!("state of schema {from} cannot be read by schema {to}"))
    }
}
