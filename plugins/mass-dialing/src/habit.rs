//! What is usual for one owner of calls: busiest windows, share of short calls, numbers called before.
//!
//! Owns the memory of past days, bounded to 28. Does not own thresholds.

use ringfence_sdk::{DAY, HOUR, Millis, Number};
use serde::{Deserialize, Serialize};

/// Active days remembered: four weeks.
const DAYS: usize = 28;
/// A day's share of short calls counts from so many calls on.
const SHARE_CALLS: u16 = 3;
/// Share of a day with too few calls.
const NO_SHARE: u8 = u8::MAX;
/// Share of short calls assumed of anybody: office records have about two thirds, unanswered ones included.
const COMMON_SHARE: f64 = 0.65;
/// The common share weighs as many days of the user's own.
const COMMON_DAYS: f64 = 4.0;

/// Share of numbers never called before that is assumed of anybody.
const COMMON_NEW: f64 = 0.35;
/// Hours are counted over so many active days before older ones fade.
const HOUR_DAYS: u8 = 56;
/// Bits of the numbers of an ordinary day.
const FEW_NUMBERS: u32 = 48;

/// One day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Peak {
    burst: u16,
    hour: u16,
    inbound: u16,
    /// Short calls among the outgoing ones, in hundredths.
    share: u8,
    /// Calls to numbers not called on an earlier day, in hundredths.
    new: u8,
}

/// What is usual on a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Usual {
    /// Outgoing calls in the busiest short window.
    pub burst: u16,
    /// Outgoing calls in the busiest hour.
    pub hour: u16,
    /// Active days with outgoing calls.
    pub days: u8,
    /// Incoming calls in the busiest short window.
    pub inbound: u16,
    /// Active days with incoming calls.
    pub inbound_days: u8,
    /// Share of short calls.
    pub share: f32,
    /// Share of calls to numbers not called on an earlier day.
    pub new: f32,
}

impl Default for Usual {
    fn default() -> Self {
        Usual {
            burst: 0,
            hour: 0,
            days: 0,
            inbound: 0,
            inbound_days: 0,
            share: COMMON_SHARE as f32,
            new: COMMON_NEW as f32,
        }
    }
}

/// Numbers, remembered by two bits each (a Bloom filter).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sketch([u64; 4]);

impl Sketch {
    const BITS: u32 = 256;

    /// Bit numbers of a number.
    #[inline]
    fn bits(number: Number) -> [u32; 2] {
        let spread = number.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        [(spread >> 56) as u32, (spread >> 48) as u32 & 255]
    }

    #[inline]
    fn add(&mut self, number: Number) {
        for bit in Sketch::bits(number) {
            self.0[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
    }

    #[inline]
    fn has(&self, number: Number) -> bool {
        Sketch::bits(number).into_iter().all(|bit| self.0[(bit >> 6) as usize] >> (bit & 63) & 1 == 1)
    }

    fn filled(&self) -> u32 {
        self.0.iter().map(|w| w.count_ones()).sum()
    }
}

/// The last active days. Today's calls never count for today.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Habit {
    day: i32,
    today: Peak,
    calls: u16,
    short: u16,
    new: u16,
    called: Sketch,
    called_before: Sketch,
    /// `called_before` is not too full to tell.
    tells: bool,
    hours_today: u32,
    /// On how many days there were calls in an hour of the day.
    hours: [u8; 24],
    hour_days: u8,
    /// Oldest first.
    past: Vec<Peak>,
    /// Of `past`; nothing while nobody has asked since it last changed.
    #[serde(skip)]
    usual: Option<Usual>,
}

impl Habit {
    /// Takes note of an outgoing call and the windows as they are with it.
    #[inline]
    pub fn note_out(&mut self, at: Millis, number: Number, short: bool, burst: u32, hour: u32) {
        self.turn(at);
        self.today.burst = self.today.burst.max(narrow(burst));
        self.today.hour = self.today.hour.max(narrow(hour));
        self.calls = self.calls.saturating_add(1);
        self.short = self.short.saturating_add(u16::from(short));
        self.new = self.new.saturating_add(u16::from(!self.called_before.has(number)));
        self.called.add(number);
        self.hours_today |= 1 << hour_of(at, self.day);
    }

