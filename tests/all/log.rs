//! `ingest`, `run` and `findings`: the same findings as `scan`, kept in PostgreSQL.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::{Bench, Run};
use crate::records::{self, toll_fraud};

/// A bench whose commands keep their data in it.
pub struct Kept {
    pub bench: Bench,
    pub data: String,
}

impl Kept {
    pub fn new() -> Kept {
        let bench = Bench::new();
        // As root, the private PostgreSQL runs as another user.
        std::fs::set_permissions(bench.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let data = bench.path().join("data").to_str().unwrap().to_owned();
        Kept { bench, data }
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.bench.run(&[args, &["--data-dir", &self.data]].concat())
    }

    pub fn findings(&self) -> Vec<Value> {
        settled(self.run(&["findings", "list", "--format", "ndjson"]).ok().findings())
    }
}

/// Findings without what tells how they arrived, in one order.
pub fn settled(mut findings: Vec<Value>) -> Vec<Value> {
    for finding in &mut findings {
        let fields = finding.as_object_mut().unwrap();
        fields.remove("revision");
        fields.remove("raised_at");
    }
    findings.sort_by_key(|f| f["id"].as_str().unwrap().to_owned());
    findings
}

#[test]
fn pieces_repeats_and_restarts_end_in_the_findings_of_one_scan() {
    let kept = Kept::new();
    let records = toll_fraud();
    let whole = kept.bench.write("all.ndjson", records::ndjson(&records));
    let wanted = settled(kept.bench.run(&["scan", "--format", "ndjson", &whole]).ok().findings());
    assert!(!wanted.is_empty());

    // Each piece overlaps the one before; every piece is evaluated by a process of its own.
    for (i, from) in (0..records.len()).step_by(120).enumerate() {
        let piece = &records[from.saturating_sub(30)..records.len().min(from + 120)];
        let mut piece = piece.to_vec();
        piece.reverse();
        let file = if i % 2 == 0 {
            kept.bench.write("piece.json", records::page(&piece))
        } else {
            kept.bench.write("piece.csv", records::csv(&piece))
        };
        kept.run(&["ingest", &file]).ok();
        kept.run(&["run", "--until-idle", "--workers", if i % 2 == 0 { "1" } else { "3" }]).ok();
    }
    assert_eq!(kept.findings(), wanted);

    let again = kept.run(&["ingest", &whole]).ok();
    assert!(again.stderr.contains("0 new"), "{}", again.stderr);
    let idle = kept.run(&["run", "--until-idle"]).ok();
    assert!(idle.stderr.contains("0 records evaluated, 0 new findings"), "{}", idle.stderr);
    assert_eq!(kept.findings(), wanted);

    let id = wanted[0]["id"].as_str().unwrap();
    let shown = kept.run(&["findings", "show", &id[..10], "--format", "json"]).ok();
    assert!(shown.stdout.contains(id), "{}", shown.stdout);
    let status = kept.run(&["db", "status"]).ok();
    assert!(status.stdout.contains(&records.len().to_string()), "{}", status.stdout);
}

#[test]
fn run_goes_on_until_it_is_asked_to_stop() {
    let kept = Kept::new();
    let file = kept.bench.write("all.ndjson", records::ndjson(&toll_fraud()));
    kept.run(&["ingest", &file]).ok();
    let mut command = kept.bench.command(&["run", "--data-dir", &kept.data]);
    let mut child = command.spawn().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("records evaluated") {
        assert!(std::time::Instant::now() < deadline, "nothing was evaluated");
        line.clear();
        std::io::BufRead::read_line(&mut lines, &mut line).unwrap();
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut lines, &mut rest).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}: {rest}");
    assert!(!kept.findings().is_empty());
}
