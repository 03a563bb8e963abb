//! Which rules a command runs: those of the `rules` folder beside the configuration, less what is not asked for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rules::{File, LoadOptions, Loaded, RuleSet, State};

use super::print::visible;
use super::{CliError, Global};
use crate::config::Config;

/// How a rule is named where detectors are.
const PREFIX: &str = "rule:";

/// Most bytes of one file: the parser's own bound is lower.
const MAX_FILE: u64 = 4 << 20;

/// Loads the rules of a command; `only` names detectors and `rule:NAME`, empty is all. A file with errors is told on standard
/// error and left out.
///
/// # Errors
/// When a file cannot be read, or `only` names a rule that is not there.
pub fn load(global: &Global, config: &Config, only: &[String]) -> Result<Arc<RuleSet>, CliError> {
    let folder = global.config.as_deref().and_then(Path::parent).map_or("rules".into(), |f| f.join("rules"));
    let (mut files, mut libs) = (Vec::new(), Vec::new());
    if folder.is_dir() {
        gather(&folder, &mut files, &mut libs)?;
    }
    let mut options = LoadOptions { lateness: config.lateness(), ..LoadOptions::default() };
    let loaded = rules::load(&files, &libs, &options);
    tell(&loaded);
    if only.is_empty() {
        return Ok(loaded.set);
    }
    let wanted: Vec<&str> = only.iter().filter_map(|id| id.strip_prefix(PREFIX)).collect();
    if let Some(unknown) = wanted.iter().find(|name| !loaded.set.listed().iter().any(|l| l.name == **name)) {
        return Err(CliError::Usage(format!("no rule '{}'; see 'ringfence rules list'", visible(unknown))));
    }
    let others = loaded.set.listed().iter().filter(|l| matches!(l.state, State::Active | State::Shadow));
    options.disabled =
        others.filter(|l| !wanted.contains(&l.name.as_str())).map(|l| l.name.clone()).collect();
    Ok(rules::load(&files, &libs, &options).set)
}

fn tell(loaded: &Loaded) {
    for problem in &loaded.diagnostics {
        eprintln!(
            "{}:{}:{}: {}",
            visible(&problem.file),
            problem.span.line,
            problem.span.column,
            visible(&problem.message)
        );
    }
    for file in &loaded.refused {
        eprintln!("{} was left out; see 'ringfence rules check'", visible(file));
    }
}

fn gather(folder: &Path, files: &mut Vec<File>, libs: &mut Vec<File>) -> Result<(), CliError> {
    let failed =
        |path: &Path, e: std::io::Error| CliError::Usage(format!("cannot read {}: {e}", path.display()));
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| failed(&folder, e))? {
            let path = entry.map_err(|e| failed(&folder, e))?.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if matches!(extension, "yml" | "yaml" | "rhai") {
                let size = path.metadata().map_err(|e| failed(&path, e))?.len();
                if size > MAX_FILE {
                    return Err(CliError::Usage(format!("{} is larger than 4 MB", path.display())));
                }
                let text = std::fs::read(&path).map_err(|e| failed(&path, e))?;
                let file = File { name: path.display().to_string(), text: text.into() };
                if extension == "rhai" { libs.push(file) } else { files.push(file) }
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    libs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}
