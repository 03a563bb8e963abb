//! At which local hours a user makes calls, over the last 28 days, and how many a day.
//!
//! Owns the memory (one bit per hour and day) and the chance of a call at an hour that follows from it. Does not own
//! what is allowed when (the directory does), nor what teaches it (the crate's root).

use serde::{Deserialize, Serialize};

/// Days remembered.
pub const DAYS: u32 = 28;
/// Hours of a day.
const HOURS: usize = 24;
/// Every day that is remembered, without today.
const PAST: u32 = (1 << (DAYS + 1)) - 2;

/// Calls of a usual day are kept in parts of a call.
const PARTS: u32 = 16;
/// A new day weighs so much in them: about three working weeks count.
const DAY_WEIGHT: u32 = 8;
/// One day may not count for more than so many times the usual, and so many calls beside: an attack must not become
/// the usual.
const DAY_FACTOR: u32 = 3;
const DAY_CALLS: u32 = 10;

/// Of the nights at other hours, every so many count as one at this hour: who is called out at night is so at any hour.
const NIGHT_SHARE: f64 = 3.0;

/// Bit i is i days ago; bit 0 is today, which is never asked about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rhythm {
    day: i32,
    first_day: i32,
    hours: [u32; HOURS],
    /// Days with a call in the night, at whichever hour.
    nights: u32,
    calls_today: u32,
    usual_calls: u32,
}

/// How usual it is that a user makes calls at an hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habit {
    /// Days with a call at that hour or the ones beside it.
    pub days: u32,
    /// Days that were looked at.
    pub of: u32,
    /// Smoothed chance of a call at that hour on such a day.
    pub chance: f64,
}

/// Which days tell about an hour.
#[derive(Clone, Copy, Debug)]
pub struct Looked {
    /// Days of the right kind, by bit.
    pub days: u32,
    /// Whether days without a call count too.
    pub idle: bool,
    /// Whether nights at other hours tell something.
    pub night: bool,
    /// Chance before anything is known, and how many days it weighs.
    pub prior: f64,
    /// See `prior`.
    pub weight: f64,
}

impl Rhythm {
    /// Moves on to a local day.
    #[inline]
    pub fn turn_to(&mut self, day: i32) {
        if day <= self.day {
            return;
        }
        if self.first_day == 0 {
            self.first_day = day;
        }
        let by = (day - self.day) as u32;
        let shift = |bits: u32| if by >= u32::BITS { 0 } else { bits << by };
        self.hours = self.hours.map(shift);
        self.nights = shift(self.nights);
        self.close_day();
        self.day = day;
    }

    fn close_day(&mut self) {
        let calls = std::mem::take(&mut self.calls_today).saturating_mul(PARTS);
        if calls == 0 {
            return;
        }
        let most = self.usual_calls.saturating_mul(DAY_FACTOR).saturating_add(DAY_CALLS * PARTS);
        let calls = calls.min(most);
        self.usual_calls = match self.usual_calls {
            0 => calls,
            usual => (usual * (DAY_WEIGHT - 1) + calls) / DAY_WEIGHT,
        };
    }

    /// Notes a call in this local hour of the current day (or of one just before it: clocks change, offsets differ).
    #[inline]
    pub fn note(&mut self, day: i32, hour: usize, night: bool) {
        let ago = self.day - day;
        if (0..DAYS as i32).contains(&ago) {
            self.hours[hour % HOURS] |= 1 << ago;
            self.nights |= u32::from(night) << ago;
        }
        self.calls_today = self.calls_today.saturating_add(1).min(u32::from(u16::MAX));
    }

    /// How usual a call around this hour is, today not counted.
    pub fn habit(&self, hour: usize, looked: Looked) -> Habit {
        let known = self.age().clamp(0, DAYS as i32) as u32;
        let mut looked_at = looked.days & PAST & ((2u32 << known) - 1);
        let around = self.hours[(hour + HOURS - 1) % HOURS]
            | self.hours[hour % HOURS]
            | self.hours[(hour + 1) % HOURS];
        if !looked.idle {
            looked_at &= self.active();
        }
        let days = (around & looked_at).count_ones();
        let nights = if looked.night { (self.nights & looked_at & !around).count_ones() } else { 0 };
        let of = looked_at.count_ones();
        let seen = f64::from(days) + f64::from(nights) / NIGHT_SHARE;
        Habit { days, of, chance: (seen + looked.weight * looked.prior) / (f64::from(of) + looked.weight) }
    }

