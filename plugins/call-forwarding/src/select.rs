//! What a row says: a call sent out again, a change of forwarding, a sign-in, or only that the user was there.
//!
//! Owns the reading of rows. Does not own judgement.

use std::cell::RefCell;
use std::collections::HashMap;

use ringfence_sdk::calendar::{day_of, minute_of};
use ringfence_sdk::directory::{is_ours, working_time};
use ringfence_sdk::{MINUTE, Name, Number, Row, Subject, known, resolve};

use crate::words::{entry, words};
use crate::{CallForwarding, Change, Class, Leg, Owner, What, hand};

/// Reasons of forwarding by a setting.
const FORWARDED: &[Name] = &[
    known::CALLFORWARDALWAYS,
    known::CALLFORWARDBUSY,
    known::CALLFORWARDNOANSWER,
    known::CALLFORWARDNOTREACHABLE,
    known::CALLFORWARDSELECTIVE,
    known::CALLFORWARDMODEBASED,
    known::EXECUTIVEFORWARD,
    known::UNCONDITIONAL,
    known::NOANSWER,
    known::USERBUSY,
    known::TIMEOFDAY,
    known::FOLLOWME,
];

/// Reasons of a transfer.
const TRANSFERRED: &[Name] = &[known::DEFLECTION, known::CONSULTATIVETRANSFER];

/// Fewest digits after the prefix for calls abroad that are taken for a number.
const ABROAD_DIGITS: usize = 8;
/// Prefixes for calls abroad, for digits that the host could not read.
const ABROAD: [&str; 2] = ["00", "011"];
/// Kind of a packed dial string in a [`Number`]'s top four bits, and its `*` and `#`.
const DIALLED: u64 = 2;
const SYMBOLS: std::ops::RangeInclusive<u64> = 11..=12;

/// Users and countries remembered; then it starts anew.
const REMEMBERED: usize = 100_000;

/// Lets the first call of a user to a country and day through, and seldom another.
#[derive(Debug, Default)]
pub struct OncePerCountry(RefCell<HashMap<(Name, Name), i32>>);

impl OncePerCountry {
    fn first(&self, user: Name, country: Name, day: i32) -> bool {
        let mut days = self.0.borrow_mut();
        if days.len() >= REMEMBERED {
            days.clear();
        }
        days.insert((user, country), day) != Some(day)
    }
}

/// Whether a setting's entry can be a feature code.
pub fn is_code(code: &str) -> bool {
    code.len() >= 2
        && code.starts_with(['*', '#'])
        && code.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'))
}

impl CallForwarding {
    /// What the row says and about whom.
    #[inline]
    pub(crate) fn pick(&self, row: &Row<'_>) -> Option<(Subject, What)> {
        let user = row.user();
        if !user.is_present() {
            return None;
        }
        let what = match row.event() {
            known::CALL => self.call(row),
            known::FORWARDING_CHANGE => Some(self.change(row)),
            known::SIGN_IN => sign_in(row),
            known::ADMIN_CHANGE => self.audit(row),
            _ => None,
        };
        let seen = || self.seen.first(user, day_of(row.start_time())).then_some(What::Seen);
        what.or_else(seen).map(|what| (Subject::User(user), what))
    }

