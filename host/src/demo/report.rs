//! What was found against what was planted, as a newcomer reads it: tables, a few findings in full, what to try next.
//!
//! Owns what the demo says. Does not own the comparison (`eval::compare`) nor the looks (`eval::style`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{Cell, Color};
use model::{Finding, Severity};
use owo_colors::Style as Paint;

use crate::eval::compare::{Comparison, Episode, FOUND, LOUD};
use crate::eval::style::{Style, colour_of};
use crate::eval::text::{moment, number_of, span, visible, wrap};

/// Characters of one reason that are shown: a paragraph.
const LONGEST_REASON: usize = 600;
/// Findings shown in full.
const EXAMPLES: usize = 3;

/// Prints the comparison. `next_steps` are commands with what they do.
///
/// # Errors
/// When writing fails.
pub fn print(
    out: &mut impl Write,
    style: Style,
    comparison: &Comparison<'_>,
    next_steps: &[(String, &str)],
) -> io::Result<()> {
    attacks(out, style, comparison)?;
    lookalikes(out, style, comparison)?;
    others(out, style, comparison)?;
    examples(out, style, comparison)?;
    if next_steps.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("Try next"))?;
    let longest = next_steps.iter().map(|(command, _)| command.chars().count()).max().unwrap_or(0);
    for (command, what) in next_steps {
        let padded = format!("{command:longest$}");
        writeln!(out, "  {}  {}", style.paint(&padded, Paint::new().green()), style.dim(what))?;
    }
    Ok(())
}

fn who(style: Style, episode: &Episode<'_>) -> String {
    let first = episode.label.names.first().map_or("", String::as_str);
    let name = visible(first, if style.is_narrow() { 16 } else { 24 });
    match episode.label.names.len() {
        0 | 1 => name,
        more => format!("{name} +{}", more - 1),
    }
}

fn attacks(out: &mut impl Write, style: Style, comparison: &Comparison<'_>) -> io::Result<()> {
    let found = comparison.attacks.iter().filter(|e| e.is_found()).count();
    let all = comparison.attacks.len();
    let title = format!("Planted attacks: {found} of {all} found");
    writeln!(out, "\n{} {}", style.bold(&title), style.dim(&format!("({FOUND} or above; times in UTC)")))?;
    let mut table = style.table(&["", "attack", "who", "when", "found by", "severity", "after"]);
    for episode in &comparison.attacks {
        let (mark, colour) = match (episode.is_found(), episode.severity()) {
            (true, _) => ("✓", Color::Green),
            (false, Some(_)) => ("~", Color::Yellow),
            (false, None) => ("✗", Color::Red),
        };
        let detectors = episode.detectors().join(", ");
        table.add_row([
            style.cell(mark, Some(colour)),
            style.cell(&episode.label.kind, None),
            style.cell(who(style, episode), None),
            style.cell(moment(&episode.label.first), None),
            style.cell(
                if detectors.is_empty() { "missed" } else { &detectors },
                detectors.is_empty().then_some(Color::Red),
            ),
            severity(style, episode),
            style.cell(episode.delay().map_or(String::new(), span), None),
        ]);
    }
    style.print(out, &mut table, &[0, 1, 3, 5, 6])?;
    let missed: Vec<_> = comparison.attacks.iter().filter(|e| !e.is_found()).collect();
    for episode in missed {
        let text = format!("{}: {}", episode.label.kind, visible(&episode.label.note, LONGEST_REASON));
        for (index, line) in wrap(&text, usize::from(style.width) - 13).iter().enumerate() {
            let margin = if index == 0 { "not found:" } else { "          " };
            writeln!(out, "  {} {line}", style.dim(margin))?;
        }
    }
    Ok(())
}

fn severity(style: Style, episode: &Episode<'_>) -> Cell {
    match episode.severity() {
        Some(severity) => style.cell(severity, Some(colour_of(severity))),
        None => style.cell("", None),
    }
}

