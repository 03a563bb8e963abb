//! Handing a plugin over: packed, signed, checked, installed, pushed, pulled; what is not granted, pinned or signed does not run.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::{Bench, Run};
use crate::plugins::template;
use crate::policy::{Site, refused};
use crate::records::{self, Call, HOUR, MINUTE, MONDAY};

#[path = "../../host/crates/bundle/tests/registry/server.rs"]
#[allow(dead_code, reason = "the registry's own tests use all of it")]
mod server;

const GRANT: &str = "plugins: {template: {grant: [names, state, log]}}\n";

fn run(bench: &Bench, args: &[&str]) -> Run {
    let mut command = bench.command(args);
    command.env("RINGFENCE_KEY_PASSWORD", "horse battery").env("HOME", bench.path());
    command
        .env_remove("DOCKER_CONFIG")
        .env_remove("RINGFENCE_REGISTRY_USER")
        .env_remove("RINGFENCE_REGISTRY_PASSWORD");
    command.stdin(std::process::Stdio::null()).output().unwrap().into()
}

fn json(bench: &Bench, args: &[&str]) -> Value {
    let run = run(bench, &[args, &["--format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {} {}", run.stdout, run.stderr))
}

/// The template with another text in its manifest, packed.
fn packed(bench: &Bench, name: &str, from: &str, to: &str) -> String {
    let manifest = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/template/plugin.toml"),
    );
    let manifest = manifest.unwrap();
    assert!(manifest.contains(from), "{manifest}");
    let manifest = bench.write("plugin.toml", manifest.replace(from, to));
    let file = bench.path().join(name).to_str().unwrap().to_owned();
    let template = template();
    run(bench, &["plugin", "pack", template.to_str().unwrap(), "--manifest", &manifest, "-o", &file]).ok();
    file
}

/// A key called `name`; the public key's line.
fn key(bench: &Bench, name: &str) -> String {
    run(bench, &["plugin", "keygen", "--key", &format!("{name}.key")]).ok().stdout.trim().to_owned()
}

fn version(file: &str) -> String {
    format!("version = \"{file}\"")
}

#[test]
fn from_a_key_to_a_plugin_that_runs() {
    let bench = Bench::new();
    let acme = key(&bench, "acme");
    let file = packed(&bench, "mine.wasm", &version("0.1.0"), &version("0.2.0"));
    let again = packed(&bench, "again.wasm", &version("0.1.0"), &version("0.2.0"));
    assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(again).unwrap(), "packing gives the same bytes");
    run(&bench, &["plugin", "verify", &file, "--key", &acme]).exits(1);
    run(&bench, &["plugin", "sign", &file, "--key", "acme.key"]).ok();
    let said = run(&bench, &["plugin", "verify", &file, "--key", "acme.pub"]).ok().stdout;
    assert!(said.contains("plugin template 0.2.0"), "{said}");

    // Before it is granted it is installed, and does not run.
    bench.write("ringfence.yaml", format!("trust: {{require_signed: true, keys: {{acme: \"{acme}\"}}}}\n"));
    let installed = run(&bench, &["plugin", "install", &file]).ok();
    assert_eq!(installed.stdout.trim(), "plugins/template.wasm");
    assert!(
        installed.stderr.contains("plugins:\n  template:\n    grant: [names, state, log]\n"),
        "{}",
        installed.stderr
    );
    assert!(installed.stderr.contains("signed by acme"), "{}", installed.stderr);
    let shown = json(&bench, &["plugin", "inspect", "template"]);
    assert_eq!((&shown["ok"], &shown["runs"]), (&true.into(), &false.into()), "{shown:#}");
    assert_eq!(shown["access"]["missing"], serde_json::json!(["names", "state", "log"]));
    assert_eq!((&shown["signature"]["by"], &shown["signature"]["name"]), (&"trusted".into(), &"acme".into()));
    let calls: Vec<_> = (0..4)
        .map(|n| Call {
            id: n as u32,
            user: 1,
            start: MONDAY + 10 * HOUR + n * 10 * MINUTE,
            called: format!("+3480312345{n}"),
            seconds: 120,
        })
        .map(|call| call.record())
        .collect();
    let feed = bench.write("calls.csv", records::csv(&calls));
    let refused = run(&bench, &["scan", &feed]).exits(2);
    assert!(
        refused.stderr.contains("write under plugins: template: the line grant: [names, state, log]"),
        "{}",
        refused.stderr
    );

    bench.write(
        "ringfence.yaml",
        format!("trust: {{require_signed: true, keys: {{acme: {{file: acme.pub}}}}}}\n{GRANT}"),
    );
    let found = run(&bench, &["scan", "--format", "ndjson", &feed]).ok().findings();
    let mine = found.iter().find(|f| f["detector"] == "template").unwrap_or_else(|| panic!("{found:#?}"));
    assert_eq!(mine["provenance"]["digest"], shown["digest"], "a finding names the file that found it");
    let shown = json(&bench, &["plugin", "inspect", "template"]);
    assert_eq!((&shown["runs"], &shown["access"]["missing"]), (&true.into(), &serde_json::json!([])));

    // The same again changes nothing; another file under that version is refused; a higher one takes its place.
    run(&bench, &["plugin", "install", &file]).ok();
    let other = packed(&bench, "other.wasm", &version("0.1.0"), &format!("{}\n# another", version("0.2.0")));
    run(&bench, &["plugin", "sign", &other, "--key", "acme.key"]).ok();
    let refused = run(&bench, &["plugin", "install", &other]).exits(2);
    assert!(
        refused.stderr.contains("is template 0.2.0 already") && refused.stderr.contains("raise the version"),
        "{}",
        refused.stderr
    );
    let newer = packed(&bench, "newer.wasm", &version("0.1.0"), &version("0.3.0"));
    run(&bench, &["plugin", "sign", &newer, "--key", "acme.key"]).ok();
    let installed = run(&bench, &["plugin", "install", &newer]).ok();
    assert!(installed.stderr.contains("took the place of 0.2.0"), "{}", installed.stderr);

    // Taken away, the leave for it is no mistake.
    let removed = run(&bench, &["plugin", "remove", "template"]).ok();
    assert!(removed.stderr.contains("state reset template"), "{}", removed.stderr);
    assert_eq!(std::fs::read_dir(bench.path().join("plugins")).unwrap().count(), 0);
    run(&bench, &["scan", &feed]).ok();
    run(&bench, &["plugin", "remove", "template"]).exits(2);
    let builtin = run(&bench, &["plugin", "remove", "mass-dialing"]).exits(2);
    assert!(builtin.stderr.contains("enabled: false"), "{}", builtin.stderr);
}

