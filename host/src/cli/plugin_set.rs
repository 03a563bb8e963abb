//! Which plugins a command runs: the built-ins, those of the folder named by the user or the configuration, less what is disabled or not asked for.

use std::path::Path;

use super::{CliError, Global};
use crate::config::Config;
use crate::plugin::{self, Plugin, Runtime};

/// Loads the plugins of a command. A plugin of the folder that cannot be loaded is an error: somebody put it there.
///
/// # Errors
/// When a plugin is refused, or `only` names one that is not there.
pub fn load(
    global: &Global,
    config: &Config,
    folder: Option<&Path>,
    only: &[String],
) -> Result<Vec<Plugin>, CliError> {
    let folder = global.plugin_folder(config, folder);
    let runtime =
        Runtime::new(Some(&global.cache_dir())).map_err(|e| CliError::Environment(e.to_string()))?;
    let (mut plugins, refused) = plugin::load_all(&runtime, plugin::builtins(), folder.as_deref(), config);
    if let Some(error) = refused.first() {
        return Err(CliError::Usage(error.to_string()));
    }
    let only: Vec<&String> = only.iter().collect();
    let is_rule = |id: &str| id.starts_with("rule:");
    if let Some(unknown) = only.iter().find(|id| !is_rule(id) && !plugins.iter().any(|p| p.id() == ***id)) {
        let known: Vec<&str> = plugins.iter().map(|p| p.manifest().id.as_str()).collect();
        return Err(CliError::Usage(format!("no detector '{unknown}'; there are {}", known.join(", "))));
    }
    if !only.is_empty() {
        plugins.retain(|p| only.iter().any(|id| *id == p.id()));
    }
    if plugins.is_empty() && !only.iter().any(|id| is_rule(id)) {
        return Err(CliError::Usage(
            "no detector is enabled: see `plugins:` in the configuration".to_owned(),
        ));
    }
    Ok(plugins)
}
