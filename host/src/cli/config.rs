//! `ringfence config check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::print::visible;
use super::{CliError, CliResult, Global, policy as policy_command};
use crate::policy::{self, LastGood};

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads the configuration, rules and plugins, and says what would be refused.
    Check {
        /// Folder with further plugins (`*.wasm`) that the configuration has settings for.
        #[arg(long, value_name = "DIR")]
        plugins: Option<PathBuf>,
    },
}

/// Runs a command about the configuration.
pub fn run(command: &ConfigCommand, global: &Global) -> CliResult {
    match command {
        ConfigCommand::Check { plugins } => check(plugins.as_deref(), global),
    }
}

fn check(folder: Option<&std::path::Path>, global: &Global) -> CliResult {
    if global.config.is_none() && !std::path::Path::new("ringfence.yaml").exists() {
        return Err(CliError::Usage(
            "no configuration to check: name one with --config FILE, or start from ringfence.sample.yaml"
                .to_owned(),
        ));
    }
    global.load_config()?;
    let runtime = policy_command::runtime(global)?;
    let policy = policy::load(&policy_command::sources(global, folder), &runtime, &LastGood::default())?;
    for problem in &policy.diagnostics {
        if !problem.is_error() {
            eprintln!(
                "warning: {}:{}: {}",
                visible(&problem.file),
                problem.span.line,
                visible(&problem.message)
            );
        }
    }
    policy.refused.iter().for_each(|r| eprint!("{}", r.excerpt));
    if !policy.refused.is_empty() {
        let files: Vec<_> = policy.refused.iter().map(|r| visible(&r.file)).collect();
        return Err(CliError::Usage(format!("would be refused: {}", files.join(", "))));
    }
    let config = &policy.config;
    println!(
        "ok: {} locations, {} numbers, {} plugins configured, {} rules run, records may be {} h late",
        config.locations.len(),
        config.numbers.len(),
        config.plugins.len(),
        policy.content.running(),
        config.lateness_hours
    );
    Ok(ExitCode::SUCCESS)
}
