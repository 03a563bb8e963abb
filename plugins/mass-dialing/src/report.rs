//! An episode in words and figures.
//!
//! Owns the sentences of the three kinds. Does not own what is found.

use ringfence_sdk::{Episode, MINUTE, Millis, Report, Subject};

use crate::habit::Usual;
use crate::{Config, Dialled, Facts, Flooded, scan};

/// See the module.
pub fn describe(config: &Config, subject: Subject, episode: &Episode<Facts>) -> Report {
    let facts = &episode.facts;
    if let Some(flood) = &facts.flood {
        return flooded(config, episode, flood);
    }
    if let Some(scan) = &facts.scan {
        return scanned(config, subject, episode, scan);
    }
    dialled(config, episode, facts.dial.as_ref().unwrap_or(&Dialled::default()))
}

fn minutes(episode: &Episode<Facts>) -> i64 {
    ((episode.span() + MINUTE - 1) / MINUTE).max(1)
}

fn seconds(millis: Millis) -> String {
    format!("{:.1} s", millis as f64 / 1000.0)
}

fn median_of(days: u8) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("median of {days} active days"),
    }
}

/// Points as a score: 5 are a half, and it never quite reaches 1.
fn score(points: f64) -> f64 {
    (points / (points + 5.0)).clamp(0.0, 0.98)
}

fn dialled(config: &Config, episode: &Episode<Facts>, facts: &Dialled) -> Report {
    let calls = episode.records();
    let mean = facts.seconds as f64 / calls.max(1) as f64;
    let usual = match facts.usual.days {
        0 => "no earlier days are known".to_owned(),
        days => format!(
            "usually {} and {} at the busiest ({})",
            facts.usual.burst,
            facts.usual.hour,
            median_of(days)
        ),
    };
    let p = &facts.pattern;
    let mut clearest = format!(
        "the clearest {} calls: {} different numbers, {} shorter than {} s or unanswered (usual {:.0} %)",
        p.calls,
        p.distinct,
        p.short,
        config.short_seconds,
        100.0 * f64::from(facts.usual.share)
    );
    if p.variation < config.usual_variation {
        clearest += &format!(
            ", one every {} with gaps that vary by {:.0} % (people's by {:.0} % and more)",
            seconds(p.gap),
            100.0 * p.variation,
            100.0 * config.usual_variation
        );
    }
    let neighbours = (p.neighbours > 0).then(|| match p.ordered {
        0 => format!("{} neighbouring numbers of one block", p.neighbours),
        steps => format!("{} neighbouring numbers, {steps} times a small step the same way", p.neighbours),
    });
    let new = p.new.filter(|new| *new > 0);
    let new = new.map(|new| format!("{new} of these calls go to numbers not called on earlier days"));
    let local =
        (p.local == p.calls && p.calls > 0).then(|| "all of them were ended from this side".to_owned());
    let title = match p.neighbours {
        0 => format!("{calls} outgoing calls within {} minutes", minutes(episode)),
        _ => format!("{calls} outgoing calls to neighbouring numbers within {} minutes", minutes(episode)),
    };
    Report::new(title)
        .because(clearest)
        .because_some(neighbours)
        .because(format!(
            "{} calls in {} minutes and {} in 60 minutes to {} numbers at the busiest; {usual}",
            facts.burst.calls, config.burst_minutes, facts.hour.calls, facts.hour_distinct
        ))
        .because_some(new)
        .because_some(local)
        .because(format!("{calls} calls in all, {} of them short, {mean:.0} s on average", facts.short))
        .score(score(p.points))
        .figure("calls", calls)
        .figure("points", p.points)
        .figure("window_minutes", config.burst_minutes)
        .figure("calls_in_window", facts.burst.calls)
        .figure("short_in_window", facts.burst.short)
        .figure("calls_in_hour", facts.hour.calls)
        .figure("distinct_numbers", facts.hour_distinct)
        .figure("neighbouring_numbers", p.neighbours)
        .figure("ordered_steps", p.ordered)
        .figure("gap_seconds", p.gap as f64 / 1000.0)
        .figure("gap_variation", p.variation.min(10.0))
        .figure("short_calls", facts.short)
        .figure("seconds", facts.seconds)
        .figure("usual_calls_in_window", u32::from(facts.usual.burst))
        .figure("usual_calls_in_hour", u32::from(facts.usual.hour))
}

