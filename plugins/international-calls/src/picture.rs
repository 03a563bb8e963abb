//! What surrounds a call: the user's calls of the last 24 hours that belong with it, and of the last 60 minutes.
//!
//! Owns counting. Does not own what the counts say ([`crate::evidence`]).

use ringfence_sdk::{DAY, HOUR, MINUTE, Millis, SECOND, Stamped};

use crate::Call;
use crate::places::{leading, range_of};

/// Calls looked at: by then every count says all it can.
const MOST: usize = 256;
/// Numbers that differ in the last two digits only are neighbours.
const BLOCK: u64 = 100;
/// A user's own numbers that are told apart; more say no more.
const NUMBERS: usize = 64;

/// How a call of the last day is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// To a range not established with the user, or premium.
    pub fresh: bool,
    /// To a country not established with the user.
    pub new_country: bool,
    /// When the user is not at work.
    pub odd: bool,
}

/// See the module. All but `hour_*` and `overlap` is about the calls that belong with this one in the last 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Picture {
    /// Calls; those without an answer count half.
    pub weighed: f64,
    /// Calls.
    pub calls: u32,
    /// Answered calls.
    pub answered: u32,
    /// Minutes talked.
    pub minutes: f64,
    /// Calls when the user is not at work.
    pub odd: u32,
    /// Different numbers that differ from this one in the last two digits only, this one included.
    pub neighbours: u32,
    /// Answered calls to this number.
    pub repeated: u32,
    /// Short calls before the first long one, if there are at least two long ones.
    pub tests: u32,
    /// Different countries not established with the user.
    pub countries: u32,
    /// International and premium calls in 60 minutes, whatever they are.
    pub hour_calls: u32,
    /// Different numbers among them.
    pub hour_numbers: u32,
    /// Minutes talked in them.
    pub hour_minutes: f64,
    /// Calls going on when this one begins, this one included.
    pub overlap: u32,
    /// Of these, calls not established with the user.
    pub fresh_overlap: u32,
}

/// Lengths that tell a test from a call that earns money.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    /// A call of at most so many seconds may be a test.
    pub test: u32,
    /// A call from so many seconds on earns money.
    pub long: u32,
}

/// The picture at the last of `calls`, which are in time order and foreign or not; `look` judges each against the user's
/// habits.
pub fn picture(
    calls: &[Stamped<Call>],
    lengths: Lengths,
    look: impl Fn(&Stamped<Call>) -> Looked,
) -> Picture {
    let mut picture = Picture::default();
    let Some(now) = calls.last() else { return picture };
    let this = look(now);
    let range = range_of(now.event.number);
    let block = leading(now.event.number, BLOCK);
    let (mut hour_numbers, mut neighbours) = (Vec::new(), Vec::new());
    let mut countries = Vec::new();
    let (mut tests, mut long) = (0, 0);
    let oldest = now.start - DAY;
    let recent = calls.iter().rev().take_while(|c| c.start > oldest).filter(|c| c.event.is_foreign());
    let mut recent: Vec<&Stamped<Call>> = recent.take(MOST).collect();
    recent.reverse();
    for call in recent {
        let event = &call.event;
        let looked = look(call);
        let end: Millis = call.start + i64::from(event.seconds) * SECOND;
        let going = end > now.start || call.id == now.id;
        if going {
            picture.overlap += 1;
            picture.fresh_overlap += u32::from(looked.fresh);
        }
        let minutes = f64::from(event.seconds) / (MINUTE / SECOND) as f64;
        if call.start > now.start - HOUR {
            picture.hour_calls += 1;
            picture.hour_minutes += minutes;
            note(&mut hour_numbers, event.number.0);
        }
        let same_range = range_of(event.number) == range;
        let belongs = looked.fresh
            && (same_range
                || (looked.new_country && this.new_country)
                || (event.is_premium() && now.event.is_premium()));
        if !belongs {
            continue;
        }
        picture.calls += 1;
        picture.answered += u32::from(event.answered);
        picture.weighed += if event.answered { 1.0 } else { 0.5 };
        picture.minutes += minutes;
        picture.odd += u32::from(looked.odd);
        if looked.new_country {
            note(&mut countries, u64::from(event.country.0));
        }
        if same_range {
            if leading(event.number, BLOCK) == block {
                note(&mut neighbours, event.number.0);
            }
            picture.repeated += u32::from(event.number == now.event.number && event.answered);
            if event.seconds >= lengths.long {
                long += 1;
            } else if event.seconds <= lengths.test && long == 0 {
                tests += 1;
            }
        }
    }
    picture.tests = if long >= 2 { tests } else { 0 };
    picture.hour_numbers = hour_numbers.len() as u32;
    picture.neighbours = neighbours.len() as u32;
    picture.countries = countries.len() as u32;
    picture
}

fn note(seen: &mut Vec<u64>, value: u64) {
    if seen.len() < NUMBERS && !seen.contains(&value) {
        seen.push(value);
    }
}
