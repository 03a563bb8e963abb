//! At which local hours a user makes calls, over the last 28 days.
//!
//! Owns the memory: one bit per hour and day. Does not own what is allowed when (the directory does).

use serde::{Deserialize, Serialize};

/// Days remembered.
const DAYS: u32 = 28;
/// Hours of a day.
const HOURS: usize = 24;

/// Bit i is i days ago; bit 0 is today, which is never asked about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rhythm {
    day: i32,
    first_day: i32,
    hours: [u32; HOURS],
    /// Days off (weekend, holiday).
    off: u32,
}

impl Rhythm {
    /// Moves on to a local day.
    #[inline]
    pub fn turn_to(&mut self, day: i32, off: bool) {
        if day > self.day {
            let by = (day - self.day) as u32;
            let shift = |bits: u32| if by >= 32 { 0 } else { bits << by };
            self.hours = self.hours.map(shift);
            self.off = shift(self.off);
            self.day = day;
            if self.first_day == 0 {
                self.first_day = day;
            }
        }
        if day == self.day {
            self.off |= u32::from(off);
        }
    }

    /// Notes a call in this local hour of the current day (or of one just before it: clocks change, offsets differ).
    #[inline]
    pub fn note(&mut self, day: i32, hour: usize) {
        let ago = self.day - day;
        if (0..DAYS as i32).contains(&ago) {
            self.hours[hour % HOURS] |= 1 << ago;
        }
    }

    /// On how many of the last 28 days of the same kind the user called around this hour, today not counted.
    pub fn days_around(&self, hour: usize) -> u32 {
        let same_kind = if self.off & 1 == 1 { self.off } else { !self.off };
        let mask = ((1u32 << (DAYS + 1)) - 2) & same_kind;
        let around = self.hours[(hour + HOURS - 1) % HOURS]
            | self.hours[hour % HOURS]
            | self.hours[(hour + 1) % HOURS];
        (around & mask).count_ones()
    }

    /// Days since the user was first seen.
    pub fn age(&self) -> i32 {
        self.day - self.first_day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_learned_by_kind_of_day() {
        let mut rhythm = Rhythm::default();
        for day in 100..110 {
            rhythm.turn_to(day, day % 2 == 0);
            rhythm.note(day, if day % 2 == 0 { 3 } else { 22 });
        }
        rhythm.turn_to(110, true);
        assert_eq!((rhythm.days_around(4), rhythm.days_around(22)), (5, 0));
        rhythm.turn_to(111, false);
        assert_eq!((rhythm.days_around(23), rhythm.days_around(3)), (5, 0));
        assert_eq!(rhythm.age(), 11);
    }

    #[test]
    fn today_and_more_than_four_weeks_ago_do_not_count() {
        let mut rhythm = Rhythm::default();
        rhythm.turn_to(100, false);
        rhythm.note(100, 2);
        assert_eq!(rhythm.days_around(2), 0);
        rhythm.turn_to(128, false);
        assert_eq!(rhythm.days_around(2), 1);
        rhythm.turn_to(129, false);
        assert_eq!(rhythm.days_around(2), 0);
        rhythm.turn_to(500, false);
        assert_eq!(rhythm.days_around(2), 0);
    }
}
