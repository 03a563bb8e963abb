//! The four imports of a detector, in native types.
//!
//! Owns nothing: in a component it calls the host; natively it calls the fake of [`crate::harness`].

#[cfg(target_family = "wasm")]
mod component {
    use crate::bindings::ringfence::detector::{directory, log, names, state};
    use crate::directory::Hours;
    use crate::log::Level;
    use crate::types::{Millis, Name, Number};

    pub(crate) fn resolve(handles: &[Name]) -> Vec<String> {
        let handles: Vec<u32> = handles.iter().map(|n| n.0).collect();
        names::resolve(&handles)
    }

    pub(crate) fn intern(texts: &[String]) -> Vec<Name> {
        names::intern(texts).into_iter().map(Name).collect()
    }

    pub(crate) fn business_hours(location: Name) -> Vec<Hours> {
        let hours = directory::business_hours(location.0);
        hours.into_iter().map(|h| Hours { weekday: h.weekday, start: h.start, end: h.end }).collect()
    }

    pub(crate) fn holidays(location: Name) -> Vec<i32> {
        directory::holidays(location.0)
    }

    pub(crate) fn utc_offset(location: Name, at: Millis) -> Option<i32> {
        directory::utc_offset(location.0, at)
    }

    pub(crate) fn is_ours(number: Number) -> bool {
        directory::is_ours(number.0)
    }

    pub(crate) fn state_get(key: &str) -> Option<Vec<u8>> {
        state::get(key)
    }

    pub(crate) fn state_set(key: &str, value: &[u8]) {
        state::set(key, value);
    }

    pub(crate) fn state_delete(key: &str) {
        state::delete(key);
    }

    pub(crate) fn log(level: Level, message: &str) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        log::write(level, message);
    }
}

#[cfg(target_family = "wasm")]
pub(crate) use component::*;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::harness::world::*;
