//! What an author may have meant: names of fields and values that resemble what was written.
//!
//! Owns the words of "did you mean". Does not own the tables.

use model::fields::edit_distance;
use model::fields::well_known::{COUNTRIES, VALUES};
use model::{EventKind, FieldId, FieldType};

use super::local::WEEKDAYS;
use crate::{Field, Virtual};

/// The remedy for a field that there is not.
pub(crate) fn field(name: &str) -> String {
    let snake = snake(name);
    let mut near: Vec<&str> = Field::from_name(&snake).map(Field::name).into_iter().collect();
    let derived = Virtual::ALL.into_iter().map(Virtual::name);
    near.extend(derived.filter(|v| edit_distance(&snake, v) <= 2));
    let webex = FieldId::all().filter(|f| {
        f.webex_key
            .is_some_and(|key| edit_distance(&key.to_ascii_lowercase(), &name.to_ascii_lowercase()) <= 2)
    });
    near.extend(webex.map(|f| f.name));
    near.extend(FieldId::near_misses(&snake));
    let mut seen = std::collections::BTreeSet::new();
    near.retain(|name| seen.insert(*name));
    near.truncate(3);
    if near.is_empty() {
        "docs/fields.md lists the fields of call records; local_hour, local_weekday, local_date, holiday and \
         business_hours are made from them"
            .to_owned()
    } else {
        format!("did you mean {}?", list(&near, "or"))
    }
}

/// `CalledNumber` and `called-number` as `called_number`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before = '_';
    for c in name.chars() {
        match c {
            ' ' | '-' | '.' => out.push('_'),
            c if c.is_uppercase() && before.is_lowercase() => {
                out.push('_');
                out.extend(c.to_lowercase());
            }
            c => out.extend(c.to_lowercase()),
        }
        before = c;
    }
    out
}

/// Names in quotes: `'a', 'b' or 'c'`.
pub(crate) fn list(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => format!("'{one}'"),
        [first @ .., end] => {
            let first: Vec<String> = first.iter().map(|n| format!("'{n}'")).collect();
            format!("{} {last} '{end}'", first.join(", "))
        }
    }
}

/// Values that a field has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// These and no others.
    Closed(Vec<&'static str>),
    /// Some of these, and whatever Webex thinks of next.
    Open(&'static [&'static str]),
    /// Anything.
    Unknown,
}

/// The known values of a field.
pub(crate) fn values(field: Field) -> Values {
    let id = match field {
        Field::Virtual(Virtual::LocalWeekday) => return Values::Closed(WEEKDAYS.to_vec()),
        Field::Virtual(_) => return Values::Unknown,
        Field::Table(id) => id,
    };
    match id {
        FieldId::event => Values::Closed(EventKind::ALL.iter().map(|k| k.name()).collect()),
        FieldId::direction => Values::Closed(between("ORIGINATING", "TERMINATING")),
        FieldId::calling_class | FieldId::called_class | FieldId::forward_class => {
            Values::Closed(between("internal", "invalid"))
        }
        FieldId::forward_mode => Values::Closed(between("always", "selective")),
        FieldId::country | FieldId::calling_country | FieldId::called_country | FieldId::forward_country => {
            Values::Closed(COUNTRIES.to_vec())
        }
        id if id.field().ty == FieldType::Enum => Values::Open(VALUES),
        _ => Values::Unknown,
    }
}

/// The well-known values from one to another, both included.
fn between(first: &str, last: &str) -> Vec<&'static str> {
    let place = |value: &str| VALUES.iter().position(|v| *v == value);
    match (place(first), place(last)) {
        (Some(first), Some(last)) if first <= last => VALUES[first..=last].to_vec(),
        _ => Vec::new(),
    }
}

/// Most known values that are listed in full.
const MAX_LISTED: usize = 12;

/// The remedy for a value that a field never has.
pub(crate) fn value(text: &str, known: &[&'static str]) -> String {
    let wanted = text.to_lowercase();
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .map(|value| (edit_distance(&value.to_lowercase(), &wanted), *value))
        .filter(|(distance, value)| *distance <= 1 + value.len() / 3)
        .collect();
    near.sort_unstable();
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, v)| v).collect();
    if known == COUNTRIES {
        let found =
            if near.is_empty() { String::new() } else { format!("; did you mean {}?", list(&near, "or")) };
        return format!("countries are written as ISO 3166 has them, such as 'ES' or 'CU'{found}");
    }
    if near.is_empty() && known.len() <= MAX_LISTED {
        return format!("its values are {}", list(known, "and"));
    }
    if near.is_empty() {
        "docs/fields.md says what the field holds".to_owned()
    } else {
        format!("did you mean {}?", list(&near, "or"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_however_they_were_written() {
        for (written, meant) in [
            ("CalledNumber", "called_number"),
            ("called-number", "called_number"),
            ("Caled Number", "called_number"),
            ("local_hours", "local_hour"),
            ("calledcountry", "called_country"),
        ] {
            assert!(field(written).contains(&format!("'{meant}'")), "{written}: {}", field(written));
        }
        assert!(field("zzzzzzzz").contains("docs/fields.md"));
    }

    #[test]
    fn known_values_are_those_of_the_field() {
        let Values::Closed(classes) = values(Field::Table(FieldId::called_class)) else { panic!() };
        assert!(
            classes.contains(&"premium") && classes.contains(&"satellite") && !classes.contains(&"always")
        );
        let Values::Closed(modes) = values(Field::Table(FieldId::forward_mode)) else { panic!() };
        assert_eq!(modes.len(), 5);
        assert!(value("Outgoing", &between("ORIGINATING", "TERMINATING")).contains("'ORIGINATING'"));
        assert!(value("premum", &classes).contains("'premium'"));
    }
}
