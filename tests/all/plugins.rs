//! Plugins of the user's own: the template as it is built, and what is said of files that are none.

use std::path::Path;

use serde_json::{Map, Value};

use crate::harness::Bench;
use crate::records::{self, Call, HOUR, MINUTE, MONDAY};

/// The template, which the host's build script builds beside the built-in plugins.
pub fn template() -> std::path::PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    target.join("plugins/wasm32-wasip2/plugin/template.wasm")
}

fn premium_calls() -> Vec<Map<String, Value>> {
    let call = |n: i64| Call {
        id: n as u32,
        user: 1,
        start: MONDAY + 10 * HOUR + n * 10 * MINUTE,
        called: format!("+3480312345{n}"),
        seconds: 120,
    };
    (0..4).map(|n| call(n).record()).collect()
}

#[test]
fn a_plugin_in_a_folder_runs_beside_the_built_in_ones() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("mine")).unwrap();
    std::fs::copy(template(), bench.path().join("mine/template.wasm")).unwrap();
    bench.write("ringfence.yaml", "plugins: {template: {grant: [names, state, log]}}\n");
    let listed = bench.run(&["plugin", "list", "--plugins", "mine", "--format", "ndjson"]).ok();
    let ids: Vec<Value> = listed.findings().into_iter().map(|p| p["id"].clone()).collect();
    assert_eq!(ids.len(), 5, "{}", listed.stdout);

    let file = bench.write("calls.csv", records::csv(&premium_calls()));
    let run = bench.run(&["scan", "--plugins", "mine", "--format", "ndjson", &file]).ok();
    let findings = run.findings();
    let mine =
        findings.iter().find(|f| f["kind"] == "premium-calls").unwrap_or_else(|| panic!("{}", run.stdout));
    assert_eq!(mine["evidence"].as_array().unwrap().len(), 4);
    assert!(ids.contains(&mine["detector"]));
}

#[test]
fn a_broken_plugin_is_refused_by_name() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path().join("mine")).unwrap();
    std::fs::write(bench.path().join("mine/broken.wasm"), b"not a component").unwrap();
    let file = bench.write("calls.json", records::page(&premium_calls()));
    let run = bench.run(&["scan", "--plugins", "mine", &file]).exits(2);
    assert!(run.stderr.contains("broken.wasm"), "{}", run.stderr);
    let run = bench.run(&["plugin", "inspect", "mine/broken.wasm"]).exits(2);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("broken.wasm"), "{said}");
}
