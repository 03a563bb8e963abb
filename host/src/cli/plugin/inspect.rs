//! `ringfence plugin inspect`: everything a component says of itself, what it is allowed, and the verdict.
//!
//! Owns the report. Nothing of the plugin is run.

use std::path::Path;
use std::process::ExitCode;

use bundle::oci::Reference;
use clap::Args;
use serde::Serialize;

use super::source::{self, Source};
use super::{print_json, runtime, table};
use crate::cli::output::harmless;
use crate::cli::{CliError, CliResult, Format, Global};
use crate::config::Config;
use crate::plugin::{
    self, Access, Capability, Filter, Inspection, Manifest, Origin, Problem, SUPPORTED_INTERFACES, Signed,
};

/// Shows one plugin: what it is, asks for, is granted and lets you set, who signed it, and which hosts run it.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A component file, the id of an installed or built-in plugin, or oci://….
    #[arg(value_name = "FILE|ID|oci://…")]
    plugin: String,
    /// Talk to a registry without TLS also beyond this machine.
    #[arg(long)]
    plain_http: bool,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is shown; the parts that could be read are there even if the verdict is no.
#[derive(Serialize)]
struct Report {
    file: String,
    size: usize,
    digest: String,
    /// Digest of the artifact, if it is from a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact: Option<String>,
    manifest: Option<Manifest>,
    interface: Option<String>,
    /// What this host runs.
    host_interfaces: &'static [&'static str],
    imports: Vec<String>,
    exports: Vec<String>,
    access: Option<Access>,
    signature: Option<Signed>,
    /// Whether it is a plugin that hosts with its interface run.
    ok: bool,
    /// Why it is not.
    reason: Option<String>,
    /// Whether it runs here under this configuration.
    runs: bool,
    /// What is in the way.
    obstacle: Option<String>,
}

pub(super) fn run(args: &InspectArgs, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let source = find(&args.plugin, args.plain_http, global, &config)?;
    let report = report(source, global, &config)?;
    match args.format {
        Format::Table => print(&report),
        format => print_json(&report, format)?,
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn report(source: Source, global: &Global, config: &Config) -> Result<Report, CliError> {
    let inspection = Inspection::read(&source.bytes).unwrap_or_default();
    let manifest = inspection.manifest().and_then(Manifest::parse).ok();
    let loaded = runtime(global)?.load(&source.label, &source.bytes);
    let admitted = match source.origin {
        Origin::Builtin => Ok(None),
        Origin::File => plugin::admit(&source.bytes, source.signature.as_deref(), &config.trust).map(Some),
    };
    let settings = manifest.as_ref().and_then(|m| config.plugins.get(&m.id));
    let allowed = match (&loaded, &admitted) {
        (Err(error), _) => Err(error.problem.to_string()),
        (_, Err(problem)) => Err(problem.to_string()),
        (Ok(_), Ok(_)) if settings.is_some_and(|s| !s.enabled) => {
            Err("the configuration has enabled: false".to_owned())
        }
        (Ok(plugin), Ok(_)) => {
            plugin::check(plugin, source.origin, &Default::default(), config).map_err(|p| p.to_string())
        }
    };
    Ok(Report {
        size: source.bytes.len(),
        digest: plugin::digest(&source.bytes),
        artifact: source.artifact,
        interface: loaded.as_ref().ok().map(|p| p.interface().to_owned()),
        host_interfaces: SUPPORTED_INTERFACES,
        imports: inspection.imports,
        exports: inspection.exports,
        access: manifest.as_ref().map(|m| Access::of(m, source.origin, settings)),
        manifest,
        signature: admitted.ok().flatten(),
        ok: loaded.is_ok(),
        reason: loaded.err().map(|e| e.problem.to_string()),
        runs: allowed.is_ok(),
        obstacle: allowed.err(),
        file: source.label,
    })
}

/// A file if there is one of that name, else an installed plugin, else a built-in.
pub(super) fn find(
    name: &str,
    plain_http: bool,
    global: &Global,
    config: &Config,
) -> Result<Source, CliError> {
    if Reference::is_one(name) {
        return Source::given(name, plain_http);
    }
    if Path::new(name).is_file() {
        return Source::file(Path::new(name));
    }
    let installed = global.plugin_folder(config, None).and_then(|folder| source::installed(&folder, name));
    if let Some(path) = installed {
        return Source::file(&path);
    }
    let builtins = plugin::builtins();
    match builtins.iter().find(|b| b.name == name) {
        Some(builtin) => Ok(Source {
            label: builtin.name.to_owned(),
            origin: Origin::Builtin,
            bytes: builtin.bytes.to_vec(),
            signature: None,
            artifact: None,
        }),
        None => {
            let known: Vec<&str> = builtins.iter().map(|b| b.name).collect();
            let problem = Problem::Unreadable(format!("no such file; built in are {}", known.join(", ")));
            Err(CliError::Usage(format!("{}: {problem}", harmless(name))))
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
    let line = |name: &str, value: &str| println!("{name:<16} {}", harmless(value));
    if let Some(m) = &report.manifest {
        println!("{} {}: {}\n", m.id, m.version, harmless(&m.summary));
    }
    line("file", &report.file);
    line("size", &format!("{} bytes", report.size));
    line("digest", &report.digest);
    if let Some(artifact) = &report.artifact {
        line("artifact", artifact);
    }
    line("signature", &report.signature.as_ref().map_or("–".to_owned(), Signed::to_string));
    line("interface", report.interface.as_deref().unwrap_or("–"));
    let hosts = report
        .manifest
        .as_ref()
        .map_or("–".to_owned(), |m| format!("those with interface {}", m.interface));
    line("runs on hosts", &hosts);
    line("this host has", &list(report.host_interfaces.iter().copied()));
    if let Some(m) = &report.manifest {
        line("partition", m.partition.name());
        line("events", &list(m.events.iter().map(|e| e.name())));
        line("columns", &list(m.columns.iter().map(|c| c.name())));
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
    if let Some(access) = &report.access {
        let names = |of: &[Capability]| list(of.iter().map(|c| c.name()));
        line("asks for", &names(&access.asked));
        line("granted", &names(&access.granted));
        line("missing", &names(&access.missing));
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
    match (&report.reason, &report.obstacle) {
        (None, None) => println!("\nok: this host runs it"),
        (Some(reason), _) => println!("\nrefused: {}", harmless(reason)),
        (None, Some(obstacle)) => println!("\nok, but not under this configuration: {}", harmless(obstacle)),
    }
}
