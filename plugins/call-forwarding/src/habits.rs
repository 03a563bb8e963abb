//! Which countries the organisation calls: on how many days, and whether more than one person does.
//!
//! Owns what is learned from everybody's calls. Does not own what it means for a finding ([`crate::judge`]).

use std::collections::{BTreeMap, BTreeSet};

use ringfence_sdk::{Habits, Name, Row, known};
use serde::{Deserialize, Serialize};

/// Callers told apart per country: the question is whether they are a few or one.
pub const CALLERS: usize = 8;
/// Countries not called for so many days are forgotten: the longest time that `forget_days` may ask for.
const KEPT_DAYS: i32 = 365;

/// Callers of one country. Of many the lowest handles are kept: of every part the lowest make the lowest of the whole,
/// so their number, which is all that is asked for, is exact up to [`CALLERS`] whatever comes when.
type Callers = BTreeSet<Name>;

fn add(callers: &mut Callers, caller: Name) -> bool {
    if !callers.insert(caller) {
        return false;
    }
    callers.len() <= CALLERS || callers.pop_last() != Some(caller)
}

/// Who called which country on a day.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Day(BTreeMap<Name, Callers>);

impl Day {
    /// Learns from a call that somebody made on their own account, and says whether it is news.
    pub fn learn(&mut self, row: &Row<'_>) -> bool {
        let own = row.event() == known::CALL
            && row.direction() == known::ORIGINATING
            && row.called_class() == known::INTERNATIONAL
            && row.duration() > 0
            && !row.redirecting_number().is_present()
            && !row.redirecting_party().is_present();
        own && row.user().is_present()
            && row.called_country().is_present()
            && add(self.0.entry(row.called_country()).or_default(), row.user())
    }
}

/// What is known of a country.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Known {
    days: u16,
    last: i32,
    callers: Callers,
}

/// Countries that the organisation calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Countries(BTreeMap<Name, Known>);

impl Habits for Countries {
    type Day = Day;

    fn seal(&mut self, day: i32, of: &Day) {
        for (country, callers) in &of.0 {
            let known = self.0.entry(*country).or_default();
            (known.days, known.last) = (known.days.saturating_add(1), day);
            for caller in callers {
                add(&mut known.callers, *caller);
            }
        }
        self.0.retain(|_, known| day - known.last <= KEPT_DAYS);
    }
}

impl Countries {
    /// On how many days the country was called and by how many people, if it was within the last so many days.
    pub fn of(&self, country: Name, today: i32, forget: i32) -> (u16, usize) {
        let known = self.0.get(&country).filter(|k| today - k.last <= forget);
        known.map_or((0, 0), |k| (k.days, k.callers.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_callers_are_counted_and_forgotten() {
        let mut known = Countries::default();
        for day in 0..5 {
            let mut of = Day::default();
            for caller in 0..20 {
                add(of.0.entry(Name(7)).or_default(), Name(100 * day as u32 + caller));
            }
            known.seal(day, &of);
        }
        assert_eq!(known.of(Name(7), 10, 60), (5, CALLERS));
        assert_eq!((known.of(Name(7), 100, 60), known.of(Name(8), 10, 60)), ((0, 0), (0, 0)));
        known.seal(500, &Day::default());
        assert!(known.0.is_empty());
    }

    #[test]
    fn of_many_callers_the_lowest_stay_whatever_comes_first() {
        let (mut up, mut down) = (Callers::new(), Callers::new());
        (0..50).for_each(|n| assert_eq!(add(&mut up, Name(n)), n < CALLERS as u32));
        (0..50).rev().for_each(|n| assert!(add(&mut down, Name(n))));
        assert_eq!(up, down);
    }
}
