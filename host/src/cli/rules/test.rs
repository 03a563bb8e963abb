//! `ringfence rules test`: runs the cases that stand beside rules.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use owo_colors::Style as Paint;
use rules::Diagnostic;
use rules::set::{Listed, State};
use rules::sigma::Document;
use serde::Serialize;

use super::super::output::{harmless, print};
use super::super::{CliError, CliResult, Global};
use super::diagnose::{Told, counted, excerpts};
use super::sources;
use super::{Form, Which, watch};
use crate::eval::style::Style;
use crate::rule_test::expect::Mismatch;
use crate::rule_test::scope::{Scope, cases};
use crate::rule_test::{Outcome, try_case};

/// Runs rules' cases; exit code 1 when one fails or a file has an error.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    which: Which,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Runs them again whenever a file changes.
    #[arg(long)]
    watch: bool,
}

/// What came of all cases.
#[derive(Serialize)]
struct Report<'a> {
    rules: usize,
    cases: usize,
    failed: usize,
    /// Rules that run and have no case.
    untested: Vec<&'a str>,
    results: Vec<Tested<'a>>,
    errors: Vec<Told<'a>>,
}

/// What came of one rule's cases.
#[derive(Serialize)]
struct Tested<'a> {
    rule: &'a str,
    file: &'a str,
    passed: bool,
    cases: Vec<Outcome>,
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs, global: &Global) -> CliResult {
    let once = || test(args, global);
    if args.watch { watch::again(&args.which.paths, global, once) } else { once() }
}

fn test(args: &TestArgs, global: &Global) -> CliResult {
    let sources = sources::read(&args.which.paths, global)?;
    let loaded = rules::load(&sources.files, &sources.libs, &sources.options());
    let mut errors: Vec<Diagnostic> = loaded.diagnostics;
    errors.extend(sources.problems.iter().cloned());
    errors.retain(|d| d.is_error() && sources.asked.contains(&d.file));
    let listed = loaded.set.listed();
    let scope = Scope::new(&sources.files, &sources.libs, listed);
    let mut results = Vec::new();
    let mut untested = Vec::new();
    for (at, one) in listed.iter().enumerate() {
        let file = one.document.meta().file.as_str();
        let cases = cases(&one.document);
        if !sources.asked.contains(file) {
            continue;
        }
        if cases.is_empty() {
            if wants_cases(one) {
                untested.push(one.name.as_str());
            }
            continue;
        }
        let outcomes: Vec<Outcome> = cases.iter().map(|case| try_case(&scope, at, file, case)).collect();
        let passed = outcomes.iter().all(|o| o.passed);
        results.push(Tested { rule: &one.name, file, passed, cases: outcomes });
    }
    let report = Report {
        rules: results.len() + untested.len(),
        cases: results.iter().map(|r| r.cases.len()).sum(),
        failed: results.iter().flat_map(|r| &r.cases).filter(|c| !c.passed).count(),
        untested,
        results,
        errors: Told::of(&errors).0,
    };
    print(&match args.format {
        Form::Json => {
            serde_json::to_string_pretty(&report)
                .map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))?
                + "\n"
        }
        Form::Table => {
            let style = Style::detect();
            format!("{}{}", excerpts(&errors, &sources, style), shown(&report, style))
        }
    })?;
    Ok(ExitCode::from(u8::from(report.failed > 0 || !errors.is_empty())))
}

/// Whether a rule without cases is worth a word: it would raise findings that nobody has tried out.
fn wants_cases(one: &Listed) -> bool {
    match (&*one.document, &one.state) {
        (Document::Filter(_), _) | (_, State::Part) => false,
        (Document::Rule(rule), State::Inactive(_)) => rule.logsource.is_ours(),
        _ => true,
    }
}

fn shown(report: &Report<'_>, style: Style) -> String {
    let mut out = String::new();
    let width = report
        .results
        .iter()
        .map(|r| r.rule.chars().count())
        .chain(report.untested.iter().map(|n| n.len()))
        .max()
        .unwrap_or(0);
    let (good, bad) = (Paint::new().green(), Paint::new().red().bold());
    for result in &report.results {
        let failed = result.cases.iter().filter(|c| !c.passed).count();
        let count = counted(result.cases.len(), "case");
        let (word, paint, what) = match failed {
            0 => ("ok  ", good, count),
            _ => ("FAIL", bad, format!("{failed} of {count} failed")),
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}  {:width$}  {what}", style.paint(word, paint), harmless(result.rule));
        for case in result.cases.iter().filter(|c| !c.passed) {
            of_case(&mut out, result.file, case, style);
        }
    }
    for name in &report.untested {
        let word = style.paint("none", Paint::new().yellow());
        let _ = writeln!(out, "{word}  {:width$}  no cases", harmless(name));
    }
    let _ = write!(out, "{}, {}", counted(report.rules, "rule"), counted(report.cases, "case"));
    match report.failed {
        0 if report.cases == 0 => out.push_str(": nothing to try"),
        0 => out.push_str(": all passed"),
        failed => {
            let _ = write!(out, ": {}", style.paint(&format!("{failed} failed"), bad));
        }
    }
    if !report.untested.is_empty() {
        let _ = write!(out, "; {} without cases", counted(report.untested.len(), "rule"));
    }
    if !report.errors.is_empty() {
        let _ = write!(out, "; {}", counted(report.errors.len(), "error"));
    }
    out.push('\n');
    out
}

fn of_case(out: &mut String, file: &str, case: &Outcome, style: Style) {
    let _ = writeln!(
        out,
        "      {} {}",
        style.bold(&format!("'{}'", harmless(&case.name))),
        style.dim(&format!("{}:{}", harmless(file), case.line))
    );
    for problem in &case.problems {
        let _ = writeln!(out, "        {}", harmless(problem));
    }
    for Mismatch { line, expected, found, differs } in &case.mismatches {
        let or_nothing =
            |text: &str| if text.is_empty() { "nothing".to_owned() } else { harmless(text).into_owned() };
        let _ = writeln!(
            out,
            "        expected {} {}",
            or_nothing(expected),
            style.dim(&format!("(line {line})"))
        );
        let _ = writeln!(out, "        found    {}", or_nothing(found));
        for part in differs {
            let _ = writeln!(out, "          {}", style.paint(&harmless(part), Paint::new().red()));
        }
    }
    for line in &case.nearest {
        let _ = writeln!(out, "        {}", harmless(line));
    }
}
