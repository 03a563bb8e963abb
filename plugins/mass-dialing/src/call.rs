//! What is kept of a call, and which calls count.
//!
//! Owns the choice of rows and the small form of an event. Does not own judgements.

use ringfence_sdk::{Number, Row, Stamped, known};
use serde::{Deserialize, Serialize};

/// Somebody from outside calls in; else the owner calls out.
const INCOMING: u8 = 1;
/// The owner's side hung up.
const LOCAL: u8 = 2;
/// There is no such number.
const UNASSIGNED: u8 = 4;
/// It was short: decided by the settings of its own row, so that it leaves a window as it came in.
const SHORT: u8 = 8;
/// Digits of an own number that are kept.
const TAIL: u64 = 10_000;

/// What is kept of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    /// The other party.
    pub number: Number,
    /// Seconds of talk.
    pub seconds: u16,
    /// Last four digits of the number called, if it is ours.
    pub tail: u16,
    flags: u8,
}

impl Call {
    /// Whether it came from outside.
    #[inline]
    pub fn incoming(&self) -> bool {
        self.flags & INCOMING != 0
    }

    /// Whether the owner's side hung up.
    pub fn local(&self) -> bool {
        self.flags & LOCAL != 0
    }

    /// Whether it was short, or not answered.
    #[inline]
    pub fn short(&self) -> bool {
        self.flags & SHORT != 0
    }

    /// Whether the number called does not exist.
    pub fn unassigned(&self) -> bool {
        self.flags & UNASSIGNED != 0
    }
}

/// Whether an event is an outgoing call.
#[inline]
pub fn outgoing(call: &Stamped<Call>) -> bool {
    !call.event.incoming()
}

/// Seconds and whether they are few.
#[inline]
fn length(row: &Row<'_>, short: u32) -> (u16, u8) {
    let seconds = row.duration();
    (seconds.min(u32::from(u16::MAX)) as u16, if seconds < short { SHORT } else { 0 })
}

/// A call to the outside that the row's owner dialled; below so many seconds it is short.
#[inline]
pub fn dialled(row: &Row<'_>, short: u32) -> Option<Call> {
    let class = row.called_class();
    // Calls to colleagues are not dialled for money, codes are no destinations, and a redirected leg is not dialled by the user.
    let outside = class != known::INTERNAL && class != known::EMERGENCY && class != known::SHORT_CODE;
    if !outside || row.called_ours() || row.redirecting_number().is_present() {
        return None;
    }
    let (seconds, mut flags) = length(row, short);
    if row.releasing_party() == known::LOCAL {
        flags |= LOCAL;
    }
    Some(Call { number: row.called_number(), seconds, tail: 0, flags })
}

/// A call from outside to the row's owner itself: not one handed on by a queue, a hunt group or an attendant, which
/// would make every agent rung look flooded.
#[inline]
pub fn received(row: &Row<'_>, short: u32) -> Option<Call> {
    let handed_on = matches!(row.redirect_reason(), known::CALLQUEUE | known::HUNTGROUP | known::DEFLECTION);
    if row.calling_ours() || handed_on || row.redirecting_number().is_present() {
        return None;
    }
    let called = row.called_number().e164().unwrap_or(0);
    let (seconds, mut flags) = length(row, short);
    flags |= INCOMING;
    if row.call_outcome_reason() == known::UNASSIGNEDNUMBER {
        flags |= UNASSIGNED;
    }
    Some(Call { number: row.calling_number(), seconds, tail: (called % TAIL) as u16, flags })
}
