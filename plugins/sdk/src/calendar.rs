//! Civil dates without a time zone library: enough for local days, weekdays and keys.
//!
//! Owns date arithmetic on milliseconds that are already local. Does not own zones: the host gives offsets.

use crate::types::{DAY, MINUTE, Millis};

/// Days since 1970-01-01 of a (local) moment.
#[inline]
pub fn day_of(at: Millis) -> i32 {
    at.div_euclid(DAY) as i32
}

/// Minute of the day of a (local) moment, 0 to 1439.
#[inline]
pub fn minute_of(at: Millis) -> u16 {
    (at.rem_euclid(DAY) / MINUTE) as u16
}

/// Weekday of a day, 0 is Monday.
#[inline]
pub fn weekday_of(day: i32) -> u8 {
    (day + 3).rem_euclid(7) as u8
}

/// Year, month and day of the month (Howard Hinnant's `civil_from_days`).
pub fn date_of(day: i32) -> (i32, u32, u32) {
    let z = i64::from(day) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year as i32, month as u32, (doy - (153 * mp + 2) / 5 + 1) as u32)
}

/// Day of a date (Howard Hinnant's `days_from_civil`).
pub fn day_from_date(year: i32, month: u32, day: u32) -> i32 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    (era * 146_097 + doe - 719_468) as i32
}

/// `2026-03-01`.
pub fn date_text(day: i32) -> String {
    let (year, month, day) = date_of(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `23:05` of a (local) moment.
pub fn time_text(at: Millis) -> String {
    let minute = minute_of(at);
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Full English name of a weekday, 0 is Monday.
pub fn weekday_text(weekday: u8) -> &'static str {
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][usize::from(weekday % 7)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn dates_come_back(day in -200_000i32..200_000) {
            let (y, m, d) = date_of(day);
            prop_assert_eq!(day_from_date(y, m, d), day);
        }
    }

    #[test]
    fn known_days() {
        assert_eq!(date_text(0), "1970-01-01");
        assert_eq!(date_text(20_513), "2026-03-01");
        assert_eq!(weekday_of(0), 3, "a Thursday");
        assert_eq!(weekday_text(weekday_of(20_513)), "Sunday");
        assert_eq!(time_text(-MINUTE), "23:59");
    }
}