    /// Days with a call, today included.
    fn active(&self) -> u32 {
        self.hours.iter().fold(0, |all, hour| all | hour)
    }

    /// On how many of the last days the user made calls.
    pub fn active_days(&self) -> u32 {
        (self.active() & PAST).count_ones()
    }

    /// Calls of a usual day on which the user makes any.
    pub fn usual_calls(&self) -> f64 {
        f64::from(self.usual_calls) / f64::from(PARTS)
    }

    /// Days since the user was first seen.
    pub fn age(&self) -> i32 {
        self.day - self.first_day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every day of the last four weeks.
    fn all() -> Looked {
        Looked { days: u32::MAX, idle: true, night: false, prior: 0.0, weight: 1.0 }
    }

    fn days(rhythm: &Rhythm, hour: usize, looked: Looked) -> (u32, u32) {
        let habit = rhythm.habit(hour, looked);
        (habit.days, habit.of)
    }

    #[test]
    fn hours_are_learned_by_kind_of_day() {
        let mut rhythm = Rhythm::default();
        for day in 100..110 {
            rhythm.turn_to(day);
            rhythm.note(day, if day % 2 == 0 { 3 } else { 22 }, false);
        }
        rhythm.turn_to(110);
        let even = Looked { days: 0x5555_5555, ..all() };
        assert_eq!((days(&rhythm, 4, even), days(&rhythm, 22, even)), ((5, 5), (0, 5)));
        assert_eq!(days(&rhythm, 23, Looked { days: !even.days, ..even }), (5, 5));
        assert_eq!(rhythm.age(), 10);
    }

    #[test]
    fn today_and_more_than_four_weeks_ago_do_not_count() {
        let mut rhythm = Rhythm::default();
        rhythm.turn_to(100);
        rhythm.note(100, 2, false);
        assert_eq!(days(&rhythm, 2, all()), (0, 0));
        rhythm.turn_to(128);
        assert_eq!(days(&rhythm, 2, all()), (1, 28));
        assert_eq!(days(&rhythm, 2, Looked { idle: false, ..all() }), (1, 1));
        rhythm.turn_to(129);
        assert_eq!(days(&rhythm, 2, all()), (0, 28));
        rhythm.turn_to(500);
        assert_eq!(days(&rhythm, 2, all()), (0, 28));
    }

    #[test]
    fn the_chance_moves_from_the_prior_to_what_was_seen() {
        let mut rhythm = Rhythm::default();
        let night = Looked { idle: false, night: true, prior: 0.01, weight: 5.0, ..all() };
        rhythm.turn_to(100);
        assert!((rhythm.habit(2, night).chance - 0.01).abs() < 1e-9);
        for day in 100..120 {
            rhythm.turn_to(day);
            rhythm.note(day, 10, false);
        }
        rhythm.turn_to(120);
        assert!(rhythm.habit(2, night).chance < 0.0021);
        for day in 120..123 {
            rhythm.turn_to(day);
            rhythm.note(day, 23 + 3 * (day as usize - 120), true);
        }
        rhythm.turn_to(123);
        let habit = rhythm.habit(2, night);
        assert_eq!((habit.days, habit.of), (1, 23));
        assert!((0.05..0.07).contains(&habit.chance), "{habit:?}");
    }

    #[test]
    fn one_wild_day_does_not_become_the_usual() {
        let mut rhythm = Rhythm::default();
        for day in 100..130 {
            rhythm.turn_to(day);
            for _ in 0..if day == 125 { 3000 } else { 6 } {
                rhythm.note(day, 10, false);
            }
        }
        assert!((6.0..10.0).contains(&rhythm.usual_calls()), "{}", rhythm.usual_calls());
    }
}
