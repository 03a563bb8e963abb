//! Whom rules of the configuration apply to: groups of people, settings that differ for some, exceptions.
//!
//! Owns the YAML form and its checks. Does not own matching records (`engine::rules`) or which settings a plugin has
//! (its manifest).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Deserialize;

use super::location::{LocationConfig, check_country};

/// Most overrides and most exceptions of one plugin, and most groups. More is a policy that nobody can explain, and
/// every record is held against each.
pub const MAX_RULES: usize = 200;
/// Longest name and reason, in characters: they are for people.
const MAX_TEXT_CHARS: usize = 200;
/// Most entries of one list; a group of ten thousand people is better described by its locations.
const MAX_ENTRIES: usize = 10_000;
/// Longest entry in bytes: no name in a record is kept longer.
const MAX_ENTRY_BYTES: usize = model::names::MAX_NAME_BYTES;

/// A name for a set of people: whoever stands in one of the lists belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// People by UUID, display name or number.
    pub users: Vec<String>,
    /// Departments by the ID that records have.
    pub departments: Vec<String>,
    /// Locations by name.
    pub locations: Vec<String>,
}

/// Which records a rule is for: all keys must hold, of each list one entry.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The record's owner by UUID, display name or number.
    pub users: Vec<String>,
    /// The owner's location.
    pub locations: Vec<String>,
    /// The owner's department.
    pub departments: Vec<String>,
    /// Groups to one of which the owner belongs.
    pub groups: Vec<String>,
    /// The other party's number: whole, or a beginning with a star. Exceptions only.
    pub numbers: Vec<String>,
    /// The other party's country. Exceptions only.
    pub countries: Vec<String>,
}

/// Other settings for some.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// For people.
    pub name: String,
    /// Whose records.
    #[serde(rename = "match")]
    pub matches: Match,
    /// What differs from the plugin's `config`.
    pub config: serde_json::Map<String, serde_json::Value>,
}

/// Records that a detector never sees.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// For people.
    pub name: String,
    /// Why: whoever reads it next year was not there.
    pub reason: String,
    /// Last local date on which it holds, by the start of the record.
    #[serde(default)]
    pub until: Option<NaiveDate>,
    /// Which records.
    #[serde(rename = "match")]
    pub matches: Match,
}

/// What a rule may refer to.
pub(super) struct Known<'a> {
    pub(super) groups: &'a BTreeMap<String, Group>,
    pub(super) locations: &'a BTreeMap<String, LocationConfig>,
}

impl Group {
    fn check(&self, known: &Known<'_>) -> Result<(), String> {
        if self.users.is_empty() && self.departments.is_empty() && self.locations.is_empty() {
            return Err("has nobody in it: give it users, departments or locations".to_owned());
        }
        check_owners(&self.users, &self.departments, &self.locations, known)
    }
}

impl Match {
    fn is_empty(&self) -> bool {
        let lists =
            [&self.users, &self.locations, &self.departments, &self.groups, &self.numbers, &self.countries];
        lists.iter().all(|list| list.is_empty())
    }

    fn check(&self, known: &Known<'_>) -> Result<(), String> {
        if self.is_empty() {
            return Err(
                "match is empty and would apply to everybody: name users, locations, departments or groups"
                    .to_owned(),
            );
        }
        check_owners(&self.users, &self.departments, &self.locations, known)?;
        for (key, list) in
            [("groups", &self.groups), ("numbers", &self.numbers), ("countries", &self.countries)]
        {
            check_list(key, list)?;
        }
        if let Some(group) = self.groups.iter().find(|group| !known.groups.contains_key(*group)) {
            let there: Vec<&str> = known.groups.keys().map(String::as_str).take(20).collect();
            let hint = if there.is_empty() {
                "there are none: define it under 'groups:' at the top level".to_owned()
            } else {
                format!("there are {}", there.join(", "))
            };
            return Err(format!("groups: '{}' is not a group: {hint}", shown(group)));
        }
        self.numbers
            .iter()
            .try_for_each(|number| check_number(number))
            .map_err(|m| format!("numbers: {m}"))?;
        self.countries.iter().try_for_each(|c| check_country(c)).map_err(|m| format!("countries: {m}"))
    }
}

impl Override {
    fn check(&self, known: &Known<'_>) -> Result<(), String> {
        if !self.matches.numbers.is_empty() || !self.matches.countries.is_empty() {
            return Err(
                "settings differ by the record's owner: 'numbers' and 'countries' are for exceptions"
                    .to_owned(),
            );
        }
        if self.config.is_empty() {
            return Err("config is empty: name the settings that differ".to_owned());
        }
        self.matches.check(known)
    }
}

