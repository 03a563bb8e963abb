//! Outgoing calls outside business hours by users who do not usually work then.
//!
//! Owns what counts, what teaches, and the life of a finding. The arithmetic is in `night`, the memory in `rhythm` and
//! `places`; hours and holidays are the directory's, the order of events the SDK's.

mod config;
mod facts;
mod habits;
mod hours;
mod night;
mod places;
mod report;
mod rhythm;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub use config::Config;
use facts::Facts;
use habits::{Callers, Countries};
use hours::{Hours, NIGHT, days_off, is_off, night_of};
use night::{Tally, Usual, Weighed};
use places::{Places, Rule};
use rhythm::{Habit, Looked, Rhythm};
use ringfence_sdk::calendar::minute_of;
use ringfence_sdk::directory::working_time;
use ringfence_sdk::{
    About, Case, Detector, Episode, Episodes, HOUR, MINUTE, Millis, Name, Now, Number, Report, Row, Severity,
    Stamped, Subject, known, log,
};
use serde::{Deserialize, Serialize};

ringfence_sdk::register!(AfterHours, "plugin.toml");

/// How dangerous a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Within the country.
    National,
    /// Abroad.
    International,
    /// Premium-rate or satellite.
    Premium,
    /// A colleague: it only tells that somebody works.
    Internal,
}

/// What is kept of a call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    country: Name,
    location: Name,
    number: Number,
    seconds: u32,
    offset: i16,
    class: Class,
    hours: Hours,
    /// Made with a mobile client.
    mobile: bool,
}

impl Call {
    /// Whether the destination is one that costs.
    fn is_risky(&self) -> bool {
        matches!(self.class, Class::International | Class::Premium)
    }

    /// Whether it can be unusual at all: close to business hours only what costs.
    fn may_count(&self) -> bool {
        match self.hours {
            Hours::Open => false,
            Hours::Near => self.is_risky(),
            _ => self.class != Class::Internal,
        }
    }

    /// Under which name the destination is remembered: premium numbers of all countries are one.
    fn place(&self) -> Name {
        if self.class == Class::Premium { known::PREMIUM } else { self.country }
    }
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    rhythm: Rhythm,
    places: Places,
    tonight: Tally,
    /// The night with which the last finding began.
    found: Option<i32>,
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
    type Habits = Countries;

    const STATE_SCHEMA: u8 = 2;

    fn new(config: Config) -> Result<Self, String> {
        config.check()?;
        Ok(AfterHours { config, unknown: RefCell::default() })
    }

    fn look_back(&self) -> Millis {
        NIGHT
    }

    #[inline]
    fn looks_back_at(&self, call: &Call) -> bool {
        call.may_count()
    }

    #[inline]
    fn select(&self, row: &Row<'_>) -> Option<(Subject, Call)> {
        if row.direction() != known::ORIGINATING || row.redirecting_number().is_present() {
            return None;
        }
        let class = match row.called_class() {
            _ if row.called_ours() => Class::Internal,
            known::INTERNAL => Class::Internal,
            known::INTERNATIONAL => Class::International,
            known::PREMIUM | known::SATELLITE => Class::Premium,
            known::NATIONAL | known::MOBILE | known::SHARED_COST => Class::National,
            _ => return None,
        };
        if !row.user().is_present() {
            return None;
        }
        let location = row.location();
        let time = working_time(location);
        let hours = hours::hours(&self.config, &time, row.local_time());
        if class == Class::Internal && matches!(hours, Hours::Open | Hours::Near) {
            return None;
        }
        if hours == Hours::Unknown {
            self.say_once(location);
        }
        let number = row.called_number();
        let call = Call {
            country: row.called_country(),
            location,
            number,
            seconds: row.duration(),
            offset: row.local_offset() as i16,
            class,
            hours,
            mobile: is_mobile(row),
        };
        Some((Subject::User(row.user()), call))
    }

