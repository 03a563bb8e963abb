//! A rule taken apart into its lines, so that a difference can be laid at one of them.

use serde_json::{Value, json};

/// A line of a search: a key with its values, or keywords.
#[derive(Clone, Debug)]
pub struct Line {
    /// The key as written; empty for keywords without modifiers.
    pub key: String,
    /// Field; none for keywords.
    pub field: Option<String>,
    /// Modifiers in order.
    pub modifiers: Vec<String>,
    /// Values; one if it is no list.
    pub values: Vec<Value>,
}

impl Line {
    fn new(key: &str, value: &Value) -> Line {
        let mut parts = key.split('|').map(str::to_owned);
        let field = parts.next().filter(|f| !f.is_empty());
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        Line { key: key.to_owned(), field, modifiers: parts.collect(), values }
    }

    /// Whether the modifier is there.
    pub fn has(&self, modifier: &str) -> bool {
        self.modifiers.iter().any(|m| m == modifier)
    }

    /// Whether one of them is there.
    pub fn has_one(&self, modifiers: &[&str]) -> bool {
        modifiers.iter().any(|m| self.has(m))
    }

    /// A line with one of the values, without `all`.
    pub fn single(&self, value: &Value) -> Line {
        let kept: Vec<String> = self.modifiers.iter().filter(|m| *m != "all").cloned().collect();
        let mut key = self.field.clone().unwrap_or_default();
        for modifier in &kept {
            key = format!("{key}|{modifier}");
        }
        Line { key, field: self.field.clone(), modifiers: kept, values: vec![value.clone()] }
    }

    /// A rule that has this line only.
    pub fn rule(&self) -> String {
        let search = if self.key.is_empty() {
            Value::from(self.values.clone())
        } else {
            let value = match self.values.as_slice() {
                [one] => one.clone(),
                several => Value::from(several.to_vec()),
            };
            json!({ self.key.clone(): value })
        };
        rule(&json!({ "line": search, "condition": "line" }))
    }
}

/// A rule of another product with this detection. JSON is YAML.
pub fn rule(detection: &Value) -> String {
    json!({
        "title": "A rule",
        "status": "test",
        "logsource": { "category": "oracle" },
        "detection": detection,
    })
    .to_string()
}

/// The lines of a `detection` or `filter` section, in order.
pub fn lines(section: &Value) -> Vec<Line> {
    let mut found = Vec::new();
    for (name, search) in section.as_object().into_iter().flatten() {
        if !["condition", "timeframe", "rules"].contains(&name.as_str()) {
            of_search(search, &mut found);
        }
    }
    found
}

/// The lines of one search.
pub fn of_search(search: &Value, found: &mut Vec<Line>) {
    match search {
        Value::Object(map) => found.extend(map.iter().map(|(key, value)| Line::new(key, value))),
        Value::Array(list) if list.iter().any(|v| v.is_object() || v.is_array()) => {
            list.iter().for_each(|v| of_search(v, found));
        }
        other => found.push(Line::new("", other)),
    }
}
