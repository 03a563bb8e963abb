//! The files of a policy: kinds, names, digests.
//!
//! Owns that nothing secret is kept of a configuration. Does not own reading them (`gather`) or what is in them (`build`).

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::store::{FileDigest, FileRow};

/// What a file is for, in the order in which files count: of two that claim one name the first has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// The configuration.
    Config,
    /// Locations and numbers, named by the configuration.
    Directory,
    /// Functions that came with the program.
    ShippedLib,
    /// Functions for scripts in rules.
    Lib,
    /// Rules that came with the program.
    Shipped,
    /// Rules.
    Rules,
    /// A detector.
    Plugin,
    /// The public key of somebody whom the configuration trusts to make plugins.
    Key,
    /// The signature of a detector.
    Signature,
}

impl FileKind {
    const ALL: [FileKind; 9] = [
        FileKind::Config,
        FileKind::Directory,
        FileKind::ShippedLib,
        FileKind::Lib,
        FileKind::Shipped,
        FileKind::Rules,
        FileKind::Plugin,
        FileKind::Key,
        FileKind::Signature,
    ];

    /// Its name in the database and for people.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Config => "config",
            FileKind::Directory => "directory",
            FileKind::Lib => "lib",
            FileKind::Rules => "rules",
            FileKind::Plugin => "plugin",
            FileKind::Key => "key",
            FileKind::Signature => "signature",
            FileKind::Shipped => "shipped",
            FileKind::ShippedLib => "shipped-lib",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it holds functions for scripts.
    pub fn is_lib(self) -> bool {
        matches!(self, FileKind::Lib | FileKind::ShippedLib)
    }

    /// Whether it is a part of the configuration: it counts or is refused with it.
    pub fn is_config(self) -> bool {
        matches!(self, FileKind::Config | FileKind::Directory | FileKind::Key)
    }

    /// Whether it is a part of the rules.
    pub fn is_rules(self) -> bool {
        self.is_lib() || matches!(self, FileKind::Rules | FileKind::Shipped)
    }
}

/// What tells one file of a policy from another.
pub type FileKey = (FileKind, String);

/// A file as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// What it is for.
    pub kind: FileKind,
    /// Its name: a path as the configuration names its folder, so the same on every machine with that configuration.
    pub path: String,
    /// Digest of `bytes`.
    pub digest: FileDigest,
    /// Its content; of a configuration without passwords.
    pub bytes: Arc<[u8]>,
}

impl std::fmt::Debug for PolicyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PolicyFile({} {}, {} bytes)", self.kind.name(), self.path, self.bytes.len())
    }
}

impl PolicyFile {
    /// With its digest.
    pub fn new(kind: FileKind, path: impl Into<String>, bytes: &[u8]) -> PolicyFile {
        let bytes: Arc<[u8]> = match kind {
            FileKind::Config | FileKind::Directory => without_passwords(bytes).into(),
            _ => bytes.into(),
        };
        PolicyFile { kind, path: path.into(), digest: Sha256::digest(&bytes).into(), bytes }
    }

    /// What tells it from others.
    pub fn key(&self) -> FileKey {
        (self.kind, self.path.clone())
    }

    /// As a row of a generation.
    pub fn row(&self) -> FileRow {
        FileRow { kind: self.kind.name().to_owned(), path: self.path.clone(), digest: self.digest }
    }

    /// From a row of a generation; none if a newer version wrote it for something that this one does not know.
    pub fn from_row(row: FileRow, bytes: Arc<[u8]>) -> Option<PolicyFile> {
        Some(PolicyFile { kind: FileKind::from_name(&row.kind)?, path: row.path, digest: row.digest, bytes })
    }
}

/// Digest of files and of what else counts, as text.
pub fn digest_of<'a>(files: impl IntoIterator<Item = &'a PolicyFile>, more: &[&str]) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for file in files {
        part(file.kind.name().as_bytes());
        part(file.path.as_bytes());
        part(&file.digest);
    }
    part(b"");
    more.iter().for_each(|text| part(text.as_bytes()));
    let mut text = String::from("sha256:");
    for byte in hash.finalize() {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// What stands for a password in what is kept.
const HIDDEN: &[u8] = b"***";

/// The text of a configuration with the passwords of database URLs hidden: what is kept is read by more people than the file.
fn without_passwords(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, scheme)) = next_url(rest) {
        let start = before + scheme;
        out.extend_from_slice(&rest[..start]);
        let end = rest[start..].iter().position(|b| b.is_ascii_whitespace() || b"\"'".contains(b));
        let url = &rest[start..end.map_or(rest.len(), |end| start + end)];
        hide(url, &mut out);
        rest = &rest[start + url.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Where the next database URL begins, and the length of its scheme.
fn next_url(text: &[u8]) -> Option<(usize, usize)> {
    let schemes: [&[u8]; 2] = [b"postgres://", b"postgresql://"];
    let found = schemes.iter().filter_map(|s| Some((memchr::memmem::find(text, s)?, s.len())));
    found.min()
}

/// Writes a URL (after its scheme) without its passwords: the one before the last `@`, and the parameter `password`.
fn hide(url: &[u8], out: &mut Vec<u8>) {
    let mut rest = url;
    if let Some(at) = url.iter().rposition(|b| *b == b'@') {
        let user = url[..at].iter().position(|b| *b == b':');
        out.extend_from_slice(&url[..user.map_or(at, |colon| colon + 1)]);
        if user.is_some() {
            out.extend_from_slice(HIDDEN);
        }
        rest = &url[at..];
    }
    let parameter = b"password=";
    while let Some(at) = memchr::memmem::find(rest, parameter) {
        let start = at + parameter.len();
        out.extend_from_slice(&rest[..start]);
        out.extend_from_slice(HIDDEN);
        let end = rest[start..].iter().position(|b| *b == b'&').map_or(rest.len(), |end| start + end);
        rest = &rest[end..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_kept() {
        let kept = |text: &str| String::from_utf8(without_passwords(text.as_bytes())).unwrap();
        assert_eq!(
            kept(
                "database: \"postgres://ana:s3cr@t@db:5432/r?sslmode=require&password=x&a=b\"\ncountry: ES\n"
            ),
            "database: \"postgres://ana:***@db:5432/r?sslmode=require&password=***&a=b\"\ncountry: ES\n"
        );
        assert_eq!(
            kept("a: postgresql://db/r # postgres://u:p@h"),
            "a: postgresql://db/r # postgres://u:***@h"
        );
        assert_eq!(kept("no url: p@ss:word\u{e9}"), "no url: p@ss:word\u{e9}");
        let file = PolicyFile::new(FileKind::Config, "c.yaml", b"database: postgres://u:one@h/d");
        let other = PolicyFile::new(FileKind::Config, "c.yaml", b"database: postgres://u:two@h/d");
        assert_eq!(file.digest, other.digest);
        let plugin = PolicyFile::new(FileKind::Plugin, "c.wasm", b"postgres://u:two@h/d");
        assert!(plugin.bytes.ends_with(b"u:two@h/d"));
    }

    #[test]
    fn a_digest_depends_on_every_part_and_their_borders() {
        let file = |path: &str, text: &str| PolicyFile::new(FileKind::Rules, path, text.as_bytes());
        let one = digest_of(&[file("a", "x"), file("b", "y")], &["p"]);
        assert_eq!(one.len(), 71);
        assert_ne!(one, digest_of(&[file("a", "y"), file("b", "x")], &["p"]));
        assert_ne!(one, digest_of(&[file("a", "x"), file("b", "y")], &["p", ""]));
        assert_ne!(one, digest_of(&[file("a", "x")], &["p"]));
    }
}
