//! Which rules a command runs that is not the service: those of the files here, less what is not asked for.

use std::sync::Arc;

use rules::{RuleSet, State};

use super::print::visible;
use super::{CliError, Global};
use crate::config::Config;
use crate::policy::{self, Sources};

/// How a rule is named where detectors are.
const PREFIX: &str = "rule:";

/// Loads the rules of a command; `only` names detectors and `rule:NAME`, empty is all. A file with errors is told on standard
/// error and left out.
///
/// # Errors
/// When `only` names a rule that is not there.
pub fn load(global: &Global, config: &Config, only: &[String]) -> Result<Arc<RuleSet>, CliError> {
    let sources = Sources { config: global.config.clone(), plugins: None };
    let (set, refused) = policy::rules_of(&sources, config);
    refused.iter().for_each(|r| eprint!("{}", r.excerpt));
    for refused in &refused {
        eprintln!("{} was left out; see 'ringfence rules check'", visible(&refused.file));
    }
    if only.is_empty() {
        return Ok(set);
    }
    let wanted: Vec<&str> = only.iter().filter_map(|id| id.strip_prefix(PREFIX)).collect();
    if let Some(unknown) = wanted.iter().find(|name| !set.listed().iter().any(|l| l.name == **name)) {
        return Err(CliError::Usage(format!("no rule '{}'; see 'ringfence rules list'", visible(unknown))));
    }
    // Without a rule among them, no part of a correlation must be left to run alone either.
    let runs = |state: &State| wanted.is_empty() || matches!(state, State::Active | State::Shadow);
    let others = set.listed().iter().filter(|l| runs(&l.state));
    let others = others.filter(|l| !wanted.contains(&l.name.as_str())).map(|l| l.name.clone());
    let mut less = config.clone();
    less.rules.disable.extend(others);
    Ok(policy::rules_of(&sources, &less).0)
}
