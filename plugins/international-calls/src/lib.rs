//! International, premium-rate and satellite calls that fit neither the user nor those around them.
//!
//! Kinds of finding: `new-country`, `premium`, `burst`, `drip` and `unusual-day`; the kind says with what an episode began. One user has one
//! episode at a time, so that an attack is one finding. Owns the settings and what is kept of a call; the order of events and the
//! findings' life are the SDK's.

mod config;
mod evidence;
mod forest;
mod habits;
mod history;
mod judge;
mod picture;
mod places;
mod report;
mod risk;
mod userday;

pub use config::Config;
use history::{History, is_night};
use judge::Facts;
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

/// What is kept of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    number: Number,
    country: Name,
    location: Name,
    seconds: u32,
    /// Minutes from UTC to local time.
    offset: i16,
    class: Class,
    answered: bool,
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    history: History,
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
    type Habits = ();

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

    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let local = now.event.local(now.start);
        let at_night = is_night(local, self.config.night());
        state.history.note_user(local, at_night, now.event.is_foreign());
        if now.event.is_foreign() {
            self.judge(&mut state.history, now, &habits::Habits::default(), episodes);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(episode)
    }
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
        seconds: 0,
        offset: 0,
        class: Class::Other,
        answered: false,
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
