//! The files of a labelled folder.
//!
//! Owns which files are records and events and which are not. Does not own their shapes (`source`): the same record in
//! several files, such as a report and the pages of the API, counts once there.

use std::fs;
use std::path::{Path, PathBuf};

use super::{EvalError, labels};
use crate::source::Input;

/// Name of the configuration.
pub const CONFIG: &str = "ringfence.yaml";

/// How names of records' files end; after that `.gz` or `.zst` may come.
const ENDINGS: [&str; 4] = [".csv", ".json", ".jsonl", ".ndjson"];
const COMPRESSED: [&str; 2] = [".gz", ".zst"];

/// Folders within folders that are looked at: pages lie one deep, a year of pages by month two.
const MAX_DEPTH: u32 = 3;

/// Most files: a year of five-minute pages.
const MAX_FILES: usize = 110_000;

/// All record and event files of the folder, in the order of their names.
///
/// # Errors
/// When the folder cannot be read, or no such file is in it.
pub fn inputs(folder: &Path, but: Option<&Path>) -> Result<Vec<Input>, EvalError> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    let but = but.and_then(|path| path.canonicalize().ok());
    files.retain(|file| but.is_none() || file.canonicalize().ok() != but);
    if files.is_empty() {
        return Err(EvalError::Folder(format!(
            "{}: no records: put records.csv, pages of the API (.json) or a feed (.ndjson) beside {}",
            folder.display(),
            labels::FILE
        )));
    }
    files.sort();
    Ok(files.into_iter().map(Input::File).collect())
}

fn collect(folder: &Path, depth: u32, files: &mut Vec<PathBuf>) -> Result<(), EvalError> {
    let cannot =
        |e: std::io::Error| EvalError::Folder(format!("cannot read the folder {}: {e}", folder.display()));
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() && depth < MAX_DEPTH {
            collect(&path, depth + 1, files)?;
        } else if path.is_file() && holds_records(&path) {
            files.push(path);
        }
        if files.len() > MAX_FILES {
            return Err(EvalError::Folder(format!(
                "{}: more than {MAX_FILES} files: split the set",
                folder.display()
            )));
        }
    }
    Ok(())
}

fn holds_records(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let name = name.to_ascii_lowercase();
    let plain = COMPRESSED.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    // Findings and scores of earlier runs are often kept beside what they come from.
    let other = ["labels", "findings", "score", "floor"].iter().any(|word| plain.starts_with(word));
    !other && !name.starts_with('.') && ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("pages")).unwrap();
        assert!(inputs(folder.path(), None).unwrap_err().to_string().contains("no records"));
        for name in [
            "a.csv",
            "labels.json",
            "pages/1.json.gz",
            "ringfence.yaml",
            "findings.ndjson",
            "b.NDJSON",
            ".c.csv",
        ] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        let names: Vec<PathBuf> =
            ["a.csv", "b.NDJSON", "pages/1.json.gz"].iter().map(|n| folder.path().join(n)).collect();
        let expected: Vec<Input> = names.iter().cloned().map(Input::File).collect();
        assert_eq!(inputs(folder.path(), None).unwrap(), expected);
        assert_eq!(inputs(folder.path(), Some(&names[0])).unwrap(), expected[1..]);
    }
}
