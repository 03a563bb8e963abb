//! Which episode a user's call belongs to, and how bad it is.
//!
//! Owns episodes and what they remember. Does not own evidence ([`crate::evidence`]), memory ([`crate::history`]) or words
//! ([`crate::report`]).

use ringfence_sdk::calendar::day_of;
use ringfence_sdk::{
    Case, DAY, Episode, Episodes, HOUR, Millis, Name, Now, RecordId, Severity, Span, Stamped,
};
use serde::{Deserialize, Serialize};

use crate::evidence::{Around, Destination, New, PIECES, Piece, Weights, note_day, score, severity, weigh};
use crate::habits::{Habits, Known, mark};
use crate::history::History;
use crate::picture::{Lengths, Looked, Picture, picture};
use crate::places::{country_key, range_of};
use crate::userday::{Short, figures};
use crate::{Call, Config, InternationalCalls};

/// Countries and ranges named in one finding.
const NAMED: usize = 12;
/// Countries remembered per user.
const COUNTRIES: usize = 14;
/// Ranges remembered per user.
const RANGES: usize = 9;
/// Calls in an hour that are a burst rather than a drip.
const BURST_CALLS: u32 = 5;

/// Active days a user must have before one of them is unusual.
const FOREST_ACTIVE_DAYS: usize = 8;

/// Kinds of episode.
pub const NEW_COUNTRY: &str = "new-country";
/// Premium-rate, satellite, codes of no country.
pub const PREMIUM: &str = "premium";
/// Many in a short time.
pub const BURST: &str = "burst";
/// A few to a risky place or a strange range, maybe over days.
pub const DESTINATION: &str = "unusual-destination";
/// A day unlike others.
pub const UNUSUAL_DAY: &str = "unusual-day";
const KINDS: [&str; 5] = [NEW_COUNTRY, PREMIUM, BURST, DESTINATION, UNUSUAL_DAY];

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Calls, answered ones, seconds talked.
    pub calls: u32,
    pub answered: u32,
    pub seconds: u64,
    /// In the order of their first call; bounded.
    pub countries: Vec<Name>,
    /// Ranges called; bounded.
    pub ranges: Vec<u32>,
    /// To whom the destination was new, at most.
    pub new: New,
    /// Whether others in the organisation call the range.
    pub range_known: bool,
    /// Calls in the busiest 60 minutes, different numbers in it, and minutes talked in it.
    pub hour_calls: u32,
    pub hour_numbers: u32,
    pub hour_minutes: u32,
    /// At the same time, at most.
    pub overlap: u32,
    /// When the user was not at work.
    pub odd: u32,
    /// Neighbouring numbers, at most.
    pub neighbours: u32,
    /// Short calls before long ones.
    pub tests: u32,
    /// Answered calls to one number in 24 hours, at most.
    pub repeated: u32,
    /// Premium calls.
    pub premium: u32,
    /// Days with calls, and the last of them.
    pub days: u32,
    pub last_day: i32,
    /// Days the user was known before the episode, and the organisation.
    pub age: i32,
    pub organisation_age: i32,
    /// International calls on earlier active days: fewest, most, and how many days.
    pub usual: (u32, u32, u32),
    /// Busiest hour of earlier days.
    pub usual_hour: u32,
    /// Countries the user had used before.
    pub known_countries: u32,
    /// Days of the last 30 with premium calls.
    pub premium_days: u32,
    /// Weights when the evidence was strongest.
    pub weights: Weights,
    /// Their weight from the list.
    pub risk: f32,
    /// The forest's score in thousandths, the user-days it was grown over, and the features that made it.
    pub forest: u32,
    pub forest_rows: u32,
    pub reasons: Vec<u8>,
}

impl Facts {
    fn note_forest(&mut self, unusual: &crate::forest::Unusual) {
        let thousandths = (unusual.score * 1000.0).round() as u32;
        if thousandths > self.forest {
            self.forest = thousandths;
            self.forest_rows = unusual.rows;
            self.reasons.clone_from(&unusual.reasons);
        }
    }
}

