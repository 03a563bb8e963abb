//! Outgoing calls outside business hours by users who do not usually work then.
//!
//! A night runs from morning to morning in local time and is one episode. Owns the judgement; hours and holidays are the
//! directory's, the order of events and the findings' life the SDK's.

mod report;
mod rhythm;

use std::cell::RefCell;
use std::collections::BTreeSet;

use rhythm::Rhythm;
use ringfence_sdk::calendar::{day_of, minute_of, weekday_of};
use ringfence_sdk::directory::{WorkingTime, working_time};
use ringfence_sdk::{
    About, Case, DAY, Detector, Episode, Episodes, HOUR, MINUTE, Millis, Name, Now, RecordId, Report, Row,
    Severity, Stamped, Subject, known, log,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(AfterHours, "plugin.toml");

/// Countries named in one finding.
const NAMED: usize = 8;

/// Settings; `plugin.toml` says what they mean.
#[allow(missing_docs, reason = "plugin.toml documents each setting")]
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    pub calls: usize,
    pub medium_calls: u32,
    pub high_risky_calls: u32,
    pub critical_risky_calls: u32,
    pub margin_minutes: i64,
    pub day_begins_hour: i64,
    pub usual_days: u32,
    pub learn_days: i32,
    pub learn_calls: usize,
}

/// How dangerous a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Within the country.
    National,
    /// Abroad.
    International,
    /// Premium-rate or satellite.
    Premium,
}

/// When a call was made, seen from its location.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hours {
    /// In business hours, or close to them.
    Open,
    /// Outside on a working day.
    Closed,
    /// On a day without business hours.
    DayOff,
}

/// What is kept of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    country: Name,
    location: Name,
    seconds: u32,
    offset: i16,
    class: Class,
    hours: Hours,
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    rhythm: Rhythm,
    night: i32,
    /// Unusual calls of the night that are not yet a finding; fewer than the threshold.
    waiting: Vec<RecordId>,
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    calls: u32,
    risky: u32,
    premium: u32,
    seconds: u64,
    location: Name,
    countries: Vec<Name>,
    /// Local times of the first and last call.
    from: Millis,
    to: Millis,
    day_off: bool,
    /// Days of the last 28 on which the user called around that hour, and days the user is known.
    usual: u32,
    age: i32,
}

/// The detector.
#[derive(Debug)]
pub struct AfterHours {
    config: Config,
    unknown: RefCell<BTreeSet<Name>>,
}

impl Detector for AfterHours {
    type Config = Config;
    type Event = Call;
    type State = State;
    type Facts = Facts;
    type Habits = ();

    fn new(config: Config) -> Result<Self, String> {
        Ok(AfterHours { config, unknown: RefCell::default() })
    }

    fn look_back(&self) -> Millis {
        DAY
    }

    #[inline]
    fn looks_back_at(&self, call: &Call) -> bool {
        call.hours != Hours::Open
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        let class = match row.called_class() {
            known::INTERNATIONAL => Class::International,
            known::PREMIUM | known::SATELLITE => Class::Premium,
            known::NATIONAL | known::MOBILE | known::SHARED_COST => Class::National,
            _ => return None,
        };
        if row.called_ours() || row.redirecting_number().is_present() || !row.user().is_present() {
            return None;
        }
        let location = row.location();
        let time = working_time(location);
        if !time.is_known() {
            self.warn_once(location);
            return None;
        }
        let call = Call {
            country: row.called_country(),
            location,
            seconds: row.duration(),
            offset: row.local_offset() as i16,
            class,
            hours: self.hours(&time, row.local_time()),
        };
        Some((Subject::User(row.user()), call))
    }

