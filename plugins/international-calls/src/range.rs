//! A range of numbers abroad and all who are in touch with it: one-ring waves with their call-backs, and rare ranges that
//! several users call.
//!
//! The subject is the range (a number without its last four digits), because neighbouring numbers take turns. Only
//! rings that stopped at once and calls out are kept; who is talked to in the usual way is known from the
//! organisation's habits. Owns the judgement; words are in [`crate::range_report`].

use ringfence_sdk::calendar::{day_of, weekday_of};
use ringfence_sdk::{
    Case, DAY, Episodes, HOUR, MINUTE, Millis, Name, Now, Number, Row, Severity, Stamped, known,
};
use serde::{Deserialize, Serialize};

use crate::habits::{Habits, Known};
use crate::history::is_night;
use crate::places::range_of;
use crate::{Call, Class, Config, InternationalCalls, class_of, is_far};

/// Digits that neighbouring numbers of a range differ in.
pub const DROPPED: u32 = 4;
/// Users told apart in one finding; more are as bad as these.
const USERS: usize = 512;
/// Numbers named in one finding.
const NUMBERS: usize = 8;
/// Events looked at: by then every count says all it can.
const MOST: usize = 1_024;
/// One number that rings two users within this time is one call offered to both.
const ONE_CALL: Millis = 1_500;

/// Rings that stop at once, from one range, at many users.
pub const WANGIRI: &str = "wangiri";
/// A range nobody used that several users call.
pub const SHARED_RANGE: &str = "shared-range";
const KINDS: [&str; 2] = [WANGIRI, SHARED_RANGE];

/// How a range was used.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Use {
    /// Latest day with an answered call out that no finding is about; 0 is none.
    last: u16,
    /// Such days.
    days: u8,
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Users rung, and those who called; bounded.
    pub rung: Vec<Name>,
    pub callers: Vec<Name>,
    /// Rings, and seconds they rang in all.
    pub rings: u32,
    pub ring_seconds: u32,
    /// First and last ring.
    pub first_ring: Millis,
    pub last_ring: Millis,
    /// Most users rung within the window.
    pub wave: u32,
    /// Calls out, answered ones, seconds talked.
    pub calls: u32,
    pub answered: u32,
    pub seconds: u64,
    /// Users who were rung and called.
    pub returned: u32,
    /// Calls out at night or at the weekend.
    pub odd: u32,
    pub numbers: Vec<Number>,
    pub country: Name,
    pub risk: f32,
    pub premium: bool,
    /// Nobody in the organisation called the country.
    pub new_country: bool,
    /// Nobody in the organisation was in touch with the range.
    pub new_range: bool,
    /// Most users who called within 24 hours.
    pub together: u32,
    /// The evidence at its strongest.
    pub weight: f32,
}

/// The call and its range, if the row is a call to far away, or a ring from there that stopped at once.
#[inline]
pub fn select(row: &Row<'_>, ring_seconds: u32) -> Option<(Call, Number)> {
    let user = row.user();
    if !user.is_present() {
        return None;
    }
    let direction = row.direction();
    if direction == known::TERMINATING {
        let class = row.calling_class();
        let stopped = !row.answered() && row.duration() == 0 && row.ring_duration() <= ring_seconds;
        // What a queue or another service passed on rang there, not here.
        if !stopped || !is_far(class) || row.calling_ours() || row.redirecting_number().is_present() {
            return None;
        }
        let number = row.calling_number();
        let class = if class == known::INTERNATIONAL { Class::International } else { Class::Premium };
        let call = Call {
            number,
            country: row.calling_country(),
            user,
            ring: row.ring_duration().min(u32::from(u16::MAX)) as u16,
            offset: row.local_offset() as i16,
            class,
            inbound: true,
            ..Call::NONE
        };
        return number.range(DROPPED).map(|range| (call, range));
    }
    let class = class_of(row);
    if direction != known::ORIGINATING || class == Class::Other {
        return None;
    }
    let call = Call { user, location: Name::ABSENT, ..Call::of(row, class) };
    call.number.range(DROPPED).map(|range| (call, range))
}

/// The last 24 hours of a range.
#[derive(Debug, Default)]
struct Picture {
    /// Users rung within the window of a wave, and all day.
    wave: Vec<Name>,
    rung: Vec<Name>,
    /// Users with few calls out, and those of the last hour among them; calls of all of them.
    callers: Vec<Name>,
    hour: Vec<Name>,
    calls: u32,
    odd: u32,
    /// Users who were rung before they called.
    returned: u32,
}