impl InternationalCalls {
    /// Judges a call to abroad or to a premium number.
    pub(crate) fn judge(
        &self,
        history: &mut History,
        now: &Now<'_, Call, Habits>,
        episodes: &mut Episodes<crate::Facts>,
    ) {
        let (config, habits) = (&self.config, now.organisation);
        let call = now.event;
        let day = day_of(call.local(now.start));
        history.turn_to(day);
        let me = mark(subject_name(now));
        let around = Around { history, habits, me, day };
        let mut to = around.destination(&call, self.risks.of(call.number), config);
        let look = |c: &Stamped<Call>| Looked {
            fresh: c.event.is_premium() || !around.knows_range(&c.event, config),
            new_country: !around.knows_country(&c.event, config),
            odd: around.history.is_odd(c.event.local(c.start), config.night()),
        };
        let lengths = Lengths { test: config.test_seconds, long: config.long_seconds };
        let picture = picture(&now.within(DAY), lengths, look);
        let belongs_with: Vec<bool> = now.within(DAY).iter().map(|c| belongs(c, now, &look)).collect();
        let before = Before::of(history, habits, day, config);

        let (range, country) = (range_of(call.number), country_key(call.country));
        history.countries.note(country, call.number, day, call.answered, config.forget_days, COUNTRIES);
        history.ranges.note(range, call.number, day, call.answered, config.forget_days, RANGES);
        to.count(history, &call, day, config);
        note_day(history.today(), &call, &picture);

        let around = Around { history, habits, me, day };
        let weights = weigh(config, &around, now, &to, &picture);
        let score = score(&weights);
        let rated = severity(config, score);
        let unusual = match rated {
            Some(s) if s >= Severity::Medium => None,
            _ => self.unusual_day(history, now, habits, day),
        };

        let open = KINDS.iter().find_map(|kind| {
            let episode = episodes.peek(Case::new(kind, DAY), now.start)?;
            let crate::Facts::User(facts) = &episode.facts else { return None };
            let same = facts.ranges.contains(&range)
                || (to.new >= New::User && facts.countries.contains(&call.country));
            Some((*kind, to.fresh && same))
        });
        if rated.is_none() && unusual.is_none() && !open.is_some_and(|(_, same)| same) {
            return;
        }
        let kind = match open {
            Some((kind, _)) => kind,
            None if rated.is_none() => UNUSUAL_DAY,
            None => kind_of(&call, &weights, &to, &picture),
        };
        let burst = picture.hour_calls >= BURST_CALLS;
        let case = Case::new(kind, config.gap(burst));
        let span = now.within(DAY);
        // The hour counts as a whole where the hour is the reason, a day where the day is.
        let whole = if unusual.is_some() && rated.is_none() { day_of(now.start) } else { i32::MAX };
        let hour = burst && f64::from(weights[Piece::Rate as usize]) > 0.0;
        let chosen: Vec<(Millis, RecordId)> = span
            .iter()
            .zip(&belongs_with)
            .filter(|(c, theme)| {
                c.event.is_foreign()
                    && (**theme || (hour && c.start > now.start - HOUR) || day_of(c.start) == whole)
            })
            .map(|(c, _)| (c.start, c.id))
            .collect();
        let member = |c: &Stamped<Call>| chosen.binary_search(&(c.start, c.id)).is_ok() || c.id == now.id;
        let odd = |c: &Stamped<Call>| history.is_odd(c.event.local(c.start), config.night());
        let episode = grow(episodes, case, span, member, odd, &before);
        if let crate::Facts::User(facts) = &mut episode.facts {
            note(facts, &to, &picture, &weights);
            if let Some((unusual, _)) = &unusual {
                facts.note_forest(unusual);
            }
        }
        if let Some(severity) = rated.max(unusual.map(|(_, severity)| severity)) {
            episode.rise(severity);
        }
        if episode.severity() >= Severity::Medium {
            history.today().suspect = true;
            history.ranges.suspect(range);
            if to.new >= New::User {
                history.countries.suspect(country);
            }
        }
    }

    /// Whether the forest finds today unusual, and it is more than any other day of the user's.
    fn unusual_day(
        &self,
        history: &mut History,
        now: &Now<'_, Call, Habits>,
        habits: &Habits,
        day: i32,
    ) -> Option<(crate::forest::Unusual, Severity)> {
        let config = &self.config;
        let today = *history.today();
        if u32::from(today.calls) < config.forest_calls
            || habits.age() < config.forest_days
            || history.age(day) < config.warm_days
            || history.active_days() < FOREST_ACTIVE_DAYS
            || history.any_day(|d| d.calls >= today.calls && d.minutes >= today.minutes)
        {
            return None;
        }
        let utc_day = day_of(now.start);
        let calls: Vec<Short> = now
            .within(DAY)
            .iter()
            .filter(|c| c.event.is_foreign() && day_of(c.start) == utc_day)
            .map(|c| short(c.start, c.id, &c.event, config))
            .collect();
        let unusual = self.forest.judge(habits, &figures(&calls))?;
        if unusual.score < config.forest_score {
            return None;
        }
        let far = !history.any_day(|d| 2 * d.calls >= today.calls || 2 * d.minutes >= today.minutes);
        let severity = if far { Severity::Medium } else { Severity::Low };
        Some((unusual, severity))
    }
}

fn subject_name(now: &Now<'_, Call, Habits>) -> Name {
    match now.subject {
        ringfence_sdk::Subject::User(name) => name,
        _ => Name::ABSENT,
    }
}