#[test]
fn what_was_changed_or_signed_by_somebody_else_is_refused() {
    let bench = Bench::new();
    let (acme, other) = (key(&bench, "acme"), key(&bench, "other"));
    let file = packed(&bench, "mine.wasm", &version("0.1.0"), &version("0.2.0"));
    let config = |strict: bool, key: &str| {
        bench.write(
            "ringfence.yaml",
            format!("trust: {{require_signed: {strict}, keys: {{them: \"{key}\"}}}}\n{GRANT}"),
        );
    };
    config(true, &acme);
    let refused = run(&bench, &["plugin", "install", &file]).exits(2);
    assert!(refused.stderr.contains("is not signed"), "{}", refused.stderr);
    run(&bench, &["plugin", "sign", &file, "--key", "other.key"]).ok();
    let refused = run(&bench, &["plugin", "install", &file]).exits(2);
    assert!(refused.stderr.contains("not among trust.keys"), "{}", refused.stderr);
    config(false, &acme);
    let installed = run(&bench, &["plugin", "install", &file]).ok();
    assert!(installed.stderr.contains("not trusted here"), "{}", installed.stderr);

    // Changed after it was installed: the key is known, so somebody has changed the file.
    config(false, &other);
    let path = bench.path().join("plugins/template.wasm");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.len() - 1;
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    run(&bench, &["plugin", "verify", "plugins/template.wasm"]).exits(1);
    let listed = run(&bench, &["plugin", "list", "--format", "ndjson"]).ok().findings();
    let row = listed.iter().find(|p| p["source"] == "plugins/template.wasm").unwrap();
    assert!(
        row["ok"] == false && row["reason"].as_str().unwrap().contains("changed after it was signed"),
        "{row:#}"
    );

    // Wrong keys refuse the configuration, with the place.
    for (text, words) in [
        ("trust: {keys: {a: RW}}\n", "56 characters"),
        ("trust: {keys: {a: {file: no.pub}}}\n", "no.pub"),
        ("trust: {require_signed: true}\n", "would refuse every plugin"),
        ("plugins: {a: {digest: abc}}\n", "64 hexadecimal digits"),
        ("plugins: {a: {grant: [network]}}\n", "network"),
    ] {
        let config = bench.write("wrong.yaml", text);
        let refused = run(&bench, &["plugin", "list", "--config", &config]).exits(2);
        assert!(refused.stderr.contains(words), "{text}{}", refused.stderr);
    }
}

