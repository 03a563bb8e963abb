//! Texts to times, numbers and booleans, and when a value counts as absent.
//!
//! Owns these conversions only; hand-written, because they run several times per record.

use model::Millis;

/// A value without surrounding blanks, or `None` when it is empty or `NA` in any capitals.
#[inline]
pub(super) fn present(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let blank_edge = |b: &u8| *b <= b' ' || *b >= 0x80;
    let text = match (bytes.first(), bytes.last()) {
        (Some(a), Some(b)) if blank_edge(a) || blank_edge(b) => text.trim(),
        _ => text,
    };
    let absent = text.is_empty() || (text.len() == 2 && text.eq_ignore_ascii_case("na"));
    (!absent).then_some(text)
}

/// 2000-01-01 and 2100-01-01: outside of these a time is somebody's broken clock.
pub(super) const EARLIEST: Millis = 946_684_800_000;
/// End of the range of times.
pub(super) const LATEST: Millis = 4_102_444_800_000;

/// Milliseconds UTC of `YYYY-MM-DDTHH:MM[:SS[.fraction]][Z|±HH[:]MM]`; a blank may stand for `T`, and without a
/// zone it is UTC. The fraction may have up to nine digits; what is below a millisecond is cut off.
pub(super) fn time(text: &str) -> Option<Millis> {
    let b = text.as_bytes();
    if let Ok(b) = b.try_into()
        && let Some(at) = common_time(b)
    {
        return Some(at);
    }
    let digits = |from: usize, count: usize| -> Option<i64> {
        b.get(from..from + count)?.iter().try_fold(0i64, |n, d| {
            let d = d.wrapping_sub(b'0');
            (d < 10).then(|| n * 10 + i64::from(d))
        })
    };
    let is = |at: usize, c: u8| b.get(at) == Some(&c);
    if b.len() < 16 || !is(4, b'-') || !is(7, b'-') || !matches!(b[10], b'T' | b't' | b' ') || !is(13, b':') {
        return None;
    }
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute) = (digits(11, 2)?, digits(14, 2)?);
    let mut at = 16;
    let mut second = 0;
    let mut millis = 0;
    if is(at, b':') {
        second = digits(17, 2)?;
        at = 19;
        if is(at, b'.') || is(at, b',') {
            let run = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
            if run > 9 {
                return None;
            }
            let shown = digits(at + 1, run.min(3))?;
            millis = shown * [1, 100, 10, 1][run.min(3)];
            at += 1 + run;
        }
    }
    let zone = match &b[at..] {
        [] | [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let minutes_at = if rest.get(2) == Some(&b':') { at + 4 } else { at + 3 };
            if b.len() != minutes_at + 2 {
                return None;
            }
            let (hours, minutes) = (digits(at + 1, 2)?, digits(minutes_at, 2)?);
            if hours > 18 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'+' { 1 } else { -1 }
        }
        _ => return None,
    };
    // 60 is a leap second: it counts as the next second.
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < 1 || day > length {
        return None;
    }
    let minutes = days_from_civil(year, month, day) * 1440 + hour * 60 + minute - zone;
    Some((minutes * 60 + second) * 1000 + millis)
}

/// The form nearly every time has, `YYYY-MM-DDTHH:MM:SS.mmmZ`; `None` also for whatever needs a closer look.
#[inline]
fn common_time(b: &[u8; 24]) -> Option<Millis> {
    let mut wrong = 0u8;
    let mut digits = |from: usize, count: usize| {
        b[from..from + count].iter().fold(0u32, |n, d| {
            let d = d.wrapping_sub(b'0');
            wrong |= u8::from(d > 9);
            n * 10 + u32::from(d)
        })
    };
    let (year, month, day) = (digits(0, 4), digits(5, 2), digits(8, 2));
    let (hour, minute, second, millis) = (digits(11, 2), digits(14, 2), digits(17, 2), digits(20, 3));
    let marks = [b[4], b[7], b[10], b[13], b[16], b[19], b[23]] == *b"--T::.Z";
    // Days that not every month has are left to the general form.
    let plain =
        (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24 && minute < 60 && second < 60;
    if wrong != 0 || !marks || !plain {
        return None;
    }
    let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
    Some(
        ((days * 24 + i64::from(hour)) * 60 + i64::from(minute)) * 60_000 + i64::from(second * 1000 + millis),
    )
}

/// Days since 1970-01-01 of a Gregorian date (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A whole number; a fraction of zeros is let pass, as some exports write `36.0`.
pub(super) fn whole(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, bytes),
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit()).unwrap_or(digits.len());
    let (integer, rest) = digits.split_at(end);
    let fraction_is_zero = match rest {
        [] => true,
        [b'.', zeros @ ..] => zeros.iter().all(|b| *b == b'0'),
        _ => false,
    };
    if integer.is_empty() || integer.len() > 18 || !fraction_is_zero {
        return None;
    }
    let value = integer.iter().fold(0i64, |n, b| n * 10 + i64::from(b - b'0'));
    Some(if negative { -value } else { value })
}

