//! What an operator needs: logs for machines, legal hold, retention.

use serde_json::Value;

use crate::harness::Bench;

#[test]
fn logs_as_json_are_json_to_the_last_line() {
    let bench = Bench::new();
    let missing = ["--log-format", "json", "--config", "missing.yaml", "config", "check"];
    let run = bench.run(&missing).exits(2);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    for line in run.stderr.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert!(line["message"].as_str().unwrap().contains("missing.yaml") && line["timestamp"].is_string());
    }
    let by_environment = bench.command(&missing[2..]).env("RINGFENCE_LOG_FORMAT", "json").output().unwrap();
    assert!(serde_json::from_slice::<Value>(&by_environment.stderr).is_ok());
    let text = bench.run(&missing[2..]).exits(2);
    assert!(text.stderr.starts_with("error: "), "{}", text.stderr);
}

#[test]
fn a_log_setting_that_cannot_be_read_is_said() {
    let bench = Bench::new();
    let output = bench.command(&["config", "check"]).env("RINGFENCE_LOG", "ringfence=loud").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("RINGFENCE_LOG"), "{said}");
}

#[test]
fn months_are_held_and_reviewed() {
    let bench = Bench::new();
    std::fs::set_permissions(bench.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let data = bench.path().join("data").to_str().unwrap().to_owned();
    let run = |args: &[&str]| bench.run(&[args, &["--data-dir", &data]].concat());
    let records = crate::records::toll_fraud();
    let whole = bench.write("all.ndjson", crate::records::ndjson(&records));
    bench.write("ringfence.yaml", "retention_months: 1\n");
    run(&["ingest", &whole]).ok();
    run(&["db", "hold", "add", "--from", "2026-03", "--to", "2026-03", "--reason", " "]).exits(2);
    run(&["db", "hold", "add", "--from", "2026-03", "--to", "2026-02", "--reason", "case 7"]).exits(2);
    run(&["db", "hold", "add", "--from", "2026-03", "--reason", "case 7", "--by", "ana"]).ok();
    let holds: Value =
        serde_json::from_str(&run(&["db", "hold", "list", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!((&holds[0]["reason"], &holds[0]["placed_by"]), (&"case 7".into(), &"ana".into()), "{holds}");
    let review = run(&["db", "retention"]).ok();
    assert!(review.stdout.contains("2026-03"), "{}", review.stdout);
    run(&["db", "hold", "release", "1", "--reason", "closed"]).ok();
    run(&["db", "hold", "release", "1", "--reason", "closed"]).exits(1);
    let status: Value =
        serde_json::from_str(&run(&["db", "status", "--format", "json"]).ok().stdout).unwrap();
    assert_eq!((&status["parked"], &status["leader"]), (&0.into(), &Value::Null), "{status}");
}
