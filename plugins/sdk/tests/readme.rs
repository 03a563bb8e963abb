//! The detector that the README shows is the one that the first page of the documentation tries, and it has thirty lines.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The first block of code in the text.
fn code(text: &str, fence: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| *line != fence).skip(1);
    lines.take_while(|line| !line.starts_with("```")).map(str::to_owned).collect()
}

#[test]
fn the_readme_shows_what_is_tried_and_it_is_short() {
    let documentation: String = read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let shown = code(&read("README.md"), "```rust");
    let tried = code(&documentation, "```");
    assert!(!shown.is_empty() && tried.starts_with(&shown), "README.md shows something else");
    let lines = shown.iter().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 30, "it has {lines} lines");
}