impl Exception {
    fn check(&self, known: &Known<'_>) -> Result<(), String> {
        check_text("reason", &self.reason)?;
        self.matches.check(known)
    }
}

/// Checks the groups.
pub(super) fn check_groups(known: &Known<'_>) -> Result<(), String> {
    if known.groups.len() > MAX_RULES {
        return Err(format!("groups: there are {}; at most {MAX_RULES} are allowed", known.groups.len()));
    }
    for (name, group) in known.groups {
        check_text("the name", name).map_err(|m| format!("groups: {m}"))?;
        group.check(known).map_err(|m| format!("groups.{}: {m}", shown(name)))?;
    }
    Ok(())
}

/// Checks a plugin's overrides and exceptions, but for the settings, which only the plugin knows.
pub(super) fn check_rules(
    overrides: &[Override],
    exceptions: &[Exception],
    known: &Known<'_>,
) -> Result<(), String> {
    each("overrides", overrides, |o| &o.name, |o| o.check(known))?;
    each("exceptions", exceptions, |e| &e.name, |e| e.check(known))
}

fn each<T>(
    what: &str,
    rules: &[T],
    name: impl Fn(&T) -> &String,
    check: impl Fn(&T) -> Result<(), String>,
) -> Result<(), String> {
    if rules.len() > MAX_RULES {
        return Err(format!("{what}: there are {}; at most {MAX_RULES} are allowed", rules.len()));
    }
    let mut names = BTreeSet::new();
    for (index, rule) in rules.iter().enumerate() {
        let name = name(rule);
        check_text("name", name).map_err(|m| format!("{what}, entry {}: {m}", index + 1))?;
        if !names.insert(name) {
            return Err(format!("{what}: '{}' stands there twice: give each a name of its own", shown(name)));
        }
        check(rule).map_err(|m| format!("{what} '{}': {m}", shown(name)))?;
    }
    Ok(())
}

fn check_owners(
    users: &[String],
    departments: &[String],
    locations: &[String],
    known: &Known<'_>,
) -> Result<(), String> {
    for (key, list) in [("users", users), ("departments", departments), ("locations", locations)] {
        check_list(key, list)?;
    }
    if let Some(user) = users.iter().find(|user| user.starts_with('+') && check_whole(user).is_err()) {
        return Err(format!(
            "users: '{}' is not a whole number: write it like '+34911234567'; people with similar numbers share a location or department",
            shown(user)
        ));
    }
    // Records are compared with texts as they are written; a wrong capital would make a rule that never applies.
    for location in locations {
        let same = |name: &&String| name.to_lowercase() == location.to_lowercase();
        if !known.locations.contains_key(location)
            && let Some(right) = known.locations.keys().find(same)
        {
            return Err(format!("locations: '{}' is written '{right}' under 'locations:'", shown(location)));
        }
    }
    Ok(())
}

fn check_list(key: &str, list: &[String]) -> Result<(), String> {
    if list.len() > MAX_ENTRIES {
        return Err(format!("{key}: has {} entries; at most {MAX_ENTRIES} are allowed", list.len()));
    }
    match list.iter().find(|entry| entry.trim().is_empty() || entry.len() > MAX_ENTRY_BYTES) {
        Some(entry) if entry.len() > MAX_ENTRY_BYTES => {
            Err(format!("{key}: '{}…' is longer than {MAX_ENTRY_BYTES} bytes", shown(entry)))
        }
        Some(_) => Err(format!("{key}: an entry is empty: remove it")),
        None => Ok(()),
    }
}

fn check_text(key: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{key} is empty: it is required"));
    }
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(char::is_control) {
        return Err(format!("{key} must be one line of at most {MAX_TEXT_CHARS} characters"));
    }
    Ok(())
}

fn check_whole(number: &str) -> Result<(), String> {
    if number.ends_with('*') { Err(String::new()) } else { check_number(number) }
}

/// Whether a text is an E.164 number, or the beginning of some with a star.
pub(super) fn check_number(number: &str) -> Result<(), String> {
    let digits = number.strip_suffix('*').unwrap_or(number);
    let digits = digits.strip_prefix('+').unwrap_or("");
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if digits.is_empty() || digits.len() > 15 || !plain {
        return Err(format!(
            "'{}' is not an E.164 number: write '+34911234567', or '+3491123*' for a range",
            shown(number)
        ));
    }
    Ok(())
}

/// A value as shown in a message.
fn shown(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests;
