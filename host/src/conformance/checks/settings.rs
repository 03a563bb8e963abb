//! Settings at the ends of their ranges, and beyond.

use std::sync::Arc;

use model::{Event, NameTable};
use serde_json::{Map, Value, json};

use super::super::drive::{Drive, Failed, Plan};
use super::super::{Lab, Told};
use crate::config::PluginConfig;
use crate::engine::memory::MemoryState;
use crate::plugin::{Call, Cause, Services, Setting, SettingType};

/// Records each value is tried on.
const RECORDS: usize = 1_500;

pub(super) fn settings(lab: &Lab<'_>, events: &[Event]) -> Told {
    let manifest = lab.plugin.manifest();
    if manifest.settings.is_empty() {
        return Told::not_applicable("it has no settings");
    }
    if lab.plugin.settings(&json!({ "no such setting": 1 })).is_ok() {
        return Told::failed("a setting that the manifest does not declare is accepted");
    }
    let (mut tried, mut refused) = (0, 0);
    for (name, setting) in &manifest.settings {
        for value in inside(setting) {
            tried += 1;
            match with(lab, events, name, &value) {
                Ok(Accepted::Yes) => {}
                // Settings may have to fit each other: what it says so about is no defect, unless nothing was changed.
                Ok(Accepted::Refused) if value != setting.default => refused += 1,
                Ok(Accepted::Refused) => {
                    return Told::failed(format!(
                        "{name}: {value}, its own default, is refused by the plugin"
                    ));
                }
                Err(Failed(reason)) => {
                    return Told::failed(format!("{name}: {value}, which its manifest allows: {reason}"));
                }
            }
        }
        for value in outside(setting) {
            tried += 1;
            if lab.plugin.settings(&json!({ name.as_str(): value })).is_ok() {
                return Told::failed(format!(
                    "{name}: {value} is accepted, which its manifest does not allow"
                ));
            }
        }
    }
    Told::ok().figure("values", f64::from(tried)).figure("refused_with_a_reason", f64::from(refused))
}

/// What the plugin itself says of settings that its manifest allows.
enum Accepted {
    Yes,
    /// It named a reason.
    Refused,
}

fn with(lab: &Lab<'_>, events: &[Event], name: &str, value: &Value) -> Result<Accepted, Failed> {
    let mut config = lab.settings.config.as_object().cloned().unwrap_or_else(Map::new);
    config.insert(name.to_owned(), value.clone());
    let settings = PluginConfig { config: Value::Object(config), ..lab.settings.clone() };
    let other = Lab::of(lab.plugin, &settings, lab.traffic.clone_without_events(), lab.options.clone());
    if let Err(error) = lab.plugin.instantiate(&services(lab), &settings, 1) {
        return match &error.cause {
            Cause::Guest { message, .. } if error.call == Call::Configure && !message.trim().is_empty() => {
                Ok(Accepted::Refused)
            }
            _ => Err(Failed(error.to_string())),
        };
    }
    let mut drive = Drive::start(&other, &lab.traffic.texts, Plan::default())?;
    drive.feed(&events[..events.len().min(RECORDS)])?;
    drive.finish().map(|_| Accepted::Yes)
}

fn services(lab: &Lab<'_>) -> Services {
    Services {
        names: Arc::new(NameTable::default()),
        directory: lab.traffic.directory.clone(),
        state: Arc::new(MemoryState::default()),
    }
}

/// The ends of what is allowed.
fn inside(setting: &Setting) -> Vec<Value> {
    let number = |value: f64| match setting.kind {
        SettingType::Integer => json!(value as i64),
        _ => json!(value),
    };
    let mut values = vec![setting.default.clone()];
    match setting.kind {
        SettingType::Boolean => values.extend([json!(true), json!(false)]),
        SettingType::Integer | SettingType::Number => {
            values.extend(setting.minimum.map(number));
            values.extend(setting.maximum.map(number));
        }
        SettingType::List => values.push(json!([])),
        // Which texts mean something only the plugin knows.
        SettingType::String => {}
    }
    values
}

/// Just beyond, and of the wrong kind.
fn outside(setting: &Setting) -> Vec<Value> {
    let mut values = vec![json!({ "a": 1 }), Value::Null];
    if matches!(setting.kind, SettingType::Integer | SettingType::Number) {
        values.push(json!("many"));
        values.extend(setting.minimum.map(|low| json!((low - 1.0) as i64)));
        values.extend(setting.maximum.map(|high| json!((high + 1.0) as i64)));
    }
    values
}
