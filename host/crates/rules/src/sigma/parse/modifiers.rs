//! Value modifiers: which there are, and which may stand together.
//!
//! Owns the table (the JSON Schema is made from it) and the combination rules. What the specification says of order ("applied
//! in the given order") matters for encodings only, so only there it is asked for.

use super::encode::Step;
use super::reader::{Reader, short, suggestion};
use crate::Span;
use crate::sigma::{Flags, Relation, TimePart};

/// A modifier for people and editors.
#[derive(Clone, Copy, Debug)]
pub struct ModifierDoc {
    /// Its name after the `|`.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
}

macro_rules! modifiers {
    ($($name:literal $doc:literal;)*) => {
        /// Modifiers of the specification 2.1.0.
        pub const MODIFIERS: &[ModifierDoc] = &[$(ModifierDoc { name: $name, doc: $doc },)*];
    };
}

modifiers! {
    "all" "All values must be found, not one of them.";
    "startswith" "The field begins with the value.";
    "endswith" "The field ends with the value.";
    "contains" "The value is somewhere in the field.";
    "exists" "The field is there (true) or not (false), whatever its value.";
    "cased" "Capitals count.";
    "neq" "The field is none of the values.";
    "windash" "Dashes and slashes stand for each other.";
    "re" "The value is a regular expression, found anywhere in the field.";
    "i" "After re: whatever capitals.";
    "m" "After re: ^ and $ at every line.";
    "s" "After re: the dot takes line ends, too.";
    "base64" "The value is encoded as Base64.";
    "base64offset" "The value stands somewhere in Base64, at any of the three offsets.";
    "utf16le" "The value is encoded as UTF-16, little-endian.";
    "utf16be" "The value is encoded as UTF-16, big-endian.";
    "utf16" "The value is encoded as UTF-16 with a byte order mark.";
    "wide" "Another name of utf16le.";
    "lt" "The field is less than the number.";
    "lte" "The field is at most the number.";
    "gt" "The field is greater than the number.";
    "gte" "The field is at least the number.";
    "minute" "The minute of the field's time, 0 to 59.";
    "hour" "The hour of the field's time, 0 to 23.";
    "day" "The day of the month of the field's time, 1 to 31.";
    "week" "The ISO week of the field's time, 1 to 53.";
    "month" "The month of the field's time, 1 to 12.";
    "year" "The year of the field's time.";
    "cidr" "The field is an address in the network.";
    "expand" "%name% in the value is a placeholder from the configuration.";
    "fieldref" "The value is the name of another field of the same record.";
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Test {
    Text,
    Regex(Flags),
    Cidr,
    Exists,
    Compare(Relation),
    FieldRef,
    Expand,
}

/// What the modifiers of a key ask for.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) test: Test,
    pub(super) part: Option<TimePart>,
    /// Encodings in order.
    pub(super) steps: Vec<Step>,
    /// Wildcards before and after.
    pub(super) open: (bool, bool),
    pub(super) all: bool,
    pub(super) negate: bool,
    pub(super) cased: bool,
}

impl Plan {
    /// Without modifiers.
    pub(super) fn plain() -> Plan {
        Plan {
            test: Test::Text,
            part: None,
            steps: Vec::new(),
            open: (false, false),
            all: false,
            negate: false,
            cased: false,
        }
    }
}

/// Longest chain of modifiers; the longest that means something has six.
const MAX_CHAIN: usize = 16;

