//! A mass-dialling episode in words and figures.

use ringfence_sdk::{Episode, MINUTE, Report, Severity};

use crate::{Config, Facts};

/// See the module.
pub fn describe(config: &Config, episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    let calls = episode.records();
    let minutes = (episode.span() + MINUTE - 1) / MINUTE;
    let mean = facts.seconds as f64 / calls.max(1) as f64;
    let usual = match facts.usual.days {
        0 => "no earlier days are known".to_owned(),
        1 => format!("usual busiest {} minutes: {} calls (1 day)", config.burst_minutes, facts.usual.burst),
        days => format!(
            "usual busiest {} minutes: {} calls (median of {days} active days)",
            config.burst_minutes, facts.usual.burst
        ),
    };
    let score = match episode.severity() {
        Severity::Critical => 0.95,
        _ => {
            let over = f64::from(facts.burst_calls) / config.burst_calls.max(1) as f64;
            0.9 - 0.5 / over.max(1.0)
        }
    };
    Report::new(format!("{calls} outgoing calls within {} minutes", minutes.max(1)))
        .because(format!(
            "{} calls in {} minutes at the busiest, {} of them shorter than {} s; {usual}",
            facts.burst_calls, config.burst_minutes, facts.burst_short, config.short_seconds
        ))
        .because(format!(
            "{} distinct numbers within 60 minutes at the busiest; {} of {} calls short or unanswered",
            facts.hour_distinct, facts.hour_short, facts.hour_calls
        ))
        .because(format!("{calls} calls in all, {mean:.0} s on average"))
        .score(score)
        .figure("calls", calls)
        .figure("window_minutes", config.burst_minutes)
        .figure("calls_in_window", facts.burst_calls)
        .figure("short_in_window", facts.burst_short)
        .figure("distinct_numbers", facts.hour_distinct)
        .figure("short_calls", facts.short)
        .figure("seconds", facts.seconds)
        .figure("usual_calls_in_window", u32::from(facts.usual.burst))
}
