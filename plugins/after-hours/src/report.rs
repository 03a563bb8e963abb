//! A finding in words and figures.

use ringfence_sdk::calendar::{date_text, day_of, time_text, weekday_of, weekday_text};
use ringfence_sdk::countries::country_text;
use ringfence_sdk::directory::working_time;
use ringfence_sdk::{About, Episode, Name, Report, plural, resolve};

use crate::facts::Facts;
use crate::hours::{Hours, text_of};
use crate::rhythm::DAYS;

fn places(names: &[Name]) -> String {
    let names: Vec<String> = names.iter().map(|c| country_text(*c).to_string()).collect();
    names.join(", ")
}

/// When it was, as a phrase.
fn when(hours: Hours) -> &'static str {
    match hours {
        Hours::Open | Hours::Near | Hours::Late => "outside business hours",
        Hours::DayOff => "on a day off",
        Hours::Night => "at night",
        Hours::Unknown => "at an unusual hour",
    }
}

fn title(facts: &Facts) -> String {
    let mut title = format!("{} {}", plural(facts.calls, "call"), when(facts.hours));
    if facts.fresh > 0 {
        title.push_str(&format!(", {} to countries new to this user", facts.fresh));
    }
    if facts.premium > 0 {
        title.push_str(&format!(", {} premium or satellite", facts.premium));
    }
    title
}

fn time(facts: &Facts, night: i32) -> String {
    let location = resolve(facts.location);
    let hours = match text_of(&working_time(facts.location), night) {
        Some(hours) => format!("business hours that day {hours}"),
        None if facts.hours == Hours::Unknown => "no business hours are known".to_owned(),
        None => "a day without business hours".to_owned(),
    };
    let span = match day_of(facts.to) - night {
        0 | 1 => format!("between {} and {}", time_text(facts.from), time_text(facts.to)),
        _ => format!(
            "from {} to {} {}",
            time_text(facts.from),
            date_text(day_of(facts.to)),
            time_text(facts.to)
        ),
    };
    format!(
        "{} {span} local time at {location}, {} {}: {hours}; {} min talked",
        plural(facts.calls, "call"),
        weekday_text(weekday_of(night)),
        date_text(night),
        facts.seconds.div_ceil(60)
    )
}

fn destinations(facts: &Facts) -> Option<String> {
    if facts.risky == 0 {
        return None;
    }
    let mut parts = Vec::new();
    if facts.fresh > 0 {
        let never = match facts.never {
            0 => String::new(),
            n if n == facts.fresh => ", nor did anybody here".to_owned(),
            n => format!(" ({n} of them to one that nobody here called)"),
        };
        let countries = places(&facts.new_countries);
        parts.push(format!(
            "{} to countries this user does not usually call{never}: {countries}",
            facts.fresh
        ));
    }
    if facts.premium > 0 {
        parts.push(format!("{} to premium-rate or satellite numbers", facts.premium));
    }
    let usual = facts.risky - facts.fresh - facts.premium;
    if usual > 0 {
        parts.push(format!("{usual} to countries usual for this user: {}", places(&facts.countries)));
    }
    Some(format!(
        "{} of them abroad or to premium-rate or satellite numbers: {}",
        facts.risky,
        parts.join("; ")
    ))
}

fn habit(facts: &Facts) -> String {
    let chance = f64::from(facts.chance) / 1000.0;
    let days = match facts.hours {
        Hours::DayOff => "days off",
        Hours::Unknown => "like days",
        _ => "days with calls",
    };
    format!(
        "this user called around that hour on {} of {} {days} in the last {DAYS} days ({} of records): a chance of {chance:.1} % together with what is usual at that hour",
        facts.habit_days,
        facts.habit_of,
        plural(facts.age.unsigned_abs(), "day")
    )
}

/// See the module.
pub fn describe(episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let night = match episode.about() {
        About::Day(day) => day,
        _ => day_of(facts.from),
    };
    let usual_calls = f64::from(facts.usual_calls) / 10.0;
    let volume = format!(
        "{} in one night; on a usual day this user makes {usual_calls:.1}",
        plural(facts.most_calls, "such call")
    );
    let nights = (facts.nights > 1).then(|| format!("over {} nights", facts.nights));
    let mobile = (facts.mobile > 0).then(|| {
        format!("{} of them with a mobile client: somebody on a trip would look like this", facts.mobile)
    });
    let countries: Vec<String> =
        facts.new_countries.iter().chain(&facts.countries).map(|c| resolve(*c).to_string()).collect();
    Report::new(title(facts))
        .because(time(facts, night))
        .because_some(destinations(facts))
        .because(habit(facts))
        .because(volume)
        .because_some(nights)
        .because_some(mobile)
        .figure("calls", facts.calls)
        .figure("international_or_premium", facts.risky)
        .figure("new_country_calls", facts.fresh)
        .figure("premium_calls", facts.premium)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("countries", countries)
        .figure("local_date", date_text(night))
        .figure("nights", facts.nights)
        .figure("usual_days", facts.habit_days)
        .figure("chance_percent", f64::from(facts.chance) / 1000.0)
}