/// The plan of the modifiers after a field's name. `at` gives the place of the n-th character of the key.
pub(super) fn read(reader: &mut Reader<'_>, names: &[(&str, Span)], at: Span, keyword: bool) -> Option<Plan> {
    if names.len() > MAX_CHAIN {
        reader.error(at, format!("more than {MAX_CHAIN} modifiers on one field"), "take some away");
        return None;
    }
    let mut plan = Plan::plain();
    let mut known = true;
    let mut tests: Vec<&str> = Vec::new();
    let mut parts: Vec<&str> = Vec::new();
    let mut flags: Vec<(&str, Span)> = Vec::new();
    let mut opened: Option<&str> = None;
    for (position, (name, span)) in names.iter().enumerate() {
        let repeated = names[..position].iter().any(|(earlier, _)| earlier == name);
        // Encoding twice is a thing one can mean.
        if repeated && *name != "base64" {
            reader.strict(*span, format!("modifier '{name}' twice"), "take one away");
            continue;
        }
        if let Some(test) = test(name) {
            tests.push(name);
            plan.test = test;
        } else if let Some(part) = part(name) {
            parts.push(name);
            plan.part = Some(part);
        } else if let Some(step) = step(name) {
            if let Some(opened) = opened
                && step != Step::Windash
            {
                reader.strict(
                    *span,
                    format!("'{name}' after '{opened}' would encode the wildcards, too"),
                    format!("write '|{name}|{opened}': modifiers are applied in their order"),
                );
            }
            if step == Step::Windash && plan.steps.iter().any(|s| *s != Step::Windash) {
                reader.strict(
                    *span,
                    "'windash' after an encoding finds no dashes",
                    "write it before the encoding",
                );
            }
            plan.steps.push(step);
        } else {
            match *name {
                "contains" | "startswith" | "endswith" => {
                    if let Some(opened) = opened {
                        reader.error(*span, format!("'{name}' beside '{opened}'"), "keep one of them");
                        known = false;
                    }
                    opened = Some(name);
                    plan.open = (*name != "startswith", *name != "endswith");
                }
                "all" => plan.all = true,
                "neq" => plan.negate = true,
                "cased" => plan.cased = true,
                "i" | "ignorecase" | "m" | "multiline" | "s" | "dotall" => flags.push((name, *span)),
                "not" => {
                    reader.error(*span, "'not' is no modifier", "use '|neq', or 'not' in the condition");
                    known = false;
                }
                _ => {
                    let names: Vec<&str> = MODIFIERS.iter().map(|m| m.name).collect();
                    reader.error(
                        *span,
                        format!("unknown modifier '{}'", short(name)),
                        suggestion(name, &names),
                    );
                    known = false;
                }
            }
        }
    }
    if !known {
        return None;
    }
    conflicts(reader, &mut plan, &tests, &parts, at, opened)?;
    regex_flags(reader, &mut plan, &flags)?;
    if keyword
        && (plan.part.is_some() || matches!(plan.test, Test::Exists | Test::Compare(_) | Test::FieldRef))
    {
        reader.error(at, "this modifier needs a field's name before it", "write 'field|modifier'");
        return None;
    }
    Some(plan)
}

