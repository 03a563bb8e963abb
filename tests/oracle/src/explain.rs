//! Where two readings of a rule differ: the line at fault, and whether the table knows it.

use serde_json::Value;

use crate::differences::{DIFFERENCES, Difference, Scope};
use crate::engines::{Ours, Reading, Theirs};
use crate::lines::{Line, lines};

/// A line on an event of which the readings differ.
pub struct Case<'a> {
    /// The line; with one value where one value is enough to differ.
    pub line: &'a Line,
    /// The event.
    pub event: &'a Value,
    /// What we say of it.
    pub ours: bool,
    /// What they say of it.
    pub theirs: bool,
}

impl Case<'_> {
    /// What the field's name leads to: by its whole name, else through maps and the elements of lists.
    pub fn found(&self) -> Vec<&Value> {
        self.line.field.as_ref().map_or_else(Vec::new, |name| everywhere(self.event, name, true))
    }

    /// The same, if it is there at all: the first.
    pub fn field(&self) -> Option<&Value> {
        self.found().into_iter().next()
    }

    /// The field's values: itself, or the elements of lists.
    pub fn values(&self) -> Vec<&Value> {
        let mut found = Vec::new();
        self.found().into_iter().for_each(|value| flatten(value, &mut found));
        found
    }

    /// Whether one of the field's values is so.
    pub fn any(&self, test: impl Fn(&Value) -> bool) -> bool {
        self.values().into_iter().any(test)
    }

    /// Whether one of the line's values is so.
    pub fn wants(&self, test: impl Fn(&Value) -> bool) -> bool {
        self.line.values.iter().any(test)
    }
}

/// A field by its whole name, else by a path of maps.
pub fn lookup<'e>(event: &'e Value, name: &str) -> Option<&'e Value> {
    let fields = event.as_object()?;
    if let Some(value) = fields.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    lookup(fields.get(first)?, rest)
}

/// Everything that a name leads to; `dotted`: keys below the first level may have dots themselves.
pub fn everywhere<'e>(event: &'e Value, name: &str, dotted: bool) -> Vec<&'e Value> {
    fn walk<'e>(value: &'e Value, path: &str, dotted: bool, found: &mut Vec<&'e Value>) {
        match value {
            Value::Array(list) => list.iter().for_each(|v| walk(v, path, dotted, found)),
            Value::Object(map) => {
                if let Some(value) = map.get(path).filter(|_| dotted || !path.contains('.')) {
                    found.push(value);
                } else if let Some((first, rest)) = path.split_once('.')
                    && let Some(inner) = map.get(first)
                {
                    walk(inner, rest, dotted, found);
                }
            }
            _ => {}
        }
    }
    if let Some(value) = event.get(name) {
        return vec![value];
    }
    let mut found = Vec::new();
    walk(event, name, dotted, &mut found);
    found
}

/// A value, or the elements of a list.
pub fn flatten<'e>(value: &'e Value, found: &mut Vec<&'e Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| flatten(v, found)),
        other => found.push(other),
    }
}

/// Why the two readings of a rule differ on an event: the known differences that its lines show.
///
/// # Errors
/// A line that differs for a reason that the table does not know, ready to read.
pub fn explain(sections: &[&Value], event: &Value) -> Result<Vec<&'static Difference>, String> {
    let mut known = Vec::new();
    let all: Vec<Line> = sections.iter().flat_map(|section| lines(section)).collect();
    for line in &all {
        let singles: Vec<Line> = line.values.iter().map(|value| line.single(value)).collect();
        let mut differs = false;
        for single in &singles {
            differs |= judge(single, event, &mut known)?;
        }
        if !differs && (singles.len() > 1 || line.has("all")) {
            judge(line, event, &mut known)?;
        }
    }
    if known.is_empty() {
        let whole = DIFFERENCES.iter().find(|d| match d.scope {
            Scope::Rule(test) => sections.iter().any(|section| test(section, sections.len() > 1)),
            Scope::Line(_) => false,
        });
        return match whole {
            Some(difference) => Ok(vec![difference]),
            None => Err("every line agrees, but the rule does not".to_owned()),
        };
    }
    Ok(known)
}

/// Whether the readings differ in this line; if so, the difference is known.
fn judge(line: &Line, event: &Value, known: &mut Vec<&'static Difference>) -> Result<bool, String> {
    let text = line.rule();
    // What one of them refuses is told apart before events are compared.
    let (Ok(ours), Ok(theirs)) = (Ours::new(&text), Theirs::new(&text)) else { return Ok(false) };
    let case = Case { line, event, ours: ours.matches(event), theirs: theirs.matches(event) };
    if case.ours == case.theirs {
        return Ok(false);
    }
    let found = DIFFERENCES.iter().find(|d| match d.scope {
        Scope::Line(test) => test(&case),
        Scope::Rule(_) => false,
    });
    match found {
        Some(difference) => known.push(difference),
        None => {
            return Err(format!(
                "'{}': {} of {}: we say {}, they say {}",
                line.key,
                Value::from(line.values.clone()),
                event,
                case.ours,
                case.theirs
            ));
        }
    }
    Ok(true)
}
