//! `ringfence plugin test`: the conformance battery, and how to see a failure again.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use owo_colors::Style as Paint;
use serde::Serialize;

use super::super::output::{harmless, print};
use super::super::{CliError, CliResult, Format, Global};
use super::runtime;
use super::tried::{Which, read_text};
use crate::conformance::{self, Lab, NAMES, Options, Outcome, Verdict};
use crate::eval::style::Style;

/// Longest file of records that is read back; a shrunk input has some kilobytes.
const MAX_RECORDS_BYTES: u64 = 256 << 20;

/// Arguments of `plugin test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    which: Which,
    /// Runs these checks only.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(NAMES))]
    check: Vec<String>,
    /// Runs on the records of this file, which an earlier run kept, in place of the seed's.
    #[arg(long, value_name = "FILE")]
    records: Option<PathBuf>,
    /// Leaves the smallest failing input of each failed check in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// How results are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Everything, for JSON.
#[derive(Serialize)]
struct Report<'a> {
    plugin: &'a str,
    version: &'a str,
    digest: &'a str,
    seed: u64,
    ok: bool,
    checks: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    outcome: &'a Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &TestArgs, global: &Global) -> CliResult {
    let (file, bytes, settings) = args.which.read(global)?;
    let plugin = runtime(global)?.load(&file, &bytes).map_err(|e| CliError::Usage(e.to_string()))?;
    let refused = |m: String| CliError::Usage(format!("{file}: settings: {m}"));
    plugin.settings(&settings.config).map_err(refused)?;
    let records = args.records.as_deref().map(|path| read_text(path, MAX_RECORDS_BYTES)).transpose()?;
    let options = Options { seed: args.which.seed, checks: args.check.clone(), ..Options::default() };
    let lab = Lab::new(&plugin, &settings, options, records.as_deref())
        .map_err(|e| CliError::Environment(e.to_string()))?;
    let style = Style::detect();
    let mut wrong = Ok(());
    let outcomes = lab.battery(|outcome| {
        if args.format == Format::Table && wrong.is_ok() {
            wrong = print(&shown(outcome, style));
        }
    });
    wrong?;
    let lines = outcomes
        .iter()
        .map(|outcome| Ok(Line { outcome, again: again(args, outcome)? }))
        .collect::<Result<Vec<Line<'_>>, CliError>>()?;
    let is_failed = conformance::is_failed(&outcomes);
    let manifest = plugin.manifest();
    match args.format {
        Format::Table => print(&summary(&lines, style))?,
        Format::Json => {
            let report = Report {
                plugin: &manifest.id,
                version: &manifest.version,
                digest: plugin.digest(),
                seed: args.which.seed,
                ok: !is_failed,
                checks: lines,
            };
            print(&(serde_json::to_string_pretty(&report).map_err(|e| unwritable(&e))? + "\n"))?;
        }
        Format::Ndjson => {
            for line in &lines {
                print(&(serde_json::to_string(line).map_err(|e| unwritable(&e))? + "\n"))?;
            }
        }
    }
    Ok(ExitCode::from(u8::from(is_failed)))
}

fn unwritable(error: &serde_json::Error) -> CliError {
    CliError::Environment(format!("cannot write as JSON: {error}"))
}

/// The command that shows a failure again; keeps its input if a folder was named.
fn again(args: &TestArgs, outcome: &Outcome) -> Result<Option<String>, CliError> {
    if !matches!(outcome.verdict, Verdict::Failed(_)) {
        return Ok(None);
    }
    let mut line = format!("ringfence plugin test {}", quoted(&args.which.plugin));
    if let Some(settings) = &args.which.settings {
        let _ = write!(line, " --settings {}", quoted(&settings.display().to_string()));
    }
    let _ = write!(line, " --check {} --seed {}", outcome.check, args.which.seed);
    if let (Some(folder), Some(records)) = (&args.keep, &outcome.records) {
        let path = keep(folder, outcome.check, records)?;
        let _ = write!(line, " --records {}", quoted(&path.display().to_string()));
    } else if let Some(records) = &args.records {
        let _ = write!(line, " --records {}", quoted(&records.display().to_string()));
    }
    Ok(Some(line))
}

fn keep(folder: &Path, check: &str, records: &str) -> Result<PathBuf, CliError> {
    let path = folder.join(format!("{check}.ndjson"));
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, records))
        .map_err(|e| CliError::Environment(format!("cannot keep {}: {e}", path.display())))?;
    Ok(path)
}

/// For a shell.
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:@".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn shown(outcome: &Outcome, style: Style) -> String {
    let (word, paint) = match &outcome.verdict {
        Verdict::Ok => ("ok  ", Paint::new().green()),
        Verdict::Failed(_) => ("FAIL", Paint::new().red().bold()),
        Verdict::NotApplicable(_) => ("–   ", Paint::new().dimmed()),
    };
    let mut out = format!("{}  {:14} {}", style.paint(word, paint), outcome.check, outcome.promise);
    let mut notes: Vec<String> =
        outcome.compared.map(|n| format!("{n} findings compared")).into_iter().collect();
    notes.extend(
        outcome.figures.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), figure(*value))),
    );
    if !notes.is_empty() {
        let _ = write!(out, " {}", style.dim(&format!("({})", notes.join(", "))));
    }
    out.push('\n');
    match &outcome.verdict {
        Verdict::Failed(reason) => {
            let _ = writeln!(out, "      {}", harmless(reason));
            if let Some(kept) = outcome.records_kept {
                let _ = writeln!(out, "      {kept} records are enough to show it");
            }
        }
        Verdict::NotApplicable(reason) => {
            let _ = writeln!(out, "      {}", harmless(reason));
        }
        Verdict::Ok if outcome.is_weak() => {
            let _ = writeln!(
                out,
                "      {} it found nothing to compare, so this proves little: try more sensitive --settings or another --seed",
                style.paint("warning:", Paint::new().yellow())
            );
        }
        Verdict::Ok => {}
    }
    out
}

fn figure(value: f64) -> String {
    if value.fract() == 0.0 { super::super::output::count(value as u64) } else { format!("{value:.1}") }
}

fn summary(lines: &[Line<'_>], style: Style) -> String {
    let failed = lines.iter().filter(|l| matches!(l.outcome.verdict, Verdict::Failed(_))).count();
    let weak = lines.iter().filter(|l| l.outcome.is_weak()).count();
    let mut out = format!("\n{} checks", lines.len());
    match failed {
        0 => out.push_str(": none failed"),
        n => {
            let _ = write!(out, ": {}", style.paint(&format!("{n} failed"), Paint::new().red().bold()));
        }
    }
    if weak > 0 {
        let _ = write!(out, "; {weak} had nothing to compare");
    }
    out.push('\n');
    let again: Vec<&String> = lines.iter().filter_map(|l| l.again.as_ref()).collect();
    if !again.is_empty() {
        out.push_str("to see it again:\n");
        again.iter().for_each(|line| {
            let _ = writeln!(out, "  {}", harmless(line));
        });
    }
    out
}
