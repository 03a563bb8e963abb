//! The traffic of the battery: the demo's organisation as events, with its planted attacks, in the order of the log.
//!
//! Owns making it from a seed, continuing it over months, and reading and writing the records of a failed check. Detectors
//! find things in it; a battery over silence proves little. Does not own what checks change in it.

mod plant;

use std::io::BufWriter;
use std::sync::Arc;

use model::fields::{FieldType, well_known};
use model::{Event, EventKind, FieldId, FieldSet, Millis, Name, NameTable, Number, RecordId};
use serde_json::{Map, Value};

use super::BatteryError;
use crate::config::Config;
use crate::demo;
use crate::directory::Directory;
use crate::source::{Input, ReadOptions, Record, Sink, SinkError, read_all};

/// Length of the traffic. Whole weeks, so that it can be continued without breaking anybody's rhythm.
const DAYS: u32 = 14;
const DAY: Millis = 86_400_000;
/// Most kept records that are read back; a shrunk input has a few dozen.
const MAX_KEPT: usize = 100_000;

/// Events in the order of the log, and what their handles mean.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Each once, by report time and identity.
    pub events: Vec<Event>,
    /// Names in the order of their handles.
    pub texts: Vec<String>,
    /// Zones, business hours, numbers.
    pub config: Config,
    /// The same, as plugins ask for it.
    pub directory: Arc<Directory>,
}

impl Traffic {
    /// Forty people, two weeks, attacks of every kind; the same for the same seed.
    ///
    /// # Errors
    /// When there is no room for a temporary file.
    pub fn make(seed: u64) -> Result<Traffic, BatteryError> {
        let failed = |e: &dyn std::fmt::Display| BatteryError(format!("cannot make the traffic: {e}"));
        let options =
            demo::Options { seed, users: demo::Options::MIN_USERS, days: DAYS, ..demo::Options::default() };
        let demo = demo::generate(&options).map_err(|e| failed(&e))?;
        let config = demo.config();
        let directory = Arc::new(Directory::from_config(&config));
        let names = Arc::new(NameTable::default());
        let folder = tempfile::tempdir().map_err(|e| failed(&e))?;
        let feed = folder.path().join("feed.ndjson");
        let file = std::fs::File::create(&feed).map_err(|e| failed(&e))?;
        demo.write_ndjson(BufWriter::new(file)).map_err(|e| failed(&e))?;
        let options = ReadOptions { wanted: FieldSet::ALL, strict: true, progress: None };
        // One sink: names get their handles in the order of the records.
        let mut sinks = [Collected(Vec::new())];
        read_all(&[Input::File(feed)], &options, &names, &directory, &mut sinks).map_err(|e| failed(&e))?;
        let [Collected(mut events)] = sinks;
        events.sort_by_key(|event| (event.int(FieldId::report_time), event.id));
        events.dedup_by_key(|event| event.id);
        plant::plant(&mut events, seed);
        let texts = names.since(0).into_iter().map(|(_, text)| text.to_string()).collect();
        Ok(Traffic { events, texts, config, directory })
    }

    /// The same organisation, in which nothing happens.
    pub(super) fn clone_without_events(&self) -> Traffic {
        Traffic {
            events: Vec::new(),
            texts: self.texts.clone(),
            config: self.config.clone(),
            directory: self.directory.clone(),
        }
    }

    /// The same organisation with these records in place of the traffic.
    ///
    /// # Errors
    /// Names the line that cannot be read.
    pub fn with_records(mut self, text: &str) -> Result<Traffic, BatteryError> {
        let names = NameTable::restore(self.texts);
        let mut events = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |m: String| BatteryError(format!("records: line {}: {m}", number + 1));
            if events.len() >= MAX_KEPT {
                return Err(wrong(format!("more than {MAX_KEPT} records")));
            }
            let fields = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
            events.push(from_json(&fields, &names).map_err(wrong)?);
        }
        self.events = events;
        self.texts = names.since(0).into_iter().map(|(_, text)| text.to_string()).collect();
        Ok(self)
    }
}

struct Collected(Vec<Event>);

impl Sink for Collected {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event.clone());
        Ok(())
    }
}

/// The traffic's next two weeks: other records, the same people, habits and attacks.
pub fn shift(events: &mut [Event], periods: u32) {
    let by = Millis::from(periods) * Millis::from(DAYS) * DAY;
    for event in events {
        event.id = RecordId(event.id.0.wrapping_add(u128::from(periods) << 64));
        for field in event.present().iter().filter(|f| f.field().ty == FieldType::Millis) {
            event.set_millis(field, event.int(field).saturating_add(by));
        }
    }
}

