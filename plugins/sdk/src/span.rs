//! Events in the order in which they happened, and slices of them.
//!
//! Owns the views a detector gets while it steps. Does not own the events ([`crate::timeline`] does).

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::types::{Millis, RecordId, Subject};

/// A detector's own event with what puts it in order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped<E> {
    /// When it happened.
    pub start: Millis,
    /// When it was reported.
    pub report: Millis,
    /// Which record.
    pub id: RecordId,
    /// Which of the operator's overrides applies to it; 0 is none.
    pub variant: u8,
    /// What the detector keeps of it.
    pub event: E,
}

impl<E> Stamped<E> {
    /// The order of events: by time, then by identity.
    #[inline]
    pub(crate) fn order(&self) -> (Millis, RecordId) {
        (self.start, self.id)
    }
}

/// Consecutive events of one subject in time order, with their place in its whole history.
#[derive(Debug)]
pub struct Span<'a, E> {
    begin: u64,
    events: &'a [Stamped<E>],
}

impl<E> Clone for Span<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Span<'_, E> {}

impl<'a, E> Deref for Span<'a, E> {
    type Target = [Stamped<E>];

    #[inline]
    fn deref(&self) -> &Self::Target {
        self.events
    }
}

impl<'a, E> Span<'a, E> {
    /// The events, for as long as the history lives.
    #[inline]
    pub fn events(self) -> &'a [Stamped<E>] {
        self.events
    }

    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    pub(crate) fn end(&self) -> u64 {
        self.begin + self.events.len() as u64
    }

    pub(crate) fn end_time(&self) -> Millis {
        self.events.last().map_or(0, |e| e.start)
    }

    /// Those from this place in the history on.
    pub(crate) fn since(self, index: u64) -> Span<'a, E> {
        let skip = index.saturating_sub(self.begin).min(self.events.len() as u64);
        Span { begin: self.begin + skip, events: &self.events[skip as usize..] }
    }
}

/// The current event (which it dereferences to) and the way back from it.
#[derive(Debug)]
pub struct Now<'a, E, H = ()> {
    /// Whose event it is.
    pub subject: Subject,
    /// What the organisation was like up to three days before.
    pub organisation: &'a H,
    base: u64,
    past: &'a [Stamped<E>],
}

impl<E, H> Deref for Now<'_, E, H> {
    type Target = Stamped<E>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        &self.past[self.past.len() - 1]
    }
}

impl<'a, E, H> Now<'a, E, H> {
    /// `past` ends with the current event; it must not be empty.
    pub(crate) fn new(subject: Subject, organisation: &'a H, base: u64, past: &'a [Stamped<E>]) -> Self {
        debug_assert!(!past.is_empty());
        Now { subject, organisation, base, past }
    }

    /// The current event and those that started less than `length` before it. Must not exceed the detector's
    /// `look_back`: older events may be gone.
    #[inline]
    pub fn within(&self, length: Millis) -> Span<'a, E> {
        let oldest = self.start - length;
        let begin = self.past.partition_point(|e| e.start <= oldest);
        Span { begin: self.base + begin as u64, events: &self.past[begin..] }
    }

    /// The current event alone.
    #[inline]
    pub fn alone(&self) -> Span<'a, E> {
        let begin = self.past.len() - 1;
        Span { begin: self.base + begin as u64, events: &self.past[begin..] }
    }
}

/// A sliding window for hot paths: like [`Now::within`], but each event enters and leaves once, so that running counts
/// cost O(1). It stands in the detector's state and must slide at every step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    from: u64,
}

impl Window {
    /// Moves the window's end to the current event. `leave` gets each event that falls out, and the events that remain
    /// (the current one, which is the last, included). At most `most` events remain.
    #[inline]
    pub fn slide<'a, E, H>(
        &mut self,
        now: &Now<'a, E, H>,
        length: Millis,
        most: usize,
        mut leave: impl FnMut(&Stamped<E>, &[Stamped<E>]),
    ) -> Span<'a, E> {
        let oldest = now.start - length;
        let mut begin = (self.from.max(now.base) - now.base) as usize;
        let end = now.past.len();
        begin = begin.min(end - 1);
        while now.past[begin].start <= oldest || end - begin > most {
            leave(&now.past[begin], &now.past[begin + 1..]);
            begin += 1;
        }
        self.from = now.base + begin as u64;
        Span { begin: self.from, events: &now.past[begin..] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events(starts: &[i64]) -> Vec<Stamped<u32>> {
        let stamp = |(i, s): (usize, &i64)| Stamped {
            start: *s,
            report: *s,
            id: RecordId { hi: 0, lo: i as u64 },
            variant: 0,
            event: i as u32,
        };
        starts.iter().enumerate().map(stamp).collect()
    }

    proptest! {
        #[test]
        fn a_sliding_window_is_the_same_as_looking_back(
            mut starts in proptest::collection::vec(1i64..500, 1..60), length in 1i64..100
        ) {
            starts.sort_unstable();
            let events = events(&starts);
            let (mut window, mut sum) = (Window::default(), 0u32);
            for end in 1..=events.len() {
                let now = Now::new(Subject::Organisation, &(), 0, &events[..end]);
                sum += now.event;
                let slid = window.slide(&now, length, usize::MAX, |gone, rest| {
                    assert_eq!(rest.len() as u32 + gone.event + 1, end as u32);
                    sum -= gone.event;
                });
                let back = now.within(length);
                prop_assert_eq!(slid.events(), back.events());
                prop_assert_eq!(slid.begin(), back.begin());
                prop_assert_eq!(sum, back.iter().map(|e| e.event).sum::<u32>());
            }
        }
    }

    #[test]
    fn a_window_can_be_bounded_by_count() {
        let events = events(&[1, 2, 3, 4, 5]);
        let mut window = Window::default();
        let now = Now::new(Subject::Organisation, &(), 0, &events);
        assert_eq!(window.slide(&now, 100, 2, |_, _| {}).len(), 2);
        assert_eq!(now.alone().len(), 1);
    }
}
