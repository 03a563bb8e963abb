//! `ringfence plugin inspect`: everything a component says of itself, and the verdict.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::super::{CliError, CliResult, Format, Global};
use super::{runtime, table};
use crate::plugin::{self, Filter, Inspection, Manifest, Problem};

/// What is shown; the parts that could be read are there even if the verdict is no.
#[derive(Serialize)]
struct Report {
    file: String,
    size: usize,
    digest: String,
    manifest: Option<Manifest>,
    interface: Option<String>,
    imports: Vec<String>,
    exports: Vec<String>,
    ok: bool,
    reason: Option<String>,
}

pub(super) fn run(name: &str, format: Format, global: &Global) -> CliResult {
    let (file, bytes) = find(name)?;
    let inspection = Inspection::read(&bytes).unwrap_or_default();
    let manifest = inspection.manifest().and_then(Manifest::parse).ok();
    let loaded = runtime(global)?.load(&file, &bytes);
    let report = Report {
        size: bytes.len(),
        digest: plugin::digest(&bytes),
        manifest,
        interface: loaded.as_ref().ok().map(|p| p.interface().to_owned()),
        imports: inspection.imports,
        exports: inspection.exports,
        ok: loaded.is_ok(),
        reason: loaded.err().map(|e| e.problem.to_string()),
        file,
    };
    match format {
        Format::Table => print(&report),
        Format::Json => println!("{}", to_json(&report, serde_json::to_string_pretty)?),
        Format::Ndjson => println!("{}", to_json(&report, serde_json::to_string)?),
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn to_json(report: &Report, write: fn(&Report) -> serde_json::Result<String>) -> Result<String, CliError> {
    write(report).map_err(|e| CliError::Environment(e.to_string()))
}

/// A file if there is one of that name, else a built-in.
pub(super) fn find(name: &str) -> Result<(String, Vec<u8>), CliError> {
    if Path::new(name).exists() {
        let bytes = plugin::read_file(Path::new(name)).map_err(|e| CliError::Usage(e.to_string()))?;
        return Ok((name.to_owned(), bytes));
    }
    let builtins = plugin::builtins();
    match builtins.iter().find(|b| b.name == name) {
        Some(builtin) => Ok((builtin.name.to_owned(), builtin.bytes.to_vec())),
        None => {
            let known: Vec<&str> = builtins.iter().map(|b| b.name).collect();
            let problem = Problem::Unreadable(format!("no such file; built in are {}", known.join(", ")));
            Err(CliError::Usage(format!("{name}: {problem}")))
        }
    }
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<&str> = items.collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}

/// The plugin's own filter, or with a word before it that of another set of rows; what lets everything through is shown
/// only for the first.
fn print_filter(line: &impl Fn(&str, &str), word: &str, filter: &Filter) {
    let lists = [
        ("directions", &filter.direction),
        ("call types", &filter.call_types),
        ("other class", &filter.other_class),
    ];
    for (name, texts) in lists {
        if word.is_empty() || !texts.is_empty() {
            line(&format!("{word}{name}"), &list(texts.iter().map(String::as_str)));
        }
    }
}

fn print(report: &Report) {
    let line = |name: &str, value: &str| println!("{name:<16} {value}");
    if let Some(m) = &report.manifest {
        println!("{} {}: {}\n", m.id, m.version, m.summary);
    }
    line("file", &report.file);
    line("size", &format!("{} bytes", report.size));
    line("digest", &report.digest);
    line("interface", report.interface.as_deref().unwrap_or("–"));
    if let Some(m) = &report.manifest {
        line("partition", m.partition.name());
        line("events", &list(m.events.iter().map(|e| e.name())));
        line("columns", &list(m.columns.iter().map(|c| c.name())));
        line("capabilities", &list(m.capabilities.iter().map(|c| c.name())));
        line("state schema", &m.state_schema.to_string());
        print_filter(&line, "", &m.filter);
        if let Some(also) = &m.also {
            line("also by", also.key.name());
            line("drop digits", &also.drop_digits.to_string());
            print_filter(&line, "also ", &also.filter);
        }
        if let Some(organisation) = &m.organisation {
            print_filter(&line, "all ", &organisation.filter);
        }
    }
    line("imports", &list(report.imports.iter().map(String::as_str)));
    line("exports", &list(report.exports.iter().map(String::as_str)));
    if let Some(m) = report.manifest.as_ref().filter(|m| !m.settings.is_empty()) {
        let mut table = table(&["setting", "type", "default", "allowed", "meaning"]);
        for (name, setting) in &m.settings {
            let kind = format!("{:?}", setting.kind).to_lowercase();
            table.add_row([name, &kind, &setting.default.to_string(), &setting.allowed(), &setting.doc]);
        }
        println!("\n{table}");
    }
    match &report.reason {
        None => println!("\nok: this host runs it"),
        Some(reason) => println!("\nrefused: {reason}"),
    }
}
