//! How far event time has come, by report times.
//!
//! Owns the rule that one record cannot move it alone: a record from a source whose clock is wrong by years would make
//! everything after it late. A time counts as reached when enough records were reported at it or later, so a few wrong
//! ones change nothing; while records are few the watermark only stays lower, which loses nothing. It is a function of
//! the set of records seen, not of their order, and no clock of the host is asked.

use model::Millis;

/// Records that must have been reported at a time or later before it counts as reached.
pub const WITNESSES: usize = 16;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watermark {
    /// The latest report times, ascending; at most [`WITNESSES`].
    latest: Vec<Millis>,
}

impl Watermark {
    /// From the times another one held.
    pub fn restore(mut latest: Vec<Millis>) -> Watermark {
        latest.sort_unstable();
        let surplus = latest.len().saturating_sub(WITNESSES);
        latest.drain(..surplus);
        Watermark { latest }
    }

    /// The times to keep.
    pub fn times(&self) -> &[Millis] {
        &self.latest
    }

    /// The watermark; 0 while too few records were seen.
    #[inline]
    pub fn at(&self) -> Millis {
        if self.latest.len() < WITNESSES { 0 } else { self.latest[0] }
    }

    /// Notes a record's report time.
    #[inline]
    pub fn note(&mut self, report: Millis) {
        if self.latest.len() == WITNESSES {
            if report <= self.latest[0] {
                return;
            }
            self.latest.remove(0);
        }
        let at = self.latest.iter().rposition(|known| *known <= report).map_or(0, |before| before + 1);
        self.latest.insert(at, report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_few_records_from_the_future_change_nothing() {
        let mut watermark = Watermark::default();
        (1_000..1_100).for_each(|t| watermark.note(t));
        let before = watermark.at();
        (0..8).for_each(|_| watermark.note(Millis::MAX));
        (1_100..1_110).for_each(|t| watermark.note(t));
        assert_eq!((before, watermark.at()), (1_084, 1_102));
    }

    proptest! {
        #[test]
        fn it_depends_on_what_was_seen_and_not_on_order_or_restarts(
            mut times in proptest::collection::vec(1i64..1_000, 0..60), cut in 0usize..60,
        ) {
            let mut one = Watermark::default();
            for (i, time) in times.iter().enumerate() {
                if i == cut {
                    one = Watermark::restore(one.times().to_vec());
                }
                one.note(*time);
            }
            times.sort_unstable();
            let wanted = if times.len() < WITNESSES { 0 } else { times[times.len() - WITNESSES] };
            prop_assert_eq!(one.at(), wanted);
        }
    }
}
