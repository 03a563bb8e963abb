//! Findings about a user's international calls in words and figures.
//!
//! Owns the sentences. Does not own what they rest on ([`crate::judge`]).

use ringfence_sdk::countries::country_text;
use ringfence_sdk::{DAY, Episode, HOUR, MINUTE, Name, Report, plural, resolve};

use crate::evidence::{New, Piece, score};
use crate::judge::{BURST, DESTINATION, Facts, NEW_COUNTRY, PREMIUM};
use crate::userday::FEATURES;

/// See the module.
pub fn describe(episode: &Episode<crate::Facts>, facts: &Facts) -> Report {
    let calls = plural(facts.calls, "call");
    let places = list(&facts.countries);
    let title = match episode.kind() {
        NEW_COUNTRY => format!("{calls} to {places}, new for this user{}", and_whom(facts)),
        PREMIUM => format!("{calls} to premium-rate or satellite numbers"),
        BURST => format!("{calls} to {places} in a short time"),
        DESTINATION if facts.days > 1 => format!("{calls} to {places} on {}", plural(facts.days, "day")),
        DESTINATION => format!("{calls} to {places}"),
        _ => format!("An unusual day: {calls} to {places}"),
    };
    let mut report = Report::new(title);
    if facts.forest > 0 {
        report = report.because(format!(
            "isolation score {:.2} among {} days of users in the organisation, mostly by {}; more than any of this user's {} earlier days \
             with international calls",
            f64::from(facts.forest) / 1000.0,
            facts.forest_rows,
            reasons(facts),
            facts.usual.2
        ));
    }
    report = report
        .because_some(first_call(facts, &places))
        .because(volume(facts, episode.span()))
        .because_some((facts.overlap > 1).then(|| format!("{} overlapping", plural(facts.overlap, "call"))))
        .because_some((facts.hour_calls > 1).then(|| {
            format!(
                "{} to {} within 60 minutes at the busiest, {} min talked; usual busiest hour {}",
                plural(facts.hour_calls, "call"),
                plural(facts.hour_numbers, "number"),
                facts.hour_minutes,
                facts.usual_hour
            )
        }))
        .because_some((facts.odd > 0).then(|| {
            format!(
                "{} of {} at night or on a day off, local time, when this user does not work",
                facts.odd, calls
            )
        }))
        .because_some(
            (facts.neighbours > 1)
                .then(|| format!("{} neighbouring numbers, alike but for the last digits", facts.neighbours)),
        )
        .because_some((facts.weights[Piece::Tests as usize] > 0.0).then(|| {
            format!("{} before long ones, as if to test the number", plural(facts.tests, "short call"))
        }))
        .because_some(
            (facts.weights[Piece::Repeated as usize] > 0.0)
                .then(|| format!("one number reached {} times within 24 hours", facts.repeated)),
        )
        .because_some((facts.days > 2).then(|| format!("on {} different days", facts.days)))
        .because_some((facts.risk > 0.0).then(|| {
            format!("the destination is known for revenue-share fraud (weight {:.1} of 1)", facts.risk)
        }));
    let score = score(&facts.weights).max(f64::from(facts.forest) / 1000.0);
    let countries: Vec<String> = facts.countries.iter().map(|c| resolve(*c).to_string()).collect();
    let mut report = report
        .score(score)
        .figure("calls", facts.calls)
        .figure("answered", facts.answered)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("countries", countries)
        .figure("new_to_organisation", facts.new == New::Organisation)
        .figure("calls_in_hour", facts.hour_calls)
        .figure("distinct_numbers", facts.hour_numbers)
        .figure("window_minutes", 60)
        .figure("overlapping", facts.overlap)
        .figure("odd_hours_calls", facts.odd)
        .figure("neighbouring_numbers", facts.neighbours)
        .figure("test_calls", facts.tests)
        .figure("premium_calls", facts.premium)
        .figure("days", facts.days)
        .figure("known_countries", facts.known_countries)
        .figure("usual_calls_a_day", facts.usual.1);
    if facts.forest > 0 {
        report = report.figure("isolation_score", f64::from(facts.forest) / 1000.0);
    }
    report
}

/// ` and this organisation`, where it is.
fn and_whom(facts: &Facts) -> &'static str {
    match facts.new {
        New::Organisation => " and this organisation",
        _ => "",
    }
}

fn first_call(facts: &Facts, places: &str) -> Option<String> {
    let known = match facts.age {
        0 => "the user was first seen that day".to_owned(),
        days => format!("{} of records", plural(days as u32, "day")),
    };
    if facts.premium > 0 {
        return Some(match facts.premium_days {
            0 => format!("no call to a premium-rate or satellite number by this user before ({known})"),
            days => format!("this user called such numbers on {days} of the last 30 days"),
        });
    }
    match facts.new {
        New::Organisation => {
            Some(format!("first call to {places} by this user and this organisation ({known})"))
        }
        New::Location if facts.organisation_age > 0 => {
            Some(format!("first call to {places} by this user and this location ({known})"))
        }
        New::Location | New::User => Some(format!("first call to {places} by this user ({known})")),
        New::Range if facts.range_known => None,
        New::Range => Some(format!(
            "a number range in {places} that neither this user nor the organisation called before"
        )),
        New::Nobody => None,
    }
}

fn volume(facts: &Facts, span: i64) -> String {
    let usual = match facts.usual {
        (_, _, 0) => "usual 0 a day".to_owned(),
        (_, most, days) => {
            format!("usual 0-{most} a day ({} with such calls in 30)", plural(days, "day"))
        }
    };
    format!(
        "{}{} ({} answered, {} min in all); {usual}",
        plural(facts.calls, "call"),
        during(span),
        facts.answered,
        facts.seconds.div_ceil(60),
    )
}

/// ` in 52 min`; nothing for no time.
pub fn during(span: i64) -> String {
    match span {
        0 => String::new(),
        _ if span < 2 * HOUR => format!(" in {} min", (span / MINUTE).max(1)),
        _ if span < 2 * DAY => format!(" in {} h", span / HOUR),
        _ => format!(" in {} days", span / DAY),
    }
}

/// `Latvia, Cuba and 2 more countries`.
pub fn list(countries: &[Name]) -> String {
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
