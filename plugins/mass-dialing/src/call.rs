//! What is kept of a call, and which calls count.
//!
//! Owns the choice of rows and the small form of an event. Does not own judgements.

use ringfence_sdk::{Number, Row, Stamped, Subject, known};
use serde::{Deserialize, Serialize};

/// Somebody from outside calls in; else the owner calls out.
const INCOMING: u8 = 1;
/// The owner's side hung up.
const LOCAL: u8 = 2;
/// There is no such number.
const UNASSIGNED: u8 = 4;
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

fn seconds(row: &Row<'_>) -> u16 {
    row.duration().min(u32::from(u16::MAX)) as u16
}

/// A call to the outside that the row's owner dialled.
#[inline]
pub fn dialled(row: &Row<'_>) -> Option<Call> {
    let class = row.called_class();
    // Calls to colleagues are not dialled for money, codes are no destinations, and a redirected leg is not dialled by the user.
    let outside = class != known::INTERNAL && class != known::EMERGENCY && class != known::SHORT_CODE;
    if !outside || row.called_ours() || row.redirecting_number().is_present() {
        return None;
    }
    let flags = if row.releasing_party() == known::LOCAL { LOCAL } else { 0 };
    Some(Call { number: row.called_number(), seconds: seconds(row), tail: 0, flags })
}

/// A call from outside to the row's owner itself: not one handed on by a queue, a hunt group or an attendant, which
/// would make every agent rung look flooded.
#[inline]
pub fn received(row: &Row<'_>) -> Option<Call> {
    let handed_on = matches!(row.redirect_reason(), known::CALLQUEUE | known::HUNTGROUP | known::DEFLECTION);
    if row.calling_ours() || handed_on || row.redirecting_number().is_present() {
        return None;
    }
    let called = row.called_number().e164().unwrap_or(0);
    let mut flags = INCOMING;
    if row.call_outcome_reason() == known::UNASSIGNEDNUMBER {
        flags |= UNASSIGNED;
    }
    let tail = (called % TAIL) as u16;
    Some(Call { number: row.calling_number(), seconds: seconds(row), tail, flags })
}

/// The subject of all numbers that share all but the last `digits` digits with this one: the first of them.
pub fn block_of(number: Number, size: u64) -> Option<Subject> {
    Number::from_e164(number.e164()? / size * size).map(Subject::Number)
}