    #[inline]
    fn learn(&self, row: &Row<'_>, day: &mut BTreeMap<Name, Callers>) -> bool {
        let abroad = row.direction() == known::ORIGINATING
            && row.called_class() == known::INTERNATIONAL
            && !row.called_ours()
            && !row.redirecting_number().is_present();
        if !abroad || !row.user().is_present() || !row.called_country().is_present() {
            return false;
        }
        let time = working_time(row.location());
        // Where no business hours are known any hour teaches: two people on three days it must be still.
        let late = hours::hours(&self.config, &time, row.local_time()) > Hours::Near;
        if late && time.is_known() {
            return false;
        }
        habits::add(day, row.called_country(), habits::trace(&ringfence_sdk::resolve(row.user())))
    }

    #[inline]
    fn step(&self, state: &mut State, now: &Now<'_, Call, Countries>, episodes: &mut Episodes<Facts>) {
        let local = local(now);
        let (night, hour) = (night_of(&self.config, local), usize::from(minute_of(local) / 60));
        state.rhythm.turn_to(night);
        let call = &now.event;
        if call.hours == Hours::Open || (call.hours == Hours::Near && !call.is_risky()) {
            state.rhythm.note(night, hour, false);
            if call.is_risky() && self.found(state, now, episodes).is_none() {
                self.teach_place(state, call, night);
            }
            return;
        }
        let habit = self.habit(state, now);
        let deep = call.hours == Hours::Night;
        if habit.chance >= self.config.usual_chance || !self.can_judge(state, call) {
            state.rhythm.note(night, hour, deep);
            self.teach_place(state, call, night);
            return;
        }
        state.tonight.turn_to(night);
        if call.class == Class::Internal {
            state.tonight.colleague = true;
        } else {
            self.count(state, now, habit, episodes);
        }
        // What is being told must not teach that it is normal; a night worker's ordinary calls do. Calls abroad at an
        // unusual hour teach no hour.
        if state.tonight.hot && state.tonight.night == night {
            return;
        }
        if !call.is_risky() {
            state.rhythm.note(night, hour, deep);
        } else if self.found(state, now, episodes).is_none() {
            self.teach_place(state, call, night);
        }
    }

    fn describe(&self, _subject: Subject, episode: &Episode<Facts>) -> Report {
        report::describe(episode)
    }
}

fn is_mobile(row: &Row<'_>) -> bool {
    matches!(row.sub_client_type(), known::MOBILE_APP | known::MOBILE_NETWORK)
        || matches!(row.os_type(), known::IOS | known::ANDROID)
}

fn local(call: &Stamped<Call>) -> Millis {
    call.start + i64::from(call.event.offset) * MINUTE
}

impl AfterHours {
    fn case(&self, night: i32) -> Case {
        Case::new("after-hours", self.config.quiet_hours * HOUR).about(About::Day(night))
    }

    /// The night with which the finding that is open began.
    fn found(
        &self,
        state: &State,
        now: &Now<'_, Call, Countries>,
        episodes: &Episodes<Facts>,
    ) -> Option<i32> {
        state.found.filter(|night| episodes.peek(self.case(*night), now.start).is_some())
    }

    fn rule(&self) -> Rule {
        Rule {
            days: self.config.country_days,
            settle: self.config.country_settle_days,
            forget: self.config.country_forget_days,
        }
    }

    fn teach_place(&self, state: &mut State, call: &Call, day: i32) {
        if call.is_risky() {
            state.places.note(call.place(), call.number, day, self.rule());
        }
    }

