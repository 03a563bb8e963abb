//! `ringfence plugin …`: the listing; each other command has a file of its own.

mod bench;
mod inspect;
mod install;
mod keygen;
mod new;
mod pack;
mod push;
mod quarantine;
mod sign;
mod source;
mod test;
mod top;
mod tried;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::print::visible;
use super::{CliError, CliResult, Format, Global};
use crate::config::Config;
use crate::plugin::{self, LoadError, Origin, Plugin, Runtime, Signed};
use crate::store::Quarantine;

/// Commands about plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Shows the built-in plugins and those of a folder.
    List {
        /// Folder with plugins of your own.
        #[arg(long, value_name = "DIR")]
        plugins: Option<PathBuf>,
        /// How it is printed.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Shows one plugin: what it is, asks for, is granted and lets you set, who signed it, and which hosts run it.
    Inspect(inspect::InspectArgs),
    /// Puts plugin.toml into a component and checks the result.
    Pack(pack::PackArgs),
    /// Makes a pair of keys to sign plugins with.
    Keygen(keygen::KeygenArgs),
    /// Signs a plugin.
    Sign(sign::SignArgs),
    /// Says whether a plugin's signature holds.
    Verify(sign::VerifyArgs),
    /// Checks a plugin and puts it into the plugin folder.
    Install(install::InstallArgs),
    /// Takes a plugin out of the plugin folder.
    Remove(install::RemoveArgs),
    /// Pushes a plugin to a registry.
    Push(push::PushArgs),
    /// Makes a project for a plugin of your own, in Rust, Python or JavaScript.
    New(new::NewArgs),
    /// Shows what each plugin of the running service uses: time, memory, state, findings, log lines, and how much of its budget.
    Top {
        /// How it is printed.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Puts a plugin through a battery: order, repeats, restarts, hostile records, limits. Exit code 1 when it fails.
    Test(test::TestArgs),
    /// Measures a plugin beside the built-in detectors: time, memory, checkpoints.
    Bench(bench::BenchArgs),
}

/// Runs a command about plugins.
///
/// # Errors
/// When the folder or file cannot be read.
pub fn run(command: &PluginCommand, global: &Global) -> CliResult {
    match command {
        PluginCommand::List { plugins, format } => list(plugins.as_deref(), *format, global),
        PluginCommand::Inspect(args) => inspect::run(args, global),
        PluginCommand::Pack(args) => pack::run(args, global),
        PluginCommand::Keygen(args) => keygen::run(args),
        PluginCommand::Sign(args) => sign::run(args),
        PluginCommand::Verify(args) => sign::verify(args, global),
        PluginCommand::Install(args) => install::run(args, global),
        PluginCommand::Remove(args) => install::remove(args, global),
        PluginCommand::Push(args) => push::run(args, global),
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Top { format } => top::run(*format, global),
        PluginCommand::Test(args) => test::run(args, global),
        PluginCommand::Bench(args) => bench::run(args, global),
    }
}

/// The engine; with its cache if there is a data folder, which a listing does not make.
fn runtime(global: &Global) -> Result<Runtime, CliError> {
    let cache = Some(global.cache_dir());
    Runtime::new(cache.as_deref()).map_err(|e| CliError::Environment(e.to_string()))
}

/// One line of the listing.
#[derive(Serialize)]
struct Row {
    id: Option<String>,
    version: Option<String>,
    digest: Option<String>,
    source: String,
    partition: Option<&'static str>,
    events: Vec<&'static str>,
    columns: usize,
    enabled: bool,
    ok: bool,
    /// Why it is refused.
    reason: Option<String>,
    /// Whose signature it has; nobody's for what is built in.
    signed: Option<Signed>,
    /// Set when the engine has stopped it after repeated failure, or watches it after that.
    quarantine: Option<Quarantine>,
}

impl Row {
    fn status(&self) -> String {
        match &self.quarantine {
            _ if !self.ok => "refused".to_owned(),
            Some(Quarantine { until: Some(until), .. }) => format!("stopped until {}", &until[..16]),
            Some(Quarantine { strikes, .. }) => format!("ok, was stopped {strikes} times"),
            None => "ok".to_owned(),
        }
    }
}

fn list(dir: Option<&Path>, format: Format, global: &Global) -> CliResult {
    let config = global.load_config()?;
    let runtime = runtime(global)?;
    let mut accepted = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for builtin in plugin::builtins() {
        let loaded = runtime.load(builtin.name, builtin.bytes);
        rows.push(row("built-in".to_owned(), Origin::Builtin, loaded, &mut accepted, &config));
    }
    if let Some(dir) = global.plugin_folder(&config, dir) {
        let files =
            plugin::load_dir(&runtime, &dir, &config.trust).map_err(|e| CliError::Usage(e.to_string()))?;
        for file in files {
            let row = row(file.path.display().to_string(), Origin::File, file.loaded, &mut accepted, &config);
            rows.push(Row { signed: file.signed, ..row });
        }
    }
    for stopped in quarantine::known(global, &config) {
        let concerns = |r: &&mut Row| {
            r.id.as_ref() == Some(&stopped.detector) && r.digest.as_ref() == Some(&stopped.digest)
        };
        if let Some(row) = rows.iter_mut().find(concerns) {
            row.quarantine = Some(stopped);
        }
    }
    print(&rows, format)?;
    Ok(ExitCode::SUCCESS)
}

fn row(
    source: String,
    origin: Origin,
    loaded: Result<Plugin, LoadError>,
    accepted: &mut BTreeMap<String, Plugin>,
    config: &Config,
) -> Row {
    let plugin = match loaded {
        Ok(plugin) => plugin,
        Err(error) => {
            let (id, version) = error.plugin.unzip();
            return Row {
                id,
                version,
                digest: None,
                source,
                partition: None,
                events: Vec::new(),
                columns: 0,
                enabled: false,
                ok: false,
                reason: Some(error.problem.to_string()),
                signed: None,
                quarantine: None,
            };
        }
    };
    let problem = plugin::check(&plugin, origin, accepted, config).err();
    let manifest = plugin.manifest();
    let row = Row {
        id: Some(manifest.id.clone()),
        version: Some(manifest.version.clone()),
        digest: Some(plugin.digest().to_owned()),
        source,
        partition: Some(manifest.partition.name()),
        events: manifest.events.iter().map(|e| e.name()).collect(),
        columns: manifest.columns.len(),
        enabled: config.plugins.get(&manifest.id).is_none_or(|c| c.enabled),
        ok: problem.is_none(),
        reason: problem.map(|p| p.to_string()),
        signed: None,
        quarantine: None,
    };
    if row.ok {
        accepted.insert(plugin.id().to_owned(), plugin);
    }
    row
}

fn print(rows: &[Row], format: Format) -> Result<(), CliError> {
    let json = |e: serde_json::Error| CliError::Environment(e.to_string());
    match format {
        Format::Json => println!("{}", serde_json::to_string_pretty(rows).map_err(json)?),
        Format::Ndjson => {
            for row in rows {
                println!("{}", serde_json::to_string(row).map_err(json)?);
            }
        }
        Format::Table => {
            let header =
                ["id", "version", "digest", "source", "partition", "events", "columns", "enabled", "status"];
            let mut table = table(&header);
            for row in rows {
                let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
                table.add_row([
                    known(&row.id),
                    known(&row.version),
                    row.digest.as_deref().map_or("–".to_owned(), short_digest),
                    row.source.clone(),
                    row.partition.unwrap_or("–").to_owned(),
                    if row.events.is_empty() { "–".to_owned() } else { row.events.join(", ") },
                    row.columns.to_string(),
                    if row.enabled { "yes" } else { "no" }.to_owned(),
                    row.status(),
                ]);
            }
            println!("{table}");
            for (row, reason) in rows.iter().filter_map(|r| Some((r, r.reason.as_ref()?))) {
                println!("{}: {reason}", row.source);
            }
            for stopped in rows.iter().filter_map(|r| r.quarantine.as_ref()) {
                println!("{}: {}", stopped.detector, visible(&stopped.reason));
            }
        }
    }
    Ok(())
}

/// One JSON object, pretty or on one line.
fn print_json<T: Serialize>(value: &T, format: Format) -> Result<(), CliError> {
    let text = match format {
        Format::Ndjson => serde_json::to_string(value),
        _ => serde_json::to_string_pretty(value),
    };
    println!("{}", text.map_err(|e| CliError::Environment(format!("cannot write as JSON: {e}")))?);
    Ok(())
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table
}

/// Twelve hexadecimal digits, as people compare them.
fn short_digest(digest: &str) -> String {
    digest.trim_start_matches("sha256:").chars().take(12).collect()
}
