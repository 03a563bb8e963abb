//! Incoming calls: is one owner's line flooded?
//!
//! Owns the judgement over the last calls from outside to one user, queue or attendant. A busy hour is not a flood: it
//! takes a rate far above the line's own, and for more than a low finding a sign that nobody wants to talk.

use ringfence_sdk::{Severity, Stamped};
use serde::{Deserialize, Serialize};

use crate::Config;
use crate::call::Call;
use crate::habit::Usual;

/// Calls looked at one by one. More say no more.
const RECENT: usize = 128;
/// Answered calls before their lengths say something.
const LEAST_ANSWERED: usize = 10;
/// Callers whose numbers differ in the last two digits only are one.
const CALLER_BLOCK: u64 = 100;
/// Lengths that people would hardly notice to differ, in seconds.
const SAME_SECONDS: f64 = 1.5;

/// What the last calls look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Calls in the window.
    pub calls: u32,
    /// Calls looked at.
    pub seen: u32,
    /// Different callers among them, blocks of a hundred numbers counted once.
    pub callers: u32,
    /// Calls of the busiest caller.
    pub most: u32,
    /// Without an answer, or short.
    pub empty: u32,
    /// Median length of the answered ones.
    pub seconds: u16,
    /// The middle half of the lengths lies this close together.
    pub spread: u16,
    /// Answered ones.
    pub answered: u32,
    /// Last digits of the number called.
    pub tail: u16,
    /// Signs that nobody wants to talk.
    pub signs: u32,
}

/// Calls from which the window counts as a flood of this line: with a sign that nobody wants to talk, and without.
#[inline]
pub fn threshold(config: &Config, usual: Usual) -> (u32, u32) {
    if usual.inbound_days < config.usual_days {
        // A busy line is not known for one yet.
        return (config.flood_calls, config.flood_calls);
    }
    let own = (f64::from(usual.inbound) * config.flood_factor).ceil() as u32;
    (own.max(config.flood_marked_calls.min(config.flood_calls)), own.max(config.flood_calls))
}

/// Looks at the last calls; `calls` are in the window, and `threshold` make a flood without any sign.
pub fn judge(
    config: &Config,
    calls: u32,
    threshold: u32,
    events: &[Stamped<Call>],
) -> Option<(Severity, Picture)> {
    let mut callers = [0u64; RECENT];
    let mut lengths = [0u16; RECENT];
    let mut picture = Picture { calls, ..Picture::default() };
    let mut answered = 0;
    for call in events.iter().rev().filter(|c| c.event.incoming()).take(RECENT) {
        let call = &call.event;
        callers[picture.seen as usize] = call.number.e164().map_or(call.number.0, |n| n / CALLER_BLOCK);
        picture.seen += 1;
        picture.empty += u32::from(call.short());
        if call.seconds > 0 {
            lengths[answered] = call.seconds;
            answered += 1;
        }
    }
    picture.tail = events.last().map_or(0, |c| c.event.tail);
    let callers = &mut callers[..picture.seen as usize];
    callers.sort_unstable();
    for same in callers.chunk_by(|a, b| a == b) {
        picture.callers += 1;
        // A withheld number is not one caller.
        if same[0] != 0 {
            picture.most = picture.most.max(same.len() as u32);
        }
    }
    let lengths = &mut lengths[..answered];
    lengths.sort_unstable();
    picture.answered = answered as u32;
    if let Some(median) = lengths.get(answered / 2) {
        picture.seconds = *median;
        picture.spread = lengths[answered * 3 / 4] - lengths[answered / 4];
    }
    let share = |part: u32| f64::from(part) / f64::from(picture.seen.max(1));
    let even = answered >= LEAST_ANSWERED
        && f64::from(picture.spread) <= (f64::from(picture.seconds) * config.flood_even).max(SAME_SECONDS);
    let signs =
        [share(picture.empty) >= config.flood_empty, even, share(picture.most) >= config.flood_one_caller];
    picture.signs = signs.into_iter().map(u32::from).sum();
    let times = f64::from(calls) / f64::from(threshold.max(1));
    let severity = match picture.signs {
        0 if times < 1.0 => return None,
        0 if times < 2.0 * config.flood_high => Severity::Low,
        0 => Severity::Medium,
        1 if times < config.flood_high => Severity::Medium,
        1 if times < 2.0 * config.flood_high => Severity::High,
        _ if times < config.flood_high => Severity::High,
        _ => Severity::Critical,
    };
    Some((severity, picture))
}
