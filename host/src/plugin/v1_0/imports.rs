//! The imports of interface 1.0, each a thin call of [`Host`].

use super::bindings::ringfence::detector::{directory, log, names, state, types};
use crate::plugin::store::{Host, Level};

impl types::Host for Host {}

impl names::Host for Host {
    fn resolve(&mut self, names: Vec<u32>) -> wasmtime::Result<Vec<String>> {
        Ok(Host::resolve(self, &names)?)
    }

    fn intern(&mut self, texts: Vec<String>) -> wasmtime::Result<Vec<u32>> {
        Ok(Host::intern(self, &texts)?)
    }
}

impl directory::Host for Host {
    fn business_hours(&mut self, location: u32) -> wasmtime::Result<Vec<directory::Hours>> {
        let Some(location) = self.location(location) else { return Ok(Vec::new()) };
        let hours = |h: &crate::directory::DayHours| directory::Hours {
            weekday: h.weekday,
            start: h.start,
            end: h.to,
        };
        Ok(location.hours.iter().map(hours).collect())
    }

    fn holidays(&mut self, location: u32) -> wasmtime::Result<Vec<i32>> {
        Ok(self.location(location).map_or_else(Vec::new, |l| l.holidays.clone()))
    }

    fn utc_offset(&mut self, location: u32, at: i64) -> wasmtime::Result<Option<i32>> {
        Ok(self.location(location).and_then(|l| l.utc_offset(at)))
    }

    fn is_ours(&mut self, number: u64) -> wasmtime::Result<bool> {
        Ok(Host::is_ours(self, number))
    }
}

impl state::Host for Host {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        self.get_state(&key)
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<()> {
        Ok(self.change_state(key, Some(value))?)
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<()> {
        Ok(self.change_state(key, None)?)
    }
}

impl log::Host for Host {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        Host::log(self, level, &message);
        Ok(())
    }
}
