//! How bad a forwarded call is, and which finding it belongs to.
//!
//! Owns levels and the severities of calls. Does not own changes of the setting ([`crate::switch`]) nor words ([`crate::report`]).

use ringfence_sdk::{Case, Episodes, HOUR, Millis, Name, Now, Severity, Span, Stamped};

use crate::habits::Countries;
use crate::memory::State;
use crate::report::{Facts, signs};
use crate::{CallForwarding, Class, Leg, Owner, What};

/// Numbers named in one finding.
pub const NAMED: usize = 8;

/// Levels add up: what happened, and each thing that makes it worse or more usual.
pub mod level {
    /// Worth a note.
    pub const LOW: i32 = 1;
    /// Worth a look.
    pub const MEDIUM: i32 = 2;
    /// Look now.
    pub const HIGH: i32 = 3;
    /// Fraud in progress.
    pub const CRITICAL: i32 = 4;
}

/// A level as a severity; none below low.
pub fn severity(of: i32) -> Option<Severity> {
    match of {
        ..level::LOW => None,
        level::LOW => Some(Severity::Low),
        level::MEDIUM => Some(Severity::Medium),
        level::HIGH => Some(Severity::High),
        level::CRITICAL.. => Some(Severity::Critical),
    }
}

/// How usual a country is.
pub(crate) struct Usual {
    /// Days on which the user called it.
    pub own_days: u16,
    /// Days on which anybody did, and how many people.
    pub all: (u16, usize),
    /// Levels that forwarding there counts less.
    pub discount: i32,
}

/// The last hour of forwarded calls.
struct Hour {
    /// Calls abroad, or within the country, that are not usual.
    calls: usize,
    /// Talked on them, seconds.
    seconds: u64,
    /// Forwarded calls of any kind.
    all: usize,
    /// The busiest hour of a usual day.
    usual: u8,
    /// Calls to the number in this night, if it is new and within the country.
    night: u16,
}

impl Hour {
    fn of(span: Span<'_, What>, belongs: impl Fn(&Stamped<What>) -> bool) -> Hour {
        let mut hour = Hour { calls: 0, seconds: 0, all: 0, usual: 0, night: 0 };
        for event in span.iter() {
            let What::Forwarded(leg) = &event.event else { continue };
            hour.all += 1;
            if belongs(event) {
                hour.calls += 1;
                hour.seconds += u64::from(leg.seconds);
            }
        }
        hour
    }
}

impl CallForwarding {
    fn follow(&self) -> Millis {
        self.config.follow_hours * HOUR
    }

    pub(crate) fn change_case(&self) -> Case {
        Case::new("forwarding-change", self.follow())
    }

    fn calls_case(&self) -> Case {
        Case::new("forwarded-calls", self.follow())
    }

    /// The open episode, of whichever kind: one attack is one finding.
    pub(crate) fn open_case(&self, episodes: &Episodes<Facts>, at: Millis) -> Option<Case> {
        [self.change_case(), self.calls_case()].into_iter().find(|case| episodes.peek(*case, at).is_some())
    }

    /// How usual the country is for the user and the organisation.
    pub(crate) fn country(
        &self,
        state: &State,
        now: &Now<'_, What, Countries>,
        country: Name,
        today: i32,
    ) -> Usual {
        let config = &self.config;
        let own_days = state.countries.days(country, today, config.forget_days);
        let all = now.organisation.of(country, today, config.forget_days);
        let everyday = all.0 >= config.organisation_days && all.1 >= config.organisation_users;
        let discount = if own_days >= config.country_days { 2 } else { i32::from(everyday) };
        Usual { own_days, all, discount }
    }