/// A boolean as JSON, the CSV report and the service fields write it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["true", "yes", "1", "y"];
    const FALSE: [&str; 4] = ["false", "no", "0", "n"];
    if TRUE.iter().any(|t| text.eq_ignore_ascii_case(t)) {
        Some(true)
    } else {
        FALSE.iter().any(|t| text.eq_ignore_ascii_case(t)).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeZone, Utc};
    use proptest::prelude::*;

    #[test]
    fn times_come_in_many_forms() {
        let expected = Utc.with_ymd_and_hms(2026, 3, 1, 10, 0, 5).unwrap().timestamp_millis();
        for (text, millis) in [
            ("2026-03-01T10:00:05.000Z", 0),
            ("2026-03-01 10:00:05.621", 621),
            ("2026-03-01T10:00:05Z", 0),
            ("2026-03-01T10:00:05", 0),
            ("2026-03-01T10:00:05.1Z", 100),
            ("2026-03-01T10:00:05.123456789Z", 123),
            ("2026-03-01T11:00:05.5+01:00", 500),
            ("2026-03-01T05:00:05-0500", 0),
            ("2026-03-01T10:00:05.Z", 0),
            ("2026-03-01t10:00:05z", 0),
        ] {
            assert_eq!(time(text), Some(expected + millis), "{text}");
        }
        assert_eq!(time("2026-03-01T10:00Z"), Some(expected - 5000));
        assert_eq!(time("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
        for text in [
            "yesterday",
            "",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T10:00:05.1234567890Z",
            "2026-03-01T10:00:05.000ZZ",
            "2026-03-01T10:00:05+1",
            "2026-03-01",
            "1772359205000",
            "2026-03-01T10:0é:05Z",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn times_agree_with_chrono(at in EARLIEST..LATEST) {
            let text = DateTime::<Utc>::from_timestamp_millis(at).unwrap().format("%Y-%m-%dT%H:%M:%S%.3fZ");
            prop_assert_eq!(time(&text.to_string()), Some(at));
        }

        #[test]
        fn conversions_take_any_text(text in "\\PC{0,30}", near in "[0-9TZ:. +-]{0,30}") {
            for text in [&text, &near] {
                time(text);
                whole(text);
                boolean(text);
                present(text);
            }
        }
    }

    #[test]
    fn numbers_and_booleans() {
        assert_eq!(whole("-300"), Some(-300));
        assert_eq!(whole("36.0"), Some(36));
        assert_eq!(whole("0036"), Some(36));
        for text in ["abc", "", "-", "1.5", "1e3", "9999999999999999999", "12 3"] {
            assert_eq!(whole(text), None, "{text}");
        }
        for (text, value) in
            [("TRUE", Some(true)), ("Yes", Some(true)), ("false", Some(false)), ("maybe", None)]
        {
            assert_eq!(boolean(text), value);
        }
    }

    #[test]
    fn empty_and_na_are_absent() {
        for text in ["", "NA", "na", "Na", "  ", " NA ", "\t"] {
            assert_eq!(present(text), None, "{text:?}");
        }
        assert_eq!(present(" Nadia "), Some("Nadia"));
        assert_eq!(present("N/A"), Some("N/A"));
    }
}
