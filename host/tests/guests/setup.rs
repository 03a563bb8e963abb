//! A runtime, services and short limits.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use model::{Event, FieldId, NameTable};
use ringfence::config::{Config, Limits, PluginConfig};
use ringfence::directory::Directory;
use ringfence::plugin::{
    Batch, Capability, Instance, LoadError, Plugin, PluginError, Runtime, Services, StateError, StateReader,
};

use super::build;

/// One for all tests, as one serves all plugins.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new(None).unwrap());

/// Deadline of a call in tests; a shared machine may be busy, so not much shorter.
pub const CALL_MS: u64 = 200;
pub const MEMORY_MIB: usize = 64;

/// State in memory.
#[derive(Default)]
pub struct Memory(pub Mutex<BTreeMap<(String, String), Vec<u8>>>);

impl StateReader for Memory {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.0.lock().unwrap().get(&(plugin.to_owned(), key.to_owned())).cloned())
    }
}

pub const CONFIG: &str = r#"
locations:
  Madrid:
    zone: Europe/Madrid
    business_hours: [{days: [mon, tue], from: "08:00", to: "18:00"}]
    holidays: [2026-01-01, 2026-01-06, 2026-05-01]
numbers: ["+34911234*"]
"#;

pub fn services(state: Arc<Memory>) -> Services {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, CONFIG).unwrap();
    let directory = Directory::from_config(&Config::load(&file).unwrap());
    Services { names: Arc::new(NameTable::default()), directory: Arc::new(directory), state }
}

pub fn settings() -> PluginConfig {
    let limits = Limits { call_ms: CALL_MS, memory_mib: MEMORY_MIB, ..Limits::default() };
    PluginConfig { limits, ..PluginConfig::default() }
}

/// A configuration that grants these plugins all they ask for.
pub fn granting(ids: &[&str]) -> Config {
    let mut config = Config::default();
    for id in ids {
        let grant = Capability::ALL.into();
        config.plugins.insert((*id).to_owned(), PluginConfig { grant, ..PluginConfig::default() });
    }
    config
}

pub fn load(name: &str) -> Result<Plugin, LoadError> {
    RUNTIME.load(&format!("plugins/{name}.wasm"), &build::component(name))
}

pub fn start(plugin: &Plugin) -> Result<Instance, PluginError> {
    plugin.instantiate(&services(Arc::default()), &settings(), 1)
}

/// A batch of that many empty rows.
pub fn rows(plugin: &Plugin, rows: usize) -> Batch {
    let mut batch = plugin.batch();
    for _ in 0..rows {
        batch.push(&Event::default());
    }
    batch
}

/// A call by alice in Madrid.
pub fn call(names: &NameTable, n: u128) -> Event {
    let mut event = Event::default();
    event.id = model::RecordId(n);
    event.set_millis(FieldId::start_time, 1_780_000_000_000 + n as i64);
    event.set_phone(FieldId::called_number, model::Number::from_e164(34_911_234_567).unwrap());
    event.set_name(FieldId::user, names.intern("alice").unwrap());
    event.set_name(FieldId::location, names.intern("Madrid").unwrap());
    event.set_bool(FieldId::called_ours, true);
    event.set_text(FieldId::call_id, &format!("call-{n}"));
    event.set_float(FieldId::caller_reputation_score, 0.75);
    event
}
