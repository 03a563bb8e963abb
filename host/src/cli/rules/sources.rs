//! Which files a command reads: those that were named, and around them what they may refer to.
//!
//! Owns finding and reading files. A file on its own may name rules beside it and use libraries above it, so those are
//! loaded with it, but only what was asked for is reported on.

mod shipped;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rules::{Diagnostic, File, LoadOptions, Span};

use super::super::{CliError, Global};
use crate::config::{Config, DEFAULT_FOLDER};

/// Entries of a folder `lib` that are looked at for a script.
const MAX_LOOKED_AT: usize = 1_000;

/// Largest file read; the parser's own limit is smaller. Rules have some 2 KB.
const MAX_FILE_BYTES: u64 = 2 << 20;
/// Deepest folder below the one named.
const MAX_DEPTH: usize = 16;
/// How far above a file its rules' root, the folder with `lib`, is looked for.
const MAX_ABOVE: usize = 4;
/// Folder of libraries.
const LIB: &str = "lib";
/// Folders at the root of rules that hold none: patterns for new rules, and what editors complete with.
const NOT_RULES: [&str; 2] = ["templates", "schema"];

/// Files as they were read.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// Rules, in the order of their names.
    pub(crate) files: Vec<File>,
    /// Libraries.
    pub(crate) libs: Vec<File>,
    /// Names of the files that the command is about.
    pub(crate) asked: BTreeSet<String>,
    /// Files that cannot be read.
    pub(crate) problems: Vec<Diagnostic>,
    /// The configuration.
    pub(crate) config: Config,
    /// Names of rules that must not run: none if files were named, whatever the configuration says.
    disabled: Vec<String>,
}

impl Sources {
    /// How they are loaded.
    pub(crate) fn options(&self) -> LoadOptions {
        LoadOptions {
            lateness: i64::from(self.config.lateness_hours) * 3_600_000,
            placeholders: self.config.rules.placeholders.clone().into_iter().collect(),
            disabled: self.disabled.clone(),
            ..LoadOptions::default()
        }
    }

    /// The file of a library that an error names by its module, `calls.rhai`.
    pub(crate) fn lib_of(&self, module: &str) -> Option<&str> {
        let is_it = |lib: &&File| lib.name != module && lib.name.rsplit('/').next() == Some(module);
        self.libs.iter().find(is_it).map(|lib| lib.name.as_str())
    }

    /// The text of a file, for excerpts.
    pub(crate) fn text(&self, name: &str) -> String {
        let found = self.files.iter().chain(&self.libs).find(|f| f.name == name);
        found.map_or_else(String::new, |f| String::from_utf8_lossy(&f.text).into_owned())
    }
}

/// Reads what was named, else what the configuration loads.
///
/// # Errors
/// When a path is not there, or none was named and the configuration has none.
pub(crate) fn read(paths: &[PathBuf], global: &Global) -> Result<Sources, CliError> {
    if paths.is_empty() {
        return configured(global);
    }
    let (mut asked, mut around) = (Found::default(), Found::default());
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|e| {
            CliError::Usage(format!("cannot read '{}': {e}", path.display().to_string().escape_debug()))
        })?;
        if meta.is_dir() {
            asked.folder(path, 0);
            if let Some(root) = root_above(path) {
                around.folder(&root, 0);
            }
        } else {
            asked.file(path);
            let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            match root_above(beside) {
                Some(root) => around.folder(&root, 0),
                None => around.beside(beside),
            }
        }
    }
    let mut sources = asked.read(&around);
    sources.config = global.load_config()?;
    shipped::add(&mut sources);
    Ok(sources)
}

/// Everything that the configuration loads, what is shipped included.
fn configured(global: &Global) -> Result<Sources, CliError> {
    let gathered = policy_sources(global).gather(None);
    let mut sources = Sources { config: global.load_config()?, ..Sources::default() };
    sources.disabled = sources.config.rules.disable.clone();
    for file in gathered.files.iter().filter(|f| f.kind.is_rules()) {
        sources.asked.insert(file.path.clone());
        let read = File { name: file.path.clone(), text: file.bytes.clone() };
        if file.kind.is_lib() { sources.libs.push(read) } else { sources.files.push(read) }
    }
    for (_, name, reason) in gathered.problems.iter().filter(|(kind, ..)| kind.is_rules()) {
        sources.asked.insert(name.clone());
        sources.problems.push(Diagnostic::error(name, Span::default(), reason.clone(), ""));
    }
    Ok(sources)
}

fn policy_sources(global: &Global) -> crate::policy::Sources {
    crate::policy::Sources { config: global.config.clone(), plugins: None }
}

