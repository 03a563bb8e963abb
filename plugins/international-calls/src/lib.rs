//! International, premium-rate and satellite calls that fit neither the user nor those around them.
//!
//! About a user: `new-country`, `premium`, `burst`, `unusual-destination` and `unusual-day`; about a range of numbers abroad, across users: `wangiri` and
//! `shared-range`. The kind says with what an episode began; a user or range has one episode at a time, so that an attack is one
//! finding. Owns what is kept of a call; the order of events and the findings' life are the SDK's.

mod config;
mod evidence;
mod forest;
mod habits;
mod history;
mod judge;
mod picture;
mod places;
mod range;
mod range_report;
mod report;
mod risk;
mod userday;

pub use config::Config;
use history::{History, is_night};
use ringfence_sdk::calendar::day_of;
use ringfence_sdk::{
    DAY, Detector, Episode, Episodes, MINUTE, Millis, Name, Now, Number, OncePerDay, Report, Row, Subject,
    known,
};
use risk::{Risks, is_world_code};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(InternationalCalls, "plugin.toml");

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Not abroad: only says that the user is there.
    Other,
    /// Abroad.
    International,
    /// Premium-rate, satellite or behind a code of no country, wherever.
    Premium,
}

/// What is kept of a call, for its user or for the range of its far number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The far number: called, or calling if the call came in.
    number: Number,
    country: Name,
    /// For a user: where they are.
    location: Name,
    /// For a range: who called or was called.
    user: Name,
    seconds: u32,
    /// Seconds it rang, for a range.
    ring: u16,
    /// Minutes from UTC to local time.
    offset: i16,
    class: Class,
    answered: bool,
    inbound: bool,
}

/// What is remembered of a subject.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub enum State {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Of a user.
    User(History),
    /// Of a range of numbers abroad.
    Range(range::Use),
}

/// What an episode's report tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Facts {
    /// About a user.
    User(judge::Facts),
    /// About a range.
    Range(range::Facts),
}

impl Default for Facts {
    fn default() -> Self {
        Facts::User(judge::Facts::default())
    }
}

/// The detector.
#[derive(Debug)]
pub struct InternationalCalls {
    config: Config,
    risks: Risks,
    seen: OncePerDay,
    forest: forest::Cache,
}

impl Detector for InternationalCalls {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = habits::Habits;

    const STATE_SCHEMA: u8 = 2;

    fn new(config: Config) -> Result<Self, String> {
        config.check()?;
        let forest = forest::Cache::default();
        Ok(InternationalCalls { config, risks: Risks::built_in()?, seen: OncePerDay::default(), forest })
    }

    fn look_back(&self) -> Millis {
        DAY
    }

    #[inline]
    fn looks_back_at(&self, call: &Call) -> bool {
        call.is_foreign()
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let user = row.user();
        if !user.is_present() || row.direction() != known::ORIGINATING {
            return None;
        }
        let class = class_of(row);
        if class == Class::Other {
            // Other calls only say when the user works; one by day and one by night are enough.
            let local = row.local_time();
            let slot = 2 * day_of(local) + i32::from(is_night(local, self.config.night()));
            let call = Call { offset: row.local_offset() as i16, ..Call::NONE };
            return self.seen.first(user, slot).then_some((Subject::User(user), call));
        }
        Some((Subject::User(user), Call::of(row, class)))
    }

    #[inline]
    fn select_also(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let (call, range) = range::select(row, self.config.ring_seconds)?;
        Some((Subject::Number(range), call))
    }

    fn learn(&self, row: &Row<'_>, day: &mut habits::Day) -> bool {
        let user = row.user();
        if !user.is_present() {
            return false;
        }
        if row.direction() == known::TERMINATING {
            // Who calls in and is talked to is no stranger.
            let talked = row.answered() && row.duration() >= self.config.long_seconds;
            return talked && is_far(row.calling_class()) && day.note_range(user, row.calling_number());
        }
        let class = class_of(row);
        if class == Class::Other || row.direction() != known::ORIGINATING {
            return false;
        }
        let call = Call::of(row, class);
        let short = judge::short(row.start_time(), row.record_id(), &call, &self.config);
        day.note(user, &call, short, day_of(row.start_time()))
    }

    fn step(&self, state: &mut State, now: &Now<'_, Call, habits::Habits>, episodes: &mut Episodes<Facts>) {
        if let Subject::Number(_) = now.subject {
            if !matches!(state, State::Range(_)) {
                *state = State::Range(range::Use::default());
            }
            if let State::Range(used) = state {
                self.judge_range(used, now, episodes);
            }
            return;
        }
        if !matches!(state, State::User(_)) {
            *state = State::User(History::default());
        }
        let State::User(history) = state else { return };
        let local = now.event.local(now.start);
        history.note_user(local, is_night(local, self.config.night()), now.event.is_foreign());
        if now.event.is_foreign() {
            self.judge(history, now, episodes);
        }
    }

    fn describe(&self, subject: Subject, episode: &Episode<Facts>) -> Report {
        match &episode.facts {
            Facts::User(facts) => report::describe(episode, facts),
            Facts::Range(facts) => range_report::describe(subject, episode, facts),
        }
    }
}

/// Whether a class is that of a number abroad, a premium or a satellite one.
#[inline]
fn is_far(class: Name) -> bool {
    [known::INTERNATIONAL, known::PREMIUM, known::SATELLITE].contains(&class)
}

/// What kind of call a row is to this detector.
#[inline]
fn class_of(row: &Row<'_>) -> Class {
    let class = match row.called_class() {
        known::INTERNATIONAL if is_world_code(row.called_number()) => Class::Premium,
        known::INTERNATIONAL => Class::International,
        known::PREMIUM | known::SATELLITE => Class::Premium,
        _ => return Class::Other,
    };
    // What was redirected is not dialled by the user: call-forwarding looks at it.
    if row.called_ours() || row.redirecting_number().is_present() { Class::Other } else { class }
}

impl Call {
    const NONE: Call = Call {
        number: Number::ABSENT,
        country: Name::ABSENT,
        location: Name::ABSENT,
        user: Name::ABSENT,
        seconds: 0,
        ring: 0,
        offset: 0,
        class: Class::Other,
        answered: false,
        inbound: false,
    };

    fn of(row: &Row<'_>, class: Class) -> Call {
        Call {
            number: row.called_number(),
            country: row.called_country(),
            location: row.location(),
            seconds: row.duration(),
            offset: row.local_offset() as i16,
            class,
            answered: row.answered(),
            ..Call::NONE
        }
    }

    fn is_foreign(&self) -> bool {
        self.class != Class::Other
    }

    fn is_premium(&self) -> bool {
        self.class == Class::Premium
    }

    fn local(&self, start: Millis) -> Millis {
        start + i64::from(self.offset) * MINUTE
    }
}

#[cfg(test)]
mod tests;
