//! `ringfence config check`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{CliError, CliResult, Global, plugin_set};

/// Commands about the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads the configuration and says whether it is right, plugins' settings included.
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
    let config = global.load_config()?;
    plugin_set::load(global, &config, folder, &[])?;
    println!(
        "ok: {} locations, {} numbers, {} plugins configured, records may be {} h late",
        config.locations.len(),
        config.numbers.len(),
        config.plugins.len(),
        config.lateness_hours
    );
    Ok(ExitCode::SUCCESS)
}
