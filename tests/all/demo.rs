//! `ringfence demo`: a newcomer's first command.

use std::os::unix::fs::PermissionsExt;

use crate::harness::Bench;

#[test]
fn the_demo_says_what_was_found_planted_and_missed_and_leaves_nothing() {
    let bench = Bench::new();
    std::fs::set_permissions(bench.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let data = bench.path().join("data").to_str().unwrap().to_owned();
    let run = bench.run(&["demo", "--data-dir", &data]).ok();
    for part in [
        "Planted attacks",
        "toll-fraud-burst",
        "autodialer",
        "forwarding-fraud",
        "Innocent look-alikes",
        "False alarms",
    ] {
        assert!(run.stdout.contains(part), "{part} is missing: {}{}", run.stdout, run.stderr);
    }
    for found in ["toll-fraud-burst", "autodialer", "forwarding-fraud", "premium-abuse"] {
        let line = run.stdout.lines().find(|l| l.contains(found)).unwrap();
        assert!(line.contains('✓'), "{found} was missed: {}", run.stdout);
    }
    assert!(!bench.path().join("data/demo").exists(), "the demo's database was left behind");
}

#[test]
fn what_the_demo_writes_can_be_scanned() {
    let bench = Bench::new();
    let run = bench.run(&["demo", "--users", "40", "--days", "21", "--write", "out"]).ok();
    assert!(run.stderr.contains("written"), "{}", run.stderr);
    let scan = bench
        .run(&["scan", "--strict", "--config", "out/ringfence.yaml", "--format", "ndjson", "out/records.csv"])
        .ok();
    assert!(!scan.findings().is_empty(), "{}", scan.stderr);
}
