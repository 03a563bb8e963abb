//! Where a user's calls were forwarded to before.
//!
//! Owns the bounded memory. Does not own judgement.

use ringfence_sdk::calendar::day_of;
use ringfence_sdk::{Millis, Number};
use serde::{Deserialize, Serialize};

/// Destinations remembered per user; the one unused for longest goes.
const MOST: usize = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Destination {
    number: Number,
    days: u16,
    last: Millis,
}

/// Destinations of one user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Destinations(Vec<Destination>);

impl Destinations {
    /// On how many earlier days calls went there, and a note that one goes there now.
    pub fn note(&mut self, number: Number, at: Millis, forget: Millis) -> u16 {
        if let Some(known) = self.0.iter_mut().find(|d| d.number == number) {
            if at - known.last > forget {
                known.days = 0;
            }
            let today = day_of(known.last) == day_of(at) && known.days > 0;
            let before = known.days - u16::from(today);
            known.days = known.days.saturating_add(u16::from(!today));
            known.last = at;
            return before;
        }
        if self.0.len() == MOST {
            let oldest = (0..MOST).min_by_key(|i| self.0[*i].last).unwrap_or(0);
            self.0.remove(oldest);
        }
        self.0.push(Destination { number, days: 1, last: at });
        0
    }

    /// On how many days calls went there so far.
    pub fn days(&self, number: Number) -> u16 {
        self.0.iter().find(|d| d.number == number).map_or(0, |d| d.days)
    }
}

#[cfg(test)]
mod tests {
    use ringfence_sdk::DAY;

    use super::*;

    #[test]
    fn days_are_counted_once_and_forgotten() {
        let mut known = Destinations::default();
        let (a, b) = (Number(5), Number(6));
        assert_eq!(known.note(a, DAY, 10 * DAY), 0);
        assert_eq!(known.note(a, DAY + 5, 10 * DAY), 0, "today does not count");
        assert_eq!(known.note(a, 2 * DAY, 10 * DAY), 1);
        assert_eq!((known.days(a), known.days(b)), (2, 0));
        assert_eq!(known.note(a, 40 * DAY, 10 * DAY), 0, "forgotten");
        for i in 0..100 {
            known.note(Number(100 + i), (50 + i as i64) * DAY, 10 * DAY);
        }
        assert_eq!(known.days(a), 0);
    }
}