    #[inline]
    fn call(&self, row: &Row<'_>) -> Option<What> {
        if row.direction() != known::ORIGINATING {
            return None;
        }
        let number = row.called_number();
        if row.forward_to().is_present()
            || starts_with_symbol(number)
            || starts_with_symbol(row.dialed_digits())
        {
            return self.code(row);
        }
        let class = class(row.called_class(), number, row.called_country(), row.country());
        if class == Class::Harmless || row.called_ours() {
            return None;
        }
        let reasons = [row.related_reason(), row.redirect_reason(), row.original_reason()];
        let by = |names: &[Name]| reasons.iter().any(|r| names.contains(r));
        let owner = owner(row.user_type());
        let forwarded = by(FORWARDED);
        let redirected =
            forwarded || row.redirecting_number().is_present() || row.redirecting_party().is_present();
        if !redirected && (owner != Owner::Machine || class == Class::National) {
            let country = row.called_country();
            let first = || self.called.first(row.user(), country, day_of(row.start_time()));
            return (class == Class::International && country.is_present() && first())
                .then_some(What::Called(country));
        }
        let transfer = !redirected || (!forwarded && by(TRANSFERRED));
        // Whoever answers the phone transfers calls within the country all day.
        if transfer && class == Class::National {
            return None;
        }
        Some(What::Forwarded(Leg {
            number,
            country: row.called_country(),
            class,
            seconds: row.duration(),
            transfer,
            owner,
            outside: self.is_outside(row),
        }))
    }

    /// A feature code was dialled; another one than those for forwarding says nothing.
    fn code(&self, row: &Row<'_>) -> Option<What> {
        let dialled = [row.called_number(), row.dialed_digits()];
        let texts = dialled.map(|n| if starts_with_symbol(n) { n.to_string() } else { String::new() });
        let begins = |list: &[String]| {
            texts.iter().zip(dialled).find_map(|(text, number)| {
                let code = list.iter().find(|code| text.starts_with(code.as_str()))?;
                // With a star at its end it takes a number: without one it only asks.
                (!code.ends_with('*') || text.len() > code.len()).then_some(number)
            })
        };
        if begins(&self.config.off_codes).is_some() {
            return Some(What::Off(row.local_offset() as i16));
        }
        // A long one does not fit a column; then the host has read the number after it.
        let code =
            begins(&self.config.codes).or_else(|| row.forward_to().is_present().then(|| dialled[0]))?;
        match self.change(row) {
            What::Switched(change) => {
                let hand =
                    if owner(row.user_type()) == Owner::Person { crate::Hand::Own } else { change.hand };
                Some(What::Switched(Box::new(Change { code, hand, ..*change })))
            }
            other => row.forward_to().is_present().then_some(other).or_else(|| {
                Some(What::Switched(Box::new(Change { code, hand: crate::Hand::Own, ..self.bare(row) })))
            }),
        }
    }

    /// Forwarding was set, or no longer leads outside.
    fn change(&self, row: &Row<'_>) -> What {
        let to = row.forward_to();
        let class = class(row.forward_class(), to, row.forward_country(), row.country());
        let on = row.forward_enabled() || row.event() == known::CALL;
        if !on || class == Class::Harmless || is_ours(to) {
            return What::Off(row.local_offset() as i16);
        }
        What::Switched(Box::new(Change { to, country: row.forward_country(), class, ..self.bare(row) }))
    }

    /// A change of which the destination is not known.
    fn bare(&self, row: &Row<'_>) -> Change {
        Change {
            to: Number::ABSENT,
            country: Name::ABSENT,
            class: Class::Harmless,
            from: row.forward_from(),
            mode: row.forward_mode(),
            code: Number::ABSENT,
            outside: self.is_outside(row),
            offset: row.local_offset() as i16,
            hand: hand::of(row),
            actor: row.actor(),
        }
    }

    /// An audit event that speaks of credentials or of forwarding.
    fn audit(&self, row: &Row<'_>) -> Option<What> {
        let mut text = words(row.description());
        text.extend(words(&resolve(row.category())));
        if let Some(entry) = entry(&self.config.reset_words, &text) {
            return Some(What::Reset(entry as u8, row.actor()));
        }
        entry(&self.config.forward_words, &text)?;
        if row.forward_to().is_present() {
            return Some(self.change(row));
        }
        Some(What::Switched(Box::new(self.bare(row))))
    }

