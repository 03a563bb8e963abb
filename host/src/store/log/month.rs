//! Months of the log: one partition each.
//!
//! Owns the calendar arithmetic and the bound on how many there can be. Does not own making partitions.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use model::Millis;
use serde::{Serialize, Serializer};

/// Most months in the log. Seven years of retention are 84; a source whose clock is wrong must not make thousands of
/// tables.
pub const MAX_MONTHS: usize = 240;

/// Years records may have. Webex Calling is younger than 2000; anything outside is a broken clock.
const YEARS: std::ops::Range<i32> = 2000..2100;

/// One month of a sensible year, as months since year 0; written `2026-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// The month of a moment in UTC; `None` outside of sensible years.
    pub(in crate::store) fn of(at: Millis) -> Option<Month> {
        Month::of_day(DateTime::<Utc>::from_timestamp_millis(at)?.date_naive())
    }

    /// The month of a day; `None` outside of sensible years.
    pub fn of_day(day: NaiveDate) -> Option<Month> {
        YEARS.contains(&day.year()).then(|| Month(day.year() * 12 + day.month0() as i32))
    }

    /// So many months later; `None` outside of sensible years.
    pub fn later(self, months: u32) -> Option<Month> {
        Month::checked(self.0.checked_add(i32::try_from(months).ok()?)?)
    }

    /// So many months earlier; `None` outside of sensible years.
    pub fn earlier(self, months: u32) -> Option<Month> {
        Month::checked(self.0.checked_sub(i32::try_from(months).ok()?)?)
    }

    fn checked(months: i32) -> Option<Month> {
        YEARS.contains(&months.div_euclid(12)).then_some(Month(months))
    }

    /// First day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.0.div_euclid(12), self.0.rem_euclid(12) as u32 + 1, 1)
            .unwrap_or_default()
    }

    /// From its first moment to the first moment of the next one.
    pub(in crate::store) fn range(self) -> (DateTime<Utc>, DateTime<Utc>) {
        let begin = |month: Month| month.first_day().and_time(NaiveTime::MIN).and_utc();
        (begin(self), begin(Month(self.0 + 1)))
    }

    /// From a partition's name: `record_log_2026_03`.
    pub(in crate::store) fn from_partition(name: &str) -> Option<Month> {
        let (year, month) = name.strip_prefix("record_log_")?.split_once('_')?;
        let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
        ((1..=12).contains(&month) && YEARS.contains(&year)).then_some(Month(year * 12 + month - 1))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Month, String> {
        // Digits and one hyphen only, so that nothing else gets to the calendar.
        let plain = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        plain
            .then(|| NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok())
            .flatten()
            .and_then(Month::of_day)
            .ok_or_else(|| {
                let (first, last) = (YEARS.start, YEARS.end - 1);
                format!("'{text}' is not a month: write it like 2026-03, from {first} to {last}")
            })
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The months known to this process; shared by all writers.
#[derive(Debug, Default)]
pub(in crate::store) struct Months {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Months that have a partition or will have one.
    claimed: BTreeSet<Month>,
    /// Months whose partition was seen.
    made: BTreeSet<Month>,
}

impl Months {
    /// What the database has.
    pub(in crate::store) fn load(&self, made: impl IntoIterator<Item = Month>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.made = made.into_iter().collect();
        let made = inner.made.clone();
        inner.claimed.extend(made);
    }

    /// Whether the month may have a partition; takes its place if so.
    pub(in crate::store) fn claim(&self, month: Month) -> bool {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.claimed.contains(&month) {
            return true;
        }
        inner.claimed.len() < MAX_MONTHS && inner.claimed.insert(month)
    }

    /// Those of `months` whose partition was not seen yet.
    pub(in crate::store) fn missing(&self, months: &[Month]) -> Vec<Month> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        months.iter().copied().filter(|m| !inner.made.contains(m)).collect()
    }

    /// Notes that the partition exists.
    pub(in crate::store) fn note(&self, month: Month) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).made.insert(month);
    }

    /// Notes that the partition was dropped; its place is free again.
    pub(in crate::store) fn dropped(&self, month: Month) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.made.remove(&month);
        inner.claimed.remove(&month);
    }

    /// Forgets which partitions were seen, after one was found missing.
    pub(in crate::store) fn forget(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).made.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_moment_is_in_its_month(at in 946_684_800_000i64..4_102_444_800_000) {
            let month = Month::of(at).unwrap();
            let day = DateTime::<Utc>::from_timestamp_millis(at).unwrap().date_naive();
            prop_assert_eq!(month.first_day(), day.with_day(1).unwrap());
            let name = format!("record_log_{}", month.to_string().replace('-', "_"));
            prop_assert_eq!(Month::from_partition(&name), Some(month));
            prop_assert_eq!(month.to_string().parse(), Ok(month));
        }

        #[test]
        fn later_and_earlier_are_inverse(at in 946_684_800_000i64..4_102_444_800_000, months in 0u32..300) {
            let month = Month::of(at).unwrap();
            if let Some(later) = month.later(months) {
                prop_assert_eq!(later.earlier(months), Some(month));
                let day = month.first_day().checked_add_months(chrono::Months::new(months));
                prop_assert_eq!(Some(later.first_day()), day);
            }
        }

        #[test]
        fn no_text_is_a_month_by_accident(text in "\\PC{0,9}") {
            if let Ok(month) = text.parse::<Month>() {
                prop_assert_eq!(month.to_string(), text);
            }
        }
    }

    #[test]
    fn broken_clocks_are_bounded() {
        assert_eq!(Month::of(0), None);
        assert_eq!(Month::of(i64::MAX), None);
        let months = Months::default();
        for i in 0..MAX_MONTHS as i32 {
            assert!(months.claim(Month(24_000 + i)));
        }
        assert!(!months.claim(Month(30_000)));
        assert!(months.claim(Month(24_000)));
        assert_eq!(months.missing(&[Month(24_000)]), [Month(24_000)]);
        months.note(Month(24_000));
        assert!(months.missing(&[Month(24_000)]).is_empty());
        months.dropped(Month(24_000));
        assert_eq!(months.missing(&[Month(24_000)]), [Month(24_000)]);
        assert!(months.claim(Month(30_000)), "the place of a dropped month is not free");
    }
}
