//! Forwarding findings in words and figures.

use ringfence_sdk::countries::country_text;
use ringfence_sdk::{Episode, Report, resolve};

use crate::{Class, Facts};

/// See the module.
pub fn describe(episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let first = facts.numbers.first().map(ToString::to_string).unwrap_or_default();
    let place = match facts.class {
        Class::Premium => format!("a premium-rate or satellite number ({})", country_text(facts.country)),
        Class::International => country_text(facts.country).to_string(),
        Class::National | Class::Harmless => "an outside number".to_owned(),
    };
    let title = match facts.changes {
        0 => format!("{} forwarded to {place}", calls(facts.calls)),
        _ => format!("Forwarding set to {place}"),
    };
    let mut report = Report::new(title);
    if facts.changes > 0 {
        report = report.because(format!("forwarding was switched on to {first}, {place}"));
        if facts.outside {
            report = report.because("the change was made outside business hours");
        }
        if facts.foreign {
            report = report.because(format!("it was made by {}, not by the owner", resolve(facts.actor)));
        }
    }
    report = report.because(match facts.known_days {
        0 => {
            format!("no call of this user was forwarded to {first} before, in {} days of records", facts.age)
        }
        days => format!("calls were forwarded to {first} on {days} days before"),
    });
    if facts.calls > 0 {
        report = report.because(format!(
            "{} forwarded, {} within 60 minutes at the busiest, {} min talked{}",
            calls(facts.calls),
            facts.hour_calls,
            facts.seconds.div_ceil(60),
            if facts.transfers > 0 {
                format!("; {} of them transferred", facts.transfers)
            } else {
                String::new()
            }
        ));
    }
    let numbers: Vec<String> = facts.numbers.iter().map(ToString::to_string).collect();
    report
        .figure("calls", facts.calls)
        .figure("changes", facts.changes)
        .figure("minutes", facts.seconds.div_ceil(60))
        .figure("calls_in_hour", facts.hour_calls)
        .figure("window_minutes", 60)
        .figure("destinations", numbers)
        .figure("country", facts.country)
        .figure("outside_hours", facts.outside)
        .figure("by_another", facts.foreign)
}

fn calls(count: u32) -> String {
    format!("{count} call{}", if count == 1 { "" } else { "s" })
}
