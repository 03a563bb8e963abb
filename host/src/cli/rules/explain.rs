//! `ringfence rules explain`: why a rule holds of records or not, and how near it was.
//!
//! Owns which rule and which records are meant, and how the answer looks. Does not own the answer (`rules::explain`).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use model::fields::edit_distance;
use model::finding::format_time;
use model::{Event, FieldSet, NameTable, RecordId};
use owo_colors::Style as Paint;
use rules::explain::{self, LeafSays, WindowSays};
use rules::matching::Explanation;
use rules::set::{Listed, State};
use rules::sigma::Document;
use rules::{Plan, RuleSet, World};
use serde::Serialize;

use super::super::output::{harmless, print};
use super::super::session::with_store;
use super::super::{CliError, CliResult, Global};
use super::sources::{self, Sources};
use super::{Form, diagnose::counted};
use crate::directory::{Directory, NamedPlaces};
use crate::eval::style::Style;
use crate::normalize::Normalizer;
use crate::rule_test::nearest::clause;
use crate::rule_test::scope::Scope;
use crate::source::{self, Input, ReadOptions, Record, Sink, SinkError};

/// Shows which clauses of a rule held and which failed, with the values and how near they were.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule's name or id, or its file.
    rule: String,
    /// A file with records as `scan` reads them, `-` for standard input, or a Report ID of the log. Of several records the
    /// windows of correlations are told as well.
    record: String,
    /// Files or folders with the rule; by default what the configuration loads.
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Records shown one by one.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

/// Most records of one explanation: all are in memory, in full.
const MAX_RECORDS: usize = 20_000;

#[derive(Serialize)]
struct Answer {
    rule: String,
    title: String,
    file: String,
    status: &'static str,
    records: Vec<OfRecord>,
    /// Records that are not shown one by one.
    more: usize,
    /// What a correlation asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    windows: Vec<OfWindow>,
}

#[derive(Serialize)]
struct OfRecord {
    record: String,
    time: String,
    event: &'static str,
    rules: Vec<OfRule>,
}

