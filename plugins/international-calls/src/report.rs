//! Findings about international calls in words and figures.

use ringfence_sdk::countries::country_text;
use ringfence_sdk::{DAY, Episode, Name, Report, Severity, resolve};

use crate::Facts;
use crate::history::FEATURES;

/// See the module.
pub fn describe(episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let calls = plural(u64::from(facts.calls), "call");
    let places = list(&facts.countries);
    let title = match episode.kind() {
        "new-country" => format!("{calls} to {places}, new for this user"),
        "premium" => format!("{calls} to premium-rate or satellite numbers"),
        "burst" => format!("{calls} abroad in a short time"),
        _ => "An unusual day of international calls".to_owned(),
    };
    let mut report = Report::new(title);
    report = match episode.kind() {
        "new-country" => {
            report.because(format!("first call to {places} by this user in {}", known_for(facts)))
        }
        "premium" => report.because(match facts.premium_days {
            0 => "no call to such a number by this user before".to_owned(),
            days => format!("this user called such numbers on {} of the last 30 active days", days),
        }),
        "burst" => report.because(format!(
            "{} international calls within 60 minutes; the busiest hour before had {}",
            facts.hour_calls, facts.usual_hour
        )),
        _ => report.because(format!(
            "isolation score {:.2} among this user's {} earlier days with international calls, mostly by {}",
            f64::from(facts.score) / 1000.0,
            facts.usual.2,
            reasons(facts)
        )),
    };
    let usual = match facts.usual {
        (_, _, 0) => "no international calls on earlier days".to_owned(),
        (low, high, days) if low == high => {
            format!(
                "usual {high} a day on {} with international calls",
                plural(u64::from(days), "earlier day")
            )
        }
        (low, high, days) => {
            format!(
                "usual {low}-{high} a day on {} with international calls",
                plural(u64::from(days), "earlier day")
            )
        }
    };
    report = report.because(format!(
        "{calls} ({} answered, {} min in all){}; {usual}",
        facts.answered,
        facts.seconds.div_ceil(60),
        during(episode.span())
    ));
    if facts.hour_calls > 1 {
        report = report.because(format!(
            "{} calls to {} within 60 minutes at the busiest, {} min talked",
            facts.hour_calls,
            plural(u64::from(facts.hour_numbers), "number"),
            facts.hour_seconds.div_ceil(60)
        ));
    }
    if facts.overlap > 1 {
        report = report.because(format!("{} calls at the same time", facts.overlap));
    }
    if facts.night > 0 {
        report = report.because(format!("{} of them at night, local time", facts.night));
    }
    let countries: Vec<String> = facts.countries.iter().map(|c| resolve(*c).to_string()).collect();
    report = report
        .figure("calls", facts.calls)
        .figure("answered", facts.answered)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("countries", countries)
        .figure("calls_in_hour", facts.hour_calls)
        .figure("distinct_numbers", facts.hour_numbers)
        .figure("window_minutes", 60)
        .figure("overlapping", facts.overlap)
        .figure("night_calls", facts.night)
        .figure("known_countries", facts.known_countries);
    if facts.score > 0 {
        let score = f64::from(facts.score) / 1000.0;
        report = report.score(score).figure("isolation_score", score);
    } else if episode.severity() < Severity::Critical && facts.age < 7 {
        // Little is known of the user: the same calls say less.
        let score = match episode.severity() {
            Severity::High => 0.7,
            Severity::Medium => 0.4,
            _ => 0.2,
        };
        report = report.score(score);
    }
    report
}

fn plural(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn known_for(facts: &Facts) -> String {
    match facts.age {
        0 => "all records so far (the user was first seen that day)".to_owned(),
        days => format!("{} of records", plural(days as u64, "day")),
    }
}

fn during(span: i64) -> String {
    match span {
        0 => String::new(),
        _ if span < 2 * 3_600_000 => format!(" in {} min", (span / 60_000).max(1)),
        _ if span < 2 * DAY => format!(" in {} h", span / 3_600_000),
        _ => format!(" in {} days", span / DAY),
    }
}

/// `Latvia, Cuba and 2 more countries`.
fn list(countries: &[Name]) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = countries.iter().take(SHOWN).map(|c| country_text(*c).to_string()).collect();
    match (names.as_slice(), countries.len().saturating_sub(SHOWN)) {
        ([], _) => "an unknown country".to_owned(),
        ([one], _) => one.clone(),
        ([rest @ .., last], 0) => format!("{} and {last}", rest.join(", ")),
        (names, more) => format!("{} and {} more countries", names.join(", "), more),
    }
}

fn reasons(facts: &Facts) -> String {
    let words: Vec<&str> =
        facts.reasons.iter().filter_map(|r| FEATURES.get(usize::from(*r)).copied()).collect();
    words.join(", ")
}
