//! What a user's international calls were like: countries, ranges, when they work, and figures of the last 30 days.
//!
//! Owns the bounded memory of a user. Does not own judgement ([`crate::evidence`]).

use ringfence_sdk::Millis;
use ringfence_sdk::calendar::{day_of, minute_of, weekday_of};
use serde::{Deserialize, Serialize};

use crate::places::Places;

/// Calendar days over which figures count.
const BASELINE: u32 = 30;
/// Active days remembered: a month of working days.
const DAYS: usize = 20;
/// Weeks looked back at for whether a weekday is worked.
const WEEKS: i32 = 4;
/// Days of one weekday, among the last four, from which it is worked.
const WORKED: usize = 2;
/// Nights among the last 28 days from which somebody works at night.
const NIGHTS: u32 = 3;
/// Active days below which the greatest figure stands for the usual one; from here on single days are left out.
const FEW: usize = 8;

/// Figures of one local day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Days since the active day before, up to 255.
    gap: u8,
    /// Calls abroad, to premium and to satellite numbers.
    pub calls: u16,
    /// Minutes talked.
    pub minutes: u16,
    /// Calls in the busiest 60 minutes.
    pub busiest: u16,
    /// Most calls at the same time.
    pub overlap: u8,
    /// Premium and satellite calls.
    pub premium: u8,
    /// A finding of medium or above was open.
    pub suspect: bool,
}

/// A user's memory.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    /// First local day on which the user was seen at all; 0 is never.
    first_day: i32,
    /// Latest local day on which the user was seen; bit 0 of the maps below.
    seen_day: i32,
    /// Days with calls of any kind, and those with calls within the country at night.
    active: u32,
    night: u32,
    /// Countries called.
    pub countries: Places,
    /// Number ranges called.
    pub ranges: Places,
    /// Oldest first.
    days: Vec<Day>,
    day: i32,
    today: Day,
}

impl History {
    /// Notes that the user was seen at this local time. A call abroad at night says nothing about when they work.
    pub fn note_user(&mut self, local: Millis, at_night: bool, abroad: bool) {
        let day = day_of(local);
        if self.first_day == 0 {
            self.first_day = day;
            self.seen_day = day;
        }
        // A local day can begin again when the user crosses a time zone.
        let ahead = day - self.seen_day;
        if ahead > 0 {
            let shifted = |map: u32| map.checked_shl(ahead as u32).unwrap_or(0);
            (self.active, self.night) = (shifted(self.active), shifted(self.night));
            self.seen_day = day;
        }
        let bit = 1_u32.checked_shl((self.seen_day - day) as u32).unwrap_or(0);
        if !(abroad && at_night) {
            self.active |= bit;
        }
        if at_night && !abroad {
            self.night |= bit;
        }
    }

    /// For how many days the user has been seen.
    pub fn age(&self, day: i32) -> i32 {
        if self.first_day == 0 { 0 } else { day - self.first_day }
    }

    /// The day from which the user is known for `warm` days.
    pub fn known_from(&self, warm: i32) -> i32 {
        self.first_day + warm
    }

    /// Whether the user works at night.
    pub fn works_at_night(&self) -> bool {
        // Today says nothing yet.
        (self.night >> 1 & 0x0fff_ffff).count_ones() >= NIGHTS
    }

    /// Whether the day is a Saturday or Sunday that this user does not work.
    pub fn is_off(&self, day: i32) -> bool {
        let was_active = |back: i32| {
            let place = self.seen_day - (day - back);
            (0..32).contains(&place) && self.active >> place & 1 == 1
        };
        weekday_of(day) >= 5 && (1..=WEEKS).filter(|w| was_active(7 * w)).count() < WORKED
    }

    /// Whether this user is not at work at this local time; `night` are the hours at which it begins and ends.
    pub fn is_odd(&self, local: Millis, night: (u16, u16)) -> bool {
        (is_night(local, night) && !self.works_at_night()) || self.is_off(day_of(local))
    }

    /// Begins a local day, if it is a later one.
    pub fn turn_to(&mut self, day: i32) {
        if day <= self.day {
            return;
        }
        let gap = (day - self.day).min(i32::from(u8::MAX)) as u8;
        if self.today.calls > 0 {
            if self.days.len() == DAYS {
                self.days.remove(0);
            }
            self.days.push(self.today);
            self.today.gap = gap;
        } else {
            self.today.gap = self.today.gap.saturating_add(gap);
        }
        self.day = day;
        self.today = Day { gap: self.today.gap, ..Day::default() };
    }

    /// Today so far.
    pub fn today(&mut self) -> &mut Day {
        &mut self.today
    }

    /// Active days of the last 30 before today; without those of a finding, unless these have become the most.
    fn usual_days(&self) -> impl Iterator<Item = &Day> {
        let mut back = u32::from(self.today.gap);
        let mut from = self.days.len();
        while from > 0 && back <= BASELINE {
            from -= 1;
            back += u32::from(self.days[from].gap);
        }
        let days = &self.days[from..];
        let suspect = days.iter().filter(|d| d.suspect).count();
        let all = 2 * suspect > days.len();
        days.iter().filter(move |d| all || !d.suspect)
    }

    /// Active days that count as usual.
    pub fn active_days(&self) -> usize {
        self.usual_days().count()
    }