    #[inline]
    fn step(&self, state: &mut State, now: &Now<'_, Call>, episodes: &mut Episodes<Facts>) {
        let local = local(now);
        let (day, hour) = (self.night(local), usize::from(minute_of(local) / 60));
        state.rhythm.turn_to(day, now.event.hours == Hours::DayOff);
        if now.event.hours == Hours::Open {
            state.rhythm.note(day, hour);
            return;
        }
        let usual = state.rhythm.days_around(hour);
        // Fraud must not teach the detector that it is normal; a night worker's ordinary calls do.
        if now.event.class == Class::National {
            state.rhythm.note(day, hour);
        }
        if usual < self.config.usual_days {
            self.count(state, now, usual, episodes);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(&self.config, episode)
    }
}

fn local(call: &Stamped<Call>) -> Millis {
    call.start + i64::from(call.event.offset) * MINUTE
}

impl AfterHours {
    /// The date of the evening to which a local moment belongs: Friday's night ends on Saturday morning.
    #[inline]
    fn night(&self, local: Millis) -> i32 {
        day_of(local - self.config.day_begins_hour * HOUR)
    }

    fn hours(&self, time: &WorkingTime, local: Millis) -> Hours {
        let margin = self.config.margin_minutes * MINUTE;
        if time.is_open(local) || time.is_open(local - margin) || time.is_open(local + margin) {
            return Hours::Open;
        }
        let day = self.night(local);
        let works = time.hours.iter().any(|h| h.weekday == weekday_of(day)) && !time.is_holiday(day);
        if works { Hours::Closed } else { Hours::DayOff }
    }

    fn warn_once(&self, location: Name) {
        if self.unknown.borrow_mut().insert(location) {
            let name = ringfence_sdk::resolve(location);
            log::info(&format!("location '{name}' has no business hours: its calls are not looked at"));
        }
    }

    /// An unusual call: part of the night's finding, or one step towards it.
    fn count(&self, state: &mut State, now: &Now<'_, Call>, usual: u32, episodes: &mut Episodes<Facts>) {
        let night = self.night(local(now));
        if night != state.night {
            state.night = night;
            state.waiting.clear();
        }
        let case = Case::new("after-hours", DAY).about(About::Day(night));
        let age = state.rhythm.age();
        let (episode, added) = if episodes.peek(case, now.start).is_some() {
            episodes.extend(case, now.alone())
        } else {
            state.waiting.push(now.id);
            if !self.enough(state, now, age) {
                return;
            }
            let belongs = |c: &Stamped<Call>| state.waiting.contains(&c.id);
            episodes.extend_where(case, now.within(DAY), belongs)
        };
        let waiting = std::mem::take(&mut state.waiting);
        let facts = &mut episode.facts;
        if facts.calls == 0 {
            (facts.usual, facts.age, facts.location) = (usual, age, now.event.location);
            facts.day_off = now.event.hours == Hours::DayOff;
        }
        for call in added.iter().filter(|c| waiting.is_empty() || waiting.contains(&c.id)) {
            facts.calls += 1;
            facts.risky += u32::from(call.event.class != Class::National);
            facts.premium += u32::from(call.event.class == Class::Premium);
            facts.seconds += u64::from(call.event.seconds);
            facts.from = if facts.calls == 1 { local(call) } else { facts.from };
            facts.to = local(call);
            let country = call.event.country;
            if facts.countries.len() < NAMED && !facts.countries.contains(&country) && country.is_present() {
                facts.countries.push(country);
            }
        }
        let severity = self.severity(facts);
        episode.rise(severity);
    }

    /// Whether the waiting calls are a finding. Of somebody who may always have worked at night, calls within the
    /// country say little: it takes more of them.
    fn enough(&self, state: &State, now: &Now<'_, Call>, age: i32) -> bool {
        let waiting = state.waiting.len();
        if age >= self.config.learn_days || waiting >= self.config.learn_calls {
            return waiting >= self.config.calls;
        }
        let risky = |c: &&Stamped<Call>| c.event.class != Class::National && state.waiting.contains(&c.id);
        now.within(DAY).iter().filter(risky).count() >= self.config.calls
    }

    fn severity(&self, facts: &Facts) -> Severity {
        let least = self.config.calls as u32;
        if facts.risky == 0 && facts.age < self.config.learn_days {
            return Severity::Low;
        }
        if facts.risky >= self.config.critical_risky_calls {
            Severity::Critical
        } else if facts.risky >= self.config.high_risky_calls || facts.premium >= least {
            Severity::High
        } else if facts.risky >= least || facts.premium > 0 || facts.calls >= self.config.medium_calls {
            Severity::Medium
        } else {
            Severity::Low
        }
    }
}

#[cfg(test)]
mod tests;
