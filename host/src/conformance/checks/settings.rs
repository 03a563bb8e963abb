//! Settings at the ends of their ranges, and beyond.

use model::Event;
use serde_json::{Map, Value, json};

use super::super::drive::{Drive, Failed, Plan};
use super::super::{Lab, Told};
use crate::config::PluginConfig;
use crate::plugin::{Setting, SettingType};

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
    let mut tried = 0;
    for (name, setting) in &manifest.settings {
        for value in inside(setting) {
            tried += 1;
            if let Err(Failed(reason)) = with(lab, events, name, &value) {
                return Told::failed(format!("{name}: {value}, which its manifest allows: {reason}"));
            }
        }
        for value in outside(setting) {
            tried += 1;
            if lab.plugin.settings(&json!({ name.as_str(): value })).is_ok() {
                return Told::failed(format!("{name}: {value} is accepted, which its manifest does not allow"));
            }
        }
    }
    Told::ok().figure("values", f64::from(tried))
}

fn with(lab: &Lab<'_>, events: &[Event], name: &str, value: &Value) -> Result<(), Failed> {
    let mut config = lab.settings.config.as_object().cloned().unwrap_or_else(Map::new);
    config.insert(name.to_owned(), value.clone());
    let settings = PluginConfig { config: Value::Object(config), ..lab.settings.clone() };
    let other = Lab {
        plugin: lab.plugin,
        settings: &settings,
        traffic: lab.traffic.clone_without_events(),
        options: lab.options.clone(),
        reference: std::cell::OnceCell::new(),
        long: std::cell::OnceCell::new(),
    };
    let mut drive = Drive::start(&other, &lab.traffic.texts, Plan::default())?;
    drive.feed(&events[..events.len().min(RECORDS)])?;
    drive.finish().map(drop)
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
