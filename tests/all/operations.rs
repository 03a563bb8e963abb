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
