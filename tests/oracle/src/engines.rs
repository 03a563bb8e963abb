//! The two readings of a rule.

use std::collections::BTreeMap;

use rsigma_eval::{Engine, JsonEvent};
use rsigma_parser::parse_sigma_yaml;
use rules::matching::{OpenProgram, Placeholders, compile_open};
use rules::sigma::{Document, Filter, ParseOptions, Rule, Strictness, parse};
use serde_json::Value;

/// A reading of one rule with the filters beside it.
pub trait Reading: Sized {
    /// Reads the first rule of a file; every filter of the file applies to it.
    ///
    /// # Errors
    /// Why the rule is refused.
    fn new(text: &str) -> Result<Self, String>;

    /// Whether the rule holds of the event.
    fn matches(&self, event: &Value) -> bool;
}

/// Ours.
pub struct Ours(OpenProgram);

/// Theirs.
pub struct Theirs(Engine);

/// Values of the placeholders that rules of these tests use; any other is not set.
pub fn placeholders() -> Placeholders {
    let values: BTreeMap<String, Vec<String>> =
        [("servers".to_owned(), vec!["srv*".to_owned(), "cmd.exe".to_owned()])].into();
    values.into_iter().collect()
}

impl Reading for Ours {
    fn new(text: &str) -> Result<Ours, String> {
        let parsed = parse("rule.yml", text.as_bytes(), &ParseOptions { strictness: Strictness::Foreign });
        let said = |list: &[rules::Diagnostic]| {
            let wrong: Vec<&str> = list.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
            wrong.join("; ")
        };
        let errors = said(&parsed.diagnostics);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (mut rule, mut filters): (Option<&Rule>, Vec<&Filter>) = (None, Vec::new());
        for document in &parsed.documents {
            match document {
                Document::Rule(found) => rule = rule.or(Some(found.as_ref())),
                Document::Filter(filter) => filters.push(filter.as_ref()),
                Document::Correlation(_) => {}
            }
        }
        let rule = rule.ok_or("no rule in the file")?;
        compile_open(rule, &filters, &placeholders()).map(Ours).map_err(|list| said(&list))
    }

    fn matches(&self, event: &Value) -> bool {
        self.0.matches(event)
    }
}

impl Ours {
    /// Whether the rule waits for a placeholder that is not set.
    pub fn is_inactive(&self) -> bool {
        !self.0.missing().is_empty()
    }
}

impl Reading for Theirs {
    fn new(text: &str) -> Result<Theirs, String> {
        let collection = parse_sigma_yaml(text).map_err(|e| e.to_string())?;
        let fatal: Vec<&String> = collection.errors.iter().filter(|e| !e.contains("invalid ")).collect();
        if collection.rules.is_empty() {
            return Err(format!("no rule: {fatal:?}"));
        }
        let mut engine = Engine::new();
        engine.add_collection(&collection).map_err(|e| e.to_string())?;
        Ok(Theirs(engine))
    }

    fn matches(&self, event: &Value) -> bool {
        !self.0.evaluate(&JsonEvent::borrow(event)).is_empty()
    }
}
