//! `ringfence rules backtest`: what rules would have found, and what they cost.
//!
//! Owns the period, and the figures by rule. Does not own the evaluation (`engine::backtest`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::DateTime;
use clap::Args;
use model::{Finding, Millis, Severity, SubjectKind};
use rules::set::{Plan, State};
use rules::sigma::Baseline;
use rules::{LoadOptions, RuleSet};
use serde::Serialize;

use super::super::findings::parse_since;
use super::super::output::{harmless, listing, print};
use super::super::session::with_store;
use super::super::{CliError, CliResult, Format, Global, scan};
use super::{Which, sources};
use crate::config::Config;
use crate::engine::EngineError;
use crate::engine::backtest::{Backtest, BacktestError, Backtested, Records, Tested};
use crate::source::ReadError;

const DAY: Millis = 24 * 3_600_000;

/// Subjects named of each rule: who has most findings.
const MAX_SUBJECTS: usize = 10;

/// Evaluates rules over the past, and nothing else: what they would have found by day and subject, and what each costs. Nothing
/// stored is changed.
#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    past: Past,
    /// How the figures are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Which records.
#[derive(Debug, Args)]
pub(super) struct Past {
    /// Findings with an event since then: a date, a time in RFC 3339, or how long ago (24h, 30d). Records before it are read as far
    /// back as the rules' windows and histories reach.
    #[arg(long, visible_alias = "from", value_name = "TIME", value_parser = parse_since, required_unless_present = "file")]
    since: Option<Millis>,
    /// Records reported before this time.
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    to: Option<Millis>,
    /// Reads this file instead of the log; may be given several times. `-` is stdin.
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Worker threads; results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: Option<u16>,
}

/// What one rule would have done.
#[derive(Debug, Serialize)]
struct RuleResult {
    rule: String,
    severity: Severity,
    /// Whether it is on trial.
    shadow: bool,
    findings: usize,
    /// Findings by the local day of UTC on which their first event happened.
    days: BTreeMap<String, usize>,
    /// Who has most findings, at most ten.
    subjects: Vec<SubjectCount>,
    subjects_total: usize,
    /// Records that its detection matched.
    matched: u64,
    /// Records on which its detection was evaluated; the index spared it the others.
    evaluated: u64,
    /// Nanoseconds in its detection, per record read.
    nanos_per_record: f64,
    /// Part of the time in all detections, in percent.
    share: f64,
    /// Scripts that failed.
    failures: u64,
}

#[derive(Debug, Serialize)]
struct SubjectCount {
    kind: SubjectKind,
    id: String,
    name: String,
    findings: usize,
}

/// The whole answer as JSON.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    records: u64,
    unreadable: u64,
    late: u64,
    seconds: f64,
    records_per_second: u64,
    findings: usize,
    rules: &'a [RuleResult],
}

/// Runs the command.
pub(crate) fn run(args: &BacktestArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let set = load(&args.which.paths, global, &config)?;
    let done = args.past.evaluate(vec![set.clone()], config, global)?;
    let Some(tested) = done.sets.first() else { return Ok(ExitCode::SUCCESS) };
    let rules: Vec<RuleResult> = set.plans().iter().map(|plan| result(&set, plan, tested, &done)).collect();
    match args.format {
        Format::Table => print(&table(&rules)?)?,
        Format::Ndjson => print(&listing(&rules, Format::Ndjson, &[], |_| Vec::new())?)?,
        Format::Json => {
            let seconds = seconds(&done);
            let answer = Answer {
                records: done.records,
                unreadable: done.unreadable,
                late: done.late,
                seconds,
                records_per_second: rate(&done),
                findings: tested.findings.len(),
                rules: &rules,
            };
            let text = serde_json::to_string_pretty(&answer)
                .map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))?;
            print(&(text + "\n"))?;
        }
    }
    tell(&done);
    eprintln!(
        "{} findings of {} rules",
        tested.findings.len(),
        rules.iter().filter(|r| r.findings > 0).count()
    );
    Ok(ExitCode::SUCCESS)
}

