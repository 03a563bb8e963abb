//! Finds PostgreSQL's programs on the machine.
//!
//! Owns where to look and which version to take. Does not own running them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::ClusterError;

/// Oldest and newest PostgreSQL the queries are tested with.
pub(super) const SUPPORTED: std::ops::RangeInclusive<u32> = 15..=18;

/// One installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) dir: PathBuf,
    pub(super) major: u32,
}

/// Folders whose children hold one installation per version: Debian, Red Hat (PGDG), Homebrew on both processors.
const VERSION_PARENTS: &[&str] =
    &["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt", "/opt/local/lib"];

/// The installation to use: one that fits the existing data directory, else the newest supported one.
pub(super) fn find(configured: Option<&Path>, wanted: Option<u32>) -> Result<Binaries, ClusterError> {
    let found: Vec<Binaries> = match configured {
        Some(dir) => {
            let binaries = examine(dir).ok_or_else(|| ClusterError::BadBinDir { dir: dir.to_owned() })?;
            vec![binaries]
        }
        None => candidates().iter().filter_map(|dir| examine(dir)).collect(),
    };
    choose(found, wanted)
}

fn choose(mut found: Vec<Binaries>, wanted: Option<u32>) -> Result<Binaries, ClusterError> {
    // Stable: among equal versions the first place of the search order stays first.
    found.sort_by_key(|b| std::cmp::Reverse(b.major));
    if let Some(major) = wanted {
        let others: Vec<String> = found.iter().map(|b| b.major.to_string()).collect();
        return found
            .into_iter()
            .find(|b| b.major == major)
            .ok_or(ClusterError::WrongMajor { data: major, found: others.join(", ") });
    }
    let unsupported = found.first().map(|b| b.major);
    found.into_iter().find(|b| SUPPORTED.contains(&b.major)).ok_or(ClusterError::NotFound { unsupported })
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    for parent in VERSION_PARENTS {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let versions = entries.filter_map(Result::ok).filter(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            name.bytes().all(|b| b.is_ascii_digit())
                || name.starts_with("postgresql")
                || name.starts_with("pgsql")
        });
        dirs.extend(versions.map(|e| e.path().join("bin")));
    }
    dirs.retain(|dir| dir.is_absolute());
    dirs
}

/// The version of the programs in `dir`, if both are there and start.
fn examine(dir: &Path) -> Option<Binaries> {
    if !dir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let major = parse_version(&String::from_utf8_lossy(&output.stdout))?;
    // Through links (a PATH of links, Homebrew), so that all programs are of one installation.
    let real = dir.join("postgres").canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
    let real = real.filter(|d| d.join("initdb").is_file());
    Some(Binaries { dir: real.unwrap_or_else(|| dir.to_owned()), major })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, `postgres (PostgreSQL) 19beta1`.
fn parse_version(text: &str) -> Option<u32> {
    let version = text.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Binaries> {
        majors.iter().map(|m| Binaries { dir: format!("/pg/{m}").into(), major: *m }).collect()
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1"), Some(19));
        assert_eq!(parse_version("postgres"), None);
    }

    #[test]
    fn newest_supported_is_taken_and_data_decides() {
        assert_eq!(choose(installed(&[14, 16, 19, 15]), None).unwrap().major, 16);
        assert_eq!(choose(installed(&[16, 15]), Some(15)).unwrap().major, 15);
        let message = choose(installed(&[16]), Some(15)).unwrap_err().to_string();
        assert!(message.contains("PostgreSQL 15") && message.contains("16"), "{message}");
        let message = choose(installed(&[13]), None).unwrap_err().to_string();
        assert!(message.contains("13") && message.contains("15 to 18"), "{message}");
        let message = choose(vec![], None).unwrap_err().to_string();
        assert!(message.contains("postgres_bin_dir"), "{message}");
    }

    #[test]
    fn a_configured_folder_without_programs_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let message = find(Some(dir.path()), None).unwrap_err().to_string();
        assert!(message.contains(&dir.path().display().to_string()), "{message}");
    }
}
