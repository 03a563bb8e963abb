//! From a rule's lines to what is compared: modifiers were applied by the parser, here patterns and expressions are compiled,
//! placeholders filled in, and bounds kept.
//!
//! Owns what both ways of matching share of compiling. Does not own which fields there are.

use std::collections::{BTreeSet, HashMap};

use regex::Regex;

use super::bounds::{MAX_MATCHERS, MAX_MATCHERS_TOTAL, MAX_REGEX_SOURCE, MAX_REGEX_TOTAL, REGEX_BYTES};
use super::check::{Check, Line, Ref};
use super::glob::Glob;
use super::logic::Placed;
use super::placeholders::{self, NotExpanded, Placeholders};
use super::regexes;
use super::scalar::Num;
use crate::Diagnostic;
use crate::sigma::{Flags, Item, Matcher, Part, Pattern};

/// Compiles the lines of one rule.
pub(crate) struct Lines<'a> {
    placeholders: &'a Placeholders,
    /// Placeholders that nobody set.
    pub(crate) missing: BTreeSet<String>,
    /// What is wrong, and what is doubtful.
    pub(crate) diagnostics: Vec<Diagnostic>,
    matchers: usize,
    regex_source: usize,
    regex_bytes: usize,
    regexes: HashMap<(String, Flags), Regex>,
}

/// What compiling one matcher needs.
struct Context<'p> {
    placed: Placed<'p>,
    keyword: bool,
}

impl<'a> Lines<'a> {
    /// For one rule.
    pub(crate) fn new(placeholders: &'a Placeholders) -> Self {
        Lines {
            placeholders,
            missing: BTreeSet::new(),
            diagnostics: Vec::new(),
            matchers: 0,
            regex_source: 0,
            regex_bytes: 0,
            regexes: HashMap::new(),
        }
    }

    /// Whether something is wrong so far.
    pub(crate) fn failed(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Notes an error at a line.
    pub(crate) fn error(&mut self, placed: Placed<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(placed.file, placed.item.span, message, help));
    }

    /// Notes a doubt at a line.
    pub(crate) fn warn(&mut self, placed: Placed<'_>, message: impl Into<String>, help: impl Into<String>) {
        self.diagnostics.push(Diagnostic::warning(placed.file, placed.item.span, message, help));
    }

    /// One line with the matchers given (the item's own, or what a field's type makes of them). `field` finds the field of a
    /// reference, or has said why there is none.
    pub(crate) fn line<F>(
        &mut self,
        placed: Placed<'_>,
        matchers: &[Matcher],
        field: &mut dyn FnMut(&mut Self, &str) -> Option<F>,
    ) -> Line<F> {
        let context = Context { placed, keyword: placed.item.field.is_none() };
        let (mut checks, mut refs) = (Vec::with_capacity(matchers.len()), Vec::new());
        for matcher in matchers {
            if let Matcher::FieldRef { field: name, open, cased } = matcher {
                if context.keyword || placed.item.part.is_some() {
                    self.error(
                        placed,
                        "|fieldref compares one whole field with another",
                        "name the field before |fieldref, and leave parts of times out",
                    );
                } else if let Some(field) = field(self, name) {
                    refs.push(Ref { field, open: *open, cased: *cased });
                }
            } else {
                self.matcher(&context, matcher, &mut checks);
            }
            if self.too_many(&context, checks.len() + refs.len()) {
                break;
            }
        }
        self.matchers += checks.len() + refs.len();
        Line::new(placed.item.all, checks, refs)
    }

    fn too_many(&mut self, context: &Context<'_>, here: usize) -> bool {
        let all = self.matchers + here;
        let (count, most, what) = if here > MAX_MATCHERS {
            (here, MAX_MATCHERS, "a line")
        } else if all > MAX_MATCHERS_TOTAL {
            (all, MAX_MATCHERS_TOTAL, "a rule")
        } else {
            return false;
        };
        self.error(
            context.placed,
            format!("{count} values, but {what} may have {most}"),
            "use prefixes or wildcards for values that belong together, or split the rule",
        );
        true
    }