    /// How usual it is that this user makes calls at this hour, from what they did before today.
    fn habit(&self, state: &State, at: &Stamped<Call>) -> Habit {
        let config = &self.config;
        let local = local(at);
        let night = night_of(config, local);
        let time = working_time(at.event.location);
        let off = is_off(&time, night);
        let same_kind = || if off { days_off(&time, night) } else { !days_off(&time, night) };
        let (days, idle, night, prior) = match at.event.hours {
            // At night all days are alike.
            Hours::Night => (u32::MAX, false, true, config.night_chance),
            Hours::DayOff => (same_kind(), true, false, config.day_off_chance),
            Hours::Open | Hours::Near => (same_kind(), off, false, config.near_chance),
            Hours::Late => (same_kind(), off, false, config.late_chance),
            Hours::Unknown => (same_kind(), off, false, config.own_chance),
        };
        let looked = Looked { days, idle, night, prior, weight: config.prior_days };
        state.rhythm.habit(usize::from(minute_of(local) / 60), looked)
    }

    /// Where no business hours are known, only a user who was seen for long enough can be judged.
    fn can_judge(&self, state: &State, call: &Call) -> bool {
        let rhythm = &state.rhythm;
        call.hours != Hours::Unknown
            || (rhythm.age() >= self.config.own_days
                && rhythm.active_days() >= self.config.own_days.unsigned_abs().div_ceil(2))
    }

    fn say_once(&self, location: Name) {
        if self.unknown.borrow_mut().insert(location) {
            let name = ringfence_sdk::resolve(location);
            log::info(&format!(
                "location '{name}' has no business hours: its users are judged by their own habits alone"
            ));
        }
    }

    /// An unusual call: part of a finding, or one step towards it.
    fn count(
        &self,
        state: &mut State,
        now: &Now<'_, Call, Countries>,
        habit: Habit,
        episodes: &mut Episodes<Facts>,
    ) {
        let (config, call) = (&self.config, &now.event);
        let night = night_of(config, local(now));
        let weighed = self.weigh(state, now, habit);
        state.tonight.add(config, call, weighed);
        let newcomer = state.rhythm.age() < config.learn_days;
        let usual = Usual { calls: state.rhythm.usual_calls(), newcomer };
        let alone = state.tonight.judge(config, 0, usual);
        state.tonight.hot |= alone >= Some(Severity::Medium);
        let found = self.found(state, now, episodes);
        // A call within the country does not keep yesterday's finding open, unless this night is worth telling by itself.
        if alone.is_none() && (found.is_none() || !call.is_risky()) {
            return;
        }
        let begins = found.unwrap_or(night);
        state.found = Some(begins);
        let belongs = |c: &Stamped<Call>| {
            c.event.may_count()
                && night_of(config, local(c)) == night
                && self.habit(state, c).chance < config.usual_chance
        };
        let (episode, added) = episodes.extend_where(self.case(begins), now.within(NIGHT), belongs);
        let facts = &mut episode.facts;
        for event in added.iter().filter(|e| belongs(e)) {
            let known = state.places.known(event.event.place(), event.event.number, night, self.rule());
            let standing = now.organisation.standing(config, event.event.country, night);
            facts.add(event, known, standing);
            let habit = self.habit(state, event);
            let chance = (habit.chance * 100_000.0) as u32;
            if facts.calls == 1 || chance < facts.chance {
                (facts.habit_days, facts.habit_of, facts.chance) = (habit.days, habit.of, chance);
            }
        }
        facts.turn_to(&state.tonight);
        facts.usual_calls = (usual.calls * 10.0) as u32;
        facts.age = state.rhythm.age();
        let severity = state.tonight.judge(config, facts.before, usual);
        if let Some(severity) = severity {
            episode.rise(severity);
        }
        state.tonight.hot |= severity >= Some(Severity::Medium);
    }

    fn weigh(&self, state: &State, now: &Now<'_, Call, Countries>, habit: Habit) -> Weighed {
        let night = night_of(&self.config, local(now));
        let known = state.places.known(now.event.place(), now.event.number, night, self.rule());
        let standing = now.organisation.standing(&self.config, now.event.country, night);
        let newcomer = state.rhythm.age() < self.config.learn_days;
        Weighed { chance: habit.chance, known, standing, newcomer }
    }
}

#[cfg(test)]
mod tests;
