//! One detector in three languages: projects that `plugin new` makes, built with their own tools, must find the same.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::Bench;
use crate::records::{self, Call, DAY, HOUR, MONDAY, SECOND};

/// What the script answers where the tools cannot be fetched.
const UNREACHABLE: i32 = 75;
/// The languages whose tools are installed for this.
const SCRIPTED: [&str; 2] = ["python", "js"];
/// Most bytes of the Rust template's component; today it has 166,000, of which 45,000 are the standard library's.
const MOST_BYTES: u64 = 176 << 10;
/// Calls made up, beside the demo's.
const CALLS: u64 = 20_000;

/// The repository, for its tools.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The target folder of this build.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// A line that is seen even if the test passes.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A project of that name, made by the program.
fn project(bench: &Bench, lang: &str) -> PathBuf {
    bench.run(&["plugin", "new", "premium", "--lang", lang, "--into", lang]).ok();
    bench.path().join(lang)
}

/// The component of a project in a scripted language; none where its tools cannot be fetched.
fn built(bench: &Bench, lang: &str) -> Option<PathBuf> {
    let folder = project(bench, lang);
    let output = bench.path().join(format!("{lang}.wasm"));
    // A second detector, which uses all that the package has, with the SDK's findings: its tests run with the project's.
    let own = if lang == "js" { "cases.test.js" } else { "test_cases.py" };
    for file in [own, "cases.toml", "cases.jsonl"] {
        std::fs::copy(root().join("plugins/tests").join(file), folder.join(file)).unwrap();
    }
    let done = Command::new("tools/polyglot.sh")
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target())
        .args([Path::new(lang), &folder, &output])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    if done.status.code() == Some(UNREACHABLE) {
        say(said.trim_end());
        return None;
    }
    assert!(done.status.success(), "{lang}: {said}");
    let manifest = folder.join("plugin.toml");
    // Left where the conformance tests look for samples, too.
    let packed = target().join("polyglot").join(format!("{lang}.wasm"));
    let [from, manifest, to] = [&output, &manifest, &packed].map(|path| path.to_str().unwrap());
    bench.run(&["plugin", "pack", from, "--manifest", manifest, "-o", to]).ok();
    Some(packed)
}

/// A premium-rate call in three, of few users, so that episodes grow, close and begin again on the same day.
fn calls(count: u64) -> Vec<serde_json::Map<String, Value>> {
    let mut state = 7u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let call = |id: u64| {
        let called = if random(3) == 0 { "+34803123" } else { "+34911234" };
        Call {
            id: id as u32,
            user: 1 + random(60) as u32,
            start: MONDAY + (random(4 * DAY as u64 / SECOND as u64) as i64) * SECOND + HOUR,
            called: format!("{called}{:03}", random(1000)),
            seconds: random(900) as u32,
        }
        .record()
    };
    (0..count).map(call).collect()
}

/// What a detector finds, without what names it.
fn found(bench: &Bench, component: &Path, files: &[&str]) -> Vec<Value> {
    let folder = bench.path().join(format!("plugins-{}", component.file_stem().unwrap().display()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(component, folder.join("premium.wasm")).unwrap();
    let config =
        bench.write("config.yaml", "country: ES\nplugins:\n  premium: {grant: [names, state, log]}\n");
    let (folder, mut args) = (folder.to_str().unwrap().to_owned(), vec!["scan", "--config", &config]);
    args.extend(["--plugins", &folder, "--only", "premium", "--format", "ndjson"]);
    args.extend(files);
    let mut findings = bench.run(&args).ok().findings();
    for finding in &mut findings {
        // When it was first raised and how often it was revised tell how records arrived, in which batches too.
        for key in ["provenance", "raised_at", "revision"] {
            finding[key] = Value::Null;
        }
    }
    findings
}

#[test]
fn the_same_detector_in_three_languages_finds_the_same() {
    let bench = Bench::new();
    bench.run(&["demo", "--users", "40", "--days", "21", "--write", "out"]).ok();
    let demo = bench.path().join("out/records.csv").to_str().unwrap().to_owned();
    let records = calls(CALLS);
    let plain = bench.write("plain.ndjson", records::ndjson(&records));
    let mut mixed: Vec<_> = records.iter().rev().cloned().collect();
    mixed.extend(records.iter().step_by(5).cloned());
    let (first, second) = mixed.split_at(mixed.len() / 3);
    let (late, later) = (records::ndjson(second), records::ndjson(first));
    let (late, later) = (bench.write("late.ndjson", late), bench.write("later.ndjson", later));

    let rust = rust_component(&bench);
    let wanted = found(&bench, &rust, &[&plain, &demo]);
    assert!(wanted.len() > 100, "{}", wanted.len());
    assert!(wanted.iter().any(|f| f["severity"] == "high"));
    for lang in SCRIPTED {
        let Some(component) = built(&bench, lang) else { continue };
        let files: [&[&str]; 2] = [&[&plain, &demo], &[&late, &demo, &later]];
        for files in files {
            let other = found(&bench, &component, files);
            assert_eq!(other.len(), wanted.len(), "{lang} {files:?}");
            for (other, wanted) in other.iter().zip(&wanted) {
                assert_eq!(other, wanted, "{lang} {files:?}");
            }
        }
        // The kit runs the component itself in other orders and with restarts.
        let component = component.to_str().unwrap();
        bench.run(&["plugin", "test", component, "--check", "shuffled,repeated,restart"]).ok();
    }
}

/// Builds the Rust project as its author would, without a network: what it needs is what this workspace needs.
fn rust_component(bench: &Bench) -> PathBuf {
    let folder = project(bench, "rust");
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let target = target().join("polyglot/rust");
    let cargo = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(&folder).args(args).arg("--offline").env("CARGO_TARGET_DIR", &target);
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"]
        {
            command.env_remove(name);
        }
        let done = command.output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    cargo(&["test"]);
    cargo(&["build", "--release", "--target", "wasm32-wasip2"]);
    let component = target.join("wasm32-wasip2/release/detector.wasm");
    let size = std::fs::metadata(&component).unwrap().len();
    assert!(size <= MOST_BYTES, "a component of {size} bytes: what the template makes must be small");
    component
}
