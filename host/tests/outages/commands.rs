//! The program itself: several commands on one data directory, one of them killed.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::world::{LIMIT, temp};

fn ringfence(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command.current_dir(dir).args(["--data-dir", "data"]).args(args).stdin(Stdio::null());
    command.env_remove("RINGFENCE_CONFIG").env_remove("RINGFENCE_DATA_DIR").env_remove("RINGFENCE_LOG");
    command
}

fn fed(dir: &Path) -> Child {
    let mut command = ringfence(dir, &["ingest", "-"]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn lines(range: std::ops::Range<u32>) -> String {
    let line = |i| {
        format!(
            "{{\"Report ID\":\"r-{i}\",\"Start time\":\"2026-03-01T10:00:00Z\",\"Duration\":60,\"User UUID\":\"u-1\"}}\n"
        )
    };
    range.map(line).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn status(dir: &Path) -> serde_json::Value {
    let Output { status, stdout, stderr } =
        ringfence(dir, &["db", "status", "--format", "json"]).output().unwrap();
    assert!(status.success(), "{}", text(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !done() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn owner(dir: &Path) -> Option<u32> {
    std::fs::read_to_string(dir.join("data/postgres/lock")).ok()?.lines().next()?.parse().ok()
}

#[test]
fn an_ingest_beside_a_command_that_is_killed_goes_on() {
    let dir = temp();
    // The first holds the server and waits for input.
    let mut holder = fed(dir.path());
    wait_for("the first runs the server", || owner(dir.path()) == Some(holder.id()));
    let mut other = fed(dir.path());
    let mut input = other.stdin.take().unwrap();
    input.write_all(lines(0..12_000).as_bytes()).unwrap();
    wait_for("the second stores something", || status(dir.path())["records"].as_u64() >= Some(5_000));
    assert_eq!(status(dir.path())["private_server"], "joined");
    holder.kill().unwrap();
    holder.wait().unwrap();
    input.write_all(lines(12_000..30_000).as_bytes()).unwrap();
    input.write_all(lines(0..1_000).as_bytes()).unwrap();
    drop(input);
    let Output { status: code, stderr, .. } = other.wait_with_output().unwrap();
    let stderr = text(&stderr);
    assert!(code.success(), "{stderr}");
    assert!(stderr.contains("30,000 new, 1,000 duplicates"), "{stderr}");
    let said = |what: &str| stderr.matches(what).count();
    assert!(said("trying again until it is back") >= 1, "{stderr}");
    assert_eq!(said("trying again until it is back"), said("the database is back after"), "{stderr}");
    let status = status(dir.path());
    assert_eq!((status["records"].as_u64(), status["private_server"].as_str()), (Some(30_000), Some("own")));
}

#[test]
fn the_end_of_the_owner_does_not_stop_the_others() {
    let dir = temp();
    let holder = fed(dir.path());
    wait_for("the first runs the server", || owner(dir.path()) == Some(holder.id()));
    let mut other = fed(dir.path());
    let mut input = other.stdin.take().unwrap();
    input.write_all(lines(0..12_000).as_bytes()).unwrap();
    wait_for("the second stores something", || status(dir.path())["records"].as_u64() >= Some(5_000));
    // A clean end: standard input is closed.
    assert!(holder.wait_with_output().unwrap().status.success());
    input.write_all(lines(12_000..20_000).as_bytes()).unwrap();
    drop(input);
    let Output { status: code, stderr, .. } = other.wait_with_output().unwrap();
    assert!(code.success() && text(&stderr).contains("20,000 new, 0 duplicates"), "{}", text(&stderr));
    assert_eq!(status(dir.path())["records"].as_u64(), Some(20_000));
}

#[test]
fn a_database_that_is_not_there_ends_an_ingest_soon() {
    let dir = temp();
    std::fs::write(dir.path().join("ringfence.yaml"), "database: postgres://u:geheim@127.0.0.1:1/calls\n")
        .unwrap();
    std::fs::write(dir.path().join("a.ndjson"), lines(0..3)).unwrap();
    let Output { status: code, stderr, .. } =
        ringfence(dir.path(), &["ingest", "a.ndjson"]).output().unwrap();
    let stderr = text(&stderr);
    assert_eq!(code.code(), Some(3), "{stderr}");
    assert!(stderr.contains("127.0.0.1:1") && !stderr.contains("geheim"), "{stderr}");
}