#[derive(Serialize)]
struct OfRule {
    rule: String,
    holds: bool,
    clauses: Explanation,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<OfWhen>,
    group: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct OfWhen {
    source: String,
    /// None where the script asks for window counts and the record does not match.
    holds: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    read: Vec<(&'static str, Option<String>)>,
}

#[derive(Serialize)]
struct OfWindow {
    group: Vec<(&'static str, String)>,
    fires: bool,
    /// It would fire, but the baseline keeps it back.
    usual: bool,
    value: f64,
    records: u64,
    first: String,
    last: String,
}

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs, global: &Global) -> CliResult {
    let by_file = args.rules.is_empty() && Path::new(&args.rule).is_file();
    let paths = if by_file { vec![PathBuf::from(&args.rule)] } else { args.rules.clone() };
    let sources = sources::read(&paths, global)?;
    let options = sources.options();
    let loaded = rules::load(&sources.files, &sources.libs, &options);
    let listed = loaded.set.listed();
    let at = if by_file { in_file(listed, &sources)? } else { by_name(listed, &args.rule)? };
    let ready = Scope::new(&sources.files, &sources.libs, listed).ready(at, options.placeholders);
    let set = ready.loaded.set;
    let Some(plan) = ready.detector.and_then(|d| set.plans().iter().find(|p| p.detector == d).cloned())
    else {
        let why = ready.idle.unwrap_or_else(|| "it is a filter".to_owned());
        return Err(CliError::Usage(format!("'{}' does not run: {why}", harmless(&listed[at].name))));
    };
    let names = Arc::new(NameTable::default());
    let directory = Arc::new(Directory::from_config(&sources.config));
    let places = NamedPlaces::new(directory.clone(), names.clone());
    let world = World { names: names.clone(), places: Arc::new(places) };
    let events = records(&args.record, global, &names, &directory)?;
    let answer = answer(&listed[at], &set, &plan, &events, &world, args.limit);
    print(&match args.format {
        Form::Json => {
            serde_json::to_string_pretty(&answer)
                .map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))?
                + "\n"
        }
        Form::Table => shown(&answer, Style::detect()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The first rule of a file that raises something.
fn in_file(listed: &[Listed], sources: &Sources) -> Result<usize, CliError> {
    let mut of_file: Vec<usize> =
        (0..listed.len()).filter(|at| sources.asked.contains(&listed[*at].document.meta().file)).collect();
    of_file.sort_by_key(|at| (listed[*at].state == State::Part, listed[*at].document.meta().span));
    of_file.first().copied().ok_or_else(|| {
        CliError::Usage("the file has no rule without errors: 'ringfence rules check' says why".to_owned())
    })
}

fn by_name(listed: &[Listed], name: &str) -> Result<usize, CliError> {
    let is_it = |one: &Listed| {
        let meta = one.document.meta();
        one.name == name || meta.id.as_deref() == Some(name) || meta.name.as_deref() == Some(name)
    };
    listed.iter().position(is_it).ok_or_else(|| {
        let near = listed.iter().map(|one| (edit_distance(name, &one.name), &one.name)).min();
        let help = match near {
            Some((distance, near)) if distance <= 1 + name.len() / 3 => format!("did you mean '{near}'?"),
            _ => "'ringfence rules list' names all; --rules says where others are".to_owned(),
        };
        CliError::Usage(format!("there is no rule '{}': {help}", harmless(name)))
    })
}

/// The records that are meant.
fn records(
    text: &str,
    global: &Global,
    names: &Arc<NameTable>,
    directory: &Arc<Directory>,
) -> Result<Vec<Event>, CliError> {
    let path = Path::new(text);
    if text == "-" || path.is_file() {
        return of_input(&super::super::input(path), names, directory);
    }
    if text.contains(['/', '.']) {
        return Err(CliError::Usage(format!("there is no file '{}'", harmless(text))));
    }
    let raw = of_log(text, global)?;
    let mut event = Event::default();
    let unreadable = |e: source::Fault| CliError::Usage(format!("the record cannot be read: {e}"));
    let stored = source::stored_record(raw.as_bytes()).map_err(unreadable)?;
    let mut normalizer = Normalizer::new(names.clone(), directory.clone(), FieldSet::ALL);
    normalizer.normalize(&stored.record(), &mut event).map_err(unreadable)?;
    Ok(vec![event])
}

/// Keeps events.
struct Collector(Vec<Event>);

impl Sink for Collector {
    fn event(&mut self, event: &Event, _record: &Record<'_>) -> Result<(), SinkError> {
        if self.0.len() >= MAX_RECORDS {
            return Err(
                format!("there are more than {MAX_RECORDS} records: give those in question only").into()
            );
        }
        self.0.push(event.clone());
        Ok(())
    }
}

fn of_input(
    input: &Input,
    names: &Arc<NameTable>,
    directory: &Arc<Directory>,
) -> Result<Vec<Event>, CliError> {
    let mut sinks = [Collector(Vec::new())];
    let options = ReadOptions { wanted: FieldSet::ALL, ..ReadOptions::default() };
    let summary = source::read_all(std::slice::from_ref(input), &options, names, directory, &mut sinks)
        .map_err(|e| CliError::Usage(e.to_string()))?;
    if let Some(error) = summary.errors.first() {
        return Err(CliError::Usage(error.to_string()));
    }
    let [Collector(events)] = sinks;
    if events.is_empty() {
        return Err(CliError::Usage(
            "there is no record that can be read: 'ringfence scan' says why".to_owned(),
        ));
    }
    Ok(events)
}

/// The raw record with this Report ID.
fn of_log(id: &str, global: &Global) -> Result<String, CliError> {
    let mut found = None;
    with_store("rules explain", global, async |session| {
        found = session.store.raw_record(RecordId::from_text(id).0).await?;
        Ok(ExitCode::SUCCESS)
    })?;
    found.ok_or_else(|| {
        CliError::Usage(format!(
            "there is neither a file nor a record of the log that is called '{}'",
            harmless(id)
        ))
    })
}

fn answer(
    listed: &Listed,
    set: &RuleSet,
    plan: &Plan,
    events: &[Event],
    world: &World,
    limit: usize,
) -> Answer {
    let meta = plan.document.meta();
    let predicate = explain::predicate(set, plan, events, world);
    let records = events.iter().take(limit).map(|event| {
        let rules = explain::record(set, plan, event, world).into_iter().map(|says| {
            let answered = predicate.iter().find(|(id, _)| *id == event.id).map(|(_, answer)| answer.clone());
            of_rule(set, plan, event, says, answered, world)
        });
        OfRecord {
            record: event.id.to_string(),
            time: format_time(rules::Fields::start(event)),
            event: event.kind.name(),
            rules: rules.collect(),
        }
    });
    let counts = explain::bounds(plan).is_some() || plan.spec.baseline.is_some();
    let windows = if counts { explain::windows(set, plan, events, world) } else { Vec::new() };
    Answer {
        rule: plan.name.clone(),
        title: meta.title.clone(),
        file: meta.file.clone(),
        status: if listed.state == State::Shadow { "shadow" } else { "active" },
        records: records.collect(),
        more: events.len().saturating_sub(limit),
        wanted: explain::bounds(plan),
        windows: windows.into_iter().map(of_window).collect(),
    }
}

fn of_rule(
    set: &RuleSet,
    plan: &Plan,
    event: &Event,
    says: LeafSays,
    answered: Option<Result<bool, String>>,
    world: &World,
) -> OfRule {
    let detection = &set.detections()[says.detection];
    let source = set.listed().iter().find(|one| one.name == says.rule).and_then(|one| match &*one.document {
        Document::Rule(rule) => rule.ours.when.as_ref().map(|(text, _)| text.clone()),
        _ => None,
    });
    let said = answered.or_else(|| says.when.clone());
    let holds = says.holds() && !matches!(said, Some(Ok(false) | Err(_)));
    let mut read = says.read.clone();
    if let Some(when) = plan.predicate.as_ref().filter(|_| read.is_empty()) {
        let fields = when.fields().iter().map(rules::Field::Table);
        read = fields.map(|f| (f.name(), explain::value(f, event, world))).collect();
    }
    let when = source.map(|source| OfWhen {
        source,
        holds: said.as_ref().and_then(|s| s.as_ref().ok().copied()),
        error: said.as_ref().and_then(|s| s.as_ref().err().cloned()),
        read,
    });
    OfRule {
        rule: says.rule,
        holds,
        clauses: detection.program.explain(event, world),
        when,
        group: says.group,
    }
}

fn of_window(window: WindowSays) -> OfWindow {
    OfWindow {
        group: window.group,
        fires: window.fires,
        usual: window.usual,
        value: window.value,
        records: window.records,
        first: format_time(window.first),
        last: format_time(window.last),
    }
}

/// Marks of what held and what did not.
fn mark(held: bool, style: Style) -> String {
    if held { style.paint("✓", Paint::new().green()) } else { style.paint("✗", Paint::new().red()) }
}

fn shown(answer: &Answer, style: Style) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{} ({}): {}",
        style.bold(&harmless(&answer.rule)),
        answer.status,
        harmless(&answer.title)
    );
    for record in &answer.records {
        let _ = writeln!(out, "\n{} {} at {}", record.event, harmless(&record.record), record.time);
        for rule in &record.rules {
            of_rule_shown(rule, &mut out, style);
        }
    }
    if answer.more > 0 {
        let _ = writeln!(out, "\nand {} not shown (--limit)", counted(answer.more, "record"));
    }
    if let Some(wanted) = &answer.wanted {
        let _ = writeln!(out, "\nwindows: {wanted}");
    } else if !answer.windows.is_empty() {
        out.push_str("\nbaseline:\n");
    }
    for window in &answer.windows {
        let group = pairs(window.group.iter().map(|(name, value)| (*name, Some(value.as_str()))));
        let _ = writeln!(
            out,
            "  {} {}: {} ({} from {} to {}){}",
            mark(window.fires, style),
            harmless(if group.is_empty() { "all together" } else { &group }),
            window.value,
            counted(usize::try_from(window.records).unwrap_or(usize::MAX), "record"),
            window.first,
            window.last,
            if window.usual { ": not unusual, or too short a history" } else { "" },
        );
    }
    if answer.windows.is_empty() && answer.wanted.is_some() {
        out.push_str("  no record counts\n");
    }
    out
}

fn of_rule_shown(rule: &OfRule, out: &mut String, style: Style) {
    let word = if rule.holds { "holds" } else { "does not hold" };
    let group = pairs(rule.group.iter().map(|(name, value)| (*name, Some(value.as_str()))));
    let group =
        if group.is_empty() { String::new() } else { style.dim(&format!(", of {}", harmless(&group))) };
    let _ = writeln!(out, "  {} '{}' {word}{group}", mark(rule.holds, style), harmless(&rule.rule));
    tree(&rule.clauses, 2, out, style);
    if let Some(when) = &rule.when {
        let read = pairs(when.read.iter().map(|(name, value)| (*name, value.as_deref())));
        let said = match (&when.error, when.holds) {
            (Some(error), _) => format!("failed: {error}"),
            (None, Some(holds)) => holds.to_string(),
            (None, None) => "not asked".to_owned(),
        };
        let _ = writeln!(
            out,
            "    {} when: {} {} {}",
            mark(when.holds == Some(true), style),
            harmless(when.source.trim()),
            style.bold(&harmless(&said)),
            style.dim(&harmless(&if read.is_empty() { String::new() } else { format!("with {read}") })),
        );
    }
}

/// Deepest part printed with an indent of its own.
const MAX_DEPTH: usize = 20;

/// The parts of a rule; those that only hold others together are left out.
fn tree(part: &Explanation, depth: usize, out: &mut String, style: Style) {
    if matches!(part.what.as_str(), "rule" | "condition") || (part.what == "all of" && part.parts.len() == 1)
    {
        return part.parts.iter().for_each(|p| tree(p, depth, out, style));
    }
    let indent = "  ".repeat(depth.min(MAX_DEPTH));
    let _ = writeln!(out, "{indent}{} {}", mark(part.held, style), harmless(&clause(part)));
    let mut parts = &part.parts;
    // A search and the `all of` that is its content are one thing for the reader.
    if let [only] = parts.as_slice()
        && only.what == "all of"
    {
        parts = &only.parts;
    }
    parts.iter().for_each(|p| tree(p, depth + 1, out, style));
}

fn pairs<'a>(values: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    values.map(|(name, value)| format!("{name} {}", value.unwrap_or("absent"))).collect::<Vec<_>>().join(", ")
}
