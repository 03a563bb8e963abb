//! `ringfence config check`.

use std::process::ExitCode;

use clap::Subcommand;

use super::{CliError, CliResult, Global};

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads the configuration and says what it means.
    Check,
}

/// Runs a command about the configuration.
pub fn run(command: &ConfigCommand, global: &Global) -> CliResult {
    match command {
        ConfigCommand::Check => check(global),
    }
}

fn check(global: &Global) -> CliResult {
    if global.config.is_none() && !std::path::Path::new("ringfence.yaml").exists() {
        return Err(CliError::Usage(
            "no configuration to check: name one with --config FILE, or start from ringfence.sample.yaml"
                .to_owned(),
        ));
    }
    let config = global.load_config()?;
    println!(
        "ok: {} locations, {} numbers, {} plugins configured, records may be {} h late",
        config.locations.len(),
        config.numbers.len(),
        config.plugins.len(),
        config.lateness_hours
    );
    Ok(ExitCode::SUCCESS)
}
