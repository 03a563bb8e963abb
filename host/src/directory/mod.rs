//! What the organisation is like: zones, business hours, holidays, its own numbers.
//!
//! Owns look-ups by location name and number. Does not own where the knowledge comes from: the configuration
//! today, Webex's directory later. Immutable: a change makes a new directory in a new policy generation.

mod places;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use model::fields::well_known::COUNTRIES;
use model::{Millis, Number};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::config::{Config, Hours, LocationConfig};

pub use places::NamedPlaces;

/// Opening time on one weekday in local minutes; `to` may pass 1440, the midnight at the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayHours {
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes since local midnight.
    pub start: u16,
    /// Minutes since the same midnight.
    pub to: u16,
}

/// What is known of one location.
#[derive(Clone, Debug, Default)]
pub struct Location {
    /// IANA zone.
    pub zone: Option<Tz>,
    /// ISO 3166 alpha-2.
    pub country: Option<&'static str>,
    /// Digits for an outside line.
    pub outside_access: Option<String>,
    /// Business hours by weekday and start.
    pub hours: Vec<DayHours>,
    /// Days since 1970-01-01, ascending.
    pub holidays: Vec<i32>,
}

/// The organisation's locations and numbers.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Country where a location states none.
    pub default_country: Option<&'static str>,
    locations: FxHashMap<String, Arc<Location>>,
    numbers: FxHashSet<u64>,
    /// Prefix to nothing, by number of digits, longest first.
    prefixes: BTreeMap<u64, ()>,
}

impl Directory {
    /// From a checked configuration.
    pub fn from_config(config: &Config) -> Directory {
        let mut directory = Directory {
            default_country: config.country.as_deref().and_then(country),
            ..Directory::default()
        };
        for (name, location) in &config.locations {
            directory.locations.insert(name.to_lowercase(), Arc::new(Location::from_config(location)));
        }
        for number in &config.numbers {
            let Ok(digits) = number.trim_start_matches('+').trim_end_matches('*').parse() else { continue };
            if number.ends_with('*') {
                directory.prefixes.insert(digits, ());
            } else {
                directory.numbers.insert(digits);
            }
        }
        directory
    }

    /// A location by its name, whatever its capitals.
    pub fn location(&self, name: &str) -> Option<&Arc<Location>> {
        self.locations.get(name).or_else(|| self.locations.get(&name.to_lowercase()))
    }

    /// Whether the number is one of the organisation's own.
    pub fn is_ours(&self, number: Number) -> bool {
        let Some(digits) = number.e164() else { return false };
        if self.numbers.contains(&digits) {
            return true;
        }
        if self.prefixes.is_empty() {
            return false;
        }
        std::iter::successors(Some(digits), |d| (*d >= 10).then_some(d / 10))
            .any(|prefix| self.prefixes.contains_key(&prefix))
    }
}

impl Location {
    fn from_config(config: &LocationConfig) -> Location {
        let mut hours: Vec<DayHours> = config.business_hours.iter().flat_map(day_hours).collect();
        hours.sort_by_key(|h| (h.weekday, h.start, h.to));
        let epoch = NaiveDate::default();
        let mut holidays: Vec<i32> =
            config.holidays.iter().map(|d| d.signed_duration_since(epoch).num_days() as i32).collect();
        holidays.sort_unstable();
        Location {
            zone: config.zone.as_deref().and_then(|z| z.parse().ok()),
            country: config.country.as_deref().and_then(country),
            outside_access: config.outside_access.clone(),
            hours,
            holidays,
        }
    }

    /// Minutes to add to UTC for local time at that moment.
    pub fn utc_offset(&self, at: Millis) -> Option<i32> {
        zone_offset(self.zone?, at)
    }
}

/// Minutes to add to UTC for local time in `zone` at that moment.
fn zone_offset(zone: Tz, at: Millis) -> Option<i32> {
    let at = DateTime::<Utc>::from_timestamp_millis(at)?;
    Some(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc() / 60)
}

fn country(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().copied().find(|c| *c == code)
}

fn day_hours(hours: &Hours) -> impl Iterator<Item = DayHours> {
    let minute = |t: chrono::NaiveTime| (t.hour() * 60 + t.minute()) as u16;
    let (start, mut to) = (minute(hours.from), minute(hours.to));
    if to <= start {
        to += 24 * 60;
    }
    hours.days.iter().map(move |day| DayHours { weekday: *day as u8, start, to })
}

/// Local calendar of a moment: days since 1970-01-01, weekday (0 is Monday), minute of the day.
pub fn local_calendar(at: Millis, offset_minutes: i32) -> Option<(i32, u8, u16)> {
    let local = DateTime::<Utc>::from_timestamp_millis(at.checked_add(i64::from(offset_minutes) * 60_000)?)?;
    let day = local.date_naive().signed_duration_since(NaiveDate::default()).num_days() as i32;
    Some((day, local.weekday().num_days_from_monday() as u8, (local.hour() * 60 + local.minute()) as u16))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Millis {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    fn located(zone: &str) -> Location {
        Location { zone: Some(zone.parse().unwrap()), ..Location::default() }
    }

    #[test]
    fn madrid_changes_twice_a_year_and_bogota_and_mexico_city_never() {
        let madrid = located("Europe/Madrid");
        assert_eq!(madrid.utc_offset(millis("2026-03-29T00:59:59Z")), Some(60));
        assert_eq!(madrid.utc_offset(millis("2026-03-29T01:00:00Z")), Some(120));
        assert_eq!(madrid.utc_offset(millis("2026-10-25T00:59:59Z")), Some(120));
        assert_eq!(madrid.utc_offset(millis("2026-10-25T01:00:00Z")), Some(60));
        for month in 1..=12 {
            let at = millis(&format!("2026-{month:02}-15T12:00:00Z"));
            assert_eq!(located("America/Bogota").utc_offset(at), Some(-300));
            assert_eq!(located("America/Mexico_City").utc_offset(at), Some(-360));
        }
    }

    #[test]
    fn hours_past_midnight_run_on() {
        let mut config = Config::default();
        let hours: Hours = serde_json::from_str(r#"{"days":["fri"],"from":"22:00","to":"06:00"}"#).unwrap();
        let location = LocationConfig { business_hours: vec![hours], ..LocationConfig::default() };
        config.locations.insert("Night".to_owned(), location);
        let directory = Directory::from_config(&config);
        assert_eq!(
            directory.location("night").unwrap().hours,
            [DayHours { weekday: 4, start: 1320, to: 1800 }]
        );
    }

    #[test]
    fn own_numbers_are_exact_or_by_prefix() {
        let config =
            Config { numbers: vec!["+34911234567".into(), "+57601555*".into()], ..Config::default() };
        let directory = Directory::from_config(&config);
        let ours = |n| directory.is_ours(Number::from_e164(n).unwrap());
        assert!(ours(34_911_234_567) && ours(576_015_551_234));
        assert!(!ours(34_911_234_568) && !ours(576_015_561_234));
        assert!(!directory.is_ours(Number::from_dialled("2001")));
    }
}