/// The rules of some paths, else those of the configuration. Rules that are only there because others refer to them do not count.
///
/// # Errors
/// When a path cannot be read, or a file has errors: a backtest of the rest would answer another question.
pub(super) fn load(paths: &[PathBuf], global: &Global, config: &Config) -> Result<Arc<RuleSet>, CliError> {
    if paths.is_empty() {
        return super::super::rule_set::load(global, config, &[]);
    }
    let sources = sources::read(paths, global)?;
    let mut options = LoadOptions {
        lateness: config.lateness(),
        placeholders: config.rules.placeholders.clone().into_iter().collect(),
        ..LoadOptions::default()
    };
    let loaded = rules::load(&sources.files, &sources.libs, &options);
    let of_asked = |file: &str| sources.asked.contains(file);
    let problems = sources.problems.iter().chain(&loaded.diagnostics);
    let mut errors = problems.filter(|d| d.is_error() && of_asked(&d.file)).peekable();
    if errors.peek().is_some() {
        let excerpts: Vec<String> = errors.map(|d| d.excerpt(&sources.text(&d.file))).collect();
        return Err(CliError::Usage(format!("some rules have errors\n{}", excerpts.join("\n"))));
    }
    let runs = |state: &State| matches!(state, State::Active | State::Shadow);
    let listed = loaded.set.listed().iter();
    let others: BTreeSet<String> = listed
        .filter(|l| runs(&l.state) && !of_asked(&l.document.meta().file))
        .map(|l| l.name.clone())
        .collect();
    for inactive in loaded.set.listed().iter().filter(|l| of_asked(&l.document.meta().file)) {
        if let State::Inactive(why) = &inactive.state {
            eprintln!("{} does not run: {}", harmless(&inactive.name), harmless(why));
        }
    }
    let set = if others.is_empty() {
        loaded.set
    } else {
        options.disabled = others.into_iter().collect();
        rules::load(&sources.files, &sources.libs, &options).set
    };
    if set.is_empty() {
        return Err(CliError::Usage("no rule runs: see 'ringfence rules list'".to_owned()));
    }
    Ok(set)
}

impl Past {
    /// Evaluates sets of rules over the records asked for.
    ///
    /// # Errors
    /// When files or the database cannot be read.
    pub(super) fn evaluate(
        &self,
        sets: Vec<Arc<RuleSet>>,
        config: Config,
        global: &Global,
    ) -> Result<Backtested, CliError> {
        let from = self.since.unwrap_or(Millis::MIN);
        let reach = sets.iter().flat_map(|set| set.plans()).map(|plan| reach(plan)).max().unwrap_or(0);
        let test = Backtest {
            config,
            sets,
            records: Records::Files(self.file.iter().map(|file| super::super::input(file)).collect()),
            read_from: from.saturating_sub(reach),
            from,
            to: self.to.unwrap_or(Millis::MAX),
            workers: self.workers.map_or_else(scan::default_workers, usize::from),
            stop: Arc::new(AtomicBool::new(false)),
            temp: std::env::temp_dir(),
        };
        if !self.file.is_empty() {
            return test.run().map_err(CliError::from);
        }
        let mut done = None;
        with_store("rules backtest", global, async |session| {
            let records = Records::Log(session.store.clone(), tokio::runtime::Handle::current());
            let test = Backtest { records, stop: session.stop.clone(), ..test };
            let ended = |e: tokio::task::JoinError| CliError::Environment(format!("the backtest ended: {e}"));
            done = Some(tokio::task::spawn_blocking(move || test.run()).await.map_err(ended)??);
            Ok(ExitCode::SUCCESS)
        })?;
        Ok(done.unwrap_or_default())
    }
}

/// How long before a finding records may lie that decide on it.
fn reach(plan: &Plan) -> Millis {
    let history = match &plan.spec.baseline {
        Some((Baseline::NewValue { days, .. } | Baseline::Rate { days, .. }, _)) => Millis::from(*days) * DAY,
        None => 0,
    };
    history + plan.spec.gap + plan.spec.lateness
}

impl From<BacktestError> for CliError {
    fn from(error: BacktestError) -> CliError {
        match error {
            BacktestError::Read(ReadError::Sink(_))
            | BacktestError::Spool(_)
            | BacktestError::Engine(EngineError::Thread(_)) => CliError::Environment(error.to_string()),
            BacktestError::Store(error) => error.into(),
            BacktestError::Read(_) | BacktestError::Engine(_) => CliError::Usage(error.to_string()),
        }
    }
}

