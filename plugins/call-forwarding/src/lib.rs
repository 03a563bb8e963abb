//! Forwarding to outside numbers: changes of the setting, and calls redirected out.
//!
//! Two kinds of finding: `forwarding-change`, which takes in the calls forwarded in the hours after it, and `forwarded-calls` where no change is
//! known. Owns the judgement; the order of events and the findings' life are the SDK's.

mod judge;
mod known_destinations;
mod report;

use known_destinations::Destinations;
use ringfence_sdk::calendar::day_of;
use ringfence_sdk::directory::working_time;
use ringfence_sdk::{
    Detector, Episode, Episodes, HOUR, MINUTE, Millis, Name, Now, Number, OncePerDay, Report, Row, Subject,
    known,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(CallForwarding, "plugin.toml");

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub warm_days: i32,
    pub forget_days: i64,
    pub usual_days: u16,
    pub abroad_hour: usize,
    pub national_hour: usize,
    pub follow_hours: i64,
}

/// How dangerous a destination is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Inside, toll-free, or none.
    #[default]
    Harmless,
    /// Within the country.
    National,
    /// Abroad.
    International,
    /// Premium-rate or satellite.
    Premium,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The user was seen.
    Seen,
    /// A call was redirected to the destination.
    Forwarded {
        /// Transferred by a person or service, not forwarded by a setting.
        transfer: bool,
    },
    /// Forwarding to the destination was switched on.
    Changed {
        /// Outside the location's business hours.
        outside: bool,
        /// Not by the owner.
        foreign: bool,
        /// Who did it.
        actor: Name,
    },
}

/// What is kept of an event.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Leg {
    what: What,
    number: Number,
    country: Name,
    class: Class,
    seconds: u32,
    offset: i16,
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    first_day: i32,
    destinations: Destinations,
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    changes: u32,
    calls: u32,
    transfers: u32,
    seconds: u64,
    hour_calls: u32,
    numbers: Vec<Number>,
    country: Name,
    class: Class,
    outside: bool,
    foreign: bool,
    actor: Name,
    known_days: u16,
    age: i32,
}

/// The detector.
#[derive(Debug)]
pub struct CallForwarding {
    config: Config,
    seen: OncePerDay,
}

fn class(name: Name) -> Class {
    match name {
        known::NATIONAL | known::MOBILE | known::SHARED_COST => Class::National,
        known::INTERNATIONAL => Class::International,
        known::PREMIUM | known::SATELLITE => Class::Premium,
        _ => Class::Harmless,
    }
}

impl Detector for CallForwarding {
    type Config = Config;
    type Event = Leg;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        Ok(CallForwarding { config, seen: OncePerDay::default() })
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    #[inline]
    fn looks_back_at(&self, leg: &Leg) -> bool {
        matches!(leg.what, What::Forwarded { .. })
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Leg)> {
        let user = row.user();
        if !user.is_present() {
            return None;
        }
        let leg = match row.event() {
            known::FORWARDING_CHANGE => change(row),
            _ => redirected(row),
        };
        match leg {
            Some(leg) => Some((Subject::User(user), leg)),
            None => {
                let day = day_of(row.local_time());
                self.seen.first(user, day).then(|| (Subject::User(user), leg_of(row, What::Seen)))
            }
        }
    }

    fn step(&self, state: &mut State, now: &Now<'_, Leg>, episodes: &mut Episodes<Facts>) {
        let day = day_of(now.start + i64::from(now.event.offset) * MINUTE);
        if state.first_day == 0 {
            state.first_day = day;
        }
        let age = day - state.first_day;
        match now.event.what {
            What::Seen => {}
            What::Changed { .. } => self.change(state, now, age, episodes),
            What::Forwarded { .. } => self.forwarded(state, now, age, episodes),
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(episode)
    }
}

fn leg_of(row: &Row<'_>, what: What) -> Leg {
    let offset = row.local_offset() as i16;
    Leg { what, number: Number::ABSENT, country: Name::ABSENT, class: Class::Harmless, seconds: 0, offset }
}

/// Forwarding switched on to an outside number.
fn change(row: &Row<'_>) -> Option<Leg> {
    let class = class(row.forward_class());
    if !row.forward_enabled()
        || class == Class::Harmless
        || ringfence_sdk::directory::is_ours(row.forward_to())
    {
        return None;
    }
    let time = working_time(row.location());
    let actor = row.actor();
    let foreign = actor.is_present() && ![row.user(), row.user_uuid(), row.user_name()].contains(&actor);
    let outside = time.is_known() && !time.is_open(row.local_time());
    let what = What::Changed { outside, foreign, actor };
    Some(Leg { number: row.forward_to(), country: row.forward_country(), class, ..leg_of(row, what) })
}

/// A call that was sent on to an outside number.
#[inline]
fn redirected(row: &Row<'_>) -> Option<Leg> {
    let reason = [row.related_reason(), row.redirect_reason(), row.original_reason()];
    let by = |names: &[Name]| reason.iter().any(|r| names.contains(r));
    let forwarded = by(FORWARDED);
    if !forwarded && !row.redirecting_number().is_present() && !row.redirecting_party().is_present() {
        return None;
    }
    let class = class(row.called_class());
    if class == Class::Harmless || row.called_ours() {
        return None;
    }
    let transfer = !forwarded && by(TRANSFERRED);
    // Whoever answers the phone transfers calls within the country all day.
    if transfer && class == Class::National {
        return None;
    }
    let what = What::Forwarded { transfer };
    Some(Leg {
        number: row.called_number(),
        country: row.called_country(),
        class,
        seconds: row.duration(),
        ..leg_of(row, what)
    })
}

/// Reasons of forwarding by a setting.
const FORWARDED: &[Name] = &[
    known::CALLFORWARDALWAYS,
    known::CALLFORWARDBUSY,
    known::CALLFORWARDNOANSWER,
    known::CALLFORWARDNOTREACHABLE,
    known::CALLFORWARDSELECTIVE,
    known::CALLFORWARDMODEBASED,
    known::UNCONDITIONAL,
    known::NOANSWER,
    known::USERBUSY,
];

/// Reasons of a transfer.
const TRANSFERRED: &[Name] = &[known::DEFLECTION, known::CONSULTATIVETRANSFER];

#[cfg(test)]
mod tests;