    /// Takes note of an incoming call's window.
    #[inline]
    pub fn note_in(&mut self, at: Millis, burst: u32) {
        self.turn(at);
        self.today.inbound = self.today.inbound.max(narrow(burst));
    }

    /// Whether a number was called on an earlier day; nothing for those who call so many that nobody can say.
    pub fn knows(&self, number: Number) -> Option<bool> {
        self.tells.then(|| self.called_before.has(number))
    }

    /// On how many of how many earlier days there were outgoing calls in this hour of the day or one beside it.
    pub fn at_hour(&self, at: Millis) -> (u8, u8) {
        let hour = hour_of(at, self.day) as usize;
        let near = [(hour + 23) % 24, hour, (hour + 1) % 24];
        (near.into_iter().map(|h| self.hours[h]).max().unwrap_or(0), self.hour_days)
    }

    /// What was usual before today. Sorting a month is left until somebody asks: most days nobody does.
    pub fn usual(&mut self) -> Usual {
        let past = &self.past;
        *self.usual.get_or_insert_with(|| {
            let (burst, days) = median(past.iter().map(|p| p.burst).filter(|n| *n > 0));
            let (hour, _) = median(past.iter().map(|p| p.hour).filter(|n| *n > 0));
            let (inbound, inbound_days) = median(past.iter().map(|p| p.inbound).filter(|n| *n > 0));
            let share = leaning(COMMON_SHARE, past.iter().map(|p| p.share));
            let new = leaning(COMMON_NEW, past.iter().map(|p| p.new));
            Usual { burst, hour, days, inbound, inbound_days, share, new }
        })
    }

    #[inline]
    fn turn(&mut self, at: Millis) {
        // Nearly always today: no division for it.
        if (0..DAY).contains(&(at - i64::from(self.day) * DAY)) {
            return;
        }
        self.close_day();
        self.day = at.div_euclid(DAY) as i32;
    }

