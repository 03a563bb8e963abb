//! Local time of the sites, daylight saving included.
//!
//! Owns the conversion from a site's wall clock to UTC and what kind of day it is. Built once as a table of offsets by
//! hour: a zone look-up for each of a million calls would cost more than the call.

use chrono::{Datelike, NaiveDate, Offset, TimeZone};
use model::Millis;

use super::sites::SITES;

/// Milliseconds of a day, an hour, a minute.
pub(super) const DAY: Millis = 24 * HOUR;
pub(super) const HOUR: Millis = 60 * MINUTE;
pub(super) const MINUTE: Millis = 60 * SECOND;
pub(super) const SECOND: Millis = 1000;

/// Days known before and after the period: nights run over and late calls end after it.
const MARGIN_DAYS: u32 = 3;

/// The period of the demo.
#[derive(Debug)]
pub(super) struct Calendar {
    start: NaiveDate,
    pub(super) days: u32,
    /// UTC midnight of the first day.
    midnight: Millis,
    /// Offsets in minutes by site and hour since `MARGIN_DAYS` before the start.
    offsets: Vec<Vec<i16>>,
    /// By site and day.
    working: Vec<Vec<bool>>,
}

impl Calendar {
    pub(super) fn new(start: NaiveDate, days: u32) -> Calendar {
        let midnight = start.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        let hours = i64::from(days + 2 * MARGIN_DAYS) * 24;
        let first = midnight - i64::from(MARGIN_DAYS) * DAY;
        let offset = |zone: chrono_tz::Tz, hour: i64| {
            let at = chrono::DateTime::from_timestamp_millis(first + hour * HOUR).unwrap_or_default();
            (zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc() / 60) as i16
        };
        let offsets = SITES.iter().map(|s| (0..hours).map(|h| offset(s.zone, h)).collect()).collect();
        let date = |day: u32| start + chrono::Days::new(u64::from(day));
        let works = |day: NaiveDate| day.weekday().num_days_from_monday() < 5;
        let working = SITES
            .iter()
            .map(|s| (0..days + MARGIN_DAYS).map(|d| works(date(d)) && !s.is_holiday(date(d))).collect())
            .collect();
        Calendar { start, days, midnight, offsets, working }
    }

    /// Minutes to add to UTC for local time.
    pub(super) fn offset(&self, site: usize, utc: Millis) -> i16 {
        let hour = (utc - self.midnight + i64::from(MARGIN_DAYS) * DAY).div_euclid(HOUR);
        let offsets = &self.offsets[site];
        offsets[hour.clamp(0, offsets.len() as i64 - 1) as usize]
    }

    /// UTC of a local wall clock: day of the period and milliseconds since its midnight (may be beyond the day). A
    /// time that the clocks skip in spring is read as if they had not.
    pub(super) fn utc(&self, site: usize, day: u32, since_midnight: Millis) -> Millis {
        let local = self.midnight + i64::from(day) * DAY + since_midnight;
        let minutes = |at| i64::from(self.offset(site, at)) * MINUTE;
        let guess = local - minutes(local);
        local - minutes(guess)
    }

    /// Day of the period and milliseconds since local midnight.
    #[cfg(test)]
    pub(super) fn local(&self, site: usize, utc: Millis) -> (i64, Millis) {
        let local = utc + i64::from(self.offset(site, utc)) * MINUTE - self.midnight;
        (local.div_euclid(DAY), local.rem_euclid(DAY))
    }

    /// Whether people work at the site on that day.
    pub(super) fn works(&self, site: usize, day: u32) -> bool {
        self.working[site].get(day as usize).copied().unwrap_or(false)
    }

    /// 0 is Monday.
    pub(super) fn weekday(&self, day: u32) -> u32 {
        (self.start.weekday().num_days_from_monday() + day) % 7
    }

    /// The date of a day of the period.
    pub(super) fn date(&self, day: u32) -> NaiveDate {
        self.start + chrono::Days::new(u64::from(day))
    }

    /// A working day at the site at or after `from`, else before it, else `from`.
    pub(super) fn working_day(&self, site: usize, from: u32) -> u32 {
        let from = from.min(self.days - 1);
        let mut days = (from..self.days).chain((0..from).rev());
        days.find(|d| self.works(site, *d)).unwrap_or(from)
    }

    /// A day off (weekend or holiday) at or after `from`, else before it, else `from`.
    pub(super) fn day_off(&self, site: usize, from: u32) -> u32 {
        let from = from.min(self.days - 1);
        let mut days = (from..self.days).chain((0..from).rev());
        days.find(|d| !self.works(site, *d)).unwrap_or(from)
    }

    /// First moment of the period anywhere, and the first moment after it.
    pub(super) fn bounds(&self) -> (Millis, Millis) {
        (self.midnight - DAY, self.midnight + (i64::from(self.days) + 1) * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Millis {
        chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn nine_in_madrid_is_an_hour_earlier_in_utc_after_the_change() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(), 35);
        assert_eq!(calendar.utc(2, 25, 9 * HOUR), millis("2026-03-27T08:00:00Z"));
        assert_eq!(calendar.utc(2, 28, 9 * HOUR), millis("2026-03-30T07:00:00Z"));
        assert_eq!(calendar.utc(2, 27, HOUR), millis("2026-03-29T00:00:00Z"));
        assert_eq!(calendar.utc(2, 27, 4 * HOUR), millis("2026-03-29T02:00:00Z"));
        assert_eq!(calendar.utc(0, 28, 9 * HOUR), millis("2026-03-30T14:00:00Z"));
        assert_eq!(calendar.local(2, millis("2026-03-30T07:00:00Z")), (28, 9 * HOUR));
        // New York changed on 8 March.
        assert_eq!(calendar.utc(3, 4, 9 * HOUR), millis("2026-03-06T14:00:00Z"));
        assert_eq!(calendar.utc(3, 7, 9 * HOUR), millis("2026-03-09T13:00:00Z"));
    }

    #[test]
    fn weekends_and_holidays_are_off() {
        let calendar = Calendar::new(NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(), 35);
        assert!(calendar.works(0, 0) && !calendar.works(0, 5) && !calendar.works(0, 6));
        assert!(!calendar.works(0, 21) && calendar.works(2, 21), "St Joseph's day is moved in Colombia only");
        assert!(!calendar.works(1, 14));
        assert_eq!(calendar.day_off(0, 1), 5);
        assert_eq!(calendar.working_day(0, 5), 7);
    }
}
