//! What a new project is made of: templates, helpers, the interface; embedded by `host/build.rs` from the folders `plugins` and
//! `wit`.
//!
//! Owns which file goes where. Does not own their content.

use super::Lang;
use crate::plugin;

/// A file inside the program.
struct Embedded {
    /// Its path below the repository's root.
    path: &'static str,
    bytes: &'static [u8],
}

static EMBEDDED: &[Embedded] = &include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What a Rust project's `Cargo.toml` needs beside the template's.
const WORKSPACE: &str = include_str!("workspace.toml");

/// The templates' id, which the project's takes the place of.
const TEMPLATE_ID: &str = "template";

/// Folders of the repository and where their files stand in a project; those of the template take the project's name.
fn places(lang: Lang) -> &'static [(&'static str, &'static str)] {
    match lang {
        Lang::Rust => &[("plugins/template/", ""), ("plugins/sdk/", "vendor/ringfence-sdk/")],
        Lang::Python => &[("plugins/python/template/", ""), ("plugins/python/ringfence/", "ringfence/")],
        Lang::Js => &[("plugins/js/template/", ""), ("plugins/js/ringfence/", "ringfence/")],
    }
}

/// Files that a project in that language must not have in its history.
fn ignored(lang: Lang) -> &'static str {
    match lang {
        Lang::Rust => "/target\n/*.wasm\n",
        Lang::Python => "/.venv\n/build\n/*.wasm\n__pycache__\n",
        Lang::Js => "/node_modules\n/build\n/*.wasm\n",
    }
}

/// The files of a project of that name: paths below its folder, and contents.
pub(super) fn of_project(lang: Lang, name: &str) -> Vec<(String, Vec<u8>)> {
    let interface = format!("wit/v{}.0/", plugin::SUPPORTED_INTERFACES.last().copied().unwrap_or_default());
    let mut files = vec![(".gitignore".to_owned(), ignored(lang).as_bytes().to_vec())];
    for file in EMBEDDED {
        let mut put = |path: String, bytes: &[u8]| files.push((path, bytes.to_vec()));
        if file.path.starts_with(&interface) {
            put(file.path.to_owned(), file.bytes);
        } else if file.path == "docs/fields.md" {
            put("fields.md".to_owned(), file.bytes);
        }
        for (from, to) in places(lang) {
            let Some(rest) = file.path.strip_prefix(from) else { continue };
            match std::str::from_utf8(file.bytes) {
                Ok(text) if to.is_empty() => put(rest.to_owned(), own(lang, rest, text, name).as_bytes()),
                _ => put(format!("{to}{rest}"), file.bytes),
            }
        }
    }
    files.sort();
    files
}

/// A template's file as the project's own.
fn own(lang: Lang, path: &str, text: &str, name: &str) -> String {
    match path {
        "README.md" => text.replacen("# Template", &format!("# {name}"), 1).replace(TEMPLATE_ID, name),
        "Cargo.toml" => {
            let mut lines: Vec<String> = Vec::new();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                match line {
                    "[lib]" => lines.extend(["[lib]".to_owned(), "name = \"detector\"".to_owned()]),
                    line => lines.push(
                        line.replace("path = \"../sdk\"", "path = \"vendor/ringfence-sdk\"")
                            .replace("name = \"template\"", &format!("name = \"{name}\"")),
                    ),
                }
            }
            lines.join("\n") + "\n" + WORKSPACE
        }
        "plugin.toml" => text.replacen("id = \"template\"", &format!("id = \"{name}\""), 1),
        "package.json" | "package-lock.json" if lang == Lang::Js => {
            text.replace("\"name\": \"template\"", &format!("\"name\": \"{name}\""))
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lang: Lang, path: &str) -> String {
        let files = of_project(lang, "my-own");
        let found = files.iter().find(|(p, _)| p == path).unwrap_or_else(|| panic!("{lang:?} lacks {path}"));
        String::from_utf8(found.1.clone()).unwrap()
    }

    #[test]
    fn each_project_is_whole_and_has_its_name() {
        for lang in [Lang::Rust, Lang::Python, Lang::Js] {
            assert!(file(lang, "plugin.toml").contains("id = \"my-own\""));
            assert!(file(lang, "README.md").starts_with("# my-own\n"));
            assert!(file(lang, "wit/v1.0.0/detector.wit").contains("world detector"));
            assert!(file(lang, "fields.md").contains("`called_class`"));
            let strange = |path: &str| path.contains("node_modules") || path.contains("__pycache__");
            assert!(!of_project(lang, "x").iter().any(|(path, _)| strange(path) || path.starts_with('/')));
        }
        assert!(file(Lang::Python, "ringfence/timeline.py").contains("class Timeline"));
        assert!(file(Lang::Js, "ringfence/timeline.js").contains("class Timeline"));
        assert!(file(Lang::Js, "package.json").contains("\"name\": \"my-own\""));
        assert!(!file(Lang::Js, "package-lock.json").contains("template"));
    }

    #[test]
    fn a_rust_project_stands_alone() {
        let cargo = file(Lang::Rust, "Cargo.toml");
        let toml: toml::Table = cargo.parse().unwrap();
        assert_eq!(toml["package"]["name"].as_str(), Some("my-own"));
        assert_eq!(toml["lib"]["name"].as_str(), Some("detector"));
        assert!(!cargo.contains("../"), "{cargo}");
        assert_eq!(toml["profile"]["release"]["opt-level"].as_str(), Some("s"));
        // What the SDK takes from a workspace must be as in ours.
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let ours: toml::Table = std::fs::read_to_string(root).unwrap().parse().unwrap();
        for (name, wanted) in toml["workspace"]["dependencies"].as_table().unwrap() {
            assert_eq!(&ours["workspace"]["dependencies"][name.as_str()], wanted, "{name}");
        }
        assert_eq!(toml["workspace"]["package"]["version"], ours["workspace"]["package"]["version"]);
        assert!(file(Lang::Rust, "vendor/ringfence-sdk/Cargo.toml").contains("ringfence-sdk"));
        assert!(file(Lang::Rust, "vendor/ringfence-sdk/src/bindings.rs").contains("\"../../wit/v1.0.0\""));
    }
}
