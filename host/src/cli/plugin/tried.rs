//! A plugin that is tried out on its own: where its bytes and settings come from.
//!
//! Owns that nothing needs to be granted here: test and bench are a closed world, from which nothing leads out.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::super::{CliError, Global};
use super::inspect;
use super::source::Source;
use crate::config::PluginConfig;
use crate::plugin::Inspection;
use crate::plugin::Manifest;

/// Longest file of settings.
const MAX_SETTINGS_BYTES: u64 = 1 << 20;

/// Which plugin, with what settings.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// A component file, or the id of a built-in plugin.
    #[arg(value_name = "FILE|ID")]
    pub(super) plugin: String,
    /// YAML or JSON file with the plugin's settings, in place of those of the configuration.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// Seed of the records.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

impl Which {
    /// The file's name, its bytes, and the settings.
    pub(super) fn read(&self, global: &Global) -> Result<(String, Vec<u8>, PluginConfig), CliError> {
        let config = global.load_config()?;
        let Source { label: file, bytes, .. } = inspect::find(&self.plugin, false, global, &config)?;
        // What is wrong with it is told when it is loaded.
        let id =
            Inspection::read(&bytes).ok().and_then(|i| Some(Manifest::parse(i.manifest().ok()?).ok()?.id));
        let mut settings = id.and_then(|id| config.plugins.get(&id).cloned()).unwrap_or_default();
        // Which records an operator leaves out says nothing about the plugin.
        settings.exceptions.clear();
        if let Some(path) = &self.settings {
            settings.config = read_settings(path)?;
        }
        Ok((file, bytes, settings))
    }
}

fn read_settings(path: &Path) -> Result<Value, CliError> {
    let failed = |m: String| CliError::Usage(format!("{}: {m}", path.display()));
    let text = read_text(path, MAX_SETTINGS_BYTES)?;
    let value: Value = serde_saphyr::from_str(&text).map_err(|e| failed(e.to_string()))?;
    if !value.is_object() {
        return Err(failed("must be a mapping of settings, as under `plugins.<id>.config`".to_owned()));
    }
    Ok(value)
}

/// A text file of at most `limit` bytes.
pub(super) fn read_text(path: &Path, limit: u64) -> Result<String, CliError> {
    use std::io::Read as _;
    let failed = |m: String| CliError::Usage(format!("{}: {m}", path.display()));
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_string(&mut text))
        .map_err(|e| failed(format!("cannot read it: {e}")))?;
    if text.len() as u64 > limit {
        return Err(failed(format!("is too long; the limit is {limit} bytes")));
    }
    Ok(text)
}