    /// A call was sent out again.
    pub(crate) fn forwarded(
        &self,
        state: &mut State,
        now: &Now<'_, What, Countries>,
        leg: &Leg,
        today: i32,
        episodes: &mut Episodes<Facts>,
    ) {
        let (config, abroad) = (&self.config, leg.class >= Class::International);
        let known_days = state.destinations.days(leg.number, today, config.forget_days);
        let is_usual = known_days >= config.usual_days;
        let at_night = leg.outside && !abroad && !is_usual;
        let night = if at_night { state.note_night(leg.number, now.start) } else { 0 };
        let belongs = |e: &Stamped<What>| match &e.event {
            What::Forwarded(other) => {
                let usual =
                    || state.destinations.days(other.number, today, config.forget_days) >= config.usual_days;
                (other.class >= Class::International) == abroad && (other.number == leg.number || !usual())
            }
            _ => false,
        };
        let span = now.within(HOUR);
        let hour = Hour { night, usual: state.rhythm.usual(today), ..Hour::of(span, belongs) };
        let country = self.country(state, now, leg.country, today);
        let suspicion = self.suspicion(state, now.start);
        let mut level = match (abroad, is_usual) {
            (_, true) => self.usual_level(abroad, &hour),
            (true, false) => self.abroad_level(state.age(today), leg, &hour, country.discount, suspicion),
            (false, false) => self.national_level(state.age(today), leg, &hour, suspicion),
        };

        let open = self.open_case(episodes, now.start);
        let related = open.and_then(|case| episodes.peek(case, now.start)).filter(|e| {
            e.facts.numbers.contains(&leg.number)
                || (abroad && e.facts.class >= Class::International)
                || e.facts.class == Class::Harmless
        });
        if let Some(episode) = related.filter(|_| !is_usual) {
            level = level.max(self.used_level(level, leg, &hour, country.discount, &episode.facts));
        }
        let related = related.is_some();
        let matters = level >= level::LOW || (related && !is_usual);
        let mut alarm = false;
        if matters {
            let case = open.unwrap_or_else(|| self.calls_case());
            let (episode, added) = episodes.extend_where(case, span, belongs);
            let facts = &mut episode.facts;
            let first = facts.changes == 0 && facts.calls == 0;
            for event in added.iter().filter(|e| belongs(e)) {
                let What::Forwarded(leg) = &event.event else { continue };
                facts.add_call(leg);
            }
            facts.hour_calls = facts.hour_calls.max(hour.calls as u32);
            facts.usual_hour = hour.usual;
            facts.night_calls = facts.night_calls.max(hour.night);
            facts.name(leg);
            if first {
                facts.age = state.age(today);
                facts.known_days = known_days;
                facts.tell_country(&country);
                self.tell_suspicion(state, now.start, facts);
            }
            if let Some(severity) = severity(level) {
                episode.rise(severity);
            }
            alarm = episode.severity() >= Severity::High;
        }
        state.destinations.note(leg.number, today, config.forget_days, alarm);
        if !alarm {
            state.rhythm.note(hour.all, today);
        }
    }

    /// A destination that is usual is remarkable only by far more calls than ever.
    fn usual_level(&self, abroad: bool, hour: &Hour) -> i32 {
        let most = self.unusual(hour, 2 * self.config.national_hour);
        if abroad && hour.calls as f64 >= most { level::MEDIUM } else { 0 }
    }

    fn abroad_level(&self, age: i32, leg: &Leg, hour: &Hour, discount: i32, suspicion: u8) -> i32 {
        let config = &self.config;
        let much_talk = hour.calls > 1 && hour.seconds >= config.abroad_talk_minutes * 60;
        let mut sum = match hour.calls {
            calls if calls >= config.abroad_hour_critical || much_talk => level::CRITICAL,
            calls if calls >= config.abroad_hour => level::HIGH,
            _ => level::MEDIUM,
        };
        sum += suspicion.count_ones() as i32;
        match leg.class {
            Class::Premium => sum += 1,
            _ => sum -= discount,
        }
        sum -= i32::from(age < config.warm_days);
        // People who answer the telephone put calls through abroad now and then; a machine has no reason to.
        sum += match leg.owner {
            Owner::Person => -i32::from(leg.transfer),
            Owner::Group => 0,
            Owner::Machine => 1,
        };
        sum
    }

    /// Whether so many calls within an hour are out of the ordinary.
    fn is_burst(&self, hour: &Hour) -> bool {
        hour.calls as f64 >= self.unusual(hour, self.config.national_hour)
    }

