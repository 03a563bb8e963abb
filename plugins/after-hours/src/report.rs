//! A night's calls in words and figures.

use ringfence_sdk::calendar::{date_text, day_of, time_text, weekday_of, weekday_text};
use ringfence_sdk::countries::country_text;
use ringfence_sdk::{About, Episode, Report, resolve};

use crate::{Config, Facts};

/// See the module.
pub fn describe(config: &Config, episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let night = match episode.about() {
        About::Day(day) => day,
        _ => day_of(facts.from),
    };
    let location = resolve(facts.location);
    let when = if facts.day_off { "on a day off" } else { "outside business hours" };
    let weekday = weekday_text(weekday_of(night));
    let mut report = Report::new(format!("{} calls {when}", facts.calls)).because(format!(
        "{} calls between {} and {} local time at {location}, {weekday} {}: {when}; {} min talked",
        facts.calls,
        time_text(facts.from),
        time_text(facts.to),
        date_text(night),
        facts.seconds.div_ceil(60)
    ));
    if facts.risky > 0 {
        let places: Vec<String> = facts.countries.iter().map(|c| country_text(*c).to_string()).collect();
        report = report.because(format!(
            "{} of them abroad or to premium-rate or satellite numbers ({} premium or satellite): {}",
            facts.risky,
            facts.premium,
            places.join(", ")
        ));
    }
    let habit = match facts.usual {
        0 => "this user made no calls around that hour on such days in the last 28 days".to_owned(),
        days => format!("this user called around that hour on {days} such days of the last 28"),
    };
    let countries: Vec<String> = facts.countries.iter().map(|c| resolve(*c).to_string()).collect();
    report
        .because(format!("{habit}; {} days of records; the threshold is {} calls", facts.age, config.calls))
        .figure("calls", facts.calls)
        .figure("international_or_premium", facts.risky)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("countries", countries)
        .figure("local_date", date_text(night))
        .figure("usual_days", facts.usual)
}
