//! The score as a person reads it.
//!
//! Owns layout. Does not own the figures (`report`) nor colours (`style`).

use std::collections::BTreeMap;
use std::io::{self, Write};

use comfy_table::{Cell, Color};

use super::compare::{FOUND, LOUD};
use super::report::{Report, Scenario, Spread};
use super::style::{Style, colour_of};
use super::text::{number_of, visible};

/// Characters of a kind or a detector that are shown.
const NAME: usize = 40;
/// Missed attacks and wrong findings that are named one by one: more is for the JSON.
const EXAMPLES: usize = 12;
/// Characters of a title or note that are shown.
const LONGEST_TEXT: usize = 160;

/// Prints the score.
///
/// # Errors
/// When writing fails.
pub fn print(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    attacks(out, style, report)?;
    missed(out, style, report)?;
    per_episode(out, style, report)?;
    lookalikes(out, style, report)?;
    user_days(out, style, report)?;
    wrong(out, style, report)
}

fn title(out: &mut impl Write, style: Style, text: &str, note: &str) -> io::Result<()> {
    writeln!(out, "\n{} {}", style.bold(text), style.dim(note))
}

fn attacks(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let (found, planted) =
        report.scenarios.iter().fold((0, 0), |(found, all), s| (found + s.found, all + s.planted));
    let note = format!("({FOUND} or above; records reported until then; median, in brackets the most)");
    title(out, style, &format!("Attacks: {found} of {planted} found"), &note)?;
    let mut table = style.table(&["attack", "found", "recall", "worst", "minutes", "records", "detectors"]);
    for scenario in &report.scenarios {
        table.add_row(scenario_row(style, scenario));
    }
    style.print(out, &mut table, &[0, 1, 2, 3, 4, 5])
}

fn scenario_row(style: Style, scenario: &Scenario) -> [Cell; 7] {
    let colour = match scenario.found {
        found if found == scenario.planted => Color::Green,
        0 => Color::Red,
        _ => Color::Yellow,
    };
    [
        style.cell(visible(&scenario.kind, NAME), None),
        style.cell(format!("{}/{}", scenario.found, scenario.planted), Some(colour)),
        style.cell(percent(scenario.recall), Some(colour)),
        match scenario.severity {
            Some(severity) => style.cell(severity, Some(colour_of(severity))),
            None => style.cell("", None),
        },
        style.cell(spread(scenario.delay_minutes), None),
        style.cell(spread(scenario.records_reported), None),
        style.cell(counted(&scenario.detectors), None),
    ]
}

fn missed(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let all: Vec<_> = report.attack_cases.iter().filter(|case| !case.found).collect();
    for case in all.iter().take(EXAMPLES) {
        let text = format!("{} in {}: {}", case.id, case.folder, case.note);
        writeln!(out, "  {} {}", style.dim("not found:"), visible(&text, LONGEST_TEXT))?;
    }
    more(out, style, all.len())
}

fn more(out: &mut impl Write, style: Style, all: usize) -> io::Result<()> {
    match all.checked_sub(EXAMPLES) {
        Some(more @ 1..) => writeln!(out, "  {}", style.dim(&format!("and {more} more: see --format json"))),
        _ => Ok(()),
    }
}

fn per_episode(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    title(out, style, "Findings per attack and detector", "(of attacks it has a finding on)")?;
    let medium = format!("{FOUND}+ median");
    let medium_most = format!("{FOUND}+ most");
    let mut table =
        style.table(&["detector", "attacks", "median", "most", &medium, &medium_most, "about one"]);
    for line in &report.findings_per_episode {
        let at_medium =
            |figure: fn(Spread) -> f64| line.medium.map_or("–".to_owned(), |s| figure(s).to_string());
        table.add_row([
            style.cell(visible(&line.detector, NAME), None),
            style.cell(line.episodes, None),
            style.cell(line.any.median, None),
            style.cell(line.any.max, None),
            style.cell(at_medium(|s| s.median), None),
            style.cell(at_medium(|s| s.max), None),
            style.cell(line.about_one, None),
        ]);
    }
    style.print(out, &mut table, &[0])
}

fn lookalikes(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let (loud, cases) =
        report.lookalikes.iter().fold((0, 0), |(high, all), l| (high + l.high, all + l.cases));
    let text = format!("Look-alikes: {loud} of {cases} wrongly flagged");
    title(out, style, &text, &format!("({LOUD} or above)"))?;
    let mut table =
        style.table(&["look-alike", "cases", "medium+", "high+", "share high+", "detectors (medium+)"]);
    for line in &report.lookalikes {
        table.add_row([
            style.cell(visible(&line.kind, NAME), None),
            style.cell(line.cases, None),
            style.cell(line.medium, (line.medium > 0).then_some(Color::Yellow)),
            style.cell(line.high, (line.high > 0).then_some(Color::Red)),
            style.cell(percent(line.share_high), None),
            style.cell(counted(&line.detectors), None),
        ]);
    }
    style.print(out, &mut table, &[0, 1, 2, 3, 4])
}

fn user_days(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let days = &report.user_days;
    let note = format!(
        "({} attacked, {} of look-alikes; false ones per 1,000 in brackets)",
        days.attacked, days.lookalike
    );
    title(out, style, &format!("User-days: {}", days.active), &note)?;
    let mut table = style.table(&["", "precision", "recall", "false: background", "false: look-alikes"]);
    let wrong = |count: u64, rate: f64| format!("{count} ({rate:.2})");
    for (name, level) in [("medium+", &days.medium), ("high+", &days.high)] {
        table.add_row([
            style.cell(name, None),
            style.cell(percent(level.precision), None),
            style.cell(percent(level.recall), None),
            style.cell(wrong(level.false_background, level.false_background_per_1000), None),
            style.cell(wrong(level.false_lookalikes, level.false_lookalikes_per_1000), None),
        ]);
        for (detector, false_days) in &level.by_detector {
            table.add_row([
                style.cell(format!("  {}", visible(detector, NAME)), None),
                style.cell("", None),
                style.cell("", None),
                style.cell(false_days.background, None),
                style.cell(false_days.lookalikes, None),
            ]);
        }
    }
    style.print(out, &mut table, &[0, 1, 2, 3])
}

fn wrong(out: &mut impl Write, style: Style, report: &Report) -> io::Result<()> {
    let mut all: Vec<_> = report.false_findings.iter().filter(|f| !f.lookalike).collect();
    all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if all.is_empty() {
        return Ok(());
    }
    let count = number_of(all.len(), "finding");
    title(out, style, &format!("False alarms in the background: {count}"), &format!("({FOUND} or above)"))?;
    for finding in all.iter().take(EXAMPLES) {
        let (detector, title) = (visible(&finding.detector, NAME), visible(&finding.title, LONGEST_TEXT));
        writeln!(out, "  {} {detector}: {title} {}", finding.severity, style.dim(&finding.id))?;
    }
    more(out, style, all.len())
}

fn counted(detectors: &BTreeMap<String, u64>) -> String {
    let words: Vec<String> =
        detectors.iter().map(|(detector, count)| format!("{} {count}", visible(detector, NAME))).collect();
    words.join(", ")
}

fn percent(share: f64) -> String {
    format!("{:.0} %", (share * 100.0).floor())
}

fn spread(figures: Option<Spread>) -> String {
    figures.map_or(String::new(), |s| format!("{} ({})", short(s.median), short(s.max)))
}

fn short(figure: f64) -> String {
    if figure < 10.0 && figure.fract() != 0.0 { format!("{figure:.1}") } else { format!("{figure:.0}") }
}