    #[cold]
    fn close_day(&mut self) {
        if self.today == Peak::default() {
            return;
        }
        let share = |part: u16| match self.calls {
            0..SHARE_CALLS => NO_SHARE,
            calls => (u32::from(part) * 100 / u32::from(calls)) as u8,
        };
        self.today.share = share(self.short);
        self.today.new = if self.tells { share(self.new) } else { NO_SHARE };
        if self.past.len() == DAYS {
            self.past.remove(0);
        }
        self.past.push(std::mem::take(&mut self.today));
        (self.calls, self.short, self.new) = (0, 0, 0);
        if self.hours_today != 0 {
            if self.hour_days == HOUR_DAYS {
                self.hours.iter_mut().chain([&mut self.hour_days]).for_each(|days| *days /= 2);
            }
            self.hour_days += 1;
            let today = std::mem::take(&mut self.hours_today);
            self.hours.iter_mut().zip(0..).for_each(|(days, hour)| *days += (today >> hour & 1) as u8);
        }
        // It fills up in a year of ordinary days: begin anew. Who calls many new numbers a day would fill it at once.
        if self.called_before.filled() > Sketch::BITS / 2 && self.called.filled() < FEW_NUMBERS {
            self.called_before = Sketch::default();
        }
        for (before, now) in self.called_before.0.iter_mut().zip(std::mem::take(&mut self.called).0) {
            *before |= now;
        }
        self.tells = self.called_before.filled() <= Sketch::BITS / 2;
        self.usual = None;
    }
}

/// Hour of a moment on this day.
#[inline]
fn hour_of(at: Millis, day: i32) -> u32 {
    ((at - i64::from(day) * DAY) / HOUR) as u32
}

/// The median of daily shares, the closer to the common one the fewer days there are.
fn leaning(common: f64, shares: impl Iterator<Item = u8>) -> f32 {
    let (share, days) = median(shares.filter(|s| *s != NO_SHARE).map(u16::from));
    let weight = f64::from(days) / (f64::from(days) + COMMON_DAYS);
    (weight * f64::from(share) / 100.0 + (1.0 - weight) * common) as f32
}

#[inline]
fn narrow(count: u32) -> u16 {
    count.min(u32::from(u16::MAX)) as u16
}

/// The upper median and the number of values: robust against a few attacked days among many ordinary ones.
fn median(values: impl Iterator<Item = u16>) -> (u16, u8) {
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
    (if len == 0 { 0 } else { sorted[len / 2] }, len as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: u64) -> Number {
        Number::from_e164(34_600_000_000 + n).unwrap()
    }

    #[test]
    fn usual_is_the_median_of_past_days_only() {
        let mut habit = Habit::default();
        for (day, burst) in [(1, 3), (2, 5), (3, 400), (4, 4)] {
            habit.note_out(day * DAY, number(1), true, burst, burst * 2);
            habit.note_out(day * DAY + 1, number(1), true, 1, 1);
            habit.note_in(day * DAY + 1, 2);
        }
        habit.note_out(5 * DAY, number(1), true, 900, 900);
        let usual = habit.usual();
        assert_eq!((usual.burst, usual.hour, usual.days), (5, 10, 4));
        assert_eq!((usual.inbound, usual.inbound_days), (2, 4));
        habit.note_out(5 * DAY + 1, number(1), true, 901, 901);
        assert_eq!(habit.usual(), usual, "today does not count");
    }

    #[test]
    fn only_four_weeks_are_kept() {
        let mut habit = Habit::default();
        for day in 1..200 {
            habit.note_out(day * DAY, number(1), false, day as u32, 1);
        }
        habit.note_out(200 * DAY, number(1), false, 1, 1);
        assert_eq!((habit.usual().burst, habit.usual().days), (186, 28));
    }

    #[test]
    fn the_share_of_short_calls_leans_on_everybodys_until_there_are_days() {
        let mut habit = Habit::default();
        assert!((habit.usual().share - 0.65).abs() < 0.001);
        for day in 1..26 {
            for call in 0..10 {
                habit.note_out(day * DAY + call, number(1), call == 0, 1, 1);
            }
        }
        assert!((0.1..0.25).contains(&habit.usual().share), "{}", habit.usual().share);
    }

    #[test]
    fn hours_are_counted_by_days() {
        let mut habit = Habit::default();
        for day in 0..10 {
            habit.note_out(day * DAY + 9 * HOUR, number(1), true, 1, 1);
            habit.note_out(day * DAY + 9 * HOUR + 5, number(1), true, 1, 1);
        }
        let today = 10 * DAY;
        habit.note_out(today, number(1), true, 1, 1);
        assert_eq!(habit.at_hour(today + 9 * HOUR), (10, 10));
        assert_eq!((habit.at_hour(today + 10 * HOUR), habit.at_hour(today + 3 * HOUR)), ((10, 10), (0, 10)));
        for day in 10..200 {
            habit.note_out(day * DAY, number(1), true, 1, 1);
        }
        assert!(habit.at_hour(199 * DAY + 9 * HOUR).0 <= 1, "they fade");
    }

    #[test]
    fn numbers_of_earlier_days_are_known_until_they_are_too_many() {
        let mut habit = Habit::default();
        habit.note_out(DAY, number(1), true, 1, 1);
        assert_eq!(habit.knows(number(1)), None, "there are no earlier days");
        habit.note_out(2 * DAY, number(2), true, 1, 1);
        assert_eq!((habit.knows(number(1)), habit.knows(number(2))), (Some(true), Some(false)));
        for i in 0..2000 {
            habit.note_out(3 * DAY + i, number(i as u64 * 7), true, 1, 1);
        }
        habit.note_out(4 * DAY, number(1), true, 1, 1);
        assert_eq!(habit.knows(number(5)), None);
    }
}
