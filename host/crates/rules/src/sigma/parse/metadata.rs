//! What a document says about itself.

use std::str::FromStr;

use chrono::NaiveDate;
use model::Severity;

use super::reader::{Reader, nearest, short, suggestion};
use crate::sigma::{LogSource, Metadata, Status};
use crate::yaml::{Node, Value};

/// Keys of a document: name, and what it is for.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("title", "What the rule finds, at most 256 characters."),
    ("id", "Identity, a UUID."),
    ("name", "Name for references from correlations and filters."),
    ("related", "Rules that this one comes from or replaces."),
    ("taxonomy", "Which field names are used; `sigma` by default."),
    (
        "status",
        "Life of the rule: `experimental` is shadow mode, `deprecated` and `unsupported` are not run.",
    ),
    ("description", "What is found and why it matters."),
    ("license", "SPDX identity of the licence."),
    ("author", "Who wrote it."),
    ("references", "Links."),
    ("date", "Day of creation, YYYY-MM-DD."),
    ("modified", "Day of the last change, YYYY-MM-DD."),
    ("logsource", "Which log the rule reads: `product: webex` for calls."),
    ("detection", "What the rule looks for."),
    ("correlation", "Several records, or several rules' matches, within a time."),
    ("filter", "What is taken out of, or kept of, other rules' matches."),
    ("fields", "Fields to show with a finding."),
    ("falsepositives", "What else may look like this."),
    ("level", "Severity of what is found."),
    ("tags", "Tags such as `attack.t1496`."),
    ("scope", "Where the rule is meant to run."),
    ("generate", "Whether the rules a correlation names are rules of their own, too."),
    ("ringfence", "What Sigma does not have: see docs/rules.md."),
    ("action", "From the first Sigma; do not use."),
    ("custom_attributes", "Anything; not read."),
];

/// States of a rule.
pub(crate) const STATUSES: &[(&str, Status)] = &[
    ("stable", Status::Stable),
    ("test", Status::Test),
    ("experimental", Status::Experimental),
    ("deprecated", Status::Deprecated),
    ("unsupported", Status::Unsupported),
];

/// Characters of a title or name, by the specification.
const MAX_TITLE: usize = 256;
/// Characters of a description, by the specification.
const MAX_DESCRIPTION: usize = 65_535;

