//! Forwarding findings in words and figures.
//!
//! Owns what an episode remembers for its report, and the report. Does not own severities.

use ringfence_sdk::calendar::{date_text, day_of, time_text, weekday_of, weekday_text};
use ringfence_sdk::countries::country_text;
use ringfence_sdk::{Episode, MINUTE, Millis, Name, Number, Report, resolve};
use serde::{Deserialize, Serialize};

use crate::habits::CALLERS;
use crate::memory::FAILURES;
use crate::words::{count, span};
use crate::{Class, Config};

/// What makes a change suspicious; each raises it by one level.
pub mod signs {
    /// Made outside business hours.
    pub const OUTSIDE: u8 = 1;
    /// Not made by the owner.
    pub const OTHER: u8 = 2;
    /// Failed sign-ins before.
    pub const FAILURES: u8 = 4;
    /// Credentials changed before.
    pub const RESET: u8 = 8;
    /// Switched on by a feature code before; counts for calls only.
    pub const CODE: u8 = 16;
}

/// What an episode's report tells.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Changes that switched forwarding on.
    pub changes: u32,
    /// Calls that went out.
    pub calls: u32,
    /// Of them transferred.
    pub transfers: u32,
    /// Of them through a line that belongs to no person.
    pub through: u32,
    /// Talked.
    pub seconds: u64,
    /// Most calls within an hour.
    pub hour_calls: u32,
    /// Most calls to a new number outside the business hours of one night or weekend.
    pub night_calls: u16,
    /// Busiest hour of a usual day.
    pub usual_hour: u8,
    /// Destinations, the first few.
    pub numbers: Vec<Number>,
    /// Class and country of the most dangerous one.
    pub class: Class,
    /// See `class`.
    pub country: Name,
    /// Signs.
    pub signs: u8,
    /// Local time of the first change that led to the most dangerous destination.
    pub set_at: Millis,
    /// Which forwarding.
    pub mode: Name,
    /// Where it went before.
    pub before: Number,
    /// Feature code dialled.
    pub code: Number,
    /// How long before the first record it was, where its destination was not known.
    pub code_before: Millis,
    /// Who made the change, if not the owner.
    pub actor: Name,
    /// Failed sign-ins before the change; how long before the first and the last were.
    pub failures: (u32, Millis, Millis),
    /// A change of credentials: which word, by whom, how long before.
    pub reset: Option<(u8, Name, Millis)>,
    /// Earlier days on which calls went to the first destination.
    pub known_days: u16,
    /// Earlier days on which the user called the country.
    pub country_days: u16,
    /// Earlier days on which the organisation called it, and by how many people.
    pub organisation: (u16, u8),
    /// Days since the user was first seen.
    pub age: i32,
    /// Local time of the last switching off.
    pub off_at: Option<Millis>,
}

/// See the module.
pub fn describe(config: &Config, episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let first = facts.numbers.first().map(ToString::to_string).unwrap_or_default();
    let place = place(facts);
    let mut report = Report::new(title(facts, &place));
    if facts.changes > 0 {
        report = report.because(change(facts, &first, &place));
    }
    let has = |sign: u8| facts.signs & sign != 0;
    if has(signs::OUTSIDE) && facts.changes > 0 {
        let day = weekday_text(weekday_of(day_of(facts.set_at)));
        report = report.because(format!("{} on a {day} is outside business hours", time_text(facts.set_at)));
    }
    if has(signs::OTHER) {
        report = report.because(format!("it was made by {}, not by the owner", resolve(facts.actor)));
    }
    report = report.because_some(has(signs::FAILURES).then(|| failures(facts)));
    if let Some((entry, actor, before)) = facts.reset {
        let word = config.reset_words.get(usize::from(entry)).map_or("credentials", String::as_str);
        let by = if actor.is_present() { format!(" by {}", resolve(actor)) } else { String::new() };
        report = report.because(format!("{} before, an audit event spoke of '{word}'{by}", span(before)));
    }
    if has(signs::CODE) && facts.changes == 0 {
        let how = match facts.code.is_present() {
            true => format!("forwarding was switched on by dialling {}", resolve_code(facts.code)),
            false => "an audit event told of a change of forwarding".to_owned(),
        };
        report =
            report.because(format!("{how}, {} before the first of these calls", span(facts.code_before)));
    }
    if !first.is_empty() {
        report = report.because(novelty(facts, &first));
    }
    if facts.calls > 0 {
        report = report.because(talk(facts));
    }
    if facts.night_calls > 1 {
        report = report.because(format!(
            "{} to a number within the country were outside business hours",
            count(u64::from(facts.night_calls), "call")
        ));
    }
    if let Some(at) = facts.off_at {
        report =
            report.because(format!("it was switched off on {} at {}", date_text(day_of(at)), time_text(at)));
    }
    let numbers: Vec<String> = facts.numbers.iter().map(ToString::to_string).collect();
    report
        .figure("calls", facts.calls)
        .figure("changes", facts.changes)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("calls_in_hour", facts.hour_calls)
        .figure("window_minutes", 60)
        .figure("usual_calls_in_hour", u32::from(facts.usual_hour))
        .figure("destinations", numbers)
        .figure("country", facts.country)
        .figure("outside_hours", has(signs::OUTSIDE))
        .figure("by_another", has(signs::OTHER))
        .figure("failed_sign_ins", facts.failures.0)
        .figure("credentials_changed", has(signs::RESET))
        .figure("forwarded_before_to", facts.before)
        .figure("known_days", u32::from(facts.known_days))
}