    /// Whether so many calls in a night are out of the ordinary: those on call are rung in some nights more than in others.
    fn is_sleepless(&self, hour: &Hour) -> bool {
        f64::from(hour.night) >= self.unusual(hour, usize::from(self.config.national_outside))
    }

    fn unusual(&self, hour: &Hour, least: usize) -> f64 {
        (self.config.usual_factor * f64::from(hour.usual)).max(least as f64)
    }

    fn national_level(&self, age: i32, leg: &Leg, hour: &Hour, suspicion: u8) -> i32 {
        // While little is known of a user every number is new.
        if age < self.config.warm_days {
            return 0;
        }
        let mut sum = suspicion.count_ones() as i32;
        if self.is_burst(hour) || self.is_sleepless(hour) {
            sum += level::MEDIUM;
        }
        // Queues overflow to answering services by the dozen.
        if leg.owner == Owner::Person { sum.min(level::HIGH) } else { sum.min(level::LOW) }
    }

    /// A change, and now it is used in earnest.
    fn used_level(&self, level: i32, leg: &Leg, hour: &Hour, discount: i32, facts: &Facts) -> i32 {
        if leg.class >= Class::International {
            let new = leg.class == Class::Premium || discount == 0;
            return level + i32::from(facts.changes > 0 && new);
        }
        match leg.owner {
            Owner::Person if self.is_burst(hour) => level::MEDIUM + i32::from(facts.signs != 0),
            _ => level,
        }
    }

    /// What happened to the account lately that makes forwarded calls suspicious.
    pub(crate) fn suspicion(&self, state: &State, at: Millis) -> u8 {
        let mut found = self.trouble(state);
        if let Some(hint) = state.hint.filter(|h| at - h.at <= self.follow()) {
            found |= signs::CODE | hint.signs;
        }
        found
    }

    /// Failed sign-ins and changed credentials.
    pub(crate) fn trouble(&self, state: &State) -> u8 {
        let failed = state.failures().len() >= self.config.failed_sign_ins;
        (u8::from(failed) * signs::FAILURES) | (u8::from(state.reset.is_some()) * signs::RESET)
    }

    fn tell_suspicion(&self, state: &State, at: Millis, facts: &mut Facts) {
        facts.signs |= self.suspicion(state, at);
        facts.tell_trouble(state, at);
        if let Some(hint) = state.hint.filter(|_| facts.signs & signs::CODE != 0) {
            (facts.code, facts.code_before) = (hint.code, at - hint.at);
            facts.actor = hint.actor;
        }
    }
}

impl Facts {
    /// Counts a call that went out.
    pub(crate) fn add_call(&mut self, leg: &Leg) {
        self.calls += 1;
        self.seconds += u64::from(leg.seconds);
        self.transfers += u32::from(leg.transfer);
        self.through += u32::from(leg.owner == Owner::Machine);
    }

    /// Keeps the destination; the most dangerous one gives class and country.
    pub(crate) fn name(&mut self, leg: &Leg) {
        if leg.number.is_present() && self.numbers.len() < NAMED && !self.numbers.contains(&leg.number) {
            self.numbers.push(leg.number);
        }
        if leg.class > self.class {
            self.class = leg.class;
            self.country = leg.country;
        }
    }

    /// Keeps how usual the country is.
    pub(crate) fn tell_country(&mut self, country: &Usual) {
        self.country_days = country.own_days;
        self.organisation = (country.all.0, country.all.1 as u8);
    }

    /// Keeps what happened to the account before, seen from this moment.
    pub(crate) fn tell_trouble(&mut self, state: &State, at: Millis) {
        if let (Some(first), Some(last)) = (state.failures().first(), state.failures().last())
            && self.signs & signs::FAILURES != 0
        {
            self.failures = (state.failures().len() as u32, at - first, at - last);
        }
        if let Some(reset) = state.reset {
            self.reset = Some((reset.entry, reset.actor, at - reset.at));
        }
    }
}
