//! What rules ask of the directory: whether a local time falls into business hours or on a holiday, and what a zone's offset is.
//!
//! Owns the reading of hours and holidays, the same as the detectors' (the SDK's `WorkingTime`): hours that pass midnight belong
//! to the day on which they begin, and a holiday has none of its own. Does not own where a record happened (`normalize`).

use std::sync::{Arc, PoisonError, RwLock};

use model::{Millis, Name, NameTable};
use rules::Places;
use rustc_hash::FxHashMap;

use super::{Directory, Location, zone_offset};

const MINUTE: Millis = 60_000;
const DAY_MINUTES: i64 = 24 * 60;

/// Most locations whose names are remembered; more than an organisation has, so beyond it the names are made up.
const MAX_REMEMBERED: usize = 65_536;

/// The directory, asked by handles.
#[derive(Debug)]
pub struct NamedPlaces {
    directory: Arc<Directory>,
    names: Arc<NameTable>,
    /// Location by handle; none for a name the directory does not know.
    known: RwLock<FxHashMap<Name, Option<Arc<Location>>>>,
}

impl NamedPlaces {
    /// Answers for the locations of `directory`, whose handles are those of `names`.
    pub fn new(directory: Arc<Directory>, names: Arc<NameTable>) -> NamedPlaces {
        NamedPlaces { directory, names, known: RwLock::default() }
    }

    fn location(&self, name: Name) -> Option<Arc<Location>> {
        if !name.is_present() {
            return None;
        }
        if let Some(known) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return known.clone();
        }
        let text = self.names.resolve(name)?;
        let location = self.directory.location(&text).cloned();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(name, location.clone());
        location
    }
}

impl Places for NamedPlaces {
    fn is_holiday(&self, location: Name, local: Millis) -> bool {
        self.location(location).is_some_and(|l| l.is_holiday(Minute::of(local).day))
    }

    fn is_business_hour(&self, location: Name, local: Millis) -> Option<bool> {
        self.location(location).filter(|l| !l.hours.is_empty()).map(|l| l.is_open(Minute::of(local)))
    }

    fn offset_minutes(&self, zone: &str, at: Millis) -> Option<i64> {
        zone_offset(zone.parse().ok()?, at).map(i64::from)
    }
}

/// A local minute: day since 1970-01-01, and minute of that day.
#[derive(Clone, Copy)]
struct Minute {
    day: i64,
    minute: i64,
}

impl Minute {
    fn of(local: Millis) -> Minute {
        let minutes = local.div_euclid(MINUTE);
        Minute { day: minutes.div_euclid(DAY_MINUTES), minute: minutes.rem_euclid(DAY_MINUTES) }
    }
}

impl Location {
    fn is_holiday(&self, day: i64) -> bool {
        i32::try_from(day).is_ok_and(|day| self.holidays.binary_search(&day).is_ok())
    }

    fn is_open(&self, at: Minute) -> bool {
        // Hours end at the latest a day after the midnight at the end of their day.
        [(at.day, at.minute), (at.day - 1, at.minute + DAY_MINUTES)].into_iter().any(|(day, minute)| {
            // 1970-01-01 was a Thursday.
            let weekday = (day + 3).rem_euclid(7);
            !self.is_holiday(day)
                && self.hours.iter().any(|h| {
                    i64::from(h.weekday) == weekday && (i64::from(h.start)..i64::from(h.to)).contains(&minute)
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use chrono::NaiveDateTime;

    fn local(text: &str) -> Millis {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc().timestamp_millis()
    }

    fn places() -> (NamedPlaces, Name) {
        let config: Config = serde_json::from_str(
            r#"{"locations": {"Night": {"zone": "Europe/Madrid", "holidays": ["2026-03-23"],
                "business_hours": [{"days": ["fri", "mon"], "from": "22:00", "to": "06:00"}]}}}"#,
        )
        .unwrap();
        let names = Arc::new(NameTable::default());
        let name = names.intern("NIGHT").unwrap();
        (NamedPlaces::new(Arc::new(Directory::from_config(&config)), names), name)
    }

    #[test]
    fn hours_run_past_midnight_and_a_holiday_has_none_of_its_own() {
        let (places, name) = places();
        let is_open = |at: &str| places.is_business_hour(name, local(at)).unwrap();
        // Friday the 20th into Saturday.
        assert!(!is_open("2026-03-20 21:59") && is_open("2026-03-20 22:00") && is_open("2026-03-21 05:59"));
        assert!(!is_open("2026-03-21 06:00") && !is_open("2026-03-21 23:00"));
        // Monday the 23rd is a holiday, the night that would begin on it too.
        assert!(!is_open("2026-03-23 23:00") && !is_open("2026-03-24 01:00"));
        assert!(is_open("2026-03-30 23:00") && is_open("2026-03-31 01:00"));
        assert!(places.is_holiday(name, local("2026-03-23 00:00")));
        assert!(!places.is_holiday(name, local("2026-03-24 00:00")));
    }

    #[test]
    fn what_is_not_known_is_not_guessed() {
        let (places, name) = places();
        let other = places.names.intern("elsewhere").unwrap();
        for unknown in [Name::ABSENT, other, Name(4_000_000_000)] {
            assert_eq!(places.is_business_hour(unknown, 0), None);
            assert!(!places.is_holiday(unknown, local("2026-03-23 00:00")));
        }
        assert_eq!(places.offset_minutes("Europe/Madrid", local("2026-07-01 00:00")), Some(120));
        assert_eq!(places.offset_minutes("Nowhere/Land", 0), None);
        assert_eq!(places.is_business_hour(name, Millis::MAX), Some(false));
    }
}
