//! Builds the built-in plugins as components and embeds them and the shipped rules, so that the host is one file.
//!
//! The plugins are members of this workspace (their logic is tested natively); here the same crates are built a
//! second time for `wasm32-wasip2` by a nested cargo with a target folder of its own, `<target>/plugins`, which check,
//! clippy and release share. A folder of its own is also what avoids a deadlock: the outer cargo holds the lock of
//! the usual one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const TARGET: &str = "wasm32-wasip2";

/// Embedded in this order; ids are the crates' names.
const BUILTINS: [&str; 4] = ["after-hours", "call-forwarding", "international-calls", "mass-dialing"];

/// Built along, so that what `plugin new` copies is known to compile; not embedded.
const TEMPLATE: &str = "template";

/// What the outer build sets for its own target and must not reach the nested one.
const FOREIGN: [&str; 9] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CLIPPY_ARGS",
];

fn main() {
    if let Err(message) = build() {
        println!("cargo::error={message}");
    }
}

fn build() -> Result<(), String> {
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR")?)
        .parent()
        .map(Path::to_path_buf)
        .ok_or("the host must stand in the workspace's folder")?;
    let out = PathBuf::from(var("OUT_DIR")?);
    for path in
        ["plugins", "wit", "migrations", "docs/fields.md", "host/crates/model", "Cargo.toml", "Cargo.lock"]
    {
        println!("cargo::rerun-if-changed={}", root.join(path).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    embed_rules(&root.join("rules"), &out)?;
    embed_templates(&root, &out)?;
    target_is_installed()?;

    let target = plugin_target(&out)?;
    let mut packages: Vec<&str> = BUILTINS.to_vec();
    if root.join("plugins").join(TEMPLATE).join("Cargo.toml").exists() {
        packages.push(TEMPLATE);
    }
    cargo_build(&root, &target, &packages)?;

    let mut code = String::from("[\n");
    for name in BUILTINS {
        let built = target.join(TARGET).join("plugin").join(format!("{}.wasm", name.replace('-', "_")));
        let copy = out.join(format!("{name}.wasm"));
        fs::copy(&built, &copy).map_err(|e| {
            format!(
                "plugins/{name} gave no component at {} ({e}): its Cargo.toml needs crate-type = [\"cdylib\", \"rlib\"]",
                built.display()
            )
        })?;
        let _ = writeln!(code, "    Builtin {{ name: {name:?}, bytes: include_bytes!({copy:?}) }},");
    }
    code.push_str("]\n");
    let list = out.join("builtins.rs");
    fs::write(&list, code).map_err(|e| format!("cannot write {}: {e}", list.display()))
}

/// Kinds of files under `rules/`, by folder and ending; the names are those of `policy::shipped::Kind`.
fn kind_of(path: &str) -> Option<&'static str> {
    let folder = path.split('/').next().unwrap_or_default();
    let yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    match folder {
        _ if path.split('/').any(|part| part.starts_with('.')) => None,
        "lib" => path.ends_with(".rhai").then_some("Lib"),
        "templates" => yaml.then_some("Template"),
        "schema" => path.ends_with(".json").then_some("Schema"),
        _ => yaml.then_some("Rule"),
    }
}

/// Writes the list of everything under `rules/` that ships, in the order of the paths.
fn embed_rules(folder: &Path, out: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    if folder.is_dir() {
        println!("cargo::rerun-if-changed={}", folder.display());
        list_files(folder, "", &mut files)?;
    }
    files.sort();
    let mut code = String::from("[\n");
    for path in files {
        let Some(kind) = kind_of(&path) else { continue };
        let file = folder.join(&path);
        let _ = writeln!(
            code,
            "    Shipped {{ path: {path:?}, kind: Kind::{kind}, bytes: include_bytes!({file:?}) }},"
        );
    }
    code.push_str("]\n");
    let list = out.join("shipped.rs");
    fs::write(&list, code).map_err(|e| format!("cannot write {}: {e}", list.display()))
}

/// Folders below the repository's root of which `plugin new` makes projects.
const PROJECTS: [&str; 7] = [
    "plugins/js/ringfence",
    "plugins/js/template",
    "plugins/python/ringfence",
    "plugins/python/template",
    "plugins/sdk/src",
    "plugins/template",
    "wit",
];
/// What their tools leave in them.
const LEFT_BEHIND: [&str; 4] = ["build", "node_modules", "target", "__pycache__"];

/// Writes the list of the files of which `plugin new` makes projects, in the order of the paths.
fn embed_templates(root: &Path, out: &Path) -> Result<(), String> {
    let mut files = vec!["docs/fields.md".to_owned(), "plugins/sdk/Cargo.toml".to_owned()];
    for folder in PROJECTS {
        list_files(&root.join(folder), folder, &mut files)?;
    }
    files.sort();
    let of_project =
        |path: &str| path.split('/').all(|part| !part.starts_with('.') && !LEFT_BEHIND.contains(&part));
    let mut code = String::from("[\n");
    for path in files.iter().filter(|path| of_project(path)) {
        let file = root.join(path);
        let _ = writeln!(code, "    Embedded {{ path: {path:?}, bytes: include_bytes!({file:?}) }},");
    }
    code.push_str("]\n");
    let list = out.join("templates.rs");
    fs::write(&list, code).map_err(|e| format!("cannot write {}: {e}", list.display()))
}

fn list_files(folder: &Path, below: &str, files: &mut Vec<String>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("cannot list {}: {e}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| format!("a name in {} is not UTF-8", folder.display()))?;
        let path = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
        if entry.file_type().map_err(failed)?.is_dir() {
            list_files(&entry.path(), &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn var(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set: this script is run by cargo"))
}

/// One clear line instead of rustc's "can't find crate for `std`" for every dependency.
fn target_is_installed() -> Result<(), String> {
    let rustc = var("RUSTC")?;
    let asked = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|e| format!("cannot run {rustc}: {e}"))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim());
    if asked.status.success() && folder.is_dir() {
        return Ok(());
    }
    Err(format!("the plugins need the {TARGET} target: run `rustup target add {TARGET}`"))
}

/// `<target>/plugins`: cargo marks the target folder with CACHEDIR.TAG.
fn plugin_target(out: &Path) -> Result<PathBuf, String> {
    out.ancestors()
        .find(|a| a.join("CACHEDIR.TAG").exists())
        .map(|a| a.join("plugins"))
        .ok_or_else(|| format!("no target folder (CACHEDIR.TAG) above {}", out.display()))
}

fn cargo_build(root: &Path, target: &Path, packages: &[&str]) -> Result<(), String> {
    let cargo = var("CARGO")?;
    let mut command = Command::new(&cargo);
    command.current_dir(root).args(["build", "--lib", "--locked", "--profile", "plugin", "--target", TARGET]);
    command.arg("--target-dir").arg(target);
    for package in packages {
        command.args(["-p", package]);
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
    let done = command.output().map_err(|e| format!("cannot run {cargo}: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    // Cargo shows a failed script's output; the error line only says what it was about.
    eprintln!("{}", String::from_utf8_lossy(&done.stderr));
    Err(format!("the plugins ({}) do not build for {TARGET}: see the compiler's output", packages.join(", ")))
}
