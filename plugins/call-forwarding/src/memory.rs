//! What is remembered of a user: where calls were forwarded to, which countries they call, and what lately happened to the account.
//!
//! Owns the bounded memory. Does not own judgement.

use ringfence_sdk::{DAY, HOUR, Millis, Name, Number, Subject};
use serde::{Deserialize, Serialize};

/// Destinations remembered per user; the one unused for longest goes. Twelve are a person's mobile, home, colleagues and
/// last month's experiments in some 120 bytes.
const DESTINATIONS: usize = 12;
/// Countries remembered per user; the one not called for longest goes.
const COUNTRIES: usize = 6;
/// Other names of a user: a mail address and one more.
const NAMES: usize = 2;
/// Failed sign-ins counted: more make nothing clearer.
pub const FAILURES: usize = 20;
/// Days whose busiest hour is remembered.
const RHYTHM: usize = 7;
/// What a day counts towards being usual, and what it counts while a finding of high severity is open: fraud must not make itself usual soon.
const FULL_DAY: u16 = 4;
const ALARM_DAY: u16 = 1;

/// Two calls forwarded outside business hours further apart are of different nights.
const SAME_NIGHT: Millis = 12 * HOUR;

/// Something that was used on several days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Used<K> {
    key: K,
    /// In quarters of days.
    weight: u16,
    /// What of it is today's.
    today: u16,
    last: i32,
}

/// A bounded memory of what was used on how many days.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Usage<K, const MOST: usize>(Vec<Used<K>>);

impl<K, const MOST: usize> Default for Usage<K, MOST> {
    fn default() -> Self {
        Usage(Vec::new())
    }
}

impl<K: Copy + Ord, const MOST: usize> Usage<K, MOST> {
    /// A day counts once, as it was first judged. What one day adds is bounded by what a user can do in it.
    fn add(&mut self, key: K, today: i32, forget: i32, weight: u16) {
        match self.0.iter_mut().find(|u| u.key == key) {
            Some(used) if used.last >= today => {}
            Some(used) => {
                let before = if today - used.last > forget { 0 } else { used.weight };
                *used = Used { key, weight: before.saturating_add(weight), today: weight, last: today };
            }
            None => self.0.push(Used { key, weight, today: weight, last: today }),
        }
    }

    /// Forgets what was unused for longest. Only between days: then it does not matter which of a day's events come
    /// first, of which only one per country is seen.
    fn trim(&mut self) {
        if self.0.len() > MOST {
            self.0.sort_unstable_by_key(|u| std::cmp::Reverse((u.last, u.key)));
            self.0.truncate(MOST);
        }
    }

    /// Quarters of days before today on which it was used.
    fn weight(&self, key: K, today: i32, forget: i32) -> u16 {
        let used = self.0.iter().find(|u| u.key == key && today - u.last <= forget);
        used.map_or(0, |u| if u.last == today { u.weight - u.today } else { u.weight })
    }
}

/// Destinations of one user.
pub type Destinations = Usage<Number, DESTINATIONS>;

impl Destinations {
    /// Notes that calls go there today. `alarm`: while something serious is open.
    pub fn note(&mut self, number: Number, today: i32, forget: i32, alarm: bool) {
        self.add(number, today, forget, if alarm { ALARM_DAY } else { FULL_DAY });
    }

    /// On how many earlier days calls went there, those under alarm counting a quarter.
    pub fn days(&self, number: Number, today: i32, forget: i32) -> u16 {
        self.weight(number, today, forget) / FULL_DAY
    }
}

/// Countries one user calls.
pub type Countries = Usage<Name, COUNTRIES>;

impl Countries {
    /// Notes a call today.
    pub fn note(&mut self, country: Name, today: i32, forget: i32) {
        self.add(country, today, forget, 1);
    }

    /// On how many earlier days it was called.
    pub fn days(&self, country: Name, today: i32, forget: i32) -> u16 {
        self.weight(country, today, forget)
    }
}

/// Credentials were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// When.
    pub at: Millis,
    /// Which of the setting's words said so.
    pub entry: u8,
    /// Who did it.
    pub actor: Name,
}

/// Forwarding was switched on, nobody knows where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// When.
    pub at: Millis,
    /// The code dialled; absent for an audit event.
    pub code: Number,
    /// Who did it.
    pub actor: Name,
    /// Signs on it ([`crate::report::signs`]).
    pub signs: u8,
}

/// Calls forwarded to one number outside business hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Night {
    number: Number,
    last: Millis,
    calls: u16,
}

/// The busiest hours of forwarding on the last days that had any.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Rhythm {
    today: i32,
    most: u8,
    days: Vec<u8>,
}

impl Rhythm {
    /// Notes that so many calls were forwarded within an hour today.
    pub fn note(&mut self, calls: usize, today: i32) {
        if self.today != today {
            if self.most > 0 {
                if self.days.len() == RHYTHM {
                    self.days.remove(0);
                }
                self.days.push(self.most);
            }
            (self.today, self.most) = (today, 0);
        }
        self.most = self.most.max(u8::try_from(calls).unwrap_or(u8::MAX));
    }

