//! Holds the folders under `wit/` to their word: one that is released never changes.
//!
//! `wit/released.sha256` lists each file of each released folder (`sha256sum -c` reads it); a folder becomes released by its
//! lines. `tools/frozen.sh` looks in the history for lines that were changed together with a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::SUPPORTED;

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

/// Path below `wit/` and digest of each file that must not change.
fn listed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(wit().join("released.sha256")).unwrap();
    let entry = |line: &str| {
        let (digest, path) =
            line.split_once("  ").unwrap_or_else(|| panic!("not as sha256sum writes it: {line}"));
        (path.to_owned(), digest.to_owned())
    };
    text.lines().map(entry).collect()
}

fn files(below: &Path, folder: &str, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(below.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files(below, &path, into);
        } else {
            into.insert(path);
        }
    }
}

/// What is wrong with the released folders.
fn faults(root: &Path, listed: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, expected) in listed {
        let found = std::fs::read(root.join(path)).map(|bytes| crate::plugin::digest(&bytes));
        if !found.is_ok_and(|found| found == format!("sha256:{expected}")) {
            faults.push(format!(
                "wit/{path} is released and must not change: take the change back, and make it in a folder of its own (wit/README.md)"
            ));
        }
    }
    let folders: BTreeSet<&str> = listed.keys().filter_map(|path| Some(path.split_once('/')?.0)).collect();
    for folder in folders {
        let mut there = BTreeSet::new();
        if root.join(folder).is_dir() {
            files(root, folder, &mut there);
        }
        let new = there.iter().filter(|path| !listed.contains_key(*path));
        faults.extend(
            new.map(|path| {
                format!("wit/{path} is new in a released folder: put it into a folder of its own")
            }),
        );
    }
    faults
}

#[test]
fn released_folders_are_as_they_were_released() {
    assert_eq!(faults(&wit(), &listed()), Vec::<String>::new());
}

#[test]
fn every_version_this_host_runs_is_released_under_its_name() {
    let listed = listed();
    for version in SUPPORTED {
        let path = format!("v{version}.0/detector.wit");
        assert!(listed.contains_key(&path), "wit/{path} has an adapter but is not in wit/released.sha256");
        let text = std::fs::read_to_string(wit().join(&path)).unwrap();
        assert!(
            text.contains(&format!("package ringfence:detector@{version}.0;")),
            "wit/{path} has another version in it"
        );
    }
}

#[test]
fn an_edit_a_removal_and_an_addition_are_seen() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    std::fs::create_dir_all(at("v1.0.0/deps")).unwrap();
    std::fs::create_dir_all(at("v9.0.0")).unwrap();
    std::fs::write(at("v1.0.0/a.wit"), "a").unwrap();
    std::fs::write(at("v9.0.0/in-development.wit"), "b").unwrap();
    let digest = crate::plugin::digest(b"a").replace("sha256:", "");
    let listed = BTreeMap::from([("v1.0.0/a.wit".to_owned(), digest)]);
    assert_eq!(faults(root.path(), &listed), Vec::<String>::new());
    std::fs::write(at("v1.0.0/deps/b.wit"), "b").unwrap();
    assert!(faults(root.path(), &listed)[0].contains("v1.0.0/deps/b.wit is new"));
    std::fs::remove_file(at("v1.0.0/deps/b.wit")).unwrap();
    std::fs::write(at("v1.0.0/a.wit"), "a ").unwrap();
    assert!(faults(root.path(), &listed)[0].contains("v1.0.0/a.wit is released and must not change"));
    std::fs::remove_dir_all(at("v1.0.0")).unwrap();
    assert_eq!(faults(root.path(), &listed).len(), 1);
}