    /// What is usual on active days: the greatest figure, from some days on without the greatest eighth, which may be
    /// chance.
    pub fn usual(&self, figure: impl Fn(&Day) -> u32) -> u32 {
        let mut figures: Vec<u32> = self.usual_days().map(figure).collect();
        figures.sort_unstable_by(|a, b| b.cmp(a));
        let at = if figures.len() < FEW { 0 } else { figures.len() / FEW };
        figures.get(at).copied().unwrap_or(0)
    }

    /// Fewest and most calls on active days.
    pub fn range_of_calls(&self) -> (u32, u32) {
        let calls = || self.usual_days().map(|d| u32::from(d.calls));
        (calls().min().unwrap_or(0), calls().max().unwrap_or(0))
    }

    /// Whether a day in the last 30 was like this one or more in every figure given.
    pub fn any_day(&self, is: impl Fn(&Day) -> bool) -> bool {
        self.usual_days().any(is)
    }

    /// Premium calls of the last `days` days before today, and days with such calls in the last 30.
    pub fn premium(&self, days: u32) -> (u32, u32) {
        let (mut back, mut calls, mut with) = (u32::from(self.today.gap), 0, 0);
        for day in self.days.iter().rev() {
            if back > BASELINE {
                break;
            }
            if back <= days {
                calls += u32::from(day.premium);
            }
            with += u32::from(day.premium > 0 && !day.suspect);
            back += u32::from(day.gap);
        }
        (calls, with)
    }
}

/// Whether this local time lies in the night from one hour to another.
pub fn is_night(local: Millis, (from, to): (u16, u16)) -> bool {
    let hour = minute_of(local) / 60;
    if from <= to { (from..to).contains(&hour) } else { hour >= from || hour < to }
}

#[cfg(test)]
mod tests {
    use ringfence_sdk::{DAY, HOUR};

    use super::*;

    /// A Monday.
    const MONDAY: i32 = 20_514;

    fn at(day: i32, hour: i64) -> Millis {
        i64::from(day) * DAY + hour * HOUR
    }

    #[test]
    fn nights_and_days_off_follow_the_user() {
        let night = (21, 6);
        let (mut office, mut porter) = (History::default(), History::default());
        for day in (MONDAY..MONDAY + 28).filter(|d| weekday_of(*d) < 5) {
            office.note_user(at(day, 10), false, false);
        }
        for day in MONDAY..MONDAY + 28 {
            porter.note_user(at(day, 23), true, false);
        }
        let saturday = MONDAY + 26;
        assert!(office.is_odd(at(saturday, 11), night) && !porter.is_odd(at(saturday, 11), night));
        assert!(office.is_odd(at(saturday - 1, 3), night) && !porter.is_odd(at(saturday - 1, 3), night));
        assert!(!office.is_odd(at(saturday - 1, 11), night));
    }

    #[test]
    fn calls_abroad_at_night_do_not_make_the_night_usual() {
        let mut history = History::default();
        for day in MONDAY..MONDAY + 28 {
            history.note_user(at(day, 2), true, true);
        }
        assert!(history.is_odd(at(MONDAY + 28, 2), (21, 6)));
        assert!(history.is_odd(at(MONDAY + 33, 12), (21, 6)), "nor the weekend");
    }

    #[test]
    fn days_of_a_finding_are_not_usual_and_old_days_go() {
        let mut history = History::default();
        for day in 0..10 {
            history.turn_to(MONDAY + day);
            *history.today() = Day { calls: 2, suspect: false, gap: history.today().gap, ..Day::default() };
        }
        history.turn_to(MONDAY + 10);
        history.today().calls = 50;
        history.today().suspect = true;
        history.turn_to(MONDAY + 11);
        assert_eq!((history.usual(|d| u32::from(d.calls)), history.active_days()), (2, 10));
        history.turn_to(MONDAY + 35);
        assert_eq!(history.active_days(), 5, "days 5 to 9");
        history.turn_to(MONDAY + 90);
        assert_eq!(history.active_days(), 0);
    }

    #[test]
    fn one_odd_day_is_not_the_usual_one() {
        let mut history = History::default();
        for day in 0..16 {
            history.turn_to(MONDAY + day);
            history.today().calls = if day == 3 { 40 } else { 3 };
        }
        history.turn_to(MONDAY + 16);
        assert_eq!(history.usual(|d| u32::from(d.calls)), 3);
        assert_eq!(history.range_of_calls(), (3, 40));
    }

    #[test]
    fn a_memory_that_is_full_is_small() {
        let mut history = History::default();
        for day in 0..40 {
            history.note_user(at(MONDAY + day, 10), false, true);
            history.turn_to(MONDAY + day);
            let gap = history.today().gap;
            *history.today() = Day { gap, calls: 60, minutes: 200, busiest: 9, overlap: 3, ..Day::default() };
            for key in 0..40_u32 {
                let range = key.wrapping_mul(0x9e37_79b9);
                history.countries.note(300 + key, ringfence_sdk::Number(7), MONDAY + day, true, 60, 14);
                history.ranges.note(range, ringfence_sdk::Number(7), MONDAY + day, true, 60, 9);
            }
        }
        let bytes = postcard::to_allocvec(&history).unwrap().len();
        assert!(bytes <= 500, "{bytes} bytes");
    }

    #[test]
    fn a_night_may_lie_within_a_day() {
        assert!(is_night(at(0, 23), (21, 6)) && is_night(at(0, 5), (21, 6)) && !is_night(at(0, 6), (21, 6)));
        assert!(is_night(at(0, 3), (1, 5)) && !is_night(at(0, 6), (1, 5)));
    }
}