fn title(facts: &Facts, place: &str) -> String {
    let calls = count(u64::from(facts.calls), "call");
    match (facts.changes, facts.calls) {
        (0, _) if facts.through > 0 => format!("{calls} out through a line of no person: {place}"),
        (0, _) if facts.transfers == facts.calls => format!("{calls} transferred to {place}"),
        (0, _) => format!("{calls} forwarded to {place}"),
        (_, 0) => format!("Forwarding set to {place}"),
        (_, 1) => format!("Forwarding set to {place}, 1 call followed"),
        (_, many) => format!("Forwarding set to {place}, {many} calls followed"),
    }
}

fn place(facts: &Facts) -> String {
    match facts.class {
        Class::Premium if facts.country.is_present() => {
            format!("a premium-rate or satellite number ({})", country_text(facts.country))
        }
        Class::Premium => "a premium-rate or satellite number".to_owned(),
        Class::International if facts.country.is_present() => country_text(facts.country).to_string(),
        Class::International => "a number abroad".to_owned(),
        Class::National => "an outside number".to_owned(),
        Class::Harmless => "a number that is not known".to_owned(),
    }
}

fn change(facts: &Facts, first: &str, place: &str) -> String {
    let mode = match &*resolve(facts.mode) {
        "" => String::new(),
        mode => format!(" ({mode})"),
    };
    let to = match facts.class {
        Class::Harmless => place.to_owned(),
        _ => format!("{first}, {place}"),
    };
    let how = match facts.code.is_present() {
        true => format!(" by dialling {}", resolve_code(facts.code)),
        false => String::new(),
    };
    let before = match (facts.before.is_present(), facts.code.is_present()) {
        (true, _) => format!("; before, it led to {}", facts.before),
        (false, true) => String::new(),
        (false, false) => "; before, it led nowhere".to_owned(),
    };
    format!(
        "forwarding{mode} was switched on to {to}{how} on {} at {} local time{before}",
        date_text(day_of(facts.set_at)),
        time_text(facts.set_at)
    )
}

/// A feature code as dialled; long ones are known only by their hash.
fn resolve_code(code: Number) -> String {
    match code.to_string() {
        text if text.starts_with(['*', '#']) => text,
        _ => "a feature code".to_owned(),
    }
}

fn failures(facts: &Facts) -> String {
    let (number, first, last) = facts.failures;
    let at_least = if number as usize >= FAILURES { "at least " } else { "" };
    let sign_ins = count(u64::from(number), "sign-in");
    format!(
        "{at_least}{sign_ins} of the user failed before it: from {} to {} before",
        span(first),
        span(last)
    )
}

fn novelty(facts: &Facts, first: &str) -> String {
    let known = match facts.known_days {
        0 => format!(
            "no call of this user was forwarded to {first} before, in {} of records",
            count(facts.age.max(0) as u64, "day")
        ),
        days => format!("calls were forwarded to {first} on {} before", count(u64::from(days), "day")),
    };
    if facts.class != Class::International || !facts.country.is_present() {
        return known;
    }
    let own = match facts.country_days {
        0 => "not at all of late".to_owned(),
        days => format!("on {}", count(u64::from(days), "day")),
    };
    let all = match facts.organisation {
        (0, _) => "the organisation did not".to_owned(),
        (days, callers) => {
            let many = if usize::from(callers) >= CALLERS { " or more" } else { "" };
            format!("{callers}{many} people of the organisation on {}", count(u64::from(days), "day"))
        }
    };
    format!("{known}; they called {} {own}, {all}", country_text(facts.country))
}

fn talk(facts: &Facts) -> String {
    let out = match facts.transfers {
        0 => "forwarded".to_owned(),
        n if n == facts.calls => "transferred or put through".to_owned(),
        n => format!("forwarded, {n} of them transferred or put through"),
    };
    let usual = match facts.usual_hour {
        0 => "usually none".to_owned(),
        calls => format!("usually {calls} at the busiest"),
    };
    format!(
        "{} {out}, {} within 60 minutes at the busiest ({usual}), {} talked",
        count(u64::from(facts.calls), "call"),
        facts.hour_calls,
        span(facts.seconds.div_ceil(60) as Millis * MINUTE)
    )
}
