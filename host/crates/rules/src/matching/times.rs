//! Parts of times: `|hour`, `|week` and the others.
//!
//! Owns reading times from open values and taking them apart. Does not own zones of call records (`typed::local`).

use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _};
use model::Millis;

use super::scalar::Scalar;
use crate::sigma::TimePart;

/// Numbers from here on are milliseconds, below it seconds: as seconds it would be the year 5138, as milliseconds it is 1973.
const MILLIS_FROM: f64 = 1e11;

/// A part of a time that is local already; none beyond the calendar.
pub(crate) fn part(part: TimePart, local: Millis) -> Option<i64> {
    let time = DateTime::from_timestamp_millis(local)?;
    Some(match part {
        TimePart::Minute => i64::from(time.minute()),
        TimePart::Hour => i64::from(time.hour()),
        TimePart::Day => i64::from(time.day()),
        TimePart::Week => i64::from(time.iso_week().week()),
        TimePart::Month => i64::from(time.month()),
        TimePart::Year => i64::from(time.year()),
    })
}

/// An open value as a time: a number of seconds or milliseconds since 1970, or a text as RFC 3339 has it, with a blank instead
/// of the `T` too; without a zone it is UTC.
pub(crate) fn read(value: &Scalar<'_>) -> Option<Millis> {
    match value {
        Scalar::Number(number) => {
            let number = number.value();
            let millis = if number.abs() >= MILLIS_FROM { number } else { number * 1000.0 };
            (millis.abs() < 1e16).then_some(millis.floor() as Millis)
        }
        Scalar::Text(text) => read_text(text.trim()),
        Scalar::Null | Scalar::Bool(_) | Scalar::Map => None,
    }
}

fn read_text(text: &str) -> Option<Millis> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let bare = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(bare, form).ok())
        .map(|time| time.and_utc().timestamp_millis())
}

/// The part's name as a modifier.
pub(crate) fn part_name(part: TimePart) -> &'static str {
    match part {
        TimePart::Minute => "minute",
        TimePart::Hour => "hour",
        TimePart::Day => "day",
        TimePart::Week => "week",
        TimePart::Month => "month",
        TimePart::Year => "year",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::scalar::Num;

    #[test]
    fn times_are_read_in_every_usual_form() {
        let millis = 1_764_072_367_000;
        for text in [
            "2025-11-25T12:06:07Z",
            "2025-11-25T13:06:07+01:00",
            "2025-11-25 12:06:07",
            "2025-11-25T12:06:07.000",
        ] {
            assert_eq!(read(&Scalar::Text(text)), Some(millis), "{text}");
        }
        assert_eq!(read(&Scalar::Number(Num::Int(millis))), Some(millis));
        assert_eq!(read(&Scalar::Number(Num::Int(millis / 1000))), Some(millis));
        assert_eq!(read(&Scalar::Text("noon")), None);
        assert_eq!(read(&Scalar::Number(Num::Float(1e300))), None);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let millis = read(&Scalar::Text("2027-01-01T10:20:00Z")).unwrap();
        assert_eq!(part(TimePart::Week, millis), Some(53));
        assert_eq!(part(TimePart::Year, millis), Some(2027));
        assert_eq!(part(TimePart::Minute, millis), Some(20));
        assert_eq!(part(TimePart::Day, i64::MAX), None);
    }
}
