//! Interned names: a text that recurs (user, location, trunk …) as a 32-bit handle.
//!
//! Owns the table in memory. Making handles survive a restart is the store's work: it restores the table
//! with [`NameTable::restore`] and persists what [`NameTable::since`] returns. Nearly unique text
//! (dialled numbers, session ids) is never interned.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::fields::well_known;

/// Handle of an interned text; zero is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(pub u32);

impl Name {
    /// No name.
    pub const ABSENT: Name = Name(0);

    /// Handle of a well-known value, for constants.
    pub const fn known(value: &str) -> Name {
        Name(well_known::handle(value))
    }

    /// Whether there is a name.
    pub fn is_present(self) -> bool {
        self.0 != 0
    }
}

/// Most names one table takes: at about 100 bytes each this bounds it to some 200 MB. A million users need about
/// three million names (identity, display name, device).
pub const MAX_NAMES: usize = 4_000_000;

/// Longest text of a name in bytes; the rest is cut on a character boundary.
pub const MAX_NAME_BYTES: usize = 512;

/// The table is full: no new name can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_NAMES} distinct names")]
pub struct TooManyNames;

/// Text to handle and back; shared between threads.
#[derive(Debug)]
pub struct NameTable {
    inner: RwLock<Inner>,
}

#[derive(Debug)]
struct Inner {
    by_text: FxHashMap<Arc<str>, u32>,
    /// Dynamic names; index + FIRST_DYNAMIC is the handle.
    dynamic: Vec<Arc<str>>,
    reserved: FxHashMap<u32, Arc<str>>,
}

impl Default for NameTable {
    fn default() -> Self {
        let mut inner =
            Inner { by_text: FxHashMap::default(), dynamic: Vec::new(), reserved: FxHashMap::default() };
        for (handle, text) in well_known::all() {
            let text: Arc<str> = text.into();
            inner.by_text.insert(text.clone(), handle);
            inner.reserved.insert(handle, text);
        }
        NameTable { inner: RwLock::new(inner) }
    }
}

impl NameTable {
    /// Rebuilds a table from stored dynamic names, which must be dense and in handle order.
    pub fn restore(dynamic: impl IntoIterator<Item = String>) -> Self {
        let table = NameTable::default();
        {
            let mut inner = table.inner.write().unwrap_or_else(PoisonError::into_inner);
            for text in dynamic {
                let text: Arc<str> = text.into();
                let handle = well_known::FIRST_DYNAMIC + inner.dynamic.len() as u32;
                inner.by_text.insert(text.clone(), handle);
                inner.dynamic.push(text);
            }
        }
        table
    }

    /// Handle of `text`, new or known. Empty text is absent.
    ///
    /// # Errors
    /// When the table holds [`MAX_NAMES`] already.
    pub fn intern(&self, text: &str) -> Result<Name, TooManyNames> {
        if text.is_empty() {
            return Ok(Name::ABSENT);
        }
        let text = cut(text);
        if let Some(found) = self.find(text) {
            return Ok(found);
        }
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = inner.by_text.get(text) {
            return Ok(Name(*handle));
        }
        if inner.dynamic.len() >= MAX_NAMES {
            return Err(TooManyNames);
        }
        let handle = well_known::FIRST_DYNAMIC + inner.dynamic.len() as u32;
        let text: Arc<str> = text.into();
        inner.by_text.insert(text.clone(), handle);
        inner.dynamic.push(text);
        Ok(Name(handle))
    }

    /// Handle of `text` if it is known already.
    pub fn find(&self, text: &str) -> Option<Name> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        inner.by_text.get(text).map(|h| Name(*h))
    }

    /// Text of a handle; `None` if absent or unknown.
    pub fn resolve(&self, name: Name) -> Option<Arc<str>> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        match name.0.checked_sub(well_known::FIRST_DYNAMIC) {
            Some(index) => inner.dynamic.get(index as usize).cloned(),
            None => inner.reserved.get(&name.0).cloned(),
        }
    }

    /// Number of dynamic names.
    pub fn len(&self) -> usize {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).dynamic.len()
    }

    /// Whether there is no dynamic name.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Dynamic names from the `count`-th on, with their handles: what a store has not persisted yet.
    pub fn since(&self, count: usize) -> Vec<(Name, Arc<str>)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let handle = |i: usize| Name(well_known::FIRST_DYNAMIC + i as u32);
        inner.dynamic.iter().enumerate().skip(count).map(|(i, t)| (handle(i), t.clone())).collect()
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_NAME_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_come_back_and_survive_a_restart(texts in proptest::collection::vec("\\PC{1,20}", 0..50)) {
            let table = NameTable::default();
            let handles: Vec<Name> = texts.iter().map(|t| table.intern(t).unwrap()).collect();
            let again = NameTable::restore(table.since(0).into_iter().map(|(_, t)| t.to_string()));
            for (text, handle) in texts.iter().zip(handles) {
                let resolved = table.resolve(handle);
                prop_assert_eq!(resolved.as_deref(), Some(text.as_str()));
                prop_assert_eq!(again.intern(text).unwrap(), handle);
            }
        }
    }

    #[test]
    fn well_known_values_have_their_constant() {
        let table = NameTable::default();
        assert_eq!(table.intern("SIP_PREMIUM").unwrap(), Name::known("SIP_PREMIUM"));
        assert_eq!(table.resolve(Name::known("LV")).as_deref(), Some("LV"));
        assert_eq!(table.intern("").unwrap(), Name::ABSENT);
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let table = NameTable::default();
        let name = table.intern(&"ñ".repeat(400)).unwrap();
        assert_eq!(table.resolve(name).unwrap().len(), MAX_NAME_BYTES);
    }
}