/// A copy in which one field is absent.
pub fn without(event: &Event, field: FieldId) -> Event {
    let mut copy = Event::default();
    (copy.kind, copy.id) = (event.kind, event.id);
    for known in event.present().iter().filter(|known| *known != field) {
        copy_field(event, known, &mut copy);
    }
    copy
}

fn copy_field(from: &Event, field: FieldId, to: &mut Event) {
    match field.field().ty {
        FieldType::Id => {}
        FieldType::Bool => to.set_bool(field, from.bool(field)),
        FieldType::U32 => to.set_u32(field, from.u32(field)),
        FieldType::Int => to.set_int(field, from.int(field)),
        FieldType::Float => to.set_float(field, from.float(field)),
        FieldType::Millis => to.set_millis(field, from.int(field)),
        FieldType::Enum => to.set_enum(field, from.name(field)),
        FieldType::Name => to.set_name(field, from.name(field)),
        FieldType::Phone => to.set_phone(field, from.phone(field)),
        FieldType::Text => to.set_text(field, from.text(field)),
    }
}

/// The same events when every name that is no constant has another handle.
pub fn renumber(events: &mut [Event], handle: impl Fn(Name) -> Name) {
    for event in events {
        for field in event.present().iter() {
            match field.field().ty {
                FieldType::Name if event.name(field).0 >= well_known::FIRST_DYNAMIC => {
                    event.set_name(field, handle(event.name(field)));
                }
                FieldType::Enum if event.name(field).0 >= well_known::FIRST_DYNAMIC => {
                    event.set_enum(field, handle(event.name(field)));
                }
                _ => {}
            }
        }
    }
}

/// Records as lines of JSON, one field each; names as text, numbers as the interface packs them.
pub fn to_json(events: &[Event], texts: &[String]) -> String {
    let names = NameTable::restore(texts.iter().cloned());
    let mut out = String::new();
    for event in events {
        let mut fields = Map::new();
        fields.insert("record_id".to_owned(), Value::String(event.id.to_string()));
        fields.insert("event".to_owned(), event.kind.name().into());
        for field in event.present().iter() {
            let value = match field.field().ty {
                FieldType::Id => continue,
                _ if field == FieldId::event => continue,
                FieldType::Bool => event.bool(field).into(),
                FieldType::U32 => event.u32(field).into(),
                FieldType::Int | FieldType::Millis => event.int(field).into(),
                FieldType::Float => event.float(field).into(),
                FieldType::Enum | FieldType::Name => {
                    names.resolve(event.name(field)).unwrap_or_default().as_ref().into()
                }
                FieldType::Phone => event.slot(field).into(),
                FieldType::Text => event.text(field).into(),
            };
            fields.insert(field.field().name.to_owned(), value);
        }
        out.push_str(&Value::Object(fields).to_string());
        out.push('\n');
    }
    out
}

fn from_json(fields: &Map<String, Value>, names: &NameTable) -> Result<Event, String> {
    let mut event = Event::default();
    for (name, value) in fields {
        let field = FieldId::from_name(name).ok_or_else(|| format!("'{name}' is no field"))?;
        let wrong = || format!("{name} is {value}: it must be a value as the kept file has it");
        let name_of = |text: &str| names.intern(text).map_err(|e| format!("{name}: {e}"));
        match field.field().ty {
            FieldType::Id => {
                event.id = serde_json::from_value(value.clone()).map_err(|_| wrong())?;
            }
            _ if field == FieldId::event => {
                event.kind = value.as_str().and_then(EventKind::from_name).ok_or_else(wrong)?;
            }
            FieldType::Bool => event.set_bool(field, value.as_bool().ok_or_else(wrong)?),
            FieldType::U32 => {
                let value = value.as_u64().and_then(|v| u32::try_from(v).ok());
                event.set_u32(field, value.ok_or_else(wrong)?);
            }
            FieldType::Int => event.set_int(field, value.as_i64().ok_or_else(wrong)?),
            FieldType::Millis => event.set_millis(field, value.as_i64().ok_or_else(wrong)?),
            FieldType::Float => event.set_float(field, value.as_f64().ok_or_else(wrong)?),
            FieldType::Enum => event.set_enum(field, name_of(value.as_str().ok_or_else(wrong)?)?),
            FieldType::Name => event.set_name(field, name_of(value.as_str().ok_or_else(wrong)?)?),
            FieldType::Phone => event.set_phone(field, Number(value.as_u64().ok_or_else(wrong)?)),
            FieldType::Text => event.set_text(field, value.as_str().ok_or_else(wrong)?),
        }
    }
    Ok(event)
}
