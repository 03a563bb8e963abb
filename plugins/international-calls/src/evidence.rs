//! What speaks for fraud at a call, and how much: pieces of evidence that add up.
//!
//! Each piece has a weight `w` and alone would make fraud likely with `1 - exp(-w)`; together they say
//! `1 - exp(-Σ w)` (a noisy or). Owns the weights' formulas. Does not own counting ([`crate::picture`]), memory
//! ([`crate::history`], [`crate::habits`]) or episodes ([`crate::judge`]).

use ringfence_sdk::{Severity, Stamped};

use crate::habits::{Habits, Known};
use crate::history::{Day, History};
use crate::picture::Picture;
use crate::places::{country_key, range_of};
use crate::{Call, Config};

/// Pieces of evidence, in the order of [`Weights`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Who never called there.
    Novelty,
    /// What the destination is known for.
    Risk,
    /// Premium or satellite.
    Premium,
    /// When the user is not at work.
    Odd,
    /// Calls in an hour.
    Rate,
    /// Calls at the same time.
    Overlap,
    /// Neighbouring numbers.
    Neighbours,
    /// Short calls before long ones.
    Tests,
    /// Minutes.
    Minutes,
    /// Several days.
    Drip,
    /// Several new countries.
    Countries,
    /// One number again and again.
    Repeated,
}

/// Number of pieces.
pub const PIECES: usize = 12;

/// Weight of each piece.
pub type Weights = [f32; PIECES];

/// To whom a destination is new.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum New {
    /// To nobody, or nothing can be said.
    #[default]
    Nobody,
    /// The range is new to the user, the country is not.
    Range,
    /// The country is new to the user and usual at the location.
    User,
    /// The country is new to the user and the location; others in the organisation call it, or that is not known.
    Location,
    /// The country is new to the user and all others.
    Organisation,
}

/// What is known of the call's destination before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Destination {
    /// Not established with the user, or premium.
    pub fresh: bool,
    /// To whom it is new.
    pub new: New,
    /// The country has not become usual for the user.
    pub new_country: bool,
    /// The user is known long enough for the country to be new to them.
    pub warm: bool,
    /// Weight from the list.
    pub risk: f64,
    /// Whether others use the range.
    pub range: Known,
    /// Whether others use the country.
    pub country: Known,
    /// Days and calls in the present use of the range, or of a country that is new.
    pub days: u32,
    /// Calls; those without an answer count half.
    pub calls: f64,
}

impl Destination {
    /// Takes days and calls as they are after the call was noted.
    pub fn count(&mut self, history: &History, call: &Call, day: i32, config: &Config) {
        let of = |places: &crate::places::Places, key| {
            places.get(key, day, config.forget_days).map_or((0, 0.0), |p| (u32::from(p.run_days), p.calls()))
        };
        let (days, calls) = of(&history.ranges, range_of(call.number));
        let in_country = of(&history.countries, country_key(call.country)).1;
        self.days = days;
        self.calls = if self.new_country { calls.max(in_country) } else { calls };
    }
}

/// Whose habits.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The user's.
    pub history: &'a History,
    /// The organisation's.
    pub habits: &'a Habits,
    /// The user's mark among the organisation's.
    pub me: u16,
    /// Local day.
    pub day: i32,
}

