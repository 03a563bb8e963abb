//! One command at a time on a data directory.
//!
//! Owns the lock file: the kernel's lock decides, the content only says who holds it. The file is never removed, since
//! removing it would let two holders in.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::ClusterError;

/// Held until dropped; the kernel drops it with the process.
#[derive(Debug)]
pub(super) struct LockFile(#[expect(dead_code, reason = "holding it open is holding the lock")] File);

impl LockFile {
    /// Takes the lock of `dir` or says who has it.
    pub(super) fn take(dir: &Path, command: &str) -> Result<LockFile, ClusterError> {
        let path = dir.join("lock");
        let fail = |source| ClusterError::Folder { action: "write", path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ClusterError::InUse { dir: dir.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(fail(source)),
        }
        let text = format!("{}\n{command}\n", std::process::id());
        file.set_len(0).and_then(|()| file.write_all(text.as_bytes())).map_err(fail)?;
        Ok(LockFile(file))
    }
}

/// Longest content read: a process id and a command line.
const MAX_HOLDER_BYTES: u64 = 512;

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // A holder that has just locked may not have written yet.
    for _ in 0..20 {
        text.clear();
        if file.rewind().is_ok()
            && file.take(MAX_HOLDER_BYTES).read_to_string(&mut text).is_ok()
            && !text.is_empty()
        {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    match text.split_once('\n') {
        Some((pid, command)) if !command.trim().is_empty() => format!("`{}` (pid {pid})", command.trim()),
        _ => "another command".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = LockFile::take(dir.path(), "ringfence ingest").unwrap();
        let message = LockFile::take(dir.path(), "ringfence demo").unwrap_err().to_string();
        let holder = format!("`ringfence ingest` (pid {})", std::process::id());
        assert!(message.contains(&holder), "{message}");
        drop(first);
        LockFile::take(dir.path(), "ringfence demo").unwrap();
    }
}
