//! The battery of `plugin test`: every sample passes it, and for every check there is a guest that fails exactly it.
//!
//! Samples are the built-in detectors, the template (built by the host's build script), and what other languages' tests have
//! built into the folders that `SAMPLES` names; nothing prebuilt lies in the repository. No guest fails `deterministic`: this
//! host gives a component nothing that differs between two instances, and the check is there to notice if that ever changes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../guests/build.rs"]
#[allow(dead_code, reason = "shared with the tests of the guests, which ask for their names")]
mod build;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ringfence::config::PluginConfig;
use ringfence::conformance::{Lab, NAMES, Options, Outcome, Verdict};
use ringfence::plugin::{Plugin, Runtime, builtins};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Compiled plugins are shared with other tests.
    Runtime::new(Some(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))).unwrap()
});

/// `<target>/<profile>/deps/conformance-…`.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

fn battery(plugin: &Plugin, options: Options) -> Vec<Outcome> {
    let settings = PluginConfig::default();
    Lab::new(plugin, &settings, options, None).unwrap().battery(|_| {})
}

fn failed(outcomes: &[Outcome]) -> Vec<String> {
    let failed = outcomes.iter().filter(|o| matches!(o.verdict, Verdict::Failed(_)));
    failed.map(|o| format!("{}: {:?}", o.check, o.verdict)).collect()
}

/// Enough for every check, and quick.
fn small() -> Options {
    Options { records: 1_500, step_rows: 8_000, huge_rows: 8_192, ..Options::default() }
}

fn passes(name: &str, bytes: &[u8], options: Options) -> Vec<Outcome> {
    let plugin = RUNTIME.load(name, bytes).unwrap();
    let outcomes = battery(&plugin, options);
    assert_eq!(failed(&outcomes), Vec::<String>::new(), "{name}");
    assert_eq!(outcomes.len(), NAMES.len());
    let weak: Vec<&str> = outcomes.iter().filter(|o| o.is_weak()).map(|o| o.check).collect();
    assert!(weak.is_empty(), "{name}: nothing was compared in {weak:?}");
    outcomes
}

#[test]
fn the_built_in_detectors_pass() {
    for builtin in builtins() {
        passes(builtin.name, builtin.bytes, Options { step_rows: 30_000, ..Options::default() });
    }
}

#[test]
fn the_template_passes() {
    let file = target().join("plugins/wasm32-wasip2/plugin/template.wasm");
    passes("template", &std::fs::read(file).unwrap(), Options { step_rows: 30_000, ..Options::default() });
}

/// Where the tests of the other languages leave what they build.
const SAMPLES: &[&str] = &["polyglot"];

#[test]
fn samples_in_other_languages_pass_where_they_are_built() {
    for folder in SAMPLES {
        let Ok(files) = std::fs::read_dir(target().join(folder)) else {
            eprintln!("skipped: no samples in <target>/{folder}; the polyglot test builds them");
            continue;
        };
        for file in files.map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "wasm")) {
            passes(&file.display().to_string(), &std::fs::read(&file).unwrap(), small());
        }
    }
}

#[test]
fn a_plugin_that_keeps_every_promise_passes() {
    passes("kit-good", &build::component("kit-good"), small());
}

/// Guest, and the check that it fails.
const CAUGHT: &[(&str, &str)] = &[
    ("order", "shuffled"),
    ("handles", "handles"),
    ("repeats", "repeated"),
    ("forgets", "restart"),
    ("short-batch", "batches"),
    ("empty", "empty"),
    ("kinds", "kinds"),
    ("absent", "absent"),
    ("extremes", "extremes"),
    ("text", "texts"),
    ("horizon", "horizon"),
    ("leak", "memory"),
    ("state", "state"),
    ("chatty", "output"),
    ("settings", "settings"),
    ("workers", "workers"),
];

#[test]
fn each_check_catches_the_guest_that_breaks_its_promise_and_no_other_does() {
    for (guest, check) in CAUGHT {
        let plugin = RUNTIME.load(guest, &build::component(&format!("kit-{guest}"))).unwrap();
        let outcomes = battery(&plugin, Options { shrink: false, ..small() });
        let failed = failed(&outcomes);
        assert_eq!(failed.len(), 1, "{guest}: {failed:?}");
        assert!(failed[0].starts_with(&format!("{check}: ")), "{guest}: {failed:?}");
    }
    // Under a debugger or on a busy machine everybody is slow; with some tenths of a millisecond a record this one is for certain.
    let plugin = RUNTIME.load("slow", &build::component("kit-slow")).unwrap();
    let checks = ["traffic", "deterministic", "memory", "state", "output", "time"].map(String::from).to_vec();
    let failed = failed(&battery(&plugin, Options { checks, step_rows: 4_000, ..small() }));
    assert!(failed.len() == 1 && failed[0].starts_with("time: "), "{failed:?}");
}

#[test]
fn a_guest_that_fails_on_all_traffic_is_told_of_once() {
    let plugin = RUNTIME.load("trap", &build::component("trap")).unwrap();
    let outcomes = battery(&plugin, small());
    let failed = failed(&outcomes);
    assert!(
        failed.len() == 1 && failed[0].starts_with("traffic: ") && failed[0].contains("trapped"),
        "{failed:?}"
    );
    assert_eq!(outcomes[0].records_kept, Some(1), "one record is enough");
}

#[test]
fn what_fails_is_shrunk_and_fails_again_from_what_was_kept() {
    let plugin = RUNTIME.load("order", &build::component("kit-order")).unwrap();
    let settings = PluginConfig::default();
    let options = Options { checks: vec!["shuffled".to_owned()], ..small() };
    let outcomes = Lab::new(&plugin, &settings, options.clone(), None).unwrap().battery(|_| {});
    let records = outcomes[0].records.clone().unwrap();
    assert!(matches!(outcomes[0].records_kept, Some(2..=4)), "two records in two orders: {:?}", outcomes[0]);
    let again = Lab::new(&plugin, &settings, options, Some(&records)).unwrap().battery(|_| {});
    assert_eq!(failed(&again).len(), 1);
}