/// What to look at for changes if nothing was named.
pub(crate) fn watched(global: &Global) -> Vec<PathBuf> {
    let sources = policy_sources(global);
    sources.gather(None).folders.into_iter().chain(sources.config_file()).collect()
}

/// The folder for new rules: the first that the configuration loads.
///
/// # Errors
/// When the configuration cannot be read.
pub(crate) fn first_folder(global: &Global) -> Result<PathBuf, CliError> {
    let config = global.load_config()?;
    let beside = policy_sources(global).config_file();
    let base = beside.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
    let folders = config.rules.folders.unwrap_or_default();
    Ok(base.join(folders.first().map_or(Path::new(DEFAULT_FOLDER), PathBuf::as_path)))
}

/// The nearest folder at or above this one that has libraries.
fn root_above(folder: &Path) -> Option<PathBuf> {
    // Of a relative path, what lies above the working directory is not looked at.
    folder
        .ancestors()
        .take(MAX_ABOVE)
        .map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above })
        .find(|above| has_library(above))
        .map(Path::to_path_buf)
}

/// Whether a folder is one of rules: `/` and many others have a `lib`, too, but without scripts in it.
fn has_library(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder.join(LIB)).into_iter().flatten().flatten();
    entries.take(MAX_LOOKED_AT).any(|entry| entry.path().extension().is_some_and(|e| e == "rhai"))
}

/// Files found, by what they really are: the same file by two ways is one.
#[derive(Default)]
struct Found {
    files: BTreeMap<PathBuf, PathBuf>,
    problems: Vec<Diagnostic>,
}

impl Found {
    fn add(&mut self, path: &Path) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        self.files.entry(real).or_insert_with(|| path.to_path_buf());
    }

    /// A file that was named is read whatever its ending.
    fn file(&mut self, path: &Path) {
        self.add(path);
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.problem(folder, &format!("the folder cannot be read: {error}")),
        };
        if depth > MAX_DEPTH {
            return self.problem(folder, &format!("folders are nested deeper than {MAX_DEPTH}"));
        }
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if depth > 0 || !NOT_RULES.contains(&&*name) {
                    self.folder(&path, depth + 1);
                }
            } else if is_rules(&path) || (is_library(&path) && is_in_lib(&path)) {
                self.add(&path);
            }
        }
    }

    /// Rules in the same folder, not below it.
    fn beside(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if is_rules(&path) && path.is_file() {
                self.add(&path);
            }
        }
    }

    fn problem(&mut self, path: &Path, message: &str) {
        let name = path.display().to_string();
        self.problems.push(Diagnostic::error(&name, Span::default(), message, "make it readable"));
    }

    fn read(mut self, around: &Found) -> Sources {
        let mut sources = Sources::default();
        let files = std::mem::take(&mut self.files);
        for path in files.values() {
            self.read_one(path, &mut sources, true);
        }
        for (_, path) in around.files.iter().filter(|(real, _)| !files.contains_key(*real)) {
            self.read_one(path, &mut sources, false);
        }
        sources.files.sort_by(|a, b| a.name.cmp(&b.name));
        sources.libs.sort_by(|a, b| a.name.cmp(&b.name));
        sources.problems.append(&mut self.problems);
        sources
    }

    fn read_one(&mut self, path: &Path, sources: &mut Sources, asked: bool) {
        let name = path.strip_prefix("./").unwrap_or(path).display().to_string();
        let mut text = Vec::new();
        let read = std::fs::File::open(path).and_then(|f| f.take(MAX_FILE_BYTES + 1).read_to_end(&mut text));
        let problem = match read {
            Err(error) => Some(format!("the file cannot be read: {error}")),
            Ok(_) if text.len() as u64 > MAX_FILE_BYTES => {
                Some(format!("the file is longer than {MAX_FILE_BYTES} bytes"))
            }
            Ok(_) => None,
        };
        if asked {
            sources.asked.insert(name.clone());
        }
        match problem {
            Some(message) if asked => self.problem(path, &message),
            Some(_) => {}
            None => {
                let file = File { name, text: text.into() };
                let files = if is_library(path) { &mut sources.libs } else { &mut sources.files };
                files.push(file);
            }
        }
    }
}

fn is_rules(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("yml") || e.eq_ignore_ascii_case("yaml"))
}

fn is_library(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("rhai"))
}

fn is_in_lib(path: &Path) -> bool {
    path.parent().and_then(Path::file_name).is_some_and(|name| name == LIB)
}

#[cfg(test)]
mod tests;
