//! The destination class of a number, seen from where it was dialled.
//!
//! Owns the order of precedence: our own numbers and extensions, emergency and short numbers, premium, satellite,
//! toll-free, then domestic or international.

use super::parse::MAX_EXTENSION;
use super::plan::{self, Found};
use super::{Home, Kind, home, short};
use crate::{Name, Number, NumberKind};

const INTERNAL: Name = Name::known("internal");
const NATIONAL: Name = Name::known("national");
const MOBILE: Name = Name::known("mobile");
const TOLL_FREE: Name = Name::known("toll-free");
const SHARED_COST: Name = Name::known("shared-cost");
const PREMIUM: Name = Name::known("premium");
const INTERNATIONAL: Name = Name::known("international");
const SATELLITE: Name = Name::known("satellite");
const SHORT_CODE: Name = Name::known("short-code");
const EMERGENCY: Name = Name::known("emergency");
const INVALID: Name = Name::known("invalid");

/// Countries and territories to which a call from one another is domestic although all are countries of their own
/// in the metadata. Webex treats US, Canada and Puerto Rico so (permissions); the other US territories share the
/// national tariff. The Caribbean neighbours in +1 are abroad: that is the "809" fraud.
const NORTH_AMERICA: [Name; 7] = [
    Name::known("US"),
    Name::known("CA"),
    Name::known("PR"),
    Name::known("VI"),
    Name::known("GU"),
    Name::known("MP"),
    Name::known("AS"),
];

/// Class and country of a number dialled in `home`; `is_ours` says that it belongs to the organisation.
///
/// - A premium number is premium wherever it is, a toll-free one toll-free; other foreign numbers are
///   international, also those in no known range or of odd length: such ranges are where revenue-share fraud goes.
/// - A domestic number in no known range is national: plans change faster than metadata. One of impossible length
///   is invalid, and so is a calling code that does not exist.
/// - Without a known home country, domestic and international cannot be told apart: the class is absent.
/// - The country is absent for extensions and short numbers, and `001` for world-wide ranges.
pub fn classify(number: Number, home: &Home<'_>, is_ours: bool) -> (Name, Name) {
    match number.kind() {
        NumberKind::Absent => (Name::ABSENT, Name::ABSENT),
        // Nobody calls a range.
        NumberKind::Other | NumberKind::Range => (INVALID, Name::ABSENT),
        NumberKind::Digits if is_ours => (INTERNAL, Name::ABSENT),
        NumberKind::Digits => (short_or_extension(number, home), Name::ABSENT),
        NumberKind::E164 => match number.e164().and_then(plan::look_up) {
            None => (if is_ours { INTERNAL } else { INVALID }, Name::ABSENT),
            Some(found) => (if is_ours { INTERNAL } else { destination(found, home) }, found.country),
        },
    }
}

fn destination(found: Found, home: &Home<'_>) -> Name {
    match (found.code, found.kind) {
        (979, _) | (_, Kind::Premium) => PREMIUM,
        // Inmarsat, Iridium and Globalstar, and the international networks, which are used alike.
        (870 | 881 | 882 | 883, _) => SATELLITE,
        (800, _) | (_, Kind::TollFree) => TOLL_FREE,
        (808, _) => SHARED_COST,
        _ if !home.country.is_present() => Name::ABSENT,
        (_, kind) => match (is_domestic(found, home), kind) {
            (false, _) => INTERNATIONAL,
            (true, _) if !found.possible => INVALID,
            (true, Kind::Mobile) => MOBILE,
            (true, Kind::SharedCost) => SHARED_COST,
            (true, _) => NATIONAL,
        },
    }
}

/// Whether calls between two countries are domestic: the same country, North America, or a territory sharing the
/// calling code (Jersey from Britain). +7 joins Russia and Kazakhstan, which are abroad to each other.
fn is_domestic(found: Found, home: &Home<'_>) -> bool {
    if found.country == home.country {
        return true;
    }
    match home::rules(home.country).map(|r| r.code) {
        Some(1) => NORTH_AMERICA.contains(&home.country) && NORTH_AMERICA.contains(&found.country),
        Some(7) | None => false,
        Some(code) => code == found.code,
    }
}

fn short_or_extension(number: Number, home: &Home<'_>) -> Name {
    // Sixteen symbols at most: number and its outside-access digits.
    let text = number.to_string();
    if text.contains(['*', '#']) {
        return SHORT_CODE;
    }
    let bare = text.trim_start_matches('+');
    let after_outside = home.outside_access.and_then(|o| bare.strip_prefix(o));
    for candidate in [Some(bare), after_outside].into_iter().flatten() {
        match short::look_up(&super::parse::values(candidate), home.country) {
            Some(short::Short::Emergency) => return EMERGENCY,
            Some(short::Short::Code) => return SHORT_CODE,
            None => {}
        }
    }
    if text.len() <= MAX_EXTENSION && !text.starts_with('+') { INTERNAL } else { INVALID }
}
