//! One leg of a call in compact form: about a hundred bytes instead of three kilobytes of JSON.
//!
//! Owns what is known of a leg before it is written. Does not own how Webex spells it (`row`).

use model::Millis;

use super::random::{hash, uuid};

/// The other side of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    /// An outside number, E.164 digits.
    Outside(u64),
    /// Somebody in the organisation.
    Party(u32),
    /// A code such as `*99`: index in [`CODES`].
    Code(u8),
    /// Digits that lead nowhere, as dialled.
    Failed(u64),
    /// The emergency number of the site.
    Emergency,
}

/// Feature access codes people dial: redial, voice portal, pick-up, forwarding on and off.
pub(super) const CODES: [&str; 5] = ["*99", "*86", "*98", "*72", "*73"];

/// Which side made the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Originating,
    Terminating,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Answered,
    NoAnswer,
    Busy,
    Rejected,
    Unassigned,
    Unavailable,
    /// More ringing calls than the destination can take: seen in floods.
    TooMany,
    /// Blocked by the caller reputation service.
    Blocked,
}

/// Which service brought the leg about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    None,
    /// Forwarded always.
    ForwardAlways,
    ForwardNoAnswer,
    /// To voice mail.
    VoiceMail,
    Queue,
    HuntGroup,
    /// Sent on by an attendant, or through it.
    Deflection,
    /// Another device or agent took it.
    Elsewhere,
}

/// No leg or nobody.
pub(super) const NONE: u32 = u32::MAX;

/// One leg.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leg {
    pub(super) start: Millis,
    /// Stream and number in it: the identity.
    pub(super) stream: u32,
    pub(super) serial: u32,
    /// Number of the call in the stream: legs of one conversation share it.
    pub(super) call: u32,
    pub(super) owner: u32,
    pub(super) device: u32,
    pub(super) peer: Peer,
    /// Who redirected the call here, or [`NONE`].
    pub(super) redirected_by: u32,
    /// Original caller of a redirected ORIGINATING leg; 0 where it is the owner.
    pub(super) caller: u64,
    /// Serial of the record of the other side of the same leg, or [`NONE`].
    pub(super) other_side: u32,
    /// Serial of the leg that a service made this one from, or [`NONE`].
    pub(super) related: u32,
    pub(super) ring: u32,
    pub(super) talk: u32,
    pub(super) hold: u16,
    pub(super) direction: Direction,
    pub(super) outcome: Outcome,
    pub(super) service: Service,
    /// Key pressed at an attendant: 0 for none, `n` for no selection.
    pub(super) key: u8,
}

const SALT_RECORD: u64 = 21;
const SALT_CALL: u64 = 22;
const SALT_DELAY: u64 = 23;
const SALT_TWICE: u64 = 24;

impl Leg {
    pub(super) fn record_id(&self, seed: u64) -> u128 {
        uuid(seed, SALT_RECORD, self.stream, self.serial)
    }

    pub(super) fn correlation_id(&self, seed: u64) -> u128 {
        uuid(seed, SALT_CALL, self.stream, self.call)
    }

    /// When the call was released, which is also its report time.
    pub(super) fn end(&self) -> Millis {
        self.start + Millis::from(self.ring) + Millis::from(self.talk)
    }

    pub(super) fn answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }

    /// When the record reaches us: within a minute, two in a hundred after minutes, one in 250 after hours.
    pub(super) fn delivered(&self, seed: u64) -> Millis {
        let chance = hash(seed, SALT_DELAY, self.stream, self.serial);
        let spread = (chance >> 16) % 1_000_000;
        let wait = match chance % 1000 {
            0..4 => 3_600_000 + spread * 36, // 1 to 11 hours
            4..24 => 120_000 + spread * 3,   // 2 to 52 minutes
            _ => 3_000 + spread * 45 / 1000, // 3 to 48 seconds
        };
        self.end() + wait as Millis
    }

    /// When it is delivered a second time, if it is: one in 200.
    pub(super) fn delivered_again(&self, seed: u64) -> Option<Millis> {
        let chance = hash(seed, SALT_TWICE, self.stream, self.serial);
        chance.is_multiple_of(200).then(|| self.delivered(seed) + 1000 + ((chance >> 16) % 900_000) as Millis)
    }
}