/// Modifiers that exclude each other. None if no meaning is left.
fn conflicts(
    reader: &mut Reader<'_>,
    plan: &mut Plan,
    tests: &[&str],
    parts: &[&str],
    at: Span,
    opened: Option<&str>,
) -> Option<()> {
    let mut refuse = |message: String, help: &str| {
        reader.error(at, message, help);
        None
    };
    if tests.len() > 1 {
        return refuse(format!("'{}' together", tests.join("' and '")), "keep one of them");
    }
    if parts.len() > 1 {
        return refuse(format!("'{}' together", parts.join("' and '")), "write one line for each");
    }
    let test = tests.first().copied().unwrap_or_default();
    if plan.part.is_some() && !matches!(plan.test, Test::Text | Test::Compare(_)) {
        return refuse(
            format!("'{}' beside '{test}'", parts[0]),
            "a part of a time is a number: use lt, lte, gt, gte",
        );
    }
    let textual = plan.test == Test::Text && plan.part.is_none();
    if !plan.steps.is_empty() && !textual {
        let other = if test.is_empty() { parts[0] } else { test };
        return refuse(
            format!("an encoding or 'windash' beside '{other}'"),
            "encodings are for text: use a line for each",
        );
    }
    if let Some(opened) = opened
        && !textual
        && !matches!(plan.test, Test::FieldRef | Test::Expand)
    {
        let other = if test.is_empty() { parts[0] } else { test };
        return refuse(
            format!("'{opened}' beside '{other}'"),
            "a regular expression is found anywhere already (anchor it with ^ or $); numbers have no beginning",
        );
    }
    if plan.test == Test::Exists && (plan.negate || plan.all || plan.cased) {
        return refuse(
            "'exists' with another modifier".to_owned(),
            "write 'exists: false' instead of a negation",
        );
    }
    let both_base64 = plan.steps.contains(&Step::Base64) && plan.steps.contains(&Step::Base64Offset);
    if both_base64 {
        return refuse("'base64' beside 'base64offset'".to_owned(), "keep one of them");
    }
    if plan.cased && !textual && !matches!(plan.test, Test::FieldRef | Test::Expand) {
        let what = if matches!(plan.test, Test::Regex(_)) {
            "regular expressions are cased already"
        } else {
            "no text is compared"
        };
        reader.strict(at, format!("'cased' has no meaning here: {what}"), "take it away");
        plan.cased = false;
    }
    if plan.negate && plan.all {
        // A field that is none of the values differs from all of them: `all` adds nothing, and "not all" would be a trap.
        reader.strict(at, "'neq' beside 'all'", "'neq' means none of the values already: take 'all' away");
        plan.all = false;
    }
    if plan.steps.contains(&Step::Base64Offset) && opened.is_none() {
        reader.warn(
            at,
            "'base64offset' without 'contains' compares with the whole field",
            "write '|base64offset|contains'",
        );
    }
    Some(())
}

fn regex_flags(reader: &mut Reader<'_>, plan: &mut Plan, flags: &[(&str, Span)]) -> Option<()> {
    for (name, span) in flags {
        let Test::Regex(set) = &mut plan.test else {
            reader.error(
                *span,
                format!("'{name}' is a flag of 're', which is not here"),
                "text is compared whatever its capitals; 'cased' makes them count",
            );
            return None;
        };
        match *name {
            "i" | "ignorecase" => set.insensitive = true,
            "m" | "multiline" => set.multi_line = true,
            _ => set.dot_all = true,
        }
        if name.len() > 1 {
            reader.strict(
                *span,
                format!("'{name}' is not in the specification"),
                format!(
                    "write '{}'",
                    match *name {
                        "ignorecase" => "i",
                        "multiline" => "m",
                        _ => "s",
                    }
                ),
            );
        }
    }
    Some(())
}

fn test(name: &str) -> Option<Test> {
    Some(match name {
        "re" => Test::Regex(Flags::default()),
        "cidr" => Test::Cidr,
        "exists" => Test::Exists,
        "fieldref" => Test::FieldRef,
        "expand" => Test::Expand,
        "lt" => Test::Compare(Relation::Lt),
        "lte" => Test::Compare(Relation::Lte),
        "gt" => Test::Compare(Relation::Gt),
        "gte" => Test::Compare(Relation::Gte),
        _ => return None,
    })
}

fn part(name: &str) -> Option<TimePart> {
    Some(match name {
        "minute" => TimePart::Minute,
        "hour" => TimePart::Hour,
        "day" => TimePart::Day,
        "week" => TimePart::Week,
        "month" => TimePart::Month,
        "year" => TimePart::Year,
        _ => return None,
    })
}

fn step(name: &str) -> Option<Step> {
    Some(match name {
        "windash" => Step::Windash,
        "base64" => Step::Base64,
        "base64offset" => Step::Base64Offset,
        "utf16le" | "wide" => Step::Utf16le,
        "utf16be" => Step::Utf16be,
        "utf16" => Step::Utf16,
        _ => return None,
    })
}
