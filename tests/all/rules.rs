//! `ringfence rules check|test|list|explain|new`: what authors see. Golden files stand in `rules/`; with `RINGFENCE_BLESS=1`
//! they are written anew.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Bench, Run};

fn golden(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/all/rules").join(folder)
}

/// A bench with copies of golden rules, so that file names in messages are short and the same everywhere.
fn with(folder: &str, names: &[&str]) -> Bench {
    let bench = Bench::new();
    for name in names {
        bench.write(name, std::fs::read(golden(folder).join(name)).unwrap());
    }
    bench
}

#[track_caller]
fn same(folder: &str, name: &str, found: &str) {
    let path = golden(folder).join(name);
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, wanted, "{} is not what was printed", path.display());
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr))
}

/// Every mistake with its excerpt, span, reason and remedy, word for word.
#[test]
fn typical_mistakes_are_explained() {
    for (name, code) in [
        ("field_typo", 1),
        ("unknown_modifier", 1),
        ("bad_regex", 1),
        ("missing_reference", 1),
        ("cycle", 1),
        ("wrong_type", 1),
        ("yaml_tab", 1),
        ("duplicate_id", 1),
        ("unknown_variable", 1),
        ("condition_typo", 1),
        ("wrong_case", 1),
        ("unset_placeholder", 0),
        ("other_product", 0),
        ("good", 0),
    ] {
        let file = format!("{name}.yml");
        let bench = with("check", &[&file]);
        let run = bench.run(&["rules", "check", &file]);
        same("check", &format!("{name}.txt"), &run.stdout);
        assert_eq!(run.code, code, "{name}: {}{}", run.stdout, run.stderr);
        let report = json(&bench.run(&["rules", "check", "--format", "json", &file]));
        assert_eq!(report["files"], 1, "{report}");
        assert_eq!(report["errors"].as_array().unwrap().is_empty(), code == 0, "{report}");
        for error in report["errors"].as_array().unwrap() {
            for key in ["file", "line", "column", "message", "help"] {
                assert!(error.get(key).is_some(), "{key} is missing: {error}");
            }
            assert_eq!(error["file"], file);
            assert!(error["line"].as_u64().unwrap() > 0, "{error}");
        }
    }
}

