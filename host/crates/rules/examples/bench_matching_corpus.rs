//! Compiles every rule of the public Sigma corpus for open values and prints what does not compile, with the reason.
//!
//! `cargo run -p rules --release --example bench_matching_corpus -- /path/to/sigma [folder …]`. Ends with 1 if a rule does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::time::Instant;

use rules::matching::{Placeholders, compile_open};
use rules::sigma::{Document, ParseOptions, Strictness, parse};

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            found.push(path);
        }
    }
}

fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1).map(PathBuf::from) else {
        eprintln!("say where the corpus is: bench_matching_corpus PATH");
        return ExitCode::from(2);
    };
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let (mut rules, mut inactive, mut failed) = (0, 0, 0);
    let mut slowest = (Duration::ZERO, PathBuf::new());
    let started = Instant::now();
    for path in &paths {
        let Ok(text) = std::fs::read(path) else { continue };
        let options = ParseOptions { strictness: Strictness::Foreign };
        for document in parse(&path.to_string_lossy(), &text, &options).documents {
            let Document::Rule(rule) = document else { continue };
            rules += 1;
            let before = Instant::now();
            match compile_open(&rule, &[], &Placeholders::default()) {
                Ok(program) => inactive += usize::from(!program.missing().is_empty()),
                Err(wrong) => {
                    failed += 1;
                    for diagnostic in wrong {
                        println!("{}: {} ({})", path.display(), diagnostic.message, diagnostic.help);
                    }
                }
            }
            slowest = slowest.max((before.elapsed(), path.clone()));
        }
    }
    println!(
        "{rules} rules, {inactive} of them wait for a placeholder, {failed} do not compile; {:?} with parsing",
        started.elapsed()
    );
    println!("slowest: {:?} {}", slowest.0, slowest.1.display());
    ExitCode::from(u8::from(failed > 0))
}
