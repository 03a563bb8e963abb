//! Short calls from outside to a block of own numbers: does somebody scan it?
//!
//! Owns the judgement over the last short calls to a block of a thousand numbers: one caller (or a hundred
//! neighbouring ones) to many of them, or any callers to one after the other. Does not own the choice of calls.

use ringfence_sdk::{Number, Severity, Stamped};
use serde::{Deserialize, Serialize};

use crate::Config;
use crate::call::Call;

/// Calls looked at one by one.
const RECENT: usize = 256;
/// Callers whose numbers differ in the last two digits only are one.
const CALLER_BLOCK: u64 = 100;

/// What the last calls look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The caller; absent when the order of the called numbers alone gave it away.
    pub caller: Number,
    /// Calls.
    pub calls: u32,
    /// Different numbers of ours.
    pub distinct: u32,
    /// Calls to a number shortly after that of the call before, going the same way.
    pub ordered: u32,
    /// Calls to numbers that nobody has.
    pub unassigned: u32,
    /// Lowest number called, last digits.
    pub from: u16,
    /// Highest.
    pub to: u16,
}

/// Which calls belong to what was found.
#[derive(Clone, Copy, Debug)]
pub struct Belongs(Option<u64>);

impl Belongs {
    /// Whether this one does.
    pub fn holds(&self, call: &Stamped<Call>) -> bool {
        self.0.is_none_or(|caller| caller == of(&call.event))
    }
}

/// One caller's number, or that of its hundred.
fn of(call: &Call) -> u64 {
    call.number.e164().map_or(call.number.0, |n| n / CALLER_BLOCK)
}

/// Looks at the calls of the window, which ends with the current one.
pub fn judge(config: &Config, events: &[Stamped<Call>]) -> Option<(Severity, Picture, Belongs)> {
    let now = &events.last()?.event;
    let caller = of(now);
    let mut one = None;
    // Nearly always one of a few calls: they are counted before they are looked at.
    let calls = events.iter().filter(|c| of(&c.event) == caller).take(config.scan_numbers).count();
    if now.number.is_present() && calls >= config.scan_numbers {
        let picture = Picture { caller: now.number, ..look(config, events, |c| of(c) == caller) };
        one = by_caller(config, &picture).map(|severity| (severity, picture, Belongs(Some(caller))));
    }
    let (calls, steps) = in_order(config, events);
    // Callers that take turns: the order must be plain, as calls of others lie between.
    let any = (steps >= config.scan_numbers && steps * 4 >= calls * 3).then(|| {
        let any = look(config, events, |_| true);
        let severity = if steps >= 2 * config.scan_numbers { Severity::High } else { Severity::Medium };
        (severity, any, Belongs(None))
    });
    match (one, any) {
        (Some(one), Some(any)) if any.0 > one.0 => Some(any),
        (one, any) => one.or(any),
    }
}

fn by_caller(config: &Config, picture: &Picture) -> Option<Severity> {
    let distinct = picture.distinct as usize;
    let ordered = picture.ordered as usize * 4 >= picture.calls as usize * 3;
    let unknown = picture.unassigned as usize * 10 >= picture.calls as usize && picture.unassigned >= 2;
    // Without order it may be a wave of one-ring calls or a notice to many: twice as many are needed.
    let numbers = if ordered || unknown { distinct } else { distinct / 2 };
    match numbers / config.scan_numbers.max(1) {
        0 => None,
        1 => Some(Severity::Medium),
        2 | 3 => Some(Severity::High),
        _ => Some(Severity::Critical),
    }
}

/// Of the last calls, whoever made them: how many, and how many small steps go the same way.
fn in_order(config: &Config, events: &[Stamped<Call>]) -> (usize, usize) {
    let recent = &events[events.len().saturating_sub(RECENT)..];
    let (mut up, mut down) = (0, 0);
    for pair in recent.windows(2) {
        let (earlier, later) = (pair[0].event.tail, pair[1].event.tail);
        let near = later != earlier && later.abs_diff(earlier) <= config.scan_step;
        up += usize::from(near && later > earlier);
        down += usize::from(near && later < earlier);
    }
    (recent.len(), up.max(down))
}

fn look(config: &Config, events: &[Stamped<Call>], belongs: impl Fn(&Call) -> bool) -> Picture {
    let mut tails = [0u16; RECENT];
    let mut len = 0;
    let mut picture = Picture { from: u16::MAX, ..Picture::default() };
    let (mut up, mut down) = (0u32, 0u32);
    for call in events.iter().rev().map(|c| &c.event).filter(|c| belongs(c)).take(RECENT) {
        if let Some(later) = picture.calls.checked_sub(1).map(|last| tails[last as usize]) {
            let step = later.abs_diff(call.tail);
            if step > 0 && step <= config.scan_step {
                *(if later > call.tail { &mut up } else { &mut down }) += 1;
            }
        }
        tails[len] = call.tail;
        len += 1;
        picture.calls += 1;
        picture.unassigned += u32::from(call.unassigned());
        picture.from = picture.from.min(call.tail);
        picture.to = picture.to.max(call.tail);
    }
    picture.ordered = up.max(down);
    let tails = &mut tails[..len];
    tails.sort_unstable();
    picture.distinct = tails.chunk_by(|a, b| a == b).count() as u32;
    picture
}
