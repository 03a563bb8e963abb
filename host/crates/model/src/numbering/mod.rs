//! What a telephone number is: read as dialled, then classed and placed, by libphonenumber's metadata.
//!
//! Owns reading a number in the country it was dialled in ([`parse`]) and its destination class and country
//! ([`classify`]). Does not own whose number it is (the directory) nor what a record's call type says
//! (`normalize`). The metadata's patterns are compiled lazily, per calling code, into one digit automaton: the
//! `phonenumber` crate's own matching goes through a lock and a regex cache and is thousands of times slower.

mod automaton;
mod classify;
mod home;
mod parse;
mod plan;
mod short;

#[cfg(test)]
mod tests;

pub use classify::classify;
pub use parse::parse;

use crate::fields::well_known::{COUNTRIES, FIRST_COUNTRY};
use crate::{Name, Number};

/// Where a number was dialled: decides how digits without `+` are read and what is domestic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Home<'a> {
    /// Handle of the country's ISO 3166 code; absent if unknown.
    pub country: Name,
    /// Digits for an outside line, as the location's dial plan has them.
    pub outside_access: Option<&'a str>,
}

impl<'a> Home<'a> {
    /// From a country's ISO 3166 code and outside-access digits.
    pub fn new(country: Option<&str>, outside_access: Option<&'a str>) -> Home<'a> {
        Home { country: country.map_or(Name::ABSENT, country_name), outside_access }
    }
}

/// What the numbering plan alone says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In no range the metadata knows.
    Unknown,
    /// Fixed line, or a range that fixed lines and mobiles share (as in North America).
    Fixed,
    /// Mobile.
    Mobile,
    /// Free for the caller.
    TollFree,
    /// The called party earns.
    Premium,
    /// Caller and called party share the cost.
    SharedCost,
    /// Personal number, routed to wherever its owner is.
    Personal,
    /// Internet telephony.
    Voip,
    /// Pager.
    Pager,
    /// Company-wide number without a place.
    Company,
    /// Access to voice mail.
    Voicemail,
}

/// Country a number belongs to (`001` for world-wide ranges) and kind of its range. The country is the calling
/// code's main one when the range is unknown, and absent when the calling code does not exist.
pub fn describe(number: Number) -> (Name, Kind) {
    number.e164().and_then(plan::look_up).map_or((Name::ABSENT, Kind::Unknown), |f| (f.country, f.kind))
}

/// Handle of a country code; absent if there is no such country.
pub fn country_name(code: &str) -> Name {
    COUNTRIES.binary_search(&code).map_or(Name::ABSENT, |i| Name(FIRST_COUNTRY + i as u32))
}

/// Position of a country in [`COUNTRIES`].
fn country_index(name: Name) -> Option<usize> {
    let index = name.0.checked_sub(FIRST_COUNTRY)? as usize;
    (index < COUNTRIES.len()).then_some(index)
}