impl InternationalCalls {
    /// Judges an event of a range.
    pub(crate) fn judge_range(
        &self,
        used: &mut Use,
        now: &Now<'_, Call, Habits>,
        episodes: &mut Episodes<crate::Facts>,
    ) {
        let config = &self.config;
        let call = now.event;
        let day = day_of(now.start);
        let key = range_of(call.number);
        let risk = self.risks.of(call.number);
        let known = now.organisation.range_by_any(key, day);
        let in_use = used.is_usual(day) || known == Known::Usual || (known == Known::Seen && risk == 0.0);
        let new_country = now.organisation.age() >= config.warm_days
            && now.organisation.country_by_any(call.country, day) == Known::New;
        let picture = Picture::of(now, config);

        let open = KINDS.iter().find(|kind| episodes.peek(Case::new(kind, DAY), now.start).is_some());
        let wave = picture.wave.len();
        let least = if in_use { config.wave_users * IN_USE } else { config.wave_users };
        let mut severity = None;
        if wave >= least {
            severity = Some(if wave >= 2 * least { Severity::Medium } else { Severity::Low });
        }
        let weight = if in_use || call.inbound {
            0.0
        } else {
            shared_weight(config, &picture, risk, call.class == Class::Premium, new_country)
        };
        let shared = crate::evidence::severity(config, 1.0 - (-weight).exp());
        severity = severity.max(shared.filter(|s| *s >= Severity::Low));
        // Whoever calls during an episode adds to it.
        if severity.is_none() && open.is_none() {
            used.note(day, &call);
            return;
        }
        let kind = open.copied().unwrap_or(if wave >= least { WANGIRI } else { SHARED_RANGE });
        let oldest = now.start - config.wave_minutes * MINUTE;
        let first = open.is_none();
        // A wave begins with its window, a shared range with the day.
        let member = |c: &Stamped<Call>| {
            !first || c.id == now.id || kind == SHARED_RANGE || (c.event.inbound && c.start > oldest)
        };
        let case = Case::new(kind, config.wave_gap_hours * HOUR);
        let (episode, added) = episodes.extend_where(case, now.within(DAY), member);
        if !matches!(episode.facts, crate::Facts::Range(_)) {
            episode.facts = crate::Facts::Range(Facts::default());
        }
        let crate::Facts::Range(facts) = &mut episode.facts else { return };
        for call in added.iter().filter(|c| member(c)) {
            facts.add(call, config);
        }
        facts.wave = facts.wave.max(wave as u32);
        facts.together = facts.together.max(picture.callers.len() as u32);
        facts.country = call.country;
        facts.risk = facts.risk.max(risk as f32);
        facts.new_country |= new_country;
        facts.new_range |= !in_use;
        facts.weight = facts.weight.max(weight as f32);
        let returned = facts.wangiri_severity(kind, config);
        if let Some(severity) = severity.max(returned) {
            episode.rise(severity);
        }
    }
}

/// A range in use takes so many times as many rung users.
const IN_USE: usize = 3;

impl Use {
    fn note(&mut self, day: i32, call: &Call) {
        if call.inbound || !call.answered {
            return;
        }
        let day = day.clamp(0, i32::from(u16::MAX)) as u16;
        if day > self.last {
            // A long silence begins anew.
            let fresh = i32::from(day) - i32::from(self.last) > USE_DAYS;
            self.days = if fresh { 1 } else { self.days.saturating_add(1) };
            self.last = day;
        }
    }

    fn is_usual(&self, day: i32) -> bool {
        let again = i32::from(self.days) + i32::from(i32::from(self.last) < day) > USUAL_DAYS;
        again && day - i32::from(self.last) <= USE_DAYS
    }
}

/// Days a range stays in use.
const USE_DAYS: i32 = 30;
/// Days with ordinary calls from which a range is in use.
const USUAL_DAYS: i32 = 2;

