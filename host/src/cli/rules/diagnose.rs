//! Errors and warnings as people and programs read them.

use std::collections::BTreeMap;

use owo_colors::Style as Paint;
use rules::Diagnostic;
use serde::Serialize;

use super::sources::Sources;
use crate::eval::style::Style;

/// An error or warning as JSON.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
    help: &'a str,
}

impl<'a> Told<'a> {
    /// Errors, then warnings.
    pub(crate) fn of(diagnostics: &'a [Diagnostic]) -> (Vec<Told<'a>>, Vec<Told<'a>>) {
        let told = |errors: bool| {
            diagnostics
                .iter()
                .filter(|d| d.is_error() == errors)
                .map(|d| Told {
                    file: &d.file,
                    line: d.span.line,
                    column: d.span.column,
                    message: &d.message,
                    help: &d.help,
                })
                .collect()
        };
        (told(true), told(false))
    }
}

/// Every diagnostic with its excerpt.
pub(crate) fn excerpts(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let text = texts.entry(&diagnostic.file).or_insert_with(|| sources.text(&diagnostic.file));
        out.push_str(&painted(&diagnostic.excerpt(text), diagnostic.is_error(), style));
        out.push('\n');
    }
    out
}

/// The excerpt with colours: what is wrong stands out, what frames it does not.
fn painted(excerpt: &str, is_error: bool, style: Style) -> String {
    if !style.colour {
        return excerpt.to_owned();
    }
    let loud = if is_error { Paint::new().red().bold() } else { Paint::new().yellow().bold() };
    let mut out = String::with_capacity(excerpt.len() + 64);
    for (at, line) in excerpt.lines().enumerate() {
        let body = line.trim_start();
        let painted = if at == 0 {
            match line.split_once(':') {
                Some((word, rest)) => {
                    format!("{}{}", style.paint(word, loud), style.bold(&format!(":{rest}")))
                }
                None => line.to_owned(),
            }
        } else if body.starts_with("-->") {
            style.dim(line)
        } else if body.starts_with("= help:") {
            style.paint(line, Paint::new().cyan())
        } else if body
            .strip_prefix('|')
            .is_some_and(|rest| !rest.trim().is_empty() && rest.trim().chars().all(|c| c == '^'))
        {
            style.paint(line, loud)
        } else {
            line.to_owned()
        };
        out.push_str(&painted);
        out.push('\n');
    }
    out
}

/// `1 error`, `2 errors`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rules::Span;

    #[test]
    fn colours_change_nothing_but_colours() {
        let d = Diagnostic::error("a.yml", Span { line: 1, column: 3, len: 2 }, "bad: word", "write 'good'");
        let plain = d.excerpt("a bad b");
        let style = Style { colour: true, width: 100 };
        let mut bare = painted(&plain, true, style);
        while let Some(at) = bare.find('\u{1b}') {
            let end = bare[at..].find('m').unwrap() + at;
            bare.replace_range(at..=end, "");
        }
        assert_eq!(bare, plain);
        assert_eq!(painted(&plain, true, Style { colour: false, width: 100 }), plain);
    }
}
