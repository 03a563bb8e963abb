//! What the configuration says about a location.

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

/// One location, by the name it has in Control Hub.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LocationConfig {
    /// IANA zone, e.g. `America/Bogota`; without it the record's own offset is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// ISO 3166 alpha-2; numbers without `+` are read in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Digits dialled to get an outside line, e.g. `9`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outside_access: Option<String>,
    /// When people work there; several entries are a union.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub business_hours: Vec<Hours>,
    /// Local dates on which nobody works.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<NaiveDate>,
}

/// Opening time on some weekdays, local time. An end at or before the start is past midnight.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Weekdays on which it starts.
    pub days: Vec<Weekday>,
    /// `HH:MM`.
    #[serde(with = "hh_mm")]
    pub from: NaiveTime,
    /// `HH:MM`; `00:00` is midnight at the end of the day.
    #[serde(with = "hh_mm")]
    pub to: NaiveTime,
}

/// A weekday.
#[allow(missing_docs, reason = "the names say it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Whether a country is one by its ISO 3166 code.
pub(super) fn check_country(country: &str) -> Result<(), String> {
    if model::fields::well_known::COUNTRIES.contains(&country) {
        return Ok(());
    }
    Err(format!("country '{country}' is not an ISO 3166 code: write it like 'ES'"))
}

impl LocationConfig {
    /// Whether zone, country and prefix are what they should be.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(zone) = &self.zone
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            return Err(format!("zone '{zone}' is not an IANA zone: write it like 'Europe/Madrid'"));
        }
        self.country.as_deref().map_or(Ok(()), check_country)?;
        if let Some(prefix) = &self.outside_access
            && (prefix.is_empty() || prefix.len() > 4 || !prefix.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(format!("outside_access '{prefix}' must be 1 to 4 digits"));
        }
        Ok(())
    }
}

mod hh_mm {
    use chrono::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.format("%H:%M").to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        NaiveTime::parse_from_str(&text, "%H:%M").map_err(|_| {
            serde::de::Error::custom(format!("'{text}' is not a time of day: write it like \"08:30\""))
        })
    }
}
