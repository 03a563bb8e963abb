//! How bad a change of the setting is, and which finding it belongs to.
//!
//! Owns the severities of changes. Does not own those of calls ([`crate::judge`]) nor words ([`crate::report`]).

use ringfence_sdk::{Episodes, HOUR, MINUTE, Millis, Now, Severity, Stamped};

use crate::habits::Countries;
use crate::judge::{level, severity};
use crate::memory::{Hint, State};
use crate::report::{Facts, signs};
use crate::{CallForwarding, Change, Class, Hand, Leg, Owner, What};

impl CallForwarding {
    /// Forwarding was switched on.
    pub(crate) fn switched(
        &self,
        state: &mut State,
        now: &Now<'_, What, Countries>,
        change: &Change,
        today: i32,
        episodes: &mut Episodes<Facts>,
    ) {
        let config = &self.config;
        let found = self.signs(state, change);
        // A code whose number is not known is learned as such.
        let learned = if change.to.is_present() { change.to } else { change.code };
        let known_days = state.destinations.days(learned, today, config.forget_days);
        let country = self.country(state, now, change.country, today);
        let level = self.change_level(change, found, known_days, country.discount);
        let open = self.open_case(episodes, now.start);
        let mut alarm = false;
        if level >= level::LOW || open.is_some() {
            // A change noticed late comes after the first calls.
            let belongs = |e: &Stamped<What>| match &e.event {
                What::Forwarded(leg) => leg.number == change.to,
                _ => e.start == now.start && e.id == now.id,
            };
            let case = open.unwrap_or_else(|| self.change_case());
            let (episode, added) = episodes.extend_where(case, now.within(HOUR), belongs);
            let facts = &mut episode.facts;
            for event in added.iter().filter(|e| belongs(e)) {
                if let What::Forwarded(leg) = &event.event {
                    facts.add_call(leg);
                }
            }
            if facts.changes == 0 && facts.calls == 0 {
                (facts.age, facts.known_days) = (state.age(today), known_days);
                facts.tell_country(&country);
            }
            // Calls to it were seen already.
            let new = change.class == Class::Premium || country.discount == 0;
            let used = facts.calls > 0 && change.class >= Class::International && new;
            self.tell_change(state, now.start, change, found, facts);
            if let Some(severity) = severity(level + i32::from(used)) {
                episode.rise(severity);
            }
            alarm = episode.severity() >= Severity::High;
        }
        if !change.to.is_present() && known_days < config.usual_days {
            let hint = Hint { at: now.start, code: change.code, actor: change.actor, signs: found };
            state.hint = Some(hint);
        }
        if learned.is_present() {
            state.destinations.note(learned, today, config.forget_days, alarm);
        }
    }

    /// What makes the change suspicious.
    fn signs(&self, state: &State, change: &Change) -> u8 {
        let mut found = self.trouble(state);
        if change.outside {
            found |= signs::OUTSIDE;
        }
        if change.hand == Hand::Other && !state.is_called(change.actor) {
            found |= signs::OTHER;
        }
        found
    }

    fn change_level(&self, change: &Change, found: u8, known_days: u16, discount: i32) -> i32 {
        let config = &self.config;
        let mut sum = match change.class {
            Class::Harmless => 0,
            Class::National => level::LOW,
            Class::International => level::HIGH,
            Class::Premium => level::CRITICAL,
        };
        sum += found.count_ones() as i32;
        if known_days >= config.usual_days {
            sum -= 3;
        }
        if change.class == Class::International {
            sum -= discount;
        }
        match change.class {
            // Not even the destination is known.
            Class::Harmless => sum.min(level::MEDIUM),
            Class::National => sum.min(level::HIGH),
            _ => sum,
        }
    }

    fn tell_change(&self, state: &State, at: Millis, change: &Change, found: u8, facts: &mut Facts) {
        let worse = facts.changes == 0 || change.class > facts.class;
        facts.changes += 1;
        facts.off_at = None;
        facts.signs |= found;
        facts.tell_trouble(state, at);
        if worse {
            facts.set_at = at + i64::from(change.offset) * MINUTE;
            (facts.mode, facts.before, facts.code) = (change.mode, change.from, change.code);
        }
        if found & signs::OTHER != 0 {
            facts.actor = change.actor;
        }
        let leg = Leg {
            number: change.to,
            country: change.country,
            class: change.class,
            seconds: 0,
            transfer: false,
            owner: Owner::Person,
            outside: change.outside,
        };
        // The number that the change is about stands first.
        if worse && let Some(place) = facts.numbers.iter().position(|n| *n == change.to) {
            facts.numbers.remove(place);
            facts.numbers.insert(0, change.to);
        } else if worse && change.to.is_present() {
            facts.numbers.insert(0, change.to);
            facts.numbers.truncate(crate::judge::NAMED);
        }
        facts.name(&leg);
    }

    /// Forwarding was switched off, or no longer leads outside.
    pub(crate) fn switched_off(
        &self,
        state: &mut State,
        now: &Now<'_, What, Countries>,
        offset: i16,
        episodes: &mut Episodes<Facts>,
    ) {
        state.hint = None;
        let Some(case) = self.open_case(episodes, now.start) else { return };
        let (episode, _) = episodes.extend(case, now.alone());
        episode.facts.off_at = Some(now.start + i64::from(offset) * MINUTE);
        // Who switches it on again soon is the same; who does so the next day is not.
        episode.close_by(now.start + self.config.off_hours * HOUR);
    }
}
