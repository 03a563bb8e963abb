//! Spelling of times, identities and numbers, without the formatting machinery: a record has thirty of them.

use model::Millis;

const HEX: &[u8; 16] = b"0123456789abcdef";
const DAY: i64 = 86_400_000;

/// `2026-03-02T14:05:06.007Z`.
pub(super) fn push_time(out: &mut Vec<u8>, at: Millis) {
    let (year, month, day) = civil(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY) as u64;
    push_padded(out, year as u64, 4);
    out.push(b'-');
    push_padded(out, month, 2);
    out.push(b'-');
    push_padded(out, day, 2);
    out.push(b'T');
    push_padded(out, of_day / 3_600_000, 2);
    out.push(b':');
    push_padded(out, of_day / 60_000 % 60, 2);
    out.push(b':');
    push_padded(out, of_day / 1000 % 60, 2);
    out.push(b'.');
    push_padded(out, of_day % 1000, 3);
    out.push(b'Z');
}

/// Gregorian date of a day since 1970-01-01 (the well-known method by eras of 400 years that begin in March).
fn civil(days: i64) -> (i64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u64;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era as i64 + i64::from(month <= 2), month, day)
}

fn push_padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    let mut left = value;
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

/// The number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, value: u64) {
    push_padded(out, value, value.checked_ilog10().map_or(1, |log| log as usize + 1));
}

/// The number in lower-case hexadecimal with that many digits.
pub(super) fn push_hex(out: &mut Vec<u8>, value: u128, digits: u32) {
    for place in (0..digits).rev() {
        out.push(HEX[((value >> (place * 4)) & 0xf) as usize]);
    }
}

/// `8-4-4-4-12`.
pub(super) fn push_uuid(out: &mut Vec<u8>, bits: u128) {
    for (index, (shift, digits)) in [(96, 8), (80, 4), (64, 4), (48, 4), (0, 12)].into_iter().enumerate() {
        if index > 0 {
            out.push(b'-');
        }
        push_hex(out, bits >> shift, digits);
    }
}

/// The same as text.
pub(super) fn uuid_text(bits: u128) -> String {
    let mut out = Vec::with_capacity(36);
    push_uuid(&mut out, bits);
    out.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_chrono_spells_them() {
        for at in (0..4000).map(|i: i64| i * 11 * DAY / 3 + i * 7_919_333 % DAY) {
            let mut out = Vec::new();
            push_time(&mut out, at);
            assert_eq!(String::from_utf8(out).unwrap(), model::finding::format_time(at));
        }
    }

    #[test]
    fn identities_and_numbers() {
        let mut out = Vec::new();
        let bits = 0x0123_4567_89ab_4def_8123_4567_89ab_cdef;
        push_uuid(&mut out, bits);
        assert_eq!(String::from_utf8(out.clone()).ok(), model::RecordId(bits).text());
        out.clear();
        push_number(&mut out, 0);
        push_number(&mut out, 907);
        assert_eq!(out, b"0907");
    }
}
