//! `ringfence rules check`: everything that is wrong with rules, before they are loaded anywhere.

use std::process::ExitCode;

use clap::Args;
use rules::sigma::{self, Document};
use rules::{Diagnostic, State};
use serde::Serialize;

use super::super::output::print;
use super::super::{CliError, CliResult, Global};
use super::diagnose::{Told, counted, excerpts};
use super::sources::{self, Sources};
use super::{Form, Which, watch};
use crate::eval::style::Style;
use crate::rule_test::{place, record};

/// Checks rules; exit code 1 when one has an error.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    which: Which,
    /// How errors are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Checks again whenever a file changes.
    #[arg(long)]
    watch: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    files: usize,
    errors: Vec<Told<'a>>,
    warnings: Vec<Told<'a>>,
}

/// Runs the command.
pub(crate) fn run(args: &CheckArgs, global: &Global) -> CliResult {
    let once = || check(args, global);
    if args.watch { watch::again(&args.which.paths, global, once) } else { once() }
}

fn check(args: &CheckArgs, global: &Global) -> CliResult {
    let sources = sources::read(&args.which.paths, global)?;
    let diagnostics = diagnostics(&sources);
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let text = match args.format {
        Form::Json => {
            let (errors, warnings) = Told::of(&diagnostics);
            let report = Report { files: sources.asked.len(), errors, warnings };
            serde_json::to_string_pretty(&report)
                .map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))?
                + "\n"
        }
        Form::Table => {
            let mut text = excerpts(&diagnostics, &sources, Style::detect());
            text.push_str(&counted(sources.asked.len(), "file"));
            text.push_str(&match (errors, warnings) {
                (0, 0) => ": no errors\n".to_owned(),
                (0, _) => format!(": no errors, {}\n", counted(warnings, "warning")),
                (_, 0) => format!(": {}\n", counted(errors, "error")),
                _ => format!(": {}, {}\n", counted(errors, "error"), counted(warnings, "warning")),
            });
            text
        }
    };
    print(&text)?;
    Ok(ExitCode::from(u8::from(errors > 0)))
}

/// Everything wrong with what was asked for, by file and place; the cases' events included.
pub(crate) fn diagnostics(sources: &Sources) -> Vec<Diagnostic> {
    let options = sources.options();
    let loaded = rules::load(&sources.files, &sources.libs, &options);
    let mut found = loaded.diagnostics;
    for diagnostic in &mut found {
        if let Some(lib) = sources.lib_of(&diagnostic.file) {
            diagnostic.file = lib.to_owned();
        }
    }
    for file in sources.files.iter().filter(|f| sources.asked.contains(&f.name)) {
        for document in sigma::parse(&file.name, &file.text, &options.parse).documents {
            found.extend(of_cases(&document));
        }
    }
    for one in loaded.set.listed() {
        // Such a rule is right, but would wait for ever without a word.
        if let State::Inactive(why) = &one.state
            && why.starts_with("placeholder")
        {
            let meta = one.document.meta();
            found.push(Diagnostic::warning(
                &meta.file,
                meta.span,
                format!("{why}, so the rule does not run"),
                "give it values under 'rules.placeholders' in the configuration",
            ));
        }
    }
    found.retain(|d| sources.asked.contains(&d.file));
    found.extend(sources.problems.iter().cloned());
    found.sort();
    found.dedup();
    found
}

/// What is wrong with a document's cases.
pub(crate) fn of_cases(document: &Document) -> Vec<Diagnostic> {
    let ours = match document {
        Document::Rule(rule) => &rule.ours,
        Document::Correlation(correlation) => &correlation.ours,
        Document::Filter(_) => return Vec::new(),
    };
    let file = &document.meta().file;
    let mut found = Vec::new();
    for case in &ours.tests {
        found.extend(record::check(case, file));
        found.extend(place::config_of(case, file).err().unwrap_or_default());
    }
    found
}