#[test]
fn all_errors_of_a_folder_are_told_at_once() {
    let bench = Bench::new();
    std::fs::create_dir_all(bench.path().join("rules/deep")).unwrap();
    for (name, to) in [
        ("field_typo", "rules/a.yml"),
        ("bad_regex", "rules/deep/b.yaml"),
        ("good", "rules/deep/c.yml"),
        ("yaml_tab", "rules/d.yml"),
    ] {
        bench.write(to, std::fs::read(golden("check").join(format!("{name}.yml"))).unwrap());
    }
    let run = bench.run(&["rules", "check", "--format", "json", "rules"]).exits(1);
    let report = json(&run);
    assert_eq!(report["files"], 4);
    let files: Vec<&str> =
        report["errors"].as_array().unwrap().iter().map(|e| e["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["rules/a.yml", "rules/d.yml", "rules/deep/b.yaml"]);
    // Without a path: what the configuration loads, here the folder beside it.
    let run = bench.run(&["rules", "check", "--format", "json"]).exits(1);
    assert_eq!(json(&run)["errors"].as_array().unwrap().len(), 3, "{}", run.stdout);
}

#[test]
fn used_wrongly_is_not_the_same_as_wrong_rules() {
    let bench = Bench::new();
    let run = bench.run(&["rules", "check", "gone.yml"]).exits(2);
    assert!(run.stderr.contains("gone.yml") && run.stdout.is_empty(), "{}{}", run.stdout, run.stderr);
    let run = bench.run(&["rules", "test", "gone.yml"]).exits(2);
    assert!(run.stderr.contains("gone.yml"), "{}", run.stderr);
}

#[test]
fn cases_go_through_the_engine_and_say_what_is_not_as_expected() {
    let bench = with("test", &["failing.yml", "untested.yml"]);
    let run = bench.run(&["rules", "test", "failing.yml", "untested.yml"]).exits(1);
    same("test", "failing.txt", &run.stdout);
    let report = json(&bench.run(&["rules", "test", "--format", "json", "failing.yml"]));
    assert_eq!((&report["rules"], &report["cases"], &report["failed"]), (&1.into(), &4.into(), &3.into()));
    let cases = report["results"][0]["cases"].as_array().unwrap();
    let passed: Vec<bool> = cases.iter().map(|c| c["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [false, false, false, true], "{report}");
    // Rules without cases are named, and that is no failure.
    let run = bench.run(&["rules", "test", "untested.yml"]).ok();
    assert!(run.stdout.contains("untested  no cases"), "{}", run.stdout);
}

#[test]
fn correlations_late_and_repeated_records_and_every_kind_of_event_can_be_tested() {
    let bench = with("check", &["good.yml"]);
    bench.write("events.yml", std::fs::read(golden("test").join("events.yml")).unwrap());
    let run = bench.run(&["rules", "test", "--format", "json", "good.yml", "events.yml"]);
    let report = json(&run);
    assert_eq!(run.code, 0, "{report:#}");
    assert_eq!((&report["rules"], &report["cases"]), (&6.into(), &14.into()), "{report:#}");
    assert_eq!(report["untested"], serde_json::json!([]));
}

#[test]
fn what_runs_is_listed_and_why_the_rest_does_not() {
    let bench = with("check", &["good.yml", "unset_placeholder.yml", "other_product.yml", "field_typo.yml"]);
    let run = bench.run(&["rules", "list", "--format", "json", "."]).ok();
    assert!(run.stderr.contains("1 file"), "{}", run.stderr);
    let rows = json(&run);
    let row = |name: &str| {
        let found = rows.as_array().unwrap().iter().find(|r| r["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is missing: {rows:#}")).clone()
    };
    assert_eq!(row("many_cuba")["status"], "active");
    assert_eq!((&row("many_cuba")["tests"], &row("many_cuba")["category"]), (&4.into(), &"call".into()));
    assert!(row("many_cuba")["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(row("cuba_call")["status"], "part");
    assert_eq!(row("payment")["reason"], "placeholder 'payment_lines' is not set");
    assert_eq!(row("other_product")["reason"], "for another product");
    assert_eq!(rows.as_array().unwrap().len(), 4, "{rows:#}");
    // With the configuration's values it runs.
    let config = bench.write("ringfence.yaml", "rules: {placeholders: {payment_lines: ['+34911234567']}}\n");
    let run = bench.run(&["rules", "list", "--config", &config, "unset_placeholder.yml"]).ok();
    assert!(run.stdout.contains("active") && !run.stdout.contains("inactive"), "{}", run.stdout);
    bench.run(&["rules", "check", "--config", &config, "unset_placeholder.yml"]).ok();
    // Without a path what is shipped is there, too.
    let run = bench.run(&["rules", "list", "--format", "ndjson"]).ok();
    assert!(run.stdout.lines().count() >= 25, "{}", run.stdout);
}

fn call(id: u32, start: i64, called: &str, seconds: u32) -> serde_json::Map<String, Value> {
    let called = called.to_owned();
    crate::records::Call { id, user: 1, start, called, seconds }.record()
}

#[test]
fn an_explanation_says_which_clause_failed_and_how_near_the_window_came() {
    let bench = with("check", &["good.yml"]);
    let start = crate::records::MONDAY;
    let mut records: Vec<_> =
        (0..9).map(|n| call(n, start + i64::from(n) * 20_000, "+5355512345", 60)).collect();
    records.push(call(9, start + 400_000, "+34600111222", 60));
    bench.write("calls.ndjson", crate::records::ndjson(&records));
    let run = bench.run(&["rules", "explain", "--limit", "1", "good.yml", "calls.ndjson"]).ok();
    same("test", "explain.txt", &run.stdout);
    let report = json(&bench.run(&["rules", "explain", "--format", "json", "good.yml", "calls.ndjson"]).ok());
    assert_eq!(
        (&report["rule"], &report["windows"][0]["value"]),
        (&"many_cuba".into(), &9.0.into()),
        "{report:#}"
    );
    assert_eq!(report["windows"][0]["fires"], false);
    assert_eq!(report["records"][0]["rules"][0]["holds"], true, "{report:#}");
    assert_eq!(report["records"][9]["rules"][0]["holds"], false, "{report:#}");
    assert!(report["records"][9].to_string().contains("called_country: 'CU'"), "{report:#}");
    // By name among given files, and from standard input.
    let input = crate::records::ndjson(&records[..1]);
    let run =
        bench.run_with_input(&["rules", "explain", "--rules", "good.yml", "cuba_call", "-"], &input).ok();
    assert!(run.stdout.contains("'cuba_call' holds"), "{}", run.stdout);
    let run = bench.run(&["rules", "explain", "--rules", "good.yml", "cuba_cal", "calls.ndjson"]).exits(2);
    assert!(run.stderr.contains("did you mean 'cuba_call'?"), "{}", run.stderr);
    let run = bench.run(&["rules", "explain", "good.yml", "gone.ndjson"]).exits(2);
    assert!(run.stderr.contains("gone.ndjson"), "{}", run.stderr);
}

#[test]
fn a_new_rule_passes_its_own_cases_and_overwrites_nothing() {
    let bench = Bench::new();
    let mut ids = std::collections::BTreeSet::new();
    for (name, kind, category) in [
        ("one", "plain", "call"),
        ("two", "correlation", "call"),
        ("three", "filter", "call"),
        ("four", "plain", "forwarding"),
        ("five", "plain", "admin"),
        ("six", "plain", "sign_in"),
        ("seven", "correlation", "forwarding"),
    ] {
        let run = bench.run(&["rules", "new", name, "--kind", kind, "--category", category]).ok();
        let file = format!("rules/{name}.yml");
        assert_eq!(run.stdout.trim(), file);
        let text = std::fs::read_to_string(bench.path().join(&file)).unwrap();
        let found: Vec<&str> = text.lines().filter(|l| l.starts_with("id: ")).collect();
        assert!(!found.is_empty() && found.iter().all(|id| ids.insert((*id).to_owned())), "{text}");
        assert!(text.starts_with("# yaml-language-server: $schema=schema/"), "{text}");
        let schema = text.lines().next().unwrap().split_once('=').unwrap().1;
        assert!(bench.path().join("rules").join(schema).is_file(), "{schema}");
        let run = bench.run(&["rules", "check", &file]);
        assert_eq!(run.code, 0, "{name}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("no errors\n"), "{name}: {}", run.stdout);
        let run = bench.run(&["rules", "test", &file]);
        assert_eq!(run.code, 0, "{name}: {}{}", run.stdout, run.stderr);
    }
    let before = std::fs::read(bench.path().join("rules/one.yml")).unwrap();
    let run = bench.run(&["rules", "new", "one"]).exits(2);
    assert!(run.stderr.contains("is there already"), "{}", run.stderr);
    assert_eq!(std::fs::read(bench.path().join("rules/one.yml")).unwrap(), before);
    bench.run(&["rules", "new", "../up"]).exits(2);
    bench.run(&["rules", "new", "eight", "--to", "elsewhere"]).ok();
    assert!(bench.path().join("elsewhere/eight.yml").is_file());
    bench.run(&["rules", "check", "rules"]).ok();
}

#[test]
fn a_watched_file_is_checked_again_when_it_changes() {
    use std::io::BufRead;
    let bench = with("check", &["good.yml"]);
    let mut child = bench.command(&["rules", "check", "--watch", "good.yml"]).spawn().unwrap();
    let (lines, told) = std::sync::mpsc::channel();
    let out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        for line in std::io::BufReader::new(out).lines() {
            let Ok(line) = line else { break };
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    let wait_for = |part: &str| {
        let until = std::time::Instant::now() + std::time::Duration::from_secs(120);
        loop {
            let left = until.saturating_duration_since(std::time::Instant::now());
            let line = told.recv_timeout(left).unwrap_or_else(|e| panic!("'{part}' never came: {e}"));
            if line.contains(part) {
                return;
            }
        }
    };
    wait_for("no errors");
    bench.write("good.yml", std::fs::read(golden("check").join("field_typo.yml")).unwrap());
    wait_for("good.yml changed");
    wait_for("1 error");
    bench.write("good.yml", std::fs::read(golden("check").join("good.yml")).unwrap());
    wait_for("no errors");
    child.kill().unwrap();
    child.wait().unwrap();
    drop(told);
    reader.join().unwrap();
}

/// The rules that ship pass their own cases, in every order of delivery.
#[test]
fn shipped_rules_pass_their_cases() {
    let bench = Bench::new();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let run = bench.run(&["rules", "test", rules.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("all passed\n"), "{}", run.stdout);
    let run = bench.run(&["rules", "check", rules.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}
