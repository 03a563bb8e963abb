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
