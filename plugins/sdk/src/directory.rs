//! What the organisation is like: business hours, holidays, zones, its own numbers.
//!
//! Owns a cache by location: the answers change only with the policy, and then there is a new instance.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::calendar::{day_of, minute_of, weekday_of};
use crate::imports;
use crate::types::{Millis, Name, Number};

/// Opening time on one weekday, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes since local midnight.
    pub start: u16,
    /// Minutes since the same midnight; up to 2880: past the next one.
    pub end: u16,
}

/// When people work at a location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkingTime {
    /// Business hours; empty if unknown.
    pub hours: Vec<Hours>,
    /// Days since 1970-01-01, ascending.
    pub holidays: Vec<i32>,
}

impl WorkingTime {
    /// Whether business hours are known at all.
    pub fn is_known(&self) -> bool {
        !self.hours.is_empty()
    }

    /// Whether the local moment lies in business hours; hours past midnight belong to the day on which they began,
    /// and so do holidays.
    pub fn is_open(&self, local: Millis) -> bool {
        let (day, minute) = (day_of(local), minute_of(local));
        let on = |day: i32, minute: u16| {
            self.holidays.binary_search(&day).is_err()
                && self
                    .hours
                    .iter()
                    .any(|h| h.weekday == weekday_of(day) && h.start <= minute && minute < h.end)
        };
        on(day, minute) || on(day - 1, minute + 1440)
    }

    /// Whether the day is a holiday.
    pub fn is_holiday(&self, day: i32) -> bool {
        self.holidays.binary_search(&day).is_ok()
    }
}

thread_local! {
    static CACHE: RefCell<FxHashMap<Name, Arc<WorkingTime>>> = RefCell::default();
}

/// Working time of a location.
pub fn working_time(location: Name) -> Arc<WorkingTime> {
    CACHE.with_borrow_mut(|cache| {
        let ask = || {
            let (hours, holidays) = (imports::business_hours(location), imports::holidays(location));
            Arc::new(WorkingTime { hours, holidays })
        };
        cache.entry(location).or_insert_with(ask).clone()
    })
}

/// Minutes to add to UTC for local time at the location at that moment; `None` if its zone is unknown.
pub fn utc_offset(location: Name, at: Millis) -> Option<i32> {
    imports::utc_offset(location, at)
}

/// Whether the number belongs to the organisation.
pub fn is_ours(number: Number) -> bool {
    imports::is_ours(number)
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn forget() {
    CACHE.with_borrow_mut(FxHashMap::clear);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::day_from_date;
    use crate::types::{DAY, HOUR};

    #[test]
    fn hours_past_midnight_and_holidays() {
        let friday = day_from_date(2026, 3, 6);
        let night =
            WorkingTime { hours: vec![Hours { weekday: 4, start: 1320, end: 1800 }], holidays: vec![] };
        let at = |day: i32, hour: i64| i64::from(day) * DAY + hour * HOUR;
        assert!(night.is_open(at(friday, 22)) && night.is_open(at(friday + 1, 5)));
        assert!(!night.is_open(at(friday, 5)) && !night.is_open(at(friday + 1, 6)));
        let closed = WorkingTime { holidays: vec![friday], ..night };
        assert!(!closed.is_open(at(friday, 22)) && !closed.is_open(at(friday + 1, 5)));
        assert!(closed.is_holiday(friday));
    }
}