    fn matcher(&mut self, context: &Context<'_>, matcher: &Matcher, checks: &mut Vec<Check>) {
        match matcher {
            Matcher::Text { pattern, cased } => self.text(context, pattern, *cased, checks),
            Matcher::Number(number) if context.keyword => {
                let mut text = String::new();
                Num::Float(*number).write(&mut text);
                self.text(context, &Pattern(vec![Part::Literal(text)]), false, checks);
            }
            Matcher::Number(number) => checks.push(Check::Number(*number)),
            Matcher::Bool(wanted) => checks.push(Check::Bool(*wanted)),
            Matcher::Null | Matcher::Exists(_) if context.keyword => self.error(
                context.placed,
                "a keyword is a text that is looked for in every value",
                "name a field for null and |exists",
            ),
            Matcher::Null => checks.push(Check::Null),
            Matcher::Exists(wanted) => checks.push(Check::Exists(*wanted)),
            Matcher::Regex { source, flags } => {
                if let Some(regex) = self.regex(context, source, *flags) {
                    checks.push(Check::Regex(regex));
                }
            }
            Matcher::Cidr(network) => checks.push(Check::Cidr(*network)),
            Matcher::Compare { relation, value } => {
                checks.push(Check::Compare { relation: *relation, value: *value });
            }
            Matcher::Placeholder { pieces, open, cased } => {
                match placeholders::expand(pieces, *open, self.placeholders) {
                    Ok(patterns) => {
                        for pattern in &patterns {
                            self.text(context, pattern, *cased, checks);
                        }
                    }
                    Err(NotExpanded::Missing(name)) => {
                        self.missing.insert(name);
                    }
                    Err(NotExpanded::TooMany) => self.error(
                        context.placed,
                        format!("the placeholders stand for more than {MAX_MATCHERS} combinations"),
                        "use one placeholder per value, or give it fewer values",
                    ),
                }
            }
            Matcher::FieldRef { .. } => {}
        }
    }

    fn text(&mut self, context: &Context<'_>, pattern: &Pattern, cased: bool, checks: &mut Vec<Check>) {
        let wide;
        let pattern = if context.keyword {
            wide = Glob::anywhere(pattern);
            &wide
        } else {
            pattern
        };
        match Glob::new(pattern, cased) {
            Ok(glob) => checks.push(Check::Text { glob, cased }),
            Err(message) => self.error(context.placed, message, "shorten it, or use |re"),
        }
    }

    fn regex(&mut self, context: &Context<'_>, source: &str, flags: Flags) -> Option<Regex> {
        if let Some(known) = self.regexes.get(&(source.to_owned(), flags)) {
            return Some(known.clone());
        }
        if self.regex_bytes > MAX_REGEX_TOTAL {
            return None;
        }
        self.regex_source += source.len();
        if self.regex_source > MAX_REGEX_SOURCE {
            self.error(
                context.placed,
                format!("more than {MAX_REGEX_SOURCE} bytes of regular expressions in one rule"),
                "use |contains, |startswith or |endswith for plain texts, or split the rule",
            );
            return None;
        }
        match regexes::compile(source, flags) {
            Ok(compiled) => {
                self.regex_bytes += compiled.bytes;
                if self.regex_bytes > MAX_REGEX_TOTAL {
                    self.error(
                        context.placed,
                        format!("the regular expressions of the rule take more than {MAX_REGEX_TOTAL} bytes"),
                        "count less often in `{…}`, or split the rule",
                    );
                    return None;
                }
                self.regexes.insert((source.to_owned(), flags), compiled.regex.clone());
                Some(compiled.regex)
            }
            Err(wrong) => {
                // It cost as much as the largest: a rule full of such ends after a few.
                self.regex_bytes += REGEX_BYTES[2];
                self.error(context.placed, wrong.message, wrong.help);
                None
            }
        }
    }

    /// The item's matchers with placeholders filled in, for types that look at values.
    pub(crate) fn expanded(&self, item: &Item) -> Vec<Matcher> {
        let mut made = Vec::with_capacity(item.matchers.len());
        for matcher in &item.matchers {
            if let Matcher::Placeholder { pieces, open, cased } = matcher
                && let Ok(patterns) = placeholders::expand(pieces, *open, self.placeholders)
            {
                made.extend(patterns.into_iter().map(|pattern| Matcher::Text { pattern, cased: *cased }));
            } else {
                made.push(matcher.clone());
            }
        }
        made
    }
}
