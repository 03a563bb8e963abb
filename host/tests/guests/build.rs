//! Builds the guests once per test run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/guests")
}

/// Names of all guests, from their files.
pub fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder().join("guests")).unwrap();
    let paths = files.map(|f| f.unwrap().path()).filter(|p| p.is_file());
    let mut names: Vec<String> = paths.map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The component of a guest.
pub fn component(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(build);
    let file = built.join(format!("{}.wasm", name.replace('-', "_")));
    std::fs::read(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn build() -> PathBuf {
    // The executable is `<target>/<profile>/deps/guests-…`.
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("guests");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(folder());
    cargo.args(["build", "--examples", "--release", "--locked", "--quiet", "--target", "wasm32-wasip2"]);
    cargo.arg("--target-dir").arg(&target);
    for foreign in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTC_WRAPPER"]
    {
        cargo.env_remove(foreign);
    }
    let done = cargo.output().unwrap();
    assert!(done.status.success(), "the guests do not build:\n{}", String::from_utf8_lossy(&done.stderr));
    target.join("wasm32-wasip2/release/examples")
}
