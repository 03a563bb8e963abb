//! Which files of a folder belong to a policy.
//!
//! Owns the walk and its bounds: what is left out, symbolic links, loops. Does not own reading files (`gather`).

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::file::FileKind;

/// Deepest folder below a named one: rules by area and vendor need three.
const MAX_DEPTH: usize = 16;
/// Most folders of all; each is watched by itself.
pub const MAX_FOLDERS: usize = 2_000;
/// Most entries of all folders: as many rules as a set may have, with as much again that is none.
const MAX_ENTRIES: usize = 40_000;

/// A file that belongs to a policy.
#[derive(Debug)]
pub struct Found {
    /// What it is for.
    pub kind: FileKind,
    /// Its name in the policy.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Size and times, of what a link points to.
    pub meta: Metadata,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Files, in the order of the walk: by folder, then by name.
    pub files: Vec<Found>,
    /// Folders that were looked at.
    pub folders: BTreeSet<PathBuf>,
    /// Names that could not be looked at, with the reason. A name that ends with a slash stands for all below it.
    pub problems: Vec<(FileKind, String, String)>,
    entries: usize,
    seen: BTreeSet<(u64, u64)>,
}

/// How a folder is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Folder {
    /// Rules, and whatever lies below.
    Rules { depth: usize },
    /// `lib`: functions, and nothing below.
    Lib,
    /// Detectors, and nothing below.
    Plugins,
}

impl Walked {
    /// Adds a folder of rules under the name it has in the configuration.
    pub fn rules(&mut self, path: &Path, name: &str) {
        self.folder(path, name, Folder::Rules { depth: 0 });
    }

    /// Adds a folder of detectors.
    pub fn plugins(&mut self, path: &Path, name: &str) {
        // It may lie in a folder of rules, where it was passed through. Nothing below it is read, so there is no loop.
        self.seen.clear();
        self.folder(path, name, Folder::Plugins);
    }

    fn folder(&mut self, path: &Path, name: &str, how: Folder) {
        let kind = if how == Folder::Plugins { FileKind::Plugin } else { FileKind::Rules };
        if let Err(reason) = self.read_folder(path, name, how) {
            self.problems.push((kind, format!("{name}/"), reason));
        }
    }

    fn read_folder(&mut self, path: &Path, name: &str, how: Folder) -> Result<(), String> {
        let failed = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => "the folder is not there".to_owned(),
            _ => format!("the folder cannot be read: {e}"),
        };
        let meta = std::fs::metadata(path).map_err(failed)?;
        if !meta.is_dir() {
            return Err("it is no folder".to_owned());
        }
        // A folder that is reached twice, by a link or in a loop, counts where it was reached first.
        if !self.seen.insert((meta.dev(), meta.ino())) {
            return Ok(());
        }
        if self.folders.len() >= MAX_FOLDERS {
            return Err(format!("there are more than {MAX_FOLDERS} folders"));
        }
        self.folders.insert(path.to_owned());
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(format!("there are more than {MAX_ENTRIES} files"));
            }
            names.push(entry.map_err(failed)?.file_name());
        }
        names.sort();
        for entry in names {
            let Some(text) = entry.to_str() else {
                let shown = format!("{name}/{}", entry.to_string_lossy());
                self.problems.push((FileKind::Rules, shown, "its name is not UTF-8: rename it".to_owned()));
                continue;
            };
            if !is_hidden(text) {
                self.entry(&path.join(text), &format!("{name}/{text}"), text, how);
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str, file: &str, how: Folder) {
        let wanted = wanted(file, how);
        let meta = match std::fs::metadata(path) {
            Ok(meta) => meta,
            Err(error) => {
                // Gone since the folder was listed, or a link to nowhere: only what would count is told.
                if let Some(kind) = wanted
                    && std::fs::symlink_metadata(path).is_ok()
                {
                    self.problems.push((kind, name.to_owned(), format!("cannot be read: {error}")));
                }
                return;
            }
        };
        if meta.is_dir() {
            let Folder::Rules { depth } = how else { return };
            match file {
                "templates" | "schema" if depth == 0 => {}
                "lib" if depth == 0 => self.folder(path, name, Folder::Lib),
                _ if depth + 1 > MAX_DEPTH => {
                    let reason = format!("it lies more than {MAX_DEPTH} folders deep");
                    self.problems.push((FileKind::Rules, format!("{name}/"), reason));
                }
                _ => self.folder(path, name, Folder::Rules { depth: depth + 1 }),
            }
        } else if let Some(kind) = wanted {
            if meta.is_file() {
                self.files.push(Found { kind, name: name.to_owned(), path: path.to_owned(), meta });
            } else {
                // Reading a pipe would wait for ever.
                self.problems.push((kind, name.to_owned(), "it is no ordinary file".to_owned()));
            }
        }
    }
}

/// What a file is by its name. Editors' copies (`a.yml~`, `#a.yml#`, `a.yml.swp`) have other endings or are hidden.
fn wanted(file: &str, how: Folder) -> Option<FileKind> {
    let (stem, ending) = file.rsplit_once('.')?;
    if stem.is_empty() || file.starts_with('#') {
        return None;
    }
    match (how, ending) {
        (Folder::Rules { .. }, "yml" | "yaml") => Some(FileKind::Rules),
        (Folder::Lib, "rhai") => Some(FileKind::Lib),
        (Folder::Plugins, "wasm") => Some(FileKind::Plugin),
        (Folder::Plugins, "minisig") if stem.ends_with(".wasm") => Some(FileKind::Signature),
        _ => None,
    }
}

/// Hidden files are not for us: locks and copies of editors, and Kubernetes' `..data`, to whose files there are visible links.
fn is_hidden(file: &str) -> bool {
    file.starts_with('.')
}
