//! International, premium-rate and satellite calls that do not fit the user.
//!
//! Four kinds of finding: `new-country`, `premium`, `burst` and `unusual-day`. A call counts for the first that fits, so that one attack
//! is one finding. Owns the judgement; the order of events and the findings' life are the SDK's.

mod forest;
mod history;
mod judge;
mod report;

use history::History;
use ringfence_sdk::calendar::{day_of, minute_of};
use ringfence_sdk::{
    DAY, Detector, Episode, Episodes, MINUTE, Millis, Name, Now, Number, OncePerDay, Report, Row, Subject,
    known,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(InternationalCalls, "plugin.toml");

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub warm_days: i32,
    pub forget_days: i64,
    pub new_phase_days: i64,
    pub new_calls_day: usize,
    pub new_calls_hour: usize,
    pub new_calls_hour_critical: usize,
    pub premium_calls_day: usize,
    pub premium_calls_hour: usize,
    pub premium_usual_days: usize,
    pub talk_minutes_critical: u64,
    pub overlap: usize,
    pub burst_calls: usize,
    pub burst_factor: f64,
    pub forest_days: usize,
    pub forest_calls: u32,
    pub forest_score: f64,
    pub night_from: u16,
    pub night_to: u16,
    pub quiet_hours: i64,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Not abroad: only says that the user is there.
    Other,
    /// Abroad.
    International,
    /// Premium-rate or satellite, wherever.
    Premium,
}

/// What is kept of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    number: Number,
    country: Name,
    seconds: u32,
    /// Minutes from UTC to local time.
    offset: i16,
    class: Class,
    answered: bool,
    night: bool,
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    history: History,
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    calls: u32,
    answered: u32,
    seconds: u64,
    /// In the order of their first call; bounded.
    countries: Vec<Name>,
    /// Calls in the busiest 60 minutes, different numbers in it, and talk in it.
    hour_calls: u32,
    hour_numbers: u32,
    hour_seconds: u64,
    overlap: u32,
    night: u32,
    /// Days the user was known before the episode.
    age: i32,
    /// International calls on earlier active days: fewest, most, and how many days.
    usual: (u32, u32, u32),
    /// Busiest hour of earlier days.
    usual_hour: u32,
    /// Countries the user had used before.
    known_countries: u32,
    /// Days of the last 30 with premium calls.
    premium_days: u32,
    /// The forest's score in thousandths, and the features that made it.
    score: u32,
    reasons: Vec<u8>,
}

/// The detector.
#[derive(Debug)]
pub struct InternationalCalls {
    config: Config,
    seen: OncePerDay,
}

impl Detector for InternationalCalls {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        if config.new_calls_hour_critical < config.new_calls_hour {
            return Err("new_calls_hour_critical must not be less than new_calls_hour".to_owned());
        }
        Ok(InternationalCalls { config, seen: OncePerDay::default() })
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
        if !user.is_present() {
            return None;
        }
        let local = row.local_time();
        let class = match row.called_class() {
            known::INTERNATIONAL => Class::International,
            known::PREMIUM | known::SATELLITE => Class::Premium,
            _ => Class::Other,
        };
        // What was redirected is not dialled by the user: call-forwarding looks at it.
        let foreign = class != Class::Other && !row.called_ours() && !row.redirecting_number().is_present();
        if !foreign {
            // Other calls only say since when the user is known; one a day is enough.
            let call = Call { class: Class::Other, ..Call::NONE };
            return self.seen.first(user, day_of(local)).then_some((Subject::User(user), call));
        }
        let hour = minute_of(local) / 60;
        let call = Call {
            number: row.called_number(),
            country: row.called_country(),
            seconds: row.duration(),
            offset: row.local_offset() as i16,
            class,
            answered: row.answered(),
            night: hour >= self.config.night_from || hour < self.config.night_to,
        };
        Some((Subject::User(user), call))
    }

    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let day = day_of(now.start + i64::from(now.event.offset) * MINUTE);
        state.history.note_user(day);
        if now.event.class != Class::Other {
            self.judge(&mut state.history, now, day, episodes);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(episode)
    }
}

impl Call {
    const NONE: Call = Call {
        number: Number::ABSENT,
        country: Name::ABSENT,
        seconds: 0,
        offset: 0,
        class: Class::Other,
        answered: false,
        night: false,
    };

    fn is_foreign(&self) -> bool {
        self.class != Class::Other
    }
}

#[cfg(test)]
mod tests;