fn lookalikes(out: &mut impl Write, style: Style, comparison: &Comparison<'_>) -> io::Result<()> {
    let loud = comparison.lookalikes.iter().filter(|e| e.is_loud()).count();
    let title = format!("Innocent look-alikes: {loud} of {} wrongly flagged", comparison.lookalikes.len());
    writeln!(out, "\n{} {}", style.bold(&title), style.dim(&format!("({LOUD} or above)")))?;
    let header = ["", "episode", "who", "flagged by", "severity", "what it is"];
    let columns = if style.is_narrow() { header.len() - 1 } else { header.len() };
    let mut table = style.table(&header[..columns]);
    for episode in &comparison.lookalikes {
        let (mark, colour) = if episode.is_loud() { ("✗", Color::Red) } else { ("✓", Color::Green) };
        let row = [
            style.cell(mark, Some(colour)),
            style.cell(&episode.label.kind, None),
            style.cell(who(style, episode), None),
            style.cell(episode.detectors().join(", "), None),
            severity(style, episode),
            style.cell(visible(&episode.label.note, LONGEST_REASON), None),
        ];
        table.add_row(row.into_iter().take(columns));
    }
    style.print(out, &mut table, &[0, 1, 4])
}

fn others(out: &mut impl Write, style: Style, comparison: &Comparison<'_>) -> io::Result<()> {
    let title =
        format!("False alarms: {} match nothing planted", number_of(comparison.others.len(), "finding"));
    writeln!(out, "\n{} {}", style.bold(&title), style.dim("(per 1,000 user-days in brackets)"))?;
    if comparison.others.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<&str, [usize; Severity::ALL.len()]> = BTreeMap::new();
    for finding in &comparison.others {
        counts.entry(&finding.detector).or_default()[finding.severity as usize] += 1;
    }
    let columns: Vec<&str> =
        std::iter::once("detector").chain(Severity::ALL.iter().rev().map(|s| s.name())).collect();
    let mut table = style.table(&columns);
    for (detector, by_severity) in counts {
        let mut row = vec![style.cell(visible(detector, 40), None)];
        for severity in Severity::ALL.into_iter().rev() {
            let count = by_severity[severity as usize];
            let rate = count as f64 * 1000.0 / comparison.user_days.max(1) as f64;
            let text = if count == 0 { "–".to_owned() } else { format!("{count} ({rate:.2})") };
            row.push(style.cell(text, (count > 0).then(|| colour_of(severity))));
        }
        table.add_row(row);
    }
    style.print(out, &mut table, &[])
}

/// The worst finding of each of a few attacks, in full.
fn examples(out: &mut impl Write, style: Style, comparison: &Comparison<'_>) -> io::Result<()> {
    let worst = |e: &Episode<'_>| {
        e.findings
            .iter()
            .copied()
            .reduce(|best, f| {
                let better = (f.severity, f.score) > (best.severity, best.score);
                if better { f } else { best }
            })
            .map(|f| f.id.clone())
    };
    let mut shown: Vec<&Finding> = Vec::new();
    let mut kinds: Vec<&str> = Vec::new();
    let mut episodes: Vec<&Episode<'_>> = comparison.attacks.iter().filter(|e| e.is_found()).collect();
    episodes.sort_by_key(|e| std::cmp::Reverse(e.severity()));
    for episode in episodes {
        let Some(id) = worst(episode) else { continue };
        let Some(finding) = episode.findings.iter().copied().find(|f| f.id == id) else { continue };
        // Each from another detector where there are enough of them.
        let fresh = !kinds.contains(&finding.detector.as_str());
        if fresh && shown.len() < EXAMPLES {
            kinds.push(&finding.detector);
            shown.push(finding);
        }
    }
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold("What a finding says"))?;
    let width = usize::from(style.width).saturating_sub(4);
    for finding in shown {
        let level = style.paint(finding.severity.name(), paint_of(finding.severity));
        let title = visible(&finding.title, width);
        writeln!(out, "  {level} {} {}", style.bold(&title), style.dim(&visible(&finding.detector, 40)))?;
        writeln!(out, "    about {}", visible(&finding.subject.name, width))?;
        for reason in &finding.explanation {
            let lines = wrap(&visible(reason, LONGEST_REASON), width.saturating_sub(2));
            for (index, line) in lines.iter().enumerate() {
                writeln!(out, "    {} {line}", if index == 0 { "·" } else { " " })?;
            }
        }
        writeln!(
            out,
            "    {}",
            style.dim(&format!("{}, finding {}", number_of(finding.evidence.len(), "record"), finding.id))
        )?;
    }
    Ok(())
}

fn paint_of(severity: Severity) -> Paint {
    match severity {
        Severity::Critical => Paint::new().magenta().bold(),
        Severity::High => Paint::new().red().bold(),
        Severity::Medium => Paint::new().yellow(),
        Severity::Low => Paint::new().cyan(),
        Severity::Informational => Paint::new().dimmed(),
    }
}

#[cfg(test)]
mod tests;