    /// Whether nobody is expected to be at work, with some time for those who stay on.
    fn is_outside(&self, row: &Row<'_>) -> bool {
        let (time, local) = (working_time(row.location()), row.local_time());
        if time.is_known() {
            let margin = self.config.margin_minutes * MINUTE;
            return ![local, local - margin, local + margin].iter().any(|at| time.is_open(*at));
        }
        let (from, to) = (self.config.night_from * 60, self.config.night_to * 60);
        let minute = minute_of(local);
        if from <= to { (from..to).contains(&minute) } else { minute >= from || minute < to }
    }
}

/// A sign-in that failed or succeeded.
fn sign_in(row: &Row<'_>) -> Option<What> {
    let text = words(row.description());
    let says = |word: &str| text.iter().any(|w| w.starts_with(word));
    if says("logout") || words(&resolve(row.category())).iter().any(|w| w == "logout") {
        return None;
    }
    // A record without the field reads as failed: then its words decide.
    if row.success() || (says("success") && !says("fail")) {
        return Some(What::SignedIn([row.actor(), row.target()]));
    }
    Some(What::Failed)
}

fn class(name: Name, number: Number, country: Name, home: Name) -> Class {
    match name {
        known::NATIONAL | known::MOBILE | known::SHARED_COST => Class::National,
        known::INTERNATIONAL => Class::International,
        known::PREMIUM | known::SATELLITE => Class::Premium,
        known::INVALID => unreadable(number, country, home),
        // A full number seen from a place whose country is not known.
        _ if !name.is_present() && number.e164().is_some() => Class::National,
        _ => Class::Harmless,
    }
}

/// What no plan has may still be reached: fraud likes ranges that nobody has allotted.
fn unreadable(number: Number, country: Name, home: Name) -> Class {
    if number.e164().is_some() {
        return if country.is_present() && country == home { Class::National } else { Class::International };
    }
    let text = number.to_string();
    let abroad = ABROAD.iter().any(|p| text.strip_prefix(p).is_some_and(|rest| rest.len() >= ABROAD_DIGITS));
    if abroad { Class::International } else { Class::National }
}

fn owner(user_type: Name) -> Owner {
    match user_type {
        known::AUTOMATEDATTENDANTVIDEO
        | known::VOICEMAILRETRIEVAL
        | known::VOICEMAILGROUP
        | known::VOICEXML => Owner::Machine,
        known::HUNTGROUP
        | known::CALLCENTERSTANDARD
        | known::CALLCENTERPREMIUM
        | known::ROUTEPOINT
        | known::GROUPPAGING
        | known::ANCHOR => Owner::Group,
        _ => Owner::Person,
    }
}

/// Whether what was dialled begins with `*` or `#`, without making a text of it.
#[inline]
fn starts_with_symbol(number: Number) -> bool {
    if number.0 >> 60 != DIALLED {
        return false;
    }
    let symbols = number.0 & ((1 << 60) - 1);
    let first = symbols.checked_ilog2().unwrap_or(0) / 4 * 4;
    SYMBOLS.contains(&(symbols >> first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialled(text: &str) -> Number {
        let symbol = |b: u8| match b {
            b'*' => 11,
            b'#' => 12,
            digit => u64::from(digit - b'0' + 1),
        };
        Number(text.bytes().fold(0, |acc, b| (acc << 4) | symbol(b)) | (DIALLED << 60))
    }

    #[test]
    fn symbols_are_seen_without_a_text() {
        for (text, is) in
            [("*72", true), ("#21#", true), ("72*", false), ("2001", false), ("*", true), ("9", false)]
        {
            assert_eq!(starts_with_symbol(dialled(text)), is, "{text}");
            assert_eq!(dialled(text).to_string(), text);
        }
        assert!(
            !starts_with_symbol(Number::ABSENT) && !starts_with_symbol(Number::from_e164(34911).unwrap())
        );
    }

    #[test]
    fn feature_codes_have_a_form() {
        assert!(is_code("*72") && is_code("#21#") && is_code("**21*"));
        assert!(!is_code("*") && !is_code("72") && !is_code("*7a"));
    }
}
