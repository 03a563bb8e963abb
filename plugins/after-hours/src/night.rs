//! What a night's unusual calls weigh.
//!
//! Two measures, the larger decides. *Points*: every call abroad or to a premium number weighs by how new the destination
//! is for the user, times how improbable the hour is. *Surprise*, in nats, for calls of any class: how improbable the hour is,
//! plus how far their number exceeds what is to be expected (the exponent of a Poisson tail, by Chernoff's bound, reduced because
//! calls come in bunches). Owns the arithmetic; does not own which calls are unusual (the crate's root).

use ringfence_sdk::Severity;
use serde::{Deserialize, Serialize};

use crate::habits::Standing;
use crate::hours::Hours;
use crate::places::{Known, mixed};
use crate::{Call, Class, Config};

/// Points and surprise are kept in thousandths: whole numbers are the same on every machine and stored short.
const MILLI: f64 = 1000.0;

/// An hour with this surprise (a chance of 1 in 150) gives a call its full points.
const FULL_SURPRISE: f64 = 5.0;
/// However improbable the hour, a call has no more than so many times its points.
const MOST_FACTOR: f64 = 1.25;

/// The unusual calls of one night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub night: i32,
    pub calls: u32,
    /// Of those, in the night proper.
    pub deep: u32,
    /// A colleague was called too.
    pub colleague: bool,
    /// Sum over calls abroad and to premium numbers.
    pub points: u32,
    /// Sum of the hours' surprise over all calls.
    pub rare: u32,
    /// Trace of the number last called abroad in vain.
    pub vain: u32,
    /// The night's own calls are medium or more: they must not teach.
    pub hot: bool,
}

/// A call as it is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Weighed {
    /// How probable a call at this hour is.
    pub chance: f64,
    /// How well the destination is known.
    pub known: Known,
    /// What the country is to the organisation.
    pub standing: Standing,
    /// Too little is known of the user for a new country to mean much.
    pub newcomer: bool,
}

/// What is known of the user's usual days.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// Calls on a day.
    pub calls: f64,
    /// Seen for some days only.
    pub newcomer: bool,
}

impl Tally {
    /// Turns to this night: those before it are over.
    pub fn turn_to(&mut self, night: i32) {
        if self.night != night {
            *self = Tally::of(night);
        }
    }

    /// A night without calls.
    pub fn of(night: i32) -> Tally {
        Tally { night, ..Tally::default() }
    }

    /// Adds a call.
    pub fn add(&mut self, config: &Config, call: &Call, weighed: Weighed) {
        let surprise = -weighed.chance.max(f64::MIN_POSITIVE).ln();
        self.calls = self.calls.saturating_add(1);
        self.deep += u32::from(matches!(call.hours, Hours::Night | Hours::Unknown));
        self.rare = self.rare.saturating_add((surprise * MILLI) as u32);
        if !call.is_risky() {
            return;
        }
        let factor = (surprise / FULL_SURPRISE).clamp(0.0, MOST_FACTOR);
        let trace = (mixed(call.number) >> 32) as u32 | 1;
        let again = if self.vain == trace { config.repeat_factor } else { 1.0 };
        self.vain = if call.seconds < config.vain_seconds { trace } else { 0 };
        let among = if self.colleague { config.colleague_factor } else { 1.0 };
        let points = points(config, call, weighed) * factor * again * among;
        self.points = self.points.saturating_add((points * MILLI) as u32);
    }

    /// Judges the night (`None`: not worth telling); `before` are the points that earlier nights of the episode left.
    pub fn judge(&self, config: &Config, before: u32, usual: Usual) -> Option<Severity> {
        let points = f64::from(self.points.saturating_add(before)) / MILLI;
        let surprise = if self.calls < config.calls { 0.0 } else { self.surprise(config, usual.calls) };
        let by_points = level(
            points,
            &[
                (config.critical_points, Severity::Critical),
                (config.high_points, Severity::High),
                (config.medium_points, Severity::Medium),
                (config.low_points, Severity::Low),
            ],
        );
        let by_surprise = level(
            surprise,
            &[
                (config.high_surprise, Severity::High),
                (config.medium_surprise, Severity::Medium),
                (config.low_surprise, Severity::Low),
            ],
        );
        // In the evening and on days off others may be at work too: a campaign, a month's end.
        // A newcomer's first weekend cannot be compared with another.
        let most = match 2 * self.deep > self.calls {
            true => Severity::Critical,
            false if usual.newcomer => Severity::Low,
            false => Severity::Medium,
        };
        by_points.max(by_surprise.min(Some(most)))
    }

    fn surprise(&self, config: &Config, usual_calls: f64) -> f64 {
        let calls = f64::from(self.calls);
        let deep = f64::from(self.deep) / calls;
        // A night of as many calls as half a day's is much; an evening's or a Saturday's may be like a day's.
        let night = config.night_calls.max(usual_calls / 2.0);
        let late = config.late_calls.max(usual_calls);
        let expected = deep * night + (1.0 - deep) * late;
        // Many calls are after-hours only as far as the hour is unusual.
        let hour = f64::from(self.rare) / MILLI / calls;
        let tail = if calls > expected { calls * (calls / expected).ln() - (calls - expected) } else { 0.0 };
        hour + tail / config.bunching * (hour / FULL_SURPRISE).min(1.0)
    }
}

/// Points of a call at the most improbable hour, almost.
fn points(config: &Config, call: &Call, weighed: Weighed) -> f64 {
    let new = if call.class == Class::Premium { config.premium_points } else { config.new_country_points };
    let points = match weighed.known {
        Known::New if weighed.newcomer && call.class != Class::Premium => new / 2.0,
        Known::New => new,
        Known::Recent => new * config.recent_factor,
        Known::Country => config.usual_country_points,
        Known::Contact => config.usual_number_points,
    };
    if call.class == Class::Premium {
        return points;
    }
    let among = match weighed.standing {
        _ if weighed.known > Known::Recent => 1.0,
        Standing::Usual => config.organisation_usual_factor,
        Standing::Seldom => 1.0,
        Standing::Never => config.organisation_never_factor,
    };
    // Who travels calls the country they are in, at the hours of that country.
    points * among * if call.mobile { config.mobile_factor } else { 1.0 }
}

fn level(value: f64, steps: &[(f64, Severity)]) -> Option<Severity> {
    steps.iter().find(|(least, _)| value >= *least).map(|(_, severity)| *severity)
}