    /// The busiest hour of a usual day before today; 0 if there was none.
    pub fn usual(&self, today: i32) -> u8 {
        let mut days = self.days.clone();
        if self.today != today && self.most > 0 {
            days.push(self.most);
        }
        days.sort_unstable();
        days.get(days.len() / 2).copied().unwrap_or(0)
    }
}

/// What is remembered of a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    first_day: i32,
    day: i32,
    /// Where calls were forwarded to.
    pub destinations: Destinations,
    /// Countries called on their own account.
    pub countries: Countries,
    /// Busiest hours.
    pub rhythm: Rhythm,
    names: Vec<Name>,
    failures: Vec<Millis>,
    night: Option<Night>,
    /// The latest change of credentials.
    pub reset: Option<Reset>,
    /// The latest change of which the destination is not known.
    pub hint: Option<Hint>,
}

impl State {
    /// Takes note of the day, and forgets what happened longer ago than `keep`.
    pub fn begin(&mut self, today: i32, now: Millis, keep: Millis) {
        if self.first_day == 0 {
            self.first_day = today;
        }
        if self.day != today {
            self.day = today;
            self.destinations.trim();
            self.countries.trim();
        }
        if !self.failures.is_empty() {
            self.failures.retain(|at| now - at <= keep);
        }
        if self.night.is_some_and(|n| now - n.last > SAME_NIGHT) {
            self.night = None;
        }
        if self.reset.is_some_and(|r| now - r.at > keep) {
            self.reset = None;
        }
        if self.hint.is_some_and(|h| now - h.at > keep.max(DAY)) {
            self.hint = None;
        }
    }

    /// Days since the user was first seen.
    pub fn age(&self, today: i32) -> i32 {
        today - self.first_day
    }

    /// The names under which the user signs in.
    pub fn note_names(&mut self, subject: Subject, names: &[Name]) {
        for name in names {
            let new = name.is_present() && Subject::User(*name) != subject && !self.names.contains(name);
            if new && self.names.len() < NAMES {
                self.names.push(*name);
            }
        }
    }

    /// Whether that is a name of the user.
    pub fn is_called(&self, name: Name) -> bool {
        self.names.contains(&name)
    }

    /// A sign-in failed.
    pub fn note_failure(&mut self, at: Millis) {
        if self.failures.len() == FAILURES {
            self.failures.remove(0);
        }
        self.failures.push(at);
    }

    /// A call was forwarded to a new number outside business hours; says how many were in this night.
    pub fn note_night(&mut self, number: Number, at: Millis) -> u16 {
        let before = self.night.filter(|n| n.number == number && at - n.last <= SAME_NIGHT);
        let calls = before.map_or(0, |n| n.calls).saturating_add(1);
        self.night = Some(Night { number, last: at, calls });
        calls
    }

    /// Failed sign-ins lately, in the order of time.
    pub fn failures(&self) -> &[Millis] {
        &self.failures
    }

    /// Credentials were changed.
    pub fn note_reset(&mut self, at: Millis, entry: u8, actor: Name) {
        self.reset = Some(Reset { at, entry, actor });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_once_and_forgotten() {
        let mut known = Destinations::default();
        let (a, b) = (Number(5), Number(6));
        known.note(a, 10, 60, false);
        known.note(a, 10, 60, false);
        assert_eq!(known.days(a, 10, 60), 0, "today does not count");
        known.note(a, 11, 60, false);
        assert_eq!((known.days(a, 11, 60), known.days(a, 12, 60), known.days(b, 12, 60)), (1, 2, 0));
        assert_eq!(known.days(a, 72, 60), 0, "forgotten");
        known.note(a, 90, 60, false);
        assert_eq!(known.days(a, 91, 60), 1, "and begun anew");
        for i in 0..100 {
            known.note(Number(100 + i), 100 + i as i32, 60, false);
            known.trim();
        }
        assert_eq!((known.days(a, 201, 200), known.0.len()), (0, DESTINATIONS));
        assert_eq!(known.days(Number(199), 201, 200), 1, "the latest stay");
    }

    #[test]
    fn days_under_alarm_count_a_quarter() {
        let mut known = Destinations::default();
        (1..=11).for_each(|day| known.note(Number(5), day, 60, true));
        assert_eq!(known.days(Number(5), 12, 60), 2);
    }

    #[test]
    fn the_busiest_hours_have_a_median() {
        let mut rhythm = Rhythm::default();
        assert_eq!(rhythm.usual(1), 0);
        for (day, calls) in [(1, 4), (2, 90), (3, 6)] {
            rhythm.note(1, day);
            rhythm.note(calls, day);
            assert!(day > 1 || rhythm.usual(day) == 0, "today does not count");
        }
        assert_eq!(rhythm.usual(4), 6);
    }

    #[test]
    fn what_happened_long_ago_is_forgotten() {
        let mut state = State::default();
        (0..30).for_each(|i| state.note_failure(i));
        state.note_reset(5, 0, Name::ABSENT);
        assert_eq!(state.failures().len(), FAILURES);
        state.begin(1, DAY + 20, DAY);
        assert_eq!((state.failures().len(), state.reset), (10, None));
    }
}
