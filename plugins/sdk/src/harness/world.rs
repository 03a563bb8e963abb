//! A host for one thread: names, directory, state and log.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::directory::Hours;
use crate::fields::known;
use crate::log::Level;
use crate::types::{Millis, Name, Number};

/// Handles below this are well-known values.
const FIRST_DYNAMIC: u32 = 4096;

/// What the fake host knows of a location.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Business hours.
    pub hours: Vec<Hours>,
    /// Days since 1970-01-01, ascending.
    pub holidays: Vec<i32>,
    /// Minutes to add to UTC.
    pub utc_offset: Option<i32>,
}

/// What the fake host knows.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Locations by name.
    pub places: BTreeMap<String, Place>,
    /// The organisation's numbers.
    pub ours: BTreeSet<Number>,
    names: Vec<String>,
    state: BTreeMap<String, Vec<u8>>,
    log: Vec<(Level, String)>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

/// Replaces the fake host of this thread.
pub fn set_world(world: World) {
    WORLD.set(world);
    crate::names::forget();
    crate::directory::forget();
}

/// Adds or replaces a location.
///
/// ```
/// use ringfence_sdk::directory::Hours;
/// use ringfence_sdk::harness::{Place, set_place};
///
/// let hours = (0..5).map(|weekday| Hours { weekday, start: 9 * 60, end: 17 * 60 }).collect();
/// set_place("Madrid", Place { hours, utc_offset: Some(60), ..Place::default() });
/// ```
pub fn set_place(name: &str, place: Place) {
    WORLD.with_borrow_mut(|w| w.places.insert(name.to_owned(), place));
    crate::directory::forget();
}

/// Lines written so far.
pub fn logged() -> Vec<(Level, String)> {
    WORLD.with_borrow(|w| w.log.clone())
}

/// Bytes of stored state, and number of keys.
pub fn stored() -> (usize, usize) {
    WORLD.with_borrow(|w| (w.state.values().map(Vec::len).sum(), w.state.len()))
}

pub(crate) fn forget_state() {
    WORLD.with_borrow_mut(|w| w.state.clear());
}

pub(crate) fn resolve(handles: &[Name]) -> Vec<String> {
    WORLD.with_borrow(|w| {
        let text = |name: &Name| match name.0.checked_sub(FIRST_DYNAMIC) {
            Some(index) => w.names.get(index as usize).cloned().unwrap_or_default(),
            None => known::text(*name).unwrap_or_default().to_owned(),
        };
        handles.iter().map(text).collect()
    })
}

pub(crate) fn intern(texts: &[String]) -> Vec<Name> {
    WORLD.with_borrow_mut(|w| {
        let mut handle = |text: &String| {
            if text.is_empty() {
                return Name::ABSENT;
            }
            if let Some(name) = known::from_text(text) {
                return name;
            }
            let index = w.names.iter().position(|n| n == text).unwrap_or_else(|| {
                w.names.push(text.clone());
                w.names.len() - 1
            });
            Name(FIRST_DYNAMIC + index as u32)
        };
        texts.iter().map(&mut handle).collect()
    })
}

fn place<T>(location: Name, read: impl FnOnce(&Place) -> T) -> Option<T> {
    let name = resolve(&[location]).pop().unwrap_or_default();
    WORLD.with_borrow(|w| w.places.get(&name).map(read))
}

pub(crate) fn business_hours(location: Name) -> Vec<Hours> {
    place(location, |p| p.hours.clone()).unwrap_or_default()
}

pub(crate) fn holidays(location: Name) -> Vec<i32> {
    place(location, |p| p.holidays.clone()).unwrap_or_default()
}

pub(crate) fn utc_offset(location: Name, _at: Millis) -> Option<i32> {
    place(location, |p| p.utc_offset).flatten()
}

pub(crate) fn is_ours(number: Number) -> bool {
    WORLD.with_borrow(|w| w.ours.contains(&number))
}

pub(crate) fn state_get(key: &str) -> Option<Vec<u8>> {
    WORLD.with_borrow(|w| w.state.get(key).cloned())
}

pub(crate) fn state_set(key: &str, value: &[u8]) {
    WORLD.with_borrow_mut(|w| w.state.insert(key.to_owned(), value.to_vec()));
}

pub(crate) fn state_delete(key: &str) {
    WORLD.with_borrow_mut(|w| w.state.remove(key));
}

pub(crate) fn log(level: Level, message: &str) {
    WORLD.with_borrow_mut(|w| w.log.push((level, message.to_owned())));
}