fn usually(usual: Usual) -> String {
    match usual.inbound_days {
        0 => "no earlier days are known".to_owned(),
        days => format!("usually {} at the busiest ({})", usual.inbound, median_of(days)),
    }
}

fn flooded(config: &Config, episode: &Episode<Facts>, facts: &Flooded) -> Report {
    let (calls, p) = (episode.records(), &facts.picture);
    let share = |part: u32| f64::from(part) / f64::from(p.seen.max(1));
    let percent = |part: u32| 100.0 * share(part);
    let empty = (share(p.empty) >= config.flood_empty).then(|| {
        format!("{:.0} % of them unanswered or shorter than {} s", percent(p.empty), config.short_seconds)
    });
    let even = (p.answered > 0).then(|| {
        format!("answered calls last {} s, the middle half of them within {} s", p.seconds, p.spread)
    });
    let one = (share(p.most) >= config.flood_one_caller)
        .then(|| format!("{:.0} % of them from one caller or its neighbouring numbers", percent(p.most)));
    Report::new(format!(
        "{calls} calls from outside within {} minutes to the number ending in {:04}",
        minutes(episode),
        p.tail
    ))
    .because(format!(
        "{} calls in {} minutes at the busiest, {}; from {} on it is a flood of this line whoever calls",
        p.calls,
        config.burst_minutes,
        usually(facts.usual),
        facts.threshold
    ))
    .because_some(empty)
    .because_some(one)
    .because(format!("{} different callers among the last {} calls", p.callers, p.seen))
    .because_some(even)
    .score(0.9 - 0.5 / (1.0 + f64::from(p.signs)))
    .figure("calls", calls)
    .figure("window_minutes", config.burst_minutes)
    .figure("calls_in_window", p.calls)
    .figure("threshold", facts.threshold)
    .figure("callers", p.callers)
    .figure("calls_of_one_caller", p.most)
    .figure("empty_calls", p.empty)
    .figure("calls_looked_at", p.seen)
    .figure("seconds", facts.seconds)
    .figure("usual_calls_in_window", u32::from(facts.usual.inbound))
}

fn scanned(config: &Config, subject: Subject, episode: &Episode<Facts>, p: &scan::Picture) -> Report {
    let calls = episode.records();
    let who = match p.caller.is_present() {
        true => format!("{} or its neighbours", p.caller),
        false => "callers in turn".to_owned(),
    };
    let block = subject.text();
    let whole = |tail: u16| {
        let kept = block.len().saturating_sub(4);
        format!("{}{tail:04}", block.get(..kept).unwrap_or(""))
    };
    let unassigned = (p.unassigned > 0)
        .then(|| format!("{} of these calls went to numbers that nobody has", p.unassigned));
    Report::new(format!(
        "{} of our numbers called for moments within {} minutes by {who}",
        p.distinct,
        minutes(episode)
    ))
    .because(format!(
        "{} calls shorter than {} s to {} numbers between {} and {} within {} minutes at the widest",
        p.calls,
        config.scan_seconds,
        p.distinct,
        whole(p.from),
        whole(p.to),
        config.scan_minutes
    ))
    .because_some((p.ordered > 0).then(|| {
        format!("{} of them went to a number shortly after the one before, always the same way", p.ordered)
    }))
    .because_some(unassigned)
    .because(format!("{calls} calls in all"))
    .score(
        0.95 - 0.5 * config.scan_numbers as f64
            / f64::from(p.distinct.max(1)).max(config.scan_numbers as f64),
    )
    .figure("calls", calls)
    .figure("distinct_numbers", p.distinct)
    .figure("ordered_calls", p.ordered)
    .figure("unassigned_numbers", p.unassigned)
    .figure("caller", p.caller.to_string())
}