#[test]
fn the_program_minisign_reads_ours_and_we_read_its() {
    if Command::new("minisign").arg("-v").output().is_err() {
        eprintln!("skipped: minisign is not installed (tools/setup.sh installs it on Debian)");
        return;
    }
    let bench = Bench::new();
    let acme = key(&bench, "acme");
    let file = packed(&bench, "mine.wasm", &version("0.1.0"), &version("0.2.0"));
    run(&bench, &["plugin", "sign", &file, "--key", "acme.key"]).ok();
    let theirs = Command::new("minisign").args(["-V", "-P", &acme, "-m", &file]).output().unwrap();
    assert!(theirs.status.success(), "{}", String::from_utf8_lossy(&theirs.stderr));
    assert!(String::from_utf8_lossy(&theirs.stdout).contains("Trusted comment: plugin template 0.2.0"));

    let signature = bench.path().join("mine.wasm.minisig");
    std::fs::remove_file(&signature).unwrap();
    let made = Command::new("minisign")
        .current_dir(bench.path())
        .args(["-G", "-W", "-p", "its.pub", "-s", "its.key"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let signed = Command::new("minisign")
        .current_dir(bench.path())
        .args(["-S", "-s", "its.key", "-m", &file, "-t", "by hand"])
        .output()
        .unwrap();
    assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
    let said = run(&bench, &["plugin", "verify", &file, "--key", "its.pub"]).ok().stdout;
    assert!(said.contains("by hand"), "{said}");
}

#[test]
fn only_components_are_packed_signed_and_installed() {
    let bench = Bench::new();
    key(&bench, "acme");
    let module = bench.write("module.wasm", b"\0asm\x01\0\0\0");
    let text = bench.write("text.wasm", "hello");
    let bare = template();
    let mut half = std::fs::read(&bare).unwrap();
    half.truncate(half.len() / 2);
    let half = bench.write("half.wasm", half);
    let manifest = bench.write("plugin.toml", "id = \"x\"\n");
    for (file, words) in
        [(&module, "core module"), (&text, "not a WebAssembly component"), (&half, "damaged")]
    {
        for args in [
            &["plugin", "pack", file, "--manifest", &manifest][..],
            &["plugin", "sign", file, "--key", "acme.key"],
            &["plugin", "install", file],
            &["plugin", "push", file, "oci://127.0.0.1:1/x"],
        ] {
            let refused = run(&bench, args).exits(2);
            assert!(refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
        }
    }
    // A manifest that no host takes is not packed.
    let refused = run(&bench, &["plugin", "pack", bare.to_str().unwrap(), "--manifest", &manifest]).exits(2);
    assert!(refused.stderr.contains("manifest"), "{}", refused.stderr);
    assert!(!bench.path().join("x.wasm").exists());
    // A secret key that is there is not overwritten.
    let refused = run(&bench, &["plugin", "keygen", "--key", "acme.key"]).exits(2);
    assert!(refused.stderr.contains("is there already"), "{}", refused.stderr);
}

#[test]
fn a_plugin_goes_by_way_of_a_registry() {
    let Some(registry) = server::Server::start(None) else { return };
    let bench = Bench::new();
    let (acme, other) = (key(&bench, "acme"), key(&bench, "other"));
    let file = packed(&bench, "mine.wasm", &version("0.1.0"), &version("0.2.0"));
    run(&bench, &["plugin", "sign", &file, "--key", "acme.key"]).ok();
    let tagged = format!("oci://{}/team/template:0.2.0", registry.address());
    let exact = run(&bench, &["plugin", "push", &file, &tagged]).ok().stdout.trim().to_owned();
    assert!(exact.contains("/team/template@sha256:"), "{exact}");

    bench.write("ringfence.yaml", format!("trust: {{require_signed: true, keys: {{acme: \"{acme}\"}}}}\n"));
    let shown = json(&bench, &["plugin", "inspect", &tagged]);
    assert_eq!((&shown["manifest"]["id"], &shown["signature"]["name"]), (&"template".into(), &"acme".into()));
    assert!(!bench.path().join("plugins").exists(), "to look at it installs nothing");
    for from in [&tagged, &exact] {
        run(&bench, &["plugin", "install", from]).ok();
        assert_eq!(
            std::fs::read(bench.path().join("plugins/template.wasm")).unwrap(),
            std::fs::read(&file).unwrap()
        );
        run(&bench, &["plugin", "verify", "plugins/template.wasm"]).ok();
        run(&bench, &["plugin", "remove", "template"]).ok();
    }
    // Signed by somebody who is not trusted here.
    bench.write("ringfence.yaml", format!("trust: {{require_signed: true, keys: {{other: \"{other}\"}}}}\n"));
    let refused = run(&bench, &["plugin", "install", &tagged]).exits(2);
    assert!(refused.stderr.contains("not among trust.keys"), "{}", refused.stderr);
    let missing =
        run(&bench, &["plugin", "install", &format!("oci://{}/team/none:1", registry.address())]).exits(2);
    assert!(missing.stderr.contains("is not in the registry"), "{}", missing.stderr);
    // Changed where it is stored.
    let blob: PathBuf = registry.blob(shown["digest"].as_str().unwrap());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let refused = run(&bench, &["plugin", "install", &tagged]).exits(2);
    assert!(refused.stderr.contains("was changed"), "{}", refused.stderr);
    assert!(!bench.path().join("plugins/template.wasm").exists());
    let away = format!("oci://127.0.0.1:{}/x:1", server::free_port());
    let refused = run(&bench, &["plugin", "install", &away]).exits(3);
    assert!(refused.stderr.contains("cannot be reached"), "{}", refused.stderr);
}

#[test]
fn a_running_service_keeps_the_old_one_when_a_file_changes_under_its_version() {
    let site = Site::new(&format!("rules: {{shipped: false}}\n{GRANT}"));
    std::fs::create_dir(site.path("plugins")).unwrap();
    let put = |file: &str| {
        let half = site.path("plugins/template.new");
        std::fs::copy(file, &half).unwrap();
        std::fs::rename(half, site.path("plugins/template.wasm")).unwrap();
    };
    let first = packed(&site.bench, "first.wasm", &version("0.1.0"), &version("0.2.0"));
    let second =
        packed(&site.bench, "second.wasm", &version("0.1.0"), &format!("{}\n# another", version("0.2.0")));
    put(&first);
    let running = site.start();
    let status = site.wait("it runs", |s| s["plugins"]["template"]["version"] == "0.2.0");
    let digest = status["plugins"]["template"]["digest"].clone();
    put(&second);
    let status = site.wait("refused", |s| refused(s) == ["plugins/template.wasm"]);
    let reason = status["refused"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("ran here before as") && reason.contains("raise the version"), "{reason}");
    assert_eq!(
        (&status["plugins"]["template"]["digest"], &status["refused"][0]["kept"]),
        (&digest, &true.into())
    );
    drop(running);
    // Nor after a restart; not before the operator says that he means this file.
    let running = site.start();
    let status = site.wait("still refused", |s| refused(s) == ["plugins/template.wasm"]);
    assert_eq!(status["plugins"]["template"]["digest"], digest);
    let shown = json(&site.bench, &["plugin", "inspect", &second]);
    let pinned = shown["digest"].as_str().unwrap();
    let config = std::fs::read_to_string(site.path("ringfence.yaml")).unwrap();
    site.write(
        "ringfence.yaml",
        &config.replace("template: {", &format!("template: {{digest: \"{pinned}\", ")),
    );
    site.wait("pinned", |s| refused(s).is_empty() && s["plugins"]["template"]["digest"] == pinned);
    // A grant that is taken back stops it.
    let config = std::fs::read_to_string(site.path("ringfence.yaml")).unwrap();
    site.write("ringfence.yaml", &config.replace("grant: [names, state, log]", "grant: [names, log]"));
    let status = site
        .wait("stopped", |s| refused(s) == ["plugins/template.wasm"] && s["plugins"]["template"].is_null());
    assert_eq!(status["refused"][0]["kept"], false, "{status:#}");
    drop(running);
}

#[test]
fn keys_and_signatures_are_part_of_what_is_gone_back_to() {
    let site = Site::new(&format!(
        "rules: {{shipped: false}}\ntrust: {{require_signed: true, keys: {{acme: {{file: acme.pub}}}}}}\n{GRANT}"
    ));
    std::fs::create_dir(site.path("plugins")).unwrap();
    key(&site.bench, "acme");
    let put = |number: &str| {
        let file = packed(&site.bench, "next.wasm", &version("0.1.0"), &version(number));
        run(&site.bench, &["plugin", "sign", &file, "--key", "acme.key"]).ok();
        for (from, to) in [("next.wasm.minisig", "template.wasm.minisig"), ("next.wasm", "template.wasm")] {
            std::fs::rename(site.path(from), site.path(&format!("plugins/{to}"))).unwrap();
        }
    };
    put("0.2.0");
    let running = site.start();
    let is = |number: &'static str| move |s: &Value| s["plugins"]["template"]["version"] == number;
    let first = site.wait("the first", is("0.2.0"))["generation"].to_string();
    put("0.3.0");
    site.wait("the second", is("0.3.0"));
    // Without its signature the file is refused; what ran goes on, with the signature that it had.
    std::fs::remove_file(site.path("plugins/template.wasm.minisig")).unwrap();
    let status = site.wait("refused", |s| refused(s) == ["plugins/template.wasm"]);
    assert!(status["refused"][0]["reason"].as_str().unwrap().contains("is not signed"), "{status:#}");
    assert!(is("0.3.0")(&status) && status["refused"][0]["kept"] == true, "{status:#}");
    site.run(&["policy", "rollback", &first, "--reason", "worse", "--by", "ana"]).ok();
    site.wait("gone back", is("0.2.0"));
    drop(running);
}
