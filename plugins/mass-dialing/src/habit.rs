//! How busy a user's busiest windows usually are.
//!
//! Owns the memory of past days, bounded to 28. Does not own thresholds.

use ringfence_sdk::Millis;
use ringfence_sdk::calendar::day_of;
use serde::{Deserialize, Serialize};

/// Active days remembered: four weeks.
const DAYS: usize = 28;

/// Busiest windows of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Peak {
    burst: u16,
    hour: u16,
}

/// Usual busiest windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Calls in the short window.
    pub burst: u16,
    /// Calls in the hour.
    pub hour: u16,
    /// Active days it rests on.
    pub days: u8,
}

/// The last active days. Today's calls never count for today.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Habit {
    day: i32,
    today: Peak,
    /// Oldest first.
    past: Vec<Peak>,
    /// Of `past`; no days while nobody has asked since it last changed.
    usual: Usual,
}

impl Habit {
    /// Takes note of the windows as they are at an event.
    #[inline]
    pub fn note(&mut self, at: Millis, burst: usize, hour: usize) {
        let day = day_of(at);
        if day != self.day {
            self.close_day();
            self.day = day;
        }
        self.today.burst = self.today.burst.max(burst.min(usize::from(u16::MAX)) as u16);
        self.today.hour = self.today.hour.max(hour.min(usize::from(u16::MAX)) as u16);
    }

    /// What was usual before today. Sorting a month is left until somebody asks: most days nobody does.
    pub fn usual(&mut self) -> Usual {
        if self.usual.days == 0 && !self.past.is_empty() {
            self.usual = Usual {
                burst: median(self.past.iter().map(|p| p.burst)),
                hour: median(self.past.iter().map(|p| p.hour)),
                days: self.past.len() as u8,
            };
        }
        self.usual
    }

    fn close_day(&mut self) {
        if self.today == Peak::default() {
            return;
        }
        if self.past.len() == DAYS {
            self.past.remove(0);
        }
        self.past.push(self.today);
        self.today = Peak::default();
        self.usual = Usual::default();
    }
}

/// The upper median: robust against a few attacked days among many ordinary ones.
fn median(values: impl Iterator<Item = u16>) -> u16 {
    let mut sorted = [0u16; DAYS];
    let mut len = 0;
    for value in values.take(DAYS) {
        let mut at = len;
        while at > 0 && sorted[at - 1] > value {
            sorted[at] = sorted[at - 1];
            at -= 1;
        }
        sorted[at] = value;
        len += 1;
    }
    sorted[len / 2]
}

#[cfg(test)]
mod tests {
    use ringfence_sdk::DAY;

    use super::*;

    #[test]
    fn usual_is_the_median_of_past_days_only() {
        let mut habit = Habit::default();
        for (day, burst) in [(1, 3), (2, 5), (3, 400), (4, 4)] {
            habit.note(day * DAY, burst, burst * 2);
            habit.note(day * DAY + 1, 1, 1);
        }
        habit.note(5 * DAY, 900, 900);
        let usual = habit.usual();
        assert_eq!(usual, Usual { burst: 5, hour: 10, days: 4 });
        habit.note(5 * DAY + 1, 901, 901);
        assert_eq!(habit.usual(), usual, "today does not count");
    }

    #[test]
    fn only_four_weeks_are_kept() {
        let mut habit = Habit::default();
        for day in 1..200 {
            habit.note(day * DAY, day as usize, 0);
        }
        habit.note(200 * DAY, 0, 0);
        assert_eq!(habit.usual(), Usual { burst: 186, hour: 0, days: 28 });
    }
}
