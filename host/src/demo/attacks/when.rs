//! When an attack begins and how its calls follow each other.
//!
//! Owns the spread of hours, gaps and lengths that real attacks show (reference/telephony-fraud.md, section 1): mostly
//! when nobody looks, but not always; steady, or in fits. Does not own what an attack is.

use model::Millis;

use super::Target;
use crate::demo::calendar::{MINUTE, SECOND};
use crate::demo::leg::Outcome;
use crate::demo::random::Dice;
use crate::demo::recorder::{Recorder, Shape};

/// In how many of a hundred cases it begins at which hours; the rest at office hours of a working day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hours {
    night: u64,
    day_off: u64,
    evening: u64,
}

/// When nobody looks: what all guides say of toll fraud, with the exceptions that they mention too.
pub(super) const UNWATCHED: Hours = Hours { night: 40, day_off: 30, evening: 15 };
/// Whenever: what needs no absence.
pub(super) const WHENEVER: Hours = Hours { night: 15, day_off: 15, evening: 20 };
/// When people are there to answer or to hide behind.
pub(super) const WATCHED: Hours = Hours { night: 5, day_off: 5, evening: 15 };

/// A moment at the site of the party, in the part of the period that has a history; `room` days are left after it.
pub(super) fn begin(
    recorder: &mut Recorder<'_>,
    target: &Target<'_>,
    party: u32,
    hours: Hours,
    room: u32,
) -> Millis {
    let day = target.day(recorder, room);
    at_hours(recorder, target, party, hours, day)
}

/// The same on a day near the one given.
pub(super) fn at_hours(
    recorder: &mut Recorder<'_>,
    target: &Target<'_>,
    party: u32,
    hours: Hours,
    day: u32,
) -> Millis {
    let site = target.world.organisation.party(party).site;
    let calendar = &target.world.calendar;
    let drawn = recorder.dice.below(100);
    let off = hours.night + hours.day_off;
    let (day, first, last) = if drawn < hours.night {
        (day, 0, 5)
    } else if drawn < off {
        (calendar.day_off(site, day), 0, 23)
    } else if drawn < off + hours.evening {
        (day, 18, 23)
    } else {
        (calendar.working_day(site, day), 8, 17)
    };
    let hour = recorder.dice.between(first, last);
    let minute = recorder.dice.between(0, 59);
    recorder.at(party, day, hour, minute)
}

/// How the calls of one attack follow each other: drawn once, so that each attack has a manner of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// Seconds between the starts of two calls, on average.
    gap: i64,
    /// How irregular the gaps are: 0 as a machine, 1 as people.
    jitter: f64,
    /// Seconds that an answered call lasts: from, to.
    talk: (i64, i64),
    /// Share of calls that are answered.
    answered: f64,
    /// Chance of a long break before the next call.
    pause: f64,
}

impl Manner {
    /// Calls that are to cost: gaps in seconds between the two.
    pub(super) fn costly(dice: &mut Dice, low: i64, high: i64) -> Manner {
        let talk = *dice.pick(&[(15, 90), (60, 300), (150, 900), (150, 900), (600, 3600)]);
        Manner {
            gap: dice.scaled(low, high),
            jitter: 0.2 + 0.8 * dice.unit(),
            talk,
            answered: 0.6 + 0.38 * dice.unit(),
            pause: if dice.chance(0.3) { 0.04 } else { 0.0 },
        }
    }

    /// Until the next call starts.
    pub(super) fn gap(self, dice: &mut Dice) -> Millis {
        let factor = 1.0 - self.jitter + 2.0 * self.jitter * dice.unit();
        let usual = (self.gap as f64 * factor * SECOND as f64) as Millis;
        let pause = if dice.chance(self.pause) { dice.between(15, 90) * MINUTE } else { 0 };
        usual.max(SECOND) + pause
    }

    /// How the next call goes.
    pub(super) fn shape(self, dice: &mut Dice) -> Shape {
        let ring = dice.between(SECOND, 9 * SECOND);
        if dice.chance(self.answered) {
            let talk = dice.between(self.talk.0 * SECOND, self.talk.1 * SECOND);
            return Shape::answered(ring, talk);
        }
        match dice.below(4) {
            0 => Shape::ended(Outcome::Busy),
            1 => Shape::unanswered(ring + 12 * SECOND),
            _ => Shape::ended(Outcome::Unavailable),
        }
    }
}
