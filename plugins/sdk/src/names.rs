//! Texts of handles.
//!
//! Owns a small cache, because a boundary call costs a hundred times a look-up. Does not own the table: the host does.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::imports;
use crate::types::Name;

/// Names kept; findings name few of them, so a full cache is simply started anew.
const CACHED: usize = 4096;

thread_local! {
    static CACHE: RefCell<FxHashMap<Name, Arc<str>>> = RefCell::default();
}

/// Text of a handle; empty if absent or unknown.
pub fn resolve(name: Name) -> Arc<str> {
    if !name.is_present() {
        return Arc::from("");
    }
    CACHE.with_borrow_mut(|cache| {
        if let Some(text) = cache.get(&name) {
            return text.clone();
        }
        let text: Arc<str> = imports::resolve(&[name]).into_iter().next().unwrap_or_default().into();
        if cache.len() >= CACHED {
            cache.clear();
        }
        cache.insert(name, text.clone());
        text
    })
}

/// Handle of a text; a text never seen gets a new one. For settings that name users, locations or countries.
pub fn intern(text: &str) -> Name {
    if text.is_empty() {
        return Name::ABSENT;
    }
    imports::intern(&[text.to_owned()]).into_iter().next().unwrap_or_default()
}

#[cfg(not(target_family = "wasm"))]
pub(crate) fn forget() {
    CACHE.with_borrow_mut(FxHashMap::clear);
}
