//! `--watch`: the same again whenever a file changes.
//!
//! Looks at names, times and lengths twice a second: that works on every file system, also where notifications do not, and
//! a folder of some thousand rules is looked through in milliseconds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use super::super::output::print;
use super::super::{CliError, CliResult, Global};
use super::sources;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Most files looked at.
const MAX_FILES: usize = 50_000;
/// Deepest folder.
const MAX_DEPTH: usize = 16;
/// Length of the line between two runs.
const LINE: usize = 72;

/// What shows that a file has changed.
type Stamps = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Does `work` now and after every change, until the process is ended. Files that are missing or wrong for a while are told
/// and waited for.
///
/// # Errors
/// When the first run cannot even begin, or nothing can be printed any more.
pub(crate) fn again(paths: &[PathBuf], global: &Global, work: impl Fn() -> CliResult) -> CliResult {
    let mut paths = paths.to_vec();
    if paths.is_empty() {
        paths = sources::watched(global);
    }
    let mut seen = stamps(&paths);
    work()?;
    loop {
        std::thread::sleep(PAUSE);
        let now = stamps(&paths);
        if now == seen {
            continue;
        }
        let what = changed(&seen, &now);
        seen = now;
        print(&separator(&what, &chrono::Local::now().format("%H:%M:%S").to_string()))?;
        match work() {
            // The files' state is what the exit code would say: go on.
            Ok(_) => {}
            Err(CliError::Usage(message)) => eprintln!("error: {message}"),
            Err(error) => return Err(error),
        }
        if is_over() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Whether whoever reads the output has gone.
fn is_over() -> bool {
    use std::io::Write as _;
    std::io::stdout().lock().flush().is_err()
}

fn separator(what: &str, time: &str) -> String {
    let head = format!("── {time} {what} ");
    let rest = LINE.saturating_sub(head.chars().count());
    format!("\n{head}{}\n", "─".repeat(rest.max(2)))
}

fn changed(before: &Stamps, now: &Stamps) -> String {
    let mut names = now
        .iter()
        .filter(|(path, stamp)| before.get(*path) != Some(stamp))
        .map(|(path, _)| (path, "changed"));
    let first = names
        .next()
        .or_else(|| before.keys().find(|path| !now.contains_key(*path)).map(|path| (path, "removed")));
    let more = names.count();
    match first {
        Some((path, what)) => {
            let name =
                path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().escape_debug().to_string();
            if more > 0 { format!("{name} and {more} more {what}") } else { format!("{name} {what}") }
        }
        None => "changed".to_owned(),
    }
}

fn stamps(paths: &[PathBuf]) -> Stamps {
    let mut stamps = Stamps::new();
    for path in paths {
        note(path, 0, &mut stamps);
        if path.is_file()
            && let Some(folder) = path.parent()
        {
            // What stands beside a file may be what it refers to.
            note(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }, MAX_DEPTH, &mut stamps);
        }
    }
    stamps
}

fn note(path: &Path, depth: usize, stamps: &mut Stamps) {
    if depth > MAX_DEPTH + 1 || stamps.len() >= MAX_FILES {
        return;
    }
    let Ok(meta) = std::fs::metadata(path) else { return };
    if !meta.is_dir() {
        // A file by two ways is one.
        let path = path.strip_prefix(".").unwrap_or(path);
        stamps.insert(path.to_path_buf(), (meta.modified().ok(), meta.len()));
        return;
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let kept = entry.path();
        let wanted =
            kept.is_dir() || kept.extension().is_some_and(|e| e == "yml" || e == "yaml" || e == "rhai");
        if !hidden && wanted {
            note(&kept, depth + 1, stamps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.yml");
        std::fs::write(&file, "one").unwrap();
        let paths = [dir.path().to_path_buf()];
        let before = stamps(&paths);
        assert_eq!(before, stamps(&paths));
        std::fs::write(&file, "longer").unwrap();
        std::fs::write(dir.path().join("notes.txt"), "not a rule").unwrap();
        let after = stamps(&paths);
        assert_eq!(changed(&before, &after), "a.yml changed");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(changed(&after, &stamps(&paths)), "a.yml removed");
        assert_eq!(separator("a.yml changed", "10:00:00").trim().chars().count(), LINE);
    }
}
