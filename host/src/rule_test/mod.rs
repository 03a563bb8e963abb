//! Cases under a rule's `tests:`: their records, delivered in several orders to the engine, and what is found against what
//! is expected.
//!
//! Owns what a line of a case means and when a case has passed. Does not own finding (`engine`, the same as in `run`),
//! printing (`cli::rules`), nor the form of a case in YAML (`rules::sigma`).

pub mod expect;
pub mod nearest;
pub mod order;
pub mod place;
pub mod play;
pub mod record;
pub mod scope;

use model::{Finding, Millis};
use rules::sigma::Case;
use rules::{Diagnostic, Placeholders};
use serde::Serialize;

use expect::Mismatch;
use play::{PlayError, Played};
use scope::Scope;

/// How a case came out.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// The case.
    pub name: String,
    /// Where it stands.
    pub line: u32,
    /// Records that it made, repetitions counted and repeated deliveries not.
    pub records: usize,
    /// Whether everything was as expected.
    pub passed: bool,
    /// What was not as expected.
    pub mismatches: Vec<Mismatch>,
    /// What kept it from being tried, or went wrong in it.
    pub problems: Vec<String>,
    /// Of a rule that found nothing: which clause failed on the record that came nearest.
    pub nearest: Vec<String>,
}

/// Tries one case of the rule at `at`.
pub fn try_case(scope: &Scope<'_>, at: usize, file: &str, case: &Case) -> Outcome {
    let mut outcome = Outcome { name: case.name.clone(), line: case.span.line, ..Outcome::default() };
    if let Err(problems) = attempt(scope, at, file, case, &mut outcome) {
        outcome.problems.extend(problems);
    }
    outcome.passed = outcome.mismatches.is_empty() && outcome.problems.is_empty();
    outcome
}

fn attempt(
    scope: &Scope<'_>,
    at: usize,
    file: &str,
    case: &Case,
    outcome: &mut Outcome,
) -> Result<(), Vec<String>> {
    let told = |found: Vec<Diagnostic>| found.iter().map(|d| one_line(d, case)).collect::<Vec<_>>();
    let (config, location) = place::config_of(case, file).map_err(told)?;
    let records = record::records(case, scope.kind(at), location.as_deref(), file).map_err(told)?;
    outcome.records = records.len();
    let placeholders: Placeholders = case.placeholders.iter().cloned().collect();
    let ready = scope.ready(at, placeholders);
    let Some(detector) = &ready.detector else {
        let why = ready.idle.unwrap_or_default();
        let help =
            if why.contains("placeholder") { "; give it values under the case's `placeholders`" } else { "" };
        return Err(vec![format!("the rule does not run: {why}{help}")]);
    };
    let lateness = Millis::from(config.lateness_hours) * 3_600_000;
    let mut first: Option<Vec<Finding>> = None;
    for order in order::orders(&records, lateness) {
        let mut played =
            play::play(&ready.loaded.set, &config, &records, &order).map_err(|e| vec![failed(&e, case)])?;
        for failure in &played.failures {
            let problem = format!(
                "the script of '{}' failed on {} records: {}",
                failure.rule, failure.count, failure.message
            );
            if !outcome.problems.contains(&problem) {
                outcome.problems.push(problem);
            }
        }
        played.findings.retain(|f| f.detector == *detector);
        match &first {
            None => {
                outcome.mismatches = expect::compare(case, record::start_of(case), &played.findings);
                if outcome.mismatches.iter().any(|m| m.found.is_empty()) {
                    outcome.nearest = nearest::nearest(&ready.loaded.set, detector, &config, &records);
                }
                first = Some(played.findings);
            }
            Some(wanted) => outcome.problems.extend(differs(wanted, &played, order.name, case)),
        }
    }
    Ok(())
}

/// Findings that depend on the order of delivery are our mistake, not the author's.
fn differs(wanted: &[Finding], played: &Played, order: &str, case: &Case) -> Option<String> {
    let found = &played.findings;
    if wanted.len() == found.len() && wanted.iter().zip(found).all(|(a, b)| a.same_content(b)) {
        return None;
    }
    let start = record::start_of(case);
    // What is shown may be all the same: then the identities tell them apart.
    let said = |findings: &[Finding]| match findings {
        [] => "nothing".to_owned(),
        some => {
            let shown =
                |f: &Finding| format!("{} (id {})", expect::shown(f, start), f.id.get(..8).unwrap_or(&f.id));
            some.iter().map(shown).collect::<Vec<_>>().join(" | ")
        }
    };
    Some(format!(
        "a defect of ringfence, not of the rule: delivered {order}, the same records give {} instead of {}; please report it \
         with this file",
        said(found),
        said(wanted)
    ))
}

fn failed(error: &PlayError, case: &Case) -> String {
    match error {
        PlayError::Refused { event, reason } => {
            let line = case.events.get(*event).map_or(case.span.line, |e| e.span.line);
            format!("line {line}: ringfence would set this record aside: {reason}")
        }
        PlayError::Engine(error) => error.to_string(),
    }
}

/// A diagnostic among other problems of a case.
fn one_line(d: &Diagnostic, case: &Case) -> String {
    let line = if d.span.line > 0 { d.span.line } else { case.span.line };
    let help = if d.help.is_empty() { String::new() } else { format!(" ({})", d.help) };
    format!("line {line}: {}{help}", d.message)
}
