//! The commands `ingest`, `findings` and `db` as a person calls them: exit codes, messages, signals.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn temp() -> tempfile::TempDir {
    let dir = tempfile::Builder::new().prefix("rf-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

fn ringfence(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    command.current_dir(dir).args(["--data-dir", "data"]).args(args).stdin(Stdio::null());
    command.env_remove("RINGFENCE_CONFIG").env_remove("RINGFENCE_DATA_DIR");
    command
}

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    answer(ringfence(dir, args).output().unwrap())
}

fn answer(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// An ingest that waits for standard input, once it has taken the data directory.
fn waiting(dir: &Path) -> Child {
    let child =
        ringfence(dir, &["ingest", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    let mine = format!("{}\n", child.id());
    while !std::fs::read_to_string(dir.join("data/postgres/lock")).is_ok_and(|text| text.starts_with(&mine)) {
        assert!(Instant::now() < end, "it never took the data directory");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn servers_in(dir: &Path) -> usize {
    let wanted = dir.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter(|p| {
            let command = std::fs::read(p.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains(&wanted)
        })
        .count()
}

const RECORDS: &str = r#"{"items":[
{"Report ID":"00000000-0000-4000-8000-000000000001","Start time":"2026-03-01T10:00:00.000Z","Report time":"2026-03-01T10:05:00.000Z","User":"Ana","User UUID":"u-1","Location":"Madrid","Duration":300,"Brand new key":"kept"},
{"Report ID":"00000000-0000-4000-8000-000000000002","Start time":"never","Report time":"2026-03-01T10:05:00.000Z"},
{"Report ID":"00000000-0000-4000-8000-000000000001","Start time":"2026-03-01T10:00:00.000Z","Report time":"2026-03-01T10:05:00.000Z","User":"Ana","User UUID":"u-1","Location":"Madrid","Duration":300,"Brand new key":"kept"}
]}"#;

#[test]
fn records_go_in_once_and_bad_ones_are_set_aside() {
    let dir = temp();
    std::fs::write(dir.path().join("page.json"), RECORDS).unwrap();
    let (code, out, err) = run(dir.path(), &["ingest", "page.json", "--rejected", "bad.ndjson"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("1 new, 1 duplicates, 1 rejected"), "{err}");
    assert!(
        err.contains("Start time: not a time")
            && err.contains("page.json:3")
            && err.contains("Brand new key"),
        "{err}"
    );
    let bad = std::fs::read_to_string(dir.path().join("bad.ndjson")).unwrap();
    let bad: serde_json::Value = serde_json::from_str(&bad).unwrap();
    assert_eq!((bad["line"].as_u64(), bad["field"].as_str()), (Some(3), Some("Start time")));

    let (code, _, err) = run(dir.path(), &["ingest", "page.json", "--strict"]);
    assert!(code == 2 && err.contains("page.json:3"), "{code} {err}");
    let (code, _, err) = run(dir.path(), &["ingest", "missing.json"]);
    assert!(code == 2 && err.contains("missing.json"), "{code} {err}");

    let (code, out, _) = run(dir.path(), &["db", "status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, status["records"].as_u64(), status["rejected"].as_u64()), (0, Some(1), Some(2)));
    let query = "select user_id, duration, raw::json->>'Brand new key' as k from record_log";
    let (code, out, _) = run(dir.path(), &["db", "sql", query, "--format", "ndjson"]);
    assert_eq!((code, out.as_str()), (0, "{\"user_id\":\"u-1\",\"duration\":300,\"k\":\"kept\"}\n"));
    let (code, _, err) = run(dir.path(), &["db", "sql", "delete from record_log"]);
    assert!(code == 2 && err.contains("SELECT"), "{code} {err}");
    let (code, out, _) = run(dir.path(), &["findings", "list", "--format", "json"]);
    assert_eq!((code, out.as_str()), (0, "[]\n"));
    assert_eq!(run(dir.path(), &["findings", "show", "abc"]).0, 1);
    assert_eq!(run(dir.path(), &["db", "migrate"]).0, 0);
    assert_eq!(servers_in(dir.path()), 0);
}

#[test]
fn two_at_once_and_signals_end_cleanly() {
    let dir = temp();
    std::fs::write(dir.path().join("page.json"), RECORDS).unwrap();
    for signal in ["-TERM", "-INT"] {
        let mut child = waiting(dir.path());
        // Kept open: the end of its input would end it too.
        let _input = child.stdin.take();
        let pid = child.id().to_string();
        // Another command joins the first one's server and leaves it running.
        let (code, _, err) = run(dir.path(), &["ingest", "page.json"]);
        assert_eq!(code, 0, "{err}");
        assert_eq!(servers_in(dir.path()), 1);
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let (code, _, err) = answer(child.wait_with_output().unwrap());
        assert!(code == 3 && err.contains("stopped by SIG"), "{code} {err}");
        assert_eq!(servers_in(dir.path()), 0);
    }
    assert_eq!(run(dir.path(), &["ingest", "page.json"]).0, 0);
}

/// Findings by identity, without what tells how they arrived.
fn findings(text: &str) -> std::collections::BTreeMap<String, serde_json::Value> {
    let parse = |line: &str| {
        let mut finding: serde_json::Value = serde_json::from_str(line).unwrap();
        for key in ["revision", "raised_at"] {
            finding.as_object_mut().unwrap().remove(key);
        }
        (finding["id"].as_str().unwrap().to_owned(), finding)
    };
    text.lines().map(parse).collect()
}

#[test]
fn a_file_in_any_order_gives_the_findings_of_a_scan() {
    let dir = temp();
    // Three weeks of a call a day, then a night of calls to Cuba; the last comes first.
    let call = |id: usize, day: usize, minute: usize, to: &str| {
        format!(
            "{{\"Report ID\":\"r-{id}\",\"Start time\":\"2026-03-{:02}T{:02}:{:02}:00Z\",\"Duration\":60,\
             \"User UUID\":\"u-1\",\"Direction\":\"ORIGINATING\",\"Site main number\":\"+34911234567\",\
             \"Called number\":\"{to}\",\"Call type\":\"SIP_INTERNATIONAL\"}}\n",
            day + 1,
            9 + minute / 60,
            minute % 60
        )
    };
    let mut lines: Vec<String> = (0..21).map(|day| call(day, day, 0, "+33140000000")).collect();
    lines.extend((0..20).map(|i| call(100 + i, 21, i * 2, &format!("+535210000{i:02}"))));
    lines.reverse();
    std::fs::write(dir.path().join("calls.ndjson"), lines.concat()).unwrap();

    let (code, scanned, err) = run(dir.path(), &["scan", "calls.ndjson", "--format", "ndjson"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(run(dir.path(), &["ingest", "calls.ndjson"]).0, 0);
    let (code, _, err) = run(dir.path(), &["run", "--until-idle"]);
    assert!(code == 0 && !err.contains("too late"), "{err}");
    let (_, listed, _) = run(dir.path(), &["findings", "list", "--format", "ndjson"]);
    assert_eq!(findings(&listed), findings(&scanned));
    assert!(
        scanned.contains("\"detector\":\"international-calls\"") && scanned.contains("\"severity\":\"high\""),
        "{scanned}"
    );
}
