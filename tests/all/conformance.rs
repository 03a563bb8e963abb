//! `plugin test` and `plugin bench` as a person or a build server calls them.

use serde_json::Value;

use crate::harness::Bench;

#[test]
fn the_battery_answers_with_its_exit_code_and_says_what_each_check_compared() {
    let bench = Bench::new();
    let run = bench
        .run(&["plugin", "test", "international-calls", "--check", "traffic,restart", "--format", "json"])
        .ok();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["plugin"], &report["ok"]), (&"international-calls".into(), &true.into()));
    let checks = report["checks"].as_array().unwrap();
    let names: Vec<&Value> = checks.iter().map(|c| &c["check"]).collect();
    assert_eq!(names, ["traffic", "restart"]);
    assert!(checks.iter().all(|c| c["verdict"] == "ok" && c["compared"].as_u64() > Some(5)), "{report}");

    let run = bench.run(&["plugin", "test", "after-hours", "--check", "traffic"]).ok();
    assert!(run.stdout.contains("ok    traffic") && run.stdout.contains("none failed"), "{}", run.stdout);
}

#[test]
fn settings_that_find_nothing_are_warned_of() {
    let bench = Bench::new();
    let settings = bench.write("settings.yaml", "{calls: 1000000}");
    let template = crate::plugins::template();
    let template = template.to_str().unwrap();
    let run =
        bench.run(&["plugin", "test", template, "--check", "deterministic", "--settings", &settings]).ok();
    assert!(
        run.stdout.contains("0 findings compared") && run.stdout.contains("proves little"),
        "{}",
        run.stdout
    );
}

#[test]
fn what_is_no_plugin_check_or_setting_is_used_wrongly() {
    let bench = Bench::new();
    let broken = bench.write("broken.wasm", b"\0asm");
    assert!(bench.run(&["plugin", "test", &broken]).exits(2).stderr.contains("broken.wasm"));
    let run = bench.run(&["plugin", "test", "after-hours", "--check", "everything"]).exits(2);
    assert!(run.stderr.contains("deterministic"), "{}", run.stderr);
    let settings = bench.write("settings.yaml", "{calls: -1}");
    let run = bench.run(&["plugin", "test", "after-hours", "--settings", &settings]).exits(2);
    assert!(run.stderr.contains("lowest allowed value"), "{}", run.stderr);
}

#[test]
fn a_plugin_is_measured_beside_the_built_in_ones() {
    let bench = Bench::new();
    let run = bench.run(&["plugin", "bench", "after-hours", "--rows", "2000", "--format", "ndjson"]).ok();
    let all: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((all.len(), &all[0]["plugin"], &all[0]["ratio"]), (4, &"after-hours".into(), &1.0.into()));
    for figure in [
        "ns_per_record",
        "records_per_second",
        "memory_mib",
        "checkpoint_us_per_key",
        "compile_ms",
        "instantiate_us",
    ] {
        assert!(all.iter().all(|p| p[figure].as_f64() > Some(0.0)), "{figure}: {}", run.stdout);
    }
    let table = bench.run(&["plugin", "bench", "after-hours", "--rows", "2000"]).ok().stdout;
    assert!(table.contains("ns/record") && table.contains("mass-dialing"), "{table}");
}
