//! Parses every rule file below a folder of the public Sigma corpus and prints what cannot be read, with the reason.
//!
//! `cargo run -p rules --release --example corpus -- /path/to/sigma [folder …]`; by default every folder `rules*`, and apart
//! from them `unsupported` and `deprecated`. Ends with 1 if a file of a folder `rules*` has an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rules::sigma::{Document, ParseOptions, Parsed, Strictness, parse};

#[derive(Default)]
struct Figures {
    files: usize,
    bytes: usize,
    rules: usize,
    correlations: usize,
    filters: usize,
    refused: usize,
    time: Duration,
    messages: BTreeMap<String, usize>,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(root) = arguments.next().map(PathBuf::from) else {
        eprintln!("say where the corpus is: corpus PATH [FOLDER…]");
        return ExitCode::from(2);
    };
    let mut folders: Vec<String> = arguments.collect();
    if folders.is_empty() {
        folders = names(&root).into_iter().filter(|n| n.starts_with("rules")).collect();
        folders.extend(["unsupported".to_owned(), "deprecated".to_owned(), "other".to_owned()]);
    }
    let mut failed = false;
    for folder in folders {
        let mut paths = Vec::new();
        collect(&root.join(&folder), &mut paths);
        paths.sort();
        let mut figures = Figures::default();
        for path in &paths {
            file(&root, path, &mut figures);
        }
        println!(
            "{folder}: {} files ({} KiB), {} rules, {} correlations, {} filters, {} files with errors, {} ms",
            figures.files,
            figures.bytes / 1024,
            figures.rules,
            figures.correlations,
            figures.filters,
            figures.refused,
            figures.time.as_millis()
        );
        for (message, count) in &figures.messages {
            println!("    {count} × {message}");
        }
        failed |= folder.starts_with("rules") && figures.refused > 0;
    }
    ExitCode::from(u8::from(failed))
}

fn file(root: &Path, path: &Path, figures: &mut Figures) {
    let Ok(bytes) = std::fs::read(path) else { return };
    let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let options = ParseOptions { strictness: Strictness::Foreign };
    let started = Instant::now();
    let Parsed { documents, diagnostics } = parse(&name, &bytes, &options);
    figures.time += started.elapsed();
    figures.files += 1;
    figures.bytes += bytes.len();
    for document in &documents {
        match document {
            Document::Rule(_) => figures.rules += 1,
            Document::Correlation(_) => figures.correlations += 1,
            Document::Filter(_) => figures.filters += 1,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    figures.refused += usize::from(diagnostics.iter().any(rules::Diagnostic::is_error));
    for diagnostic in diagnostics {
        *figures.messages.entry(diagnostic.message.clone()).or_default() += 1;
        if std::env::var_os("CORPUS_QUIET").is_none() {
            print!("{}", diagnostic.excerpt(&text));
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for name in names(folder) {
        let path = folder.join(name);
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            paths.push(path);
        }
    }
}
