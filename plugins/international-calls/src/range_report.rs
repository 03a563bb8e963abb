//! Findings about a range of numbers in words and figures.
//!
//! Owns the sentences. Does not own what they rest on ([`crate::range`]).

use ringfence_sdk::countries::country_text;
use ringfence_sdk::{Episode, Report, Severity, Subject, plural, resolve};

use crate::range::{Facts, WANGIRI};
use crate::report::during;

/// See the module.
pub fn describe(subject: Subject, episode: &Episode<crate::Facts>, facts: &Facts) -> Report {
    let country = country_text(facts.country);
    let range = match subject {
        Subject::Number(range) => range.to_string(),
        _ => String::new(),
    };
    let rung = facts.rung.len() as u32;
    let callers = facts.callers.len() as u32;
    let title = if episode.kind() == WANGIRI {
        match callers {
            0 => format!("{} rung for a moment from {range} in {country}", plural(rung, "user")),
            _ => format!(
                "{} rung for a moment from {range} in {country}, {} called back",
                plural(rung, "user"),
                callers
            ),
        }
    } else {
        format!("{} called the rare range {range} in {country}", plural(callers, "user"))
    };
    let mut report = Report::new(title);
    if facts.rings > 0 {
        report = report.because(format!(
            "{} without an answer at {}{}, {:.1} s long on average; {} within the busiest window",
            plural(facts.rings, "ring"),
            plural(rung, "user"),
            during(facts.last_ring - facts.first_ring),
            f64::from(facts.ring_seconds) / f64::from(facts.rings),
            plural(facts.wave, "user"),
        ));
    }
    if facts.calls > 0 {
        report = report.because(format!(
            "{} to the range by {} ({} answered, {} min in all); {} of them had been rung before",
            plural(facts.calls, "call"),
            plural(callers, "user"),
            facts.answered,
            facts.seconds.div_ceil(60),
            facts.returned
        ));
    }
    let known = match (facts.new_country, facts.new_range) {
        (true, _) => Some(format!("the organisation did not call {country} before")),
        (_, true) => Some("the organisation was not in touch with this range before".to_owned()),
        _ => None,
    };
    let numbers: Vec<String> = facts.numbers.iter().map(ToString::to_string).collect();
    report = report
        .because_some(known)
        .because_some(
            (facts.odd > 0)
                .then(|| format!("{} at night or at the weekend, local time", plural(facts.odd, "call"))),
        )
        .because_some((facts.risk > 0.0).then(|| {
            format!("the destination is known for revenue-share fraud (weight {:.1} of 1)", facts.risk)
        }))
        .because(format!("numbers: {}", numbers.join(", ")));
    if episode.kind() == WANGIRI && episode.severity() < Severity::High {
        report = report.because("nobody called back so far: block the range before somebody does");
    }
    report
        .figure("users_rung", rung)
        .figure("rings", facts.rings)
        .figure("users_called", callers)
        .figure("calls", facts.calls)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("called_after_ring", facts.returned)
        .figure("numbers", numbers)
        .figure("country", resolve(facts.country).to_string())
        .figure("new_to_organisation", facts.new_range)
}