/// A call as the forest counts it.
pub fn short(start: Millis, id: RecordId, event: &Call, config: &Config) -> Short {
    let local = event.local(start);
    Short {
        start,
        id: (id.hi >> 32) as u32,
        seconds: event.seconds,
        number: event.number.0,
        country: event.country.0,
        odd: crate::history::is_night(local, config.night())
            || ringfence_sdk::calendar::weekday_of(day_of(local)) >= 5,
        premium: event.is_premium(),
    }
}

/// Whether a call of the last day is of one piece with the current one; as [`picture`] counts.
fn belongs(call: &Stamped<Call>, now: &Stamped<Call>, look: &impl Fn(&Stamped<Call>) -> Looked) -> bool {
    if call.id == now.id {
        return true;
    }
    let (that, this) = (look(call), look(now));
    call.event.is_foreign()
        && that.fresh
        && (range_of(call.event.number) == range_of(now.event.number)
            || (that.new_country && this.new_country)
            || (call.event.is_premium() && now.event.is_premium()))
}

fn kind_of(call: &Call, weights: &Weights, to: &Destination, picture: &Picture) -> &'static str {
    let weight = |piece: Piece| weights[piece as usize];
    let volume = weight(Piece::Rate) + weight(Piece::Overlap);
    let destination = weight(Piece::Novelty) + weight(Piece::Risk);
    if call.is_premium() {
        PREMIUM
    } else if to.new >= New::User && destination >= volume {
        NEW_COUNTRY
    } else if volume > destination || picture.hour_calls >= BURST_CALLS {
        BURST
    } else {
        DESTINATION
    }
}

/// What was usual before the call that opens an episode.
struct Before {
    age: i32,
    organisation_age: i32,
    usual: (u32, u32, u32),
    usual_hour: u32,
    known_countries: u32,
    premium_days: u32,
}

impl Before {
    fn of(history: &History, habits: &Habits, day: i32, config: &Config) -> Before {
        let (least, most) = history.range_of_calls();
        Before {
            age: history.age(day),
            organisation_age: habits.age(),
            usual: (least, most, history.active_days() as u32),
            usual_hour: history.usual(|d| u32::from(d.busiest)),
            known_countries: history.countries.used(day, config.forget_days) as u32,
            premium_days: history.premium(0).1,
        }
    }
}

fn grow<'e>(
    episodes: &'e mut Episodes<crate::Facts>,
    case: Case,
    span: Span<'_, Call>,
    member: impl Fn(&Stamped<Call>) -> bool,
    odd: impl Fn(&Stamped<Call>) -> bool,
    before: &Before,
) -> &'e mut Episode<crate::Facts> {
    let (episode, added) = episodes.extend_where(case, span, &member);
    let crate::Facts::User(facts) = &mut episode.facts else { return episode };
    if facts.calls == 0 {
        facts.age = before.age;
        facts.organisation_age = before.organisation_age;
        facts.usual = before.usual;
        facts.usual_hour = before.usual_hour;
        facts.known_countries = before.known_countries;
        facts.premium_days = before.premium_days;
    }
    for call in added.iter().filter(|c| member(c)) {
        let event = &call.event;
        facts.calls += 1;
        facts.answered += u32::from(event.answered);
        facts.seconds += u64::from(event.seconds);
        facts.odd += u32::from(odd(call));
        facts.premium += u32::from(event.is_premium());
        let day = day_of(event.local(call.start));
        if facts.days == 0 || day > facts.last_day {
            facts.days += 1;
            facts.last_day = day;
        }
        if facts.countries.len() < NAMED && !facts.countries.contains(&event.country) {
            facts.countries.push(event.country);
        }
        let range = range_of(event.number);
        if facts.ranges.len() < NAMED && !facts.ranges.contains(&range) {
            facts.ranges.push(range);
        }
    }
    episode
}

/// Keeps what was most.
fn note(facts: &mut Facts, to: &Destination, picture: &Picture, weights: &Weights) {
    if to.new > facts.new {
        facts.new = to.new;
    }
    facts.range_known |= to.range != Known::New;
    facts.risk = facts.risk.max(to.risk as f32);
    if picture.hour_calls > facts.hour_calls {
        facts.hour_calls = picture.hour_calls;
        facts.hour_numbers = picture.hour_numbers;
        facts.hour_minutes = picture.hour_minutes.ceil() as u32;
    }
    facts.overlap = facts.overlap.max(picture.overlap);
    facts.neighbours = facts.neighbours.max(picture.neighbours).max(to.numbers);
    facts.tests = facts.tests.max(picture.tests);
    facts.repeated = facts.repeated.max(picture.repeated);
    if weights.iter().sum::<f32>() > facts.weights.iter().sum::<f32>() {
        facts.weights = *weights;
    }
}

const _: () = assert!(PIECES == Piece::Repeated as usize + 1);