fn result(set: &RuleSet, plan: &Plan, tested: &Tested, done: &Backtested) -> RuleResult {
    let at = set.plans().iter().position(|p| p.detector == plan.detector);
    let costs = set.detections().iter().zip(&tested.costs);
    let own = costs.filter(|(detection, _)| detection.uses.iter().any(|of| Some(of.plan as usize) == at));
    let (mut matched, mut evaluated, mut nanos) = (0, 0, 0);
    for (_, cost) in own {
        matched += cost.matched;
        evaluated += cost.evaluated;
        nanos += cost.nanos;
    }
    let total: u64 = tested.costs.iter().map(|cost| cost.nanos).sum();
    let found: Vec<&Finding> = tested.findings.iter().filter(|f| f.detector == plan.detector).collect();
    let mut days: BTreeMap<String, usize> = BTreeMap::new();
    let mut subjects: BTreeMap<(SubjectKind, &str), (usize, &str)> = BTreeMap::new();
    for finding in &found {
        *days.entry(day(finding.first_event)).or_default() += 1;
        let subject = &finding.subject;
        let entry = subjects.entry((subject.kind, &subject.id)).or_insert((0, &subject.name));
        entry.0 += 1;
    }
    let subjects_total = subjects.len();
    let mut subjects: Vec<SubjectCount> = subjects
        .into_iter()
        .map(|((kind, id), (findings, name))| SubjectCount {
            kind,
            id: id.to_owned(),
            name: name.to_owned(),
            findings,
        })
        .collect();
    subjects.sort_by(|a, b| b.findings.cmp(&a.findings).then_with(|| a.id.cmp(&b.id)));
    subjects.truncate(MAX_SUBJECTS);
    RuleResult {
        rule: plan.name.clone(),
        severity: plan.severity,
        shadow: plan.shadow,
        findings: found.len(),
        days,
        subjects,
        subjects_total,
        matched,
        evaluated,
        nanos_per_record: nanos as f64 / done.records.max(1) as f64,
        share: 100.0 * nanos as f64 / total.max(1) as f64,
        failures: tested.failures.get(&plan.name).map_or(0, |failure| failure.count),
    }
}

fn day(at: Millis) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().format("%Y-%m-%d").to_string()
}

/// The rules, those with findings first, and by day and subject what each found.
fn table(rules: &[RuleResult]) -> Result<String, CliError> {
    let mut order: Vec<&RuleResult> = rules.iter().collect();
    order.sort_by(|a, b| b.findings.cmp(&a.findings).then_with(|| a.rule.cmp(&b.rule)));
    let heading = ["RULE", "SEVERITY", "FINDINGS", "SUBJECTS", "MATCHED", "EVALUATED", "NS/RECORD", "COST %"];
    let mut text = listing(&order, Format::Table, &heading, |r| {
        vec![
            if r.shadow { format!("{} (shadow)", r.rule) } else { r.rule.clone() },
            r.severity.to_string(),
            r.findings.to_string(),
            r.subjects_total.to_string(),
            r.matched.to_string(),
            r.evaluated.to_string(),
            format!("{:.1}", r.nanos_per_record),
            format!("{:.1}", r.share),
        ]
    })?;
    for rule in order.iter().filter(|r| r.findings > 0) {
        text.push_str(&format!("\n{}\n", harmless(&rule.rule)));
        for (day, findings) in &rule.days {
            text.push_str(&format!("  {day}  {findings:>5}\n"));
        }
        for subject in &rule.subjects {
            text.push_str(&format!("  {:>5}  {}\n", subject.findings, harmless(&subject.name)));
        }
        if rule.subjects_total > rule.subjects.len() {
            text.push_str(&format!("         and {} more\n", rule.subjects_total - rule.subjects.len()));
        }
    }
    Ok(text)
}

fn seconds(done: &Backtested) -> f64 {
    (done.reading + done.evaluating).as_secs_f64()
}

fn rate(done: &Backtested) -> u64 {
    (done.records as f64 / seconds(done).max(1e-9)) as u64
}

/// What was read, how fast, and what went wrong.
pub(super) fn tell(done: &Backtested) {
    eprintln!(
        "{} records in {:.1} s ({} records/s: read in {:.1} s, evaluated in {:.1} s)",
        done.records,
        seconds(done),
        rate(done),
        done.reading.as_secs_f64(),
        done.evaluating.as_secs_f64()
    );
    for (count, what) in [
        (done.duplicates, "delivered twice"),
        (done.late, "later than lateness_hours allows"),
        (done.unreadable, "that cannot be read"),
    ] {
        if count > 0 {
            eprintln!("{count} records {what}");
        }
    }
    for failure in done.sets.iter().flat_map(|tested| tested.failures.values()) {
        let (rule, count) = (harmless(&failure.rule), failure.count);
        eprintln!("rule {rule}: a script failed {count} times: {}", harmless(&failure.message));
    }
}
