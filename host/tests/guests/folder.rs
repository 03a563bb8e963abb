//! Plugins from a folder, beside the built-in ones; the cache on disk.

use std::path::Path;

use ringfence::config::{Config, PluginConfig, TrustConfig};
use ringfence::plugin::{Builtin, Capability, Runtime, load_all, load_dir};
use serde_json::json;

use super::build::component;
use super::setup::{RUNTIME, granting};

fn put(folder: &Path, file: &str, guest: &str) {
    std::fs::write(folder.join(file), component(guest)).unwrap();
}

fn with_settings(id: &str, enabled: bool, config: serde_json::Value) -> Config {
    let mut all = granting(&["good"]);
    let grant = Capability::ALL.into();
    all.plugins.insert(id.to_owned(), PluginConfig { enabled, config, grant, ..PluginConfig::default() });
    all
}

#[test]
fn one_bad_file_is_named_and_the_rest_load() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "b.wasm", "good");
    put(folder.path(), "a.wasm", "fs");
    std::fs::write(folder.path().join("c.wasm"), b"\0asm garbage").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no plugin").unwrap();
    let found = load_dir(&RUNTIME, folder.path(), &TrustConfig::default()).unwrap();
    let names: Vec<_> = found.iter().map(|f| f.path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["a.wasm", "b.wasm", "c.wasm"]);
    let (plugins, errors) = load_all(&RUNTIME, &[], Some(folder.path()), &granting(&["good", "fs"]));
    assert_eq!(plugins.iter().map(|p| p.id()).collect::<Vec<_>>(), ["good"]);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("a.wasm: plugin fs 1.2.3: load: imports wasi:filesystem/"), "{errors:?}");
    assert!(errors[1].contains("c.wasm: load: is damaged or not WebAssembly"), "{errors:?}");
}

#[test]
fn an_id_belongs_to_the_first_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "mine.wasm", "good");
    let bytes: &'static [u8] = component("good").leak();
    let builtins = [Builtin { name: "good", bytes }];
    let (plugins, errors) = load_all(&RUNTIME, &builtins, Some(folder.path()), &Config::default());
    assert_eq!(plugins.len(), 1);
    assert_eq!(plugins[0].file(), "good");
    let message = errors[0].to_string();
    assert!(message.contains("mine.wasm: plugin good 1.2.3") && message.contains("another id"), "{message}");
}

#[test]
fn settings_disable_configure_or_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "good.wasm", "good");
    let load = |config: Config| load_all(&RUNTIME, &[], Some(folder.path()), &config);

    let (plugins, errors) = load(with_settings("good", false, json!({})));
    assert!(plugins.is_empty() && errors.is_empty(), "disabled is not wrong: {errors:?}");

    let (plugins, errors) = load(with_settings("good", true, json!({"greting": "hi"})));
    assert!(plugins.is_empty());
    assert!(errors[0].to_string().contains("did you mean greeting"), "{errors:?}");

    let (plugins, errors) = load(with_settings("goood", true, json!({"a": 1})));
    assert_eq!(plugins.len(), 1);
    assert!(errors[0].to_string().contains("no such plugin: did you mean good?"), "{errors:?}");
}

#[test]
fn a_missing_folder_is_an_error_and_not_an_empty_one() {
    let error = load_dir(&RUNTIME, Path::new("/nonexistent/plugins"), &TrustConfig::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("/nonexistent/plugins") && error.contains("cannot be listed"), "{error}");
}

#[test]
fn compiled_code_is_kept_and_a_cache_that_cannot_be_written_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new(Some(folder.path())).unwrap();
    assert!(runtime.is_cached());
    runtime.load("good", &component("good")).unwrap();
    assert!(folder.path().join("plugins").read_dir().unwrap().next().is_some());

    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let runtime = Runtime::new(Some(&file)).unwrap();
    assert!(!runtime.is_cached());
    runtime.load("good", &component("good")).unwrap();
}

#[test]
fn what_is_not_granted_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "good.wasm", "good");
    let load = |config: &Config| load_all(&RUNTIME, &[], Some(folder.path()), config);
    let (plugins, errors) = load(&Config::default());
    assert!(plugins.is_empty());
    let message = errors[0].to_string();
    assert!(
        message.contains("plugin good 1.2.3: load: asks for names, directory, state, log")
            && message.contains("under plugins: good: the line grant: [names, directory, state, log]"),
        "{message}"
    );
    let mut config = granting(&["good"]);
    config.plugins.get_mut("good").unwrap().grant.remove(&Capability::State);
    assert!(load(&config).1[0].to_string().contains("asks for state, which"), "{:?}", load(&config).1);
    // What is built in is part of the program.
    let bytes: &'static [u8] = component("good").leak();
    let (plugins, errors) = load_all(&RUNTIME, &[Builtin { name: "good", bytes }], None, &Config::default());
    assert!(plugins.len() == 1 && errors.is_empty(), "{errors:?}");
    // Leave for a plugin that is not there is no mistake.
    assert!(load(&granting(&["good", "another"])).1.is_empty());
}

#[test]
fn a_pinned_digest_is_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "good.wasm", "good");
    let mut config = granting(&["good"]);
    let load = |config: &Config| load_all(&RUNTIME, &[], Some(folder.path()), config);
    let digest = load(&config).0[0].digest().to_owned();
    let mut pin = |digest: String| {
        config.plugins.get_mut("good").unwrap().digest = Some(digest);
        load(&config)
    };
    assert!(pin(digest.clone()).1.is_empty());
    let other = format!("sha256:{}", "0".repeat(64));
    let message = pin(other.clone()).1[0].to_string();
    assert!(message.contains(&digest) && message.contains(&format!("wants {other}")), "{message}");
}