/// Tells keys that a document of this kind does not have. The specification allows any key of one's own, so only what looks
/// like a slip is an error.
pub(super) fn keys(reader: &mut Reader<'_>, node: &Node, kind: &str) {
    let known: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.text.as_str();
        if known.contains(&name) {
            let misplaced = match name {
                "logsource" => kind == "correlation",
                "generate" => kind != "correlation",
                _ => false,
            };
            if misplaced {
                reader.warn(key.span, format!("'{name}' means nothing beside '{kind}'"), "take it away");
            }
        } else if let Some(near) = nearest(name, &known) {
            reader.strict(
                key.span,
                format!("unknown key '{}'", short(name)),
                format!("did you mean '{near}'?"),
            );
        } else {
            reader.warn(
                key.span,
                format!("key '{}' is not one of Sigma's and means nothing here", short(name)),
                "take it away, or put it under 'custom_attributes:'",
            );
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Metadata {
    let mut meta = Metadata {
        file: reader.file.to_owned(),
        span: node.span,
        title: reader.text(node, "title").unwrap_or_default(),
        id: reader.text(node, "id"),
        name: reader.text(node, "name"),
        description: reader.text(node, "description").unwrap_or_default(),
        author: reader.texts(node, "author").join(", "),
        references: reader.texts(node, "references"),
        tags: reader.texts(node, "tags"),
        falsepositives: reader.texts(node, "falsepositives"),
        fields: reader.texts(node, "fields"),
        ..Metadata::default()
    };
    title(reader, node, &meta);
    identity(reader, node, &meta);
    meta.status = status(reader, node);
    meta.level = level(reader, node);
    meta.date = date(reader, node, "date");
    meta.modified = date(reader, node, "modified");
    for (text, span) in reader.spanned(node, "tags") {
        let part = |s: &str, more: &str| {
            !s.is_empty()
                && s.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
        };
        if !text.split_once('.').is_some_and(|(space, tag)| part(space, "_-") && part(tag, "._-")) {
            reader.warn(
                span,
                format!("tag '{}' is not of the form namespace.tag in lower case", short(&text)),
                "for instance 'attack.t1496'",
            );
        }
    }
    related(reader, node);
    if let Some(taxonomy) = reader.text(node, "taxonomy")
        && taxonomy != "sigma"
        && let Some(at) = node.get("taxonomy")
    {
        reader.warn(at.span, "only Sigma's own taxonomy is known", "use the field names of docs/fields.md");
    }
    meta
}

fn title(reader: &mut Reader<'_>, node: &Node, meta: &Metadata) {
    let at = node.get("title").map_or(node.span, |n| n.span);
    if meta.title.trim().is_empty() {
        reader.strict(at, "no title", "add 'title: …', what the rule finds in a few words");
    } else if meta.title.chars().count() > MAX_TITLE {
        reader.strict(
            at,
            format!("a title of more than {MAX_TITLE} characters"),
            "move details to 'description'",
        );
    }
    if meta.description.chars().count() > MAX_DESCRIPTION
        && let Some(at) = node.get("description")
    {
        reader.strict(
            at.span,
            format!("a description of more than {MAX_DESCRIPTION} characters"),
            "shorten it",
        );
    }
}

fn identity(reader: &mut Reader<'_>, node: &Node, meta: &Metadata) {
    if let (Some(id), Some(at)) = (&meta.id, node.get("id"))
        && !is_uuid(id)
    {
        reader.warn(
            at.span,
            "'id' is not a UUID",
            "make one with `uuidgen`; names for references go to 'name:'",
        );
    }
    if let (Some(name), Some(at)) = (&meta.name, node.get("name")) {
        // The name becomes part of the detector's name, of file names and of command lines.
        let plain = !name.is_empty()
            && name.len() <= MAX_TITLE
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if !plain {
            reader.strict(
                at.span,
                "'name' is not a plain name",
                "use letters, digits, '_', '-' and '.' only",
            );
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn status(reader: &mut Reader<'_>, node: &Node) -> Option<Status> {
    let text = reader.text(node, "status")?;
    let found = STATUSES.iter().find(|(name, _)| *name == text).map(|(_, status)| *status);
    if found.is_none()
        && let Some(at) = node.get("status")
    {
        let names: Vec<&str> = STATUSES.iter().map(|(name, _)| *name).collect();
        reader.strict(at.span, format!("unknown status '{}'", short(&text)), suggestion(&text, &names));
    }
    found
}

fn level(reader: &mut Reader<'_>, node: &Node) -> Option<Severity> {
    let text = reader.text(node, "level")?;
    let found = Severity::from_str(&text).ok();
    if found.is_none()
        && let Some(at) = node.get("level")
    {
        let names = Severity::ALL.map(Severity::name);
        reader.strict(at.span, format!("unknown level '{}'", short(&text)), suggestion(&text, &names));
    }
    found
}

fn date(reader: &mut Reader<'_>, node: &Node, key: &str) -> String {
    let Some(text) = reader.text(node, key) else { return String::new() };
    let iso = text.len() == 10 && NaiveDate::parse_from_str(&text, "%Y-%m-%d").is_ok();
    if !iso && let Some(at) = node.get(key) {
        reader.strict(at.span, format!("'{key}' is not a date"), "write it as 2026-11-23");
    }
    text
}

fn related(reader: &mut Reader<'_>, node: &Node) {
    const TYPES: [&str; 5] = ["derived", "obsolete", "merged", "renamed", "similar"];
    let Some(related) = node.get("related") else { return };
    let Some(items) = related.as_list() else {
        reader.strict(related.span, "'related' must be a list", "each with 'id:' and 'type:'");
        return;
    };
    for item in items {
        match (item.get("id"), item.get("type")) {
            (Some(_), Some(kind)) if TYPES.contains(&kind.text.as_str()) => {}
            (Some(_), Some(kind)) => {
                reader.strict(kind.span, "unknown type of relation", suggestion(&kind.text, &TYPES));
            }
            _ => reader.strict(item.span, "a relation needs 'id' and 'type'", "add them"),
        }
    }
}

/// The log source; none if there is none.
pub(super) fn log_source(reader: &mut Reader<'_>, node: &Node) -> Option<LogSource> {
    const KNOWN: [&str; 4] = ["product", "service", "category", "definition"];
    let source = node.get("logsource")?;
    if source.as_map().is_none() {
        if source.value != Value::Null || reader.is_ours() {
            reader.error(
                source.span,
                format!("'logsource' must be a map, not {}", source.kind()),
                "write 'product: webex' under it",
            );
        }
        return None;
    }
    for (key, _) in source.as_map().unwrap_or_default() {
        if !KNOWN.contains(&key.text.as_str())
            && let Some(near) = nearest(&key.text, &KNOWN)
        {
            reader.strict(
                key.span,
                format!("unknown key '{}' in 'logsource'", short(&key.text)),
                format!("did you mean '{near}'?"),
            );
        }
    }
    Some(LogSource {
        product: reader.text(source, "product"),
        service: reader.text(source, "service"),
        category: reader.text(source, "category"),
    })
}
