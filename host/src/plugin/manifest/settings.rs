//! The settings a plugin declares, and the operator's values checked against them.

use std::collections::BTreeMap;

use model::fields::edit_distance;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest text or list an operator can set; a list of a thousand prefixes is long.
const MAX_ITEMS: usize = 10_000;

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingType {
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A text.
    String,
    /// Texts or numbers.
    List,
}

impl SettingType {
    fn name(self) -> &'static str {
        match self {
            SettingType::Integer => "a whole number",
            SettingType::Number => "a number",
            SettingType::Boolean => "true or false",
            SettingType::String => "a text",
            SettingType::List => "a list of texts or numbers",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            SettingType::Integer => value.is_i64(),
            SettingType::Number => value.is_number(),
            SettingType::Boolean => value.is_boolean(),
            SettingType::String => value.as_str().is_some_and(|s| s.len() <= MAX_ITEMS),
            SettingType::List => value
                .as_array()
                .is_some_and(|l| l.len() <= MAX_ITEMS && l.iter().all(|v| v.is_string() || v.is_number())),
        }
    }
}

/// One setting.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: SettingType,
    /// What holds if nothing is set.
    pub default: Value,
    /// Lowest value of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Highest value of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// What it means.
    pub doc: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    #[serde(rename = "type")]
    kind: SettingType,
    default: Value,
    minimum: Option<f64>,
    maximum: Option<f64>,
    #[serde(default)]
    doc: String,
}

impl Text {
    pub(super) fn check(self, name: &str) -> Result<Setting, String> {
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !plain || name.is_empty() || name.len() > 64 {
            return Err("a setting's name must be 1 to 64 of a-z, 0-9 and '_'".to_owned());
        }
        let numeric = matches!(self.kind, SettingType::Integer | SettingType::Number);
        if !numeric && (self.minimum.is_some() || self.maximum.is_some()) {
            return Err("only numbers have a minimum or maximum: remove it".to_owned());
        }
        if self.doc.trim().is_empty() {
            return Err("needs 'doc': one sentence for the operator".to_owned());
        }
        let setting = Setting {
            kind: self.kind,
            default: self.default,
            minimum: self.minimum,
            maximum: self.maximum,
            doc: self.doc,
        };
        setting.check(&setting.default).map_err(|m| format!("the default {m}"))?;
        Ok(setting)
    }
}

impl Setting {
    /// The range a number must be in, for people.
    pub fn allowed(&self) -> String {
        match (self.minimum, self.maximum) {
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) => format!("{low} or more"),
            (None, Some(high)) => format!("{high} or less"),
            (None, None) => String::new(),
        }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        if !self.kind.fits(value) {
            return Err(format!("is {}: it must be {}", shown(value), self.kind.name()));
        }
        let Some(number) = value.as_f64() else { return Ok(()) };
        if let Some(minimum) = self.minimum
            && number < minimum
        {
            return Err(format!("is {number}: the lowest allowed value is {minimum}"));
        }
        if let Some(maximum) = self.maximum
            && number > maximum
        {
            return Err(format!("is {number}: the highest allowed value is {maximum}"));
        }
        Ok(())
    }
}

/// The operator's values with those of an override over them.
pub fn over(given: &Value, differs: &Map<String, Value>) -> Value {
    let mut all = given.as_object().cloned().unwrap_or_default();
    all.extend(differs.iter().map(|(name, value)| (name.clone(), value.clone())));
    Value::Object(all)
}

/// The operator's values checked, with defaults for the rest, as the JSON text a plugin is given.
///
/// # Errors
/// Names the setting, what is wrong and what is allowed.
pub fn complete(settings: &BTreeMap<String, Setting>, given: &Value) -> Result<String, String> {
    let nothing = Map::new();
    let given = match given {
        Value::Null => &nothing,
        Value::Object(given) => given,
        other => return Err(format!("config is {}: it must be a mapping of settings", shown(other))),
    };
    for (name, value) in given {
        match settings.get(name) {
            Some(setting) => setting.check(value).map_err(|m| format!("config.{name} {m}"))?,
            None => return Err(unknown(name, settings)),
        }
    }
    let complete: BTreeMap<&str, &Value> = settings
        .iter()
        .map(|(name, setting)| (name.as_str(), given.get(name).unwrap_or(&setting.default)))
        .collect();
    serde_json::to_string(&complete).map_err(|e| e.to_string())
}

fn unknown(name: &str, settings: &BTreeMap<String, Setting>) -> String {
    let name = super::short(name);
    if settings.is_empty() {
        return format!("config.{name}: this plugin has no settings: remove it");
    }
    let mut near: Vec<(usize, &str)> = settings
        .keys()
        .map(|k| (edit_distance(&name, k), k.as_str()))
        .filter(|(d, k)| *d <= 1 + k.len() / 3)
        .collect();
    near.sort_unstable();
    match near.first() {
        Some((_, near)) => format!("config.{name} is not a setting: did you mean {near}?"),
        None => {
            let known: Vec<&str> = settings.keys().map(String::as_str).collect();
            format!("config.{name} is not a setting: there are {}", known.join(", "))
        }
    }
}

fn shown(value: &Value) -> String {
    super::short(&value.to_string())
}