impl Facts {
    fn add(&mut self, call: &Stamped<Call>, config: &Config) {
        let event = &call.event;
        if self.numbers.len() < NUMBERS && !self.numbers.contains(&event.number) {
            self.numbers.push(event.number);
        }
        self.premium |= event.class == Class::Premium;
        if event.inbound {
            self.rings += 1;
            self.ring_seconds = self.ring_seconds.saturating_add(u32::from(event.ring));
            self.first_ring = if self.first_ring == 0 { call.start } else { self.first_ring };
            self.last_ring = call.start;
            add(&mut self.rung, event.user);
            return;
        }
        self.calls += 1;
        self.answered += u32::from(event.answered);
        self.seconds += u64::from(event.seconds);
        self.odd += u32::from(is_odd(call, config));
        if add(&mut self.callers, event.user) && self.rung.contains(&event.user) {
            self.returned += 1;
        }
    }

    /// What call-backs make of a wave.
    fn wangiri_severity(&self, kind: &str, config: &Config) -> Option<Severity> {
        if kind != WANGIRI || self.callers.is_empty() {
            return None;
        }
        let many = self.callers.len() >= config.callbacks_critical
            || self.seconds >= 60 * u64::from(config.callback_minutes_critical);
        Some(if many { Severity::Critical } else { Severity::High })
    }
}

fn add(list: &mut Vec<Name>, name: Name) -> bool {
    let new = list.len() < USERS && !list.contains(&name);
    if new {
        list.push(name);
    }
    new
}

fn is_odd(call: &Stamped<Call>, config: &Config) -> bool {
    let local = call.event.local(call.start);
    is_night(local, config.night()) || weekday_of(day_of(local)) >= 5
}

impl Picture {
    fn of(now: &Now<'_, Call, Habits>, config: &Config) -> Picture {
        let mut picture = Picture::default();
        let all = now.within(DAY);
        let all = &all[all.len().saturating_sub(MOST)..];
        let oldest = now.start - config.wave_minutes * MINUTE;
        let mut last: Option<(Number, Millis)> = None;
        let mut calls: Vec<(Name, u32)> = Vec::new();
        for call in all {
            let event = &call.event;
            if event.inbound {
                let same = last.is_some_and(|(n, at)| n == event.number && call.start - at < ONE_CALL);
                last = Some((event.number, call.start));
                if !same {
                    add(&mut picture.rung, event.user);
                    if call.start > oldest {
                        add(&mut picture.wave, event.user);
                    }
                }
                continue;
            }
            match calls.iter().position(|(user, _)| *user == event.user) {
                Some(at) => calls[at].1 += 1,
                None if calls.len() < USERS => {
                    calls.push((event.user, 1));
                    picture.returned += u32::from(picture.rung.contains(&event.user));
                }
                None => {}
            }
            if call.start > now.start - HOUR {
                add(&mut picture.hour, event.user);
            }
            picture.calls += 1;
            picture.odd += u32::from(is_odd(call, config));
        }
        // Who calls more often is judged alone, as a user.
        let few = |user: &Name| calls.iter().any(|(u, count)| u == user && *count <= config.few_calls);
        picture.callers = calls.iter().map(|(user, _)| *user).filter(|u| few(u)).collect();
        picture.hour.retain(few);
        picture
    }
}

/// What speaks for fraud when users call a range that the organisation did not use.
fn shared_weight(config: &Config, picture: &Picture, risk: f64, premium: bool, new_country: bool) -> f64 {
    let users = picture.callers.len();
    // Two whom the range had rung are enough; others are found alone if they go on.
    if users < 2 || (users < config.shared_users && picture.returned == 0) {
        return 0.0;
    }
    let mut weight = config.weight_shared * (users - 1).min(SHARED_MOST) as f64;
    if picture.hour.len() >= 2 {
        weight += config.weight_shared;
    }
    let odd = f64::from(picture.odd) / f64::from(picture.calls.max(1));
    let ordinary = picture.odd == 0 && risk == 0.0 && !premium && picture.returned == 0;
    if ordinary {
        // Colleagues who call a new partner or a conference.
        weight *= ORDINARY;
    }
    weight
        + config.weight_returned * f64::from(picture.returned.min(2))
        + config.weight_risk * risk
        + if premium { config.weight_risk } else { 0.0 }
        + config.weight_odd * odd
        + if new_country { config.weight_new_organisation * 0.4 } else { 0.0 }
}

/// Most further users that count.
const SHARED_MOST: usize = 4;
/// Share that users say when nothing else is strange.
const ORDINARY: f64 = 0.6;

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;