impl Around<'_> {
    /// Whether the call's range has become usual for the user.
    pub fn knows_range(&self, call: &Call, config: &Config) -> bool {
        let place = self.history.ranges.get(range_of(call.number), self.day, config.forget_days);
        place.is_some_and(|p| p.is_established(self.day, config.new_phase_days))
    }

    /// Whether the call's country has become usual for the user.
    pub fn knows_country(&self, call: &Call, config: &Config) -> bool {
        let place = self.history.countries.get(country_key(call.country), self.day, config.forget_days);
        place.is_some_and(|p| p.is_established(self.day, config.new_phase_days))
    }

    /// What is known of the call's destination.
    pub fn destination(&self, call: &Call, risk: f64, config: &Config) -> Destination {
        let country = self.habits.country(call.country, self.me, self.day);
        let location = self.habits.at_location(call.location, call.country, self.me, self.day);
        let range = self.habits.range(range_of(call.number), self.me, self.day);
        let warm = self.history.age(self.day) >= config.warm_days;
        let organisation_warm = self.habits.age() >= config.warm_days;
        let knows_country = self.knows_country(call, config);
        let fresh = call.is_premium() || !self.knows_range(call, config);
        let new = match (fresh, knows_country, location, country) {
            (false, ..) => New::Nobody,
            (_, true, ..) => New::Range,
            (_, _, Known::Usual, _) => {
                if warm {
                    New::User
                } else {
                    New::Range
                }
            }
            (_, _, _, Known::New) if organisation_warm => New::Organisation,
            // Nothing is known of the others yet, or somebody else calls there.
            _ if warm => New::Location,
            _ => New::Nobody,
        };
        Destination {
            fresh,
            new,
            new_country: !knows_country,
            warm,
            risk,
            range,
            country,
            days: 0,
            calls: 0.0,
        }
    }
}

/// How much so many calls say: one 0.6, two 0.8, three 0.9 of all.
fn firm(calls: f64) -> f64 {
    if calls <= 0.0 { 0.0 } else { 1.0 - 0.8 * (-calls).exp2() }
}

/// The evidence at a call: `picture` is its surroundings, itself included; `to` its destination, itself included in
/// days and calls.
pub fn weigh(
    config: &Config,
    around: &Around<'_>,
    call: &Stamped<Call>,
    to: &Destination,
    picture: &Picture,
) -> Weights {
    let history = around.history;
    let mut weights = [0.0_f64; PIECES];
    let mut add = |piece: Piece, weight: f64| weights[piece as usize] += weight.max(0.0);
    let premium = call.event.is_premium();

    // Volume speaks whatever the destination.
    let cold = history.active_days() < COLD_DAYS;
    let usual_hour = f64::from(history.usual(|d| u32::from(d.busiest)));
    let free = config.free_calls_hour
        + if cold { config.cold_calls_hour.max(f64::from(around.habits.usual_hour())) } else { 0.0 };
    let rate = f64::from(picture.hour_calls) / (usual_hour + free);
    add(Piece::Rate, (config.weight_rate * rate.ln()).min(RATE_MOST));
    let usual_overlap = history.usual(|d| u32::from(d.overlap)).max(1);
    let beyond = f64::from(picture.overlap) - f64::from(usual_overlap) - 0.5;
    if picture.overlap >= 2 {
        add(Piece::Overlap, (config.weight_overlap * beyond).min(OVERLAP_MOST));
    }
    if !to.fresh {
        return weights.map(|w| w as f32);
    }

    let calls = picture.weighed.max(to.calls);
    let firmness = firm(calls);
    // Who calls many countries calls new ones, too.
    let many = history.countries.used(around.day, config.forget_days);
    let travelled = (config.many_countries as f64 / many.max(1) as f64).clamp(TRAVELLED_LEAST, 1.0);
    let unknown_range = if to.range == Known::New { 1.0 } else { 0.3 };
    let novelty = match to.new {
        New::Nobody => 0.0,
        New::Range => config.weight_new_range * unknown_range,
        New::User => config.weight_new_user * 0.5 * travelled,
        New::Location => config.weight_new_user * travelled,
        New::Organisation if to.warm => config.weight_new_organisation * travelled.sqrt(),
        New::Organisation => config.weight_new_organisation * 0.8,
    };
    let new_country = to.new >= New::User || (to.new == New::Nobody && to.country == Known::New);
    if !premium {
        add(Piece::Novelty, novelty * firmness);
        let habit = if new_country { 1.0 } else { 0.5 };
        let common = match to.country {
            Known::Usual => 0.5,
            _ => 1.0,
        };
        add(Piece::Risk, config.weight_risk * to.risk * habit * common * firmness);
    } else {
        let (recent, days) = history.premium(RECENT_DAYS);
        let habit = if days >= config.premium_usual_days { 0.4 } else { 1.0 };
        let common = if to.range == Known::Usual { 0.6 } else { 1.0 };
        let firmness = firm(calls.max(f64::from(recent) + picture.weighed));
        add(Piece::Premium, config.weight_premium * habit * common * firmness);
    }

    // The rest says more the less the destination is known.
    let strange = match to.new {
        _ if premium => 1.0,
        New::Organisation => 1.0,
        New::Location => 0.9,
        New::User | New::Nobody => 0.7,
        New::Range => 0.7,
    } * travelled.sqrt()
        * if to.range == Known::New { 1.0 } else { 0.5 };
    let share = f64::from(picture.odd) / f64::from(picture.calls.max(1));
    add(Piece::Odd, config.weight_odd * share * firmness);
    if picture.neighbours >= 2 {
        let beyond = (f64::from(picture.neighbours) - 1.4).min(NEIGHBOURS_MOST);
        add(Piece::Neighbours, config.weight_neighbours * beyond * strange);
    }
    if picture.tests > 0 {
        add(Piece::Tests, config.weight_tests * strange);
    }
    let usual_minutes = f64::from(history.usual(|d| u32::from(d.minutes)));
    let talk = picture.minutes / (usual_minutes + config.free_minutes_day);
    add(Piece::Minutes, (config.weight_minutes * talk.ln()).min(MINUTES_MOST));
    if picture.repeated >= config.repeated_calls {
        add(Piece::Repeated, config.weight_repeated * strange);
    }
    if picture.countries >= 2 && to.new >= New::Location {
        let more = f64::from(picture.countries - 1).min(COUNTRIES_MOST);
        add(Piece::Countries, config.weight_countries * more * travelled);
    }
    // A new customer is called on several days too: days say something where the destination does.
    let scale = if premium { 1.0 } else { (novelty + config.weight_risk * to.risk).min(1.0) };
    if to.days >= 2 && to.range != Known::Usual {
        let days = f64::from(to.days - 1).min(DRIP_MOST);
        add(Piece::Drip, config.weight_drip * days * scale);
    }
    weights.map(|w| w as f32)
}

