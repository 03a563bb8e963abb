//! How bad a change or a forwarded call is, and which finding it belongs to.
//!
//! Owns severities. Does not own words ([`crate::report`]).

use ringfence_sdk::{Case, DAY, Episodes, HOUR, Now, Severity};

use crate::{CallForwarding, Class, Facts, Leg, State, What};

/// Numbers named in one finding.
const NAMED: usize = 8;

impl CallForwarding {
    fn follow(&self) -> i64 {
        self.config.follow_hours * HOUR
    }

    fn change_case(&self) -> Case {
        Case::new("forwarding-change", self.follow())
    }

    fn calls_case(&self) -> Case {
        Case::new("forwarded-calls", self.follow())
    }

    /// Forwarding was switched on to an outside number.
    pub(crate) fn change(&self, state: &State, now: &Now<'_, Leg>, age: i32, episodes: &mut Episodes<Facts>) {
        let leg = now.event;
        let What::Changed { outside, foreign, actor } = leg.what else { return };
        let known_days = state.destinations.days(leg.number);
        let usual = known_days >= self.config.usual_days;
        let severity = match leg.class {
            Class::International | Class::Premium if usual => Severity::Low,
            Class::International | Class::Premium => Severity::Critical,
            _ if usual => return,
            _ if outside => Severity::High,
            _ => Severity::Medium,
        };
        let (episode, _) = episodes.extend(self.change_case(), now.alone());
        let facts = &mut episode.facts;
        facts.changes += 1;
        facts.outside |= outside;
        facts.foreign |= foreign;
        (facts.actor, facts.known_days) = (actor, known_days);
        name(facts, &leg, age);
        episode.rise(severity);
    }

    /// A call was sent on to an outside number.
    pub(crate) fn forwarded(
        &self,
        state: &mut State,
        now: &Now<'_, Leg>,
        age: i32,
        episodes: &mut Episodes<Facts>,
    ) {
        let leg = now.event;
        let known_days = state.destinations.note(leg.number, now.start, self.config.forget_days * DAY);
        let abroad = leg.class >= Class::International;
        let hour: Vec<Leg> = now
            .within(HOUR)
            .iter()
            .map(|e| e.event)
            .filter(|e| {
                matches!(e.what, What::Forwarded { .. }) && (e.class >= Class::International) == abroad
            })
            .collect();
        let severity = match abroad {
            true if hour.len() >= self.config.abroad_hour => Severity::Critical,
            true => Severity::High,
            false if hour.len() >= self.config.national_hour => Severity::Medium,
            false => Severity::Low,
        };
        let after_change = episodes
            .peek(self.change_case(), now.start)
            .is_some_and(|e| e.facts.numbers.contains(&leg.number) || abroad);
        let open = episodes
            .peek(self.calls_case(), now.start)
            .is_some_and(|e| e.facts.numbers.contains(&leg.number));
        if !after_change && !open {
            let usual = known_days >= self.config.usual_days;
            // A number within the country is no news while little is known of the user.
            if usual || (!abroad && age < self.config.warm_days && severity < Severity::Medium) {
                return;
            }
        }
        let case = if after_change { self.change_case() } else { self.calls_case() };
        let (episode, _) = episodes.extend(case, now.alone());
        let facts = &mut episode.facts;
        facts.calls += 1;
        facts.seconds += u64::from(leg.seconds);
        facts.transfers += u32::from(leg.what == What::Forwarded { transfer: true });
        facts.hour_calls = facts.hour_calls.max(hour.len() as u32);
        facts.known_days = if facts.calls == 1 && facts.changes == 0 { known_days } else { facts.known_days };
        name(facts, &leg, age);
        episode.rise(severity);
    }
}

/// Keeps the destination; the most dangerous one gives class and country.
fn name(facts: &mut Facts, leg: &Leg, age: i32) {
    if facts.numbers.is_empty() {
        facts.age = age;
    }
    if facts.numbers.len() < NAMED && !facts.numbers.contains(&leg.number) {
        facts.numbers.push(leg.number);
    }
    if leg.class > facts.class {
        facts.class = leg.class;
        facts.country = leg.country;
    }
}
