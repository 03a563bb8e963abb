//! Mass dialling: many outgoing calls by one user in a short time.
//!
//! Two sliding event-time windows per user: a short one for the rate, an hour for distinct numbers and short calls. Owns the
//! judgement; the order of events and the findings' life are the SDK's.

mod habit;
mod report;

use habit::{Habit, Usual};
use ringfence_sdk::{
    Case, Detector, Episode, Episodes, HOUR, MINUTE, Millis, Now, Number, Report, Row, Severity, Stamped,
    Subject, Window, known,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(MassDialing, "plugin.toml");

/// Most calls looked at in one window. Beyond it (a call every second for an hour) more calls change nothing, and
/// comparing numbers stays bounded.
const MOST_CALLS: usize = 4096;

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub burst_calls: usize,
    pub burst_critical_calls: usize,
    pub burst_minutes: i64,
    pub hour_distinct: usize,
    pub hour_distinct_high: usize,
    pub short_seconds: u32,
    pub short_share: f64,
    pub usual_factor: f64,
    pub usual_days: u8,
    pub quiet_minutes: i64,
}

/// What is kept of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    number: Number,
    seconds: u32,
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    burst: Window,
    burst_short: u32,
    hour: Window,
    hour_short: u32,
    hour_distinct: u32,
    habit: Habit,
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    burst_calls: u32,
    burst_short: u32,
    hour_calls: u32,
    hour_short: u32,
    hour_distinct: u32,
    short: u64,
    seconds: u64,
    usual: Usual,
}

/// The detector.
#[derive(Debug)]
pub struct MassDialing {
    config: Config,
    case: Case,
}

impl Detector for MassDialing {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        if config.burst_critical_calls < config.burst_calls {
            return Err("burst_critical_calls must not be less than burst_calls".to_owned());
        }
        let case = Case::new("mass-dialing", config.quiet_minutes * MINUTE);
        Ok(MassDialing { config, case })
    }

    fn look_back(&self) -> Millis {
        HOUR
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let class = row.called_class();
        // Calls to colleagues are not dialled for money, and a redirected leg is not dialled by the user.
        let outside = class != known::INTERNAL && class != known::EMERGENCY && !row.called_ours();
        if !outside || row.redirecting_number().is_present() || !row.user().is_present() {
            return None;
        }
        let call = Call { number: row.called_number(), seconds: row.duration() };
        Some((Subject::User(row.user()), call))
    }

    #[inline]
    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let short = |call: &Stamped<Call>| u32::from(call.event.seconds < self.config.short_seconds);
        let is = |call: &Stamped<Call>| call.event.number == now.event.number;

        let (mut gone_short, mut gone_distinct) = (0, 0);
        let hour = state.hour.slide(now, HOUR, MOST_CALLS, |call, rest| {
            gone_short += short(call);
            // The current call is not yet counted: it must not keep a number alive.
            let rest = &rest[..rest.len() - 1];
            gone_distinct += u32::from(!rest.iter().any(|c| c.event.number == call.event.number));
        });
        state.hour_short = state.hour_short - gone_short + short(now);
        state.hour_distinct -= gone_distinct;
        state.hour_distinct += u32::from(!hour[..hour.len() - 1].iter().any(is));

        let mut gone_short = 0;
        let length = self.config.burst_minutes * MINUTE;
        let burst = state.burst.slide(now, length, MOST_CALLS, |call, _| gone_short += short(call));
        state.burst_short = state.burst_short - gone_short + short(now);

        state.habit.note(now.start, burst.len(), hour.len());
        if burst.len() < self.config.burst_calls && (state.hour_distinct as usize) < self.config.hour_distinct
        {
            return;
        }
        let usual = state.habit.usual();
        let Some(severity) = self.judge(state, burst.len(), hour.len(), usual) else { return };
        let window = if self.is_burst(burst.len(), usual) { burst } else { hour };
        let (episode, added) = episodes.extend(self.case, window);
        let facts = &mut episode.facts;
        for call in added.iter() {
            facts.seconds += u64::from(call.event.seconds);
            facts.short += u64::from(short(call));
        }
        if burst.len() as u32 > facts.burst_calls {
            (facts.burst_calls, facts.burst_short) = (burst.len() as u32, state.burst_short);
        }
        if state.hour_distinct > facts.hour_distinct || hour.len() as u32 > facts.hour_calls {
            facts.hour_distinct = facts.hour_distinct.max(state.hour_distinct);
            (facts.hour_calls, facts.hour_short) = (hour.len() as u32, state.hour_short);
        }
        facts.usual = usual;
        episode.rise(severity);
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(&self.config, episode)
    }
}

impl MassDialing {
    /// A threshold, raised for those who always call much.
    #[inline]
    fn raised(&self, threshold: usize, usual: u16, days: u8) -> usize {
        if days < self.config.usual_days || usual == 0 {
            return threshold;
        }
        threshold.max((f64::from(usual) * self.config.usual_factor).ceil() as usize)
    }

    #[inline]
    fn is_burst(&self, burst: usize, usual: Usual) -> bool {
        burst >= self.config.burst_calls
            && burst >= self.raised(self.config.burst_calls, usual.burst, usual.days)
    }

    #[inline]
    fn judge(&self, state: &State, burst: usize, hour: usize, usual: Usual) -> Option<Severity> {
        let mut severity = None;
        if self.is_burst(burst, usual) {
            let mostly_short = state.burst_short as usize * 2 > burst;
            let critical = burst >= self.raised(self.config.burst_critical_calls, usual.burst, usual.days)
                && mostly_short;
            severity = Some(if critical {
                Severity::Critical
            } else if mostly_short {
                Severity::High
            } else {
                Severity::Medium
            });
        }
        let distinct = state.hour_distinct as usize;
        if distinct >= self.config.hour_distinct
            && hour >= self.raised(self.config.hour_distinct, usual.hour, usual.days)
            && f64::from(state.hour_short) >= self.config.short_share * hour as f64
        {
            let known = usual.days >= self.config.usual_days;
            let level = match distinct >= self.config.hour_distinct_high {
                true => Severity::High,
                // An agent's first days look like this, too.
                false if known => Severity::Medium,
                false => Severity::Low,
            };
            severity = severity.max(Some(level));
        }
        severity
    }
}

#[cfg(test)]
mod tests;
