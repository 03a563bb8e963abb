//! `ringfence plugin new`: a project to begin with, which passes its own tests.
//!
//! Owns the command. Which files a project has stands in `files`; building it is its language's own tools' work.

mod files;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::super::{CliError, CliResult};
use crate::plugin::{self, Manifest};

/// Makes a project for a plugin of one's own; it needs nothing of this repository.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The plugin's id: a-z, 0-9 and '-'.
    name: String,
    /// The language it is written in.
    #[arg(long, value_enum)]
    lang: Lang,
    /// Folder for it, which must be empty or not be there yet; by default NAME.
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// The language of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lang {
    /// With the SDK, built by cargo.
    Rust,
    /// With a package of the same meaning, built by componentize-py.
    Python,
    /// With a package of the same meaning, built by componentize-js.
    Js,
}

/// Runs the command.
///
/// # Errors
/// For a name that is no id, a folder that is not empty, and what cannot be written.
pub(super) fn run(args: &NewArgs) -> CliResult {
    let files = files::of_project(args.lang, &args.name);
    check_name(&args.name, &files)?;
    let folder = args.into.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    check_empty(&folder)?;
    for (path, bytes) in &files {
        write(&folder.join(path), bytes)?;
    }
    println!("{}", folder.display());
    eprint!("{}", next(args.lang, &folder, &args.name));
    Ok(ExitCode::SUCCESS)
}

/// The project's own manifest says whether the name can be an id.
fn check_name(name: &str, files: &[(String, Vec<u8>)]) -> Result<(), CliError> {
    if plugin::builtins().iter().any(|builtin| builtin.name == name) {
        return Err(CliError::Usage(format!("'{name}' is a built-in plugin: choose another name")));
    }
    let Some((_, manifest)) = files.iter().find(|(path, _)| path == "plugin.toml") else {
        return Err(CliError::Usage("this build has no template for that language".to_owned()));
    };
    let manifest = Manifest::parse(manifest).map_err(|problem| CliError::Usage(problem.to_string()))?;
    // A name with a quotation mark in it could be read as another.
    if manifest.id != name {
        let shown = name.escape_debug();
        return Err(CliError::Usage(format!("'{shown}' cannot be an id: use a-z, 0-9 and '-'")));
    }
    Ok(())
}

fn check_empty(folder: &Path) -> Result<(), CliError> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => {
            return Err(CliError::Usage(format!("cannot make a project in '{}': {e}", folder.display())));
        }
    };
    if entries.next().is_none() {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "'{}' is not empty: choose another folder with --into, or empty it first",
        folder.display()
    )))
}

/// Never over a file that is there.
fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let done = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    done.and_then(|()| std::fs::File::create_new(path))
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|e| CliError::Environment(format!("cannot write '{}': {e}", path.display())))
}

/// What to do now.
fn next(lang: Lang, folder: &Path, name: &str) -> String {
    let steps: &[&str] = match lang {
        Lang::Rust => {
            &["cargo test", "rustup target add wasm32-wasip2", "cargo build --release --target wasm32-wasip2"]
        }
        Lang::Python => &[
            "python3 -m unittest",
            "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            ".venv/bin/python -m ringfence.build",
        ],
        Lang::Js => &["npm install", "npm test", "npm run build"],
    };
    let steps: String = steps.iter().map(|step| format!("  {step}\n")).collect();
    let folder = folder.display();
    format!("next:\n  cd {folder}\n{steps}  ringfence plugin pack .\n  ringfence plugin test {name}.wasm\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(name: &str, into: &Path) -> NewArgs {
        NewArgs { name: name.to_owned(), lang: Lang::Python, into: Some(into.to_owned()) }
    }

    #[test]
    fn names_that_are_no_ids_write_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("project");
        for name in [
            "",
            "../x",
            "My Plugin",
            "1st",
            "rules",
            "mass-dialing",
            "a\"\nid = \"b",
            "a\" # /../b",
            &"x".repeat(65),
        ] {
            let error = run(&args(name, &into)).unwrap_err();
            assert!(matches!(error, CliError::Usage(_)), "{name}: {error}");
            assert!(!into.exists(), "{name}");
        }
    }

    #[test]
    fn a_folder_with_something_in_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        run(&args("mine", folder.path())).unwrap();
        assert!(folder.path().join("ringfence/runner.py").exists());
        let error = run(&args("mine", folder.path())).unwrap_err().to_string();
        assert!(error.contains("not empty") && error.contains("--into"), "{error}");
    }

    #[test]
    fn the_next_steps_name_the_packed_component() {
        let steps = next(Lang::Js, Path::new("here"), "mine");
        assert!(steps.contains("cd here\n") && steps.contains("plugin test mine.wasm"), "{steps}");
    }
}