/// Active days below which the organisation's busiest hours say what is usual.
const COLD_DAYS: usize = 3;
/// Least share that novelty keeps for who calls many countries.
const TRAVELLED_LEAST: f64 = 0.35;
/// Premium calls of so many days before count together.
const RECENT_DAYS: u32 = 7;
/// Most that a rate says.
const RATE_MOST: f64 = 1.4;
/// Most that overlapping calls say.
const OVERLAP_MOST: f64 = 1.4;
/// Most neighbours that count.
const NEIGHBOURS_MOST: f64 = 3.0;
/// Most that minutes say.
const MINUTES_MOST: f64 = 0.6;
/// Most further countries that count.
const COUNTRIES_MOST: f64 = 2.0;
/// Most further days that count.
const DRIP_MOST: f64 = 4.0;

/// Sum of weights as a probability.
pub fn score(weights: &Weights) -> f64 {
    1.0 - (-weights.iter().map(|w| f64::from(*w)).sum::<f64>()).exp()
}

/// The severity of a score; none below what is worth noting.
pub fn severity(config: &Config, score: f64) -> Option<Severity> {
    [
        (config.critical_score, Severity::Critical),
        (config.high_score, Severity::High),
        (config.medium_score, Severity::Medium),
        (config.low_score, Severity::Low),
        (config.note_score, Severity::Informational),
    ]
    .into_iter()
    .find(|(from, _)| score >= *from)
    .map(|(_, severity)| severity)
}

/// Folds a call into today's figures.
pub fn note_day(today: &mut Day, call: &Call, picture: &Picture) {
    today.calls = today.calls.saturating_add(1);
    today.minutes = today.minutes.saturating_add(((call.seconds + 30) / 60).min(1440) as u16);
    today.busiest = today.busiest.max(picture.hour_calls as u16);
    today.overlap = today.overlap.max(picture.overlap.min(255) as u8);
    today.premium = today.premium.saturating_add(u8::from(call.is_premium()));
}
