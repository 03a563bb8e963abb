//! When a call was made, seen from its location: open, late, on a day off, in the night.
//!
//! Owns the reading of business hours and holidays. Does not own them (the directory does), nor what a user is used to
//! ([`crate::rhythm`]).

use ringfence_sdk::calendar::{day_of, minute_of, weekday_of};
use ringfence_sdk::directory::WorkingTime;
use ringfence_sdk::{DAY, HOUR, MINUTE, Millis};
use serde::{Deserialize, Serialize};

use crate::Config;
use crate::rhythm::DAYS;

/// Minutes of a day.
const DAY_MINUTES: u16 = 1440;

/// When a call was made, seen from its location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Hours {
    /// In business hours.
    Open,
    /// Within the margin around them.
    Near,
    /// Not long before or after the business hours of a working day.
    Late,
    /// At a time of day that is open on other days, on a day that has none: weekend, holiday.
    DayOff,
    /// At a time at which nobody is expected on any day.
    #[default]
    Night,
    /// The location has no business hours.
    Unknown,
}

/// The date of the evening to which a local moment belongs: Friday's night ends on Saturday morning.
#[inline]
pub fn night_of(config: &Config, local: Millis) -> i32 {
    day_of(local - config.day_begins_hour * HOUR)
}

/// Places a local moment in the location's week.
pub fn hours(config: &Config, time: &WorkingTime, local: Millis) -> Hours {
    if !time.is_known() {
        return Hours::Unknown;
    }
    if time.is_open(local) {
        return Hours::Open;
    }
    let margin = config.margin_minutes * MINUTE;
    if time.is_open(local - margin) || time.is_open(local + margin) {
        return Hours::Near;
    }
    // By the hour, so that a shift shorter than the whole stretch is not jumped over. People stay longer more often than
    // they come earlier.
    let after = (1..=config.late_hours).any(|h| time.is_open(local - h * HOUR));
    if after || (1..=config.late_hours.div_euclid(2)).any(|h| time.is_open(local + h * HOUR)) {
        return Hours::Late;
    }
    if is_off(time, night_of(config, local)) && in_some_day(config, time, minute_of(local)) {
        Hours::DayOff
    } else {
        Hours::Night
    }
}

/// Whether some day of the week is open at that time of day.
fn in_some_day(config: &Config, time: &WorkingTime, minute: u16) -> bool {
    let margin = config.margin_minutes as u16;
    let within =
        |minute: u16| time.hours.iter().any(|h| h.start <= minute + margin && minute < h.end + margin);
    within(minute) || within(minute + DAY_MINUTES)
}

/// Whether a day has no business hours; without any known, Saturday and Sunday stand apart.
pub fn is_off(time: &WorkingTime, day: i32) -> bool {
    let weekday = weekday_of(day);
    if !time.is_known() {
        return weekday >= 5;
    }
    time.is_holiday(day) || !time.hours.iter().any(|h| h.weekday == weekday)
}

/// The days off among the days before this one: bit i is i days ago.
pub fn days_off(time: &WorkingTime, day: i32) -> u32 {
    (1..=DAYS).filter(|ago| is_off(time, day - *ago as i32)).fold(0, |bits, ago| bits | 1 << ago)
}

/// The hours of a day in words, e.g. `08:00 to 18:00`; the day's own, several shifts joined.
pub fn text_of(time: &WorkingTime, day: i32) -> Option<String> {
    if is_off(time, day) {
        return None;
    }
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60 % 24, minute % 60);
    let mut shifts: Vec<_> = time.hours.iter().filter(|h| h.weekday == weekday_of(day)).collect();
    shifts.sort_by_key(|h| (h.start, h.end));
    let shifts: Vec<String> =
        shifts.iter().map(|h| format!("{} to {}", clock(h.start), clock(h.end))).collect();
    (!shifts.is_empty()).then(|| shifts.join(" and "))
}

/// The longest time back that a night can reach.
pub const NIGHT: Millis = DAY;
