//! What helper functions know of the record that is being looked at.
//!
//! Rhai's functions get no more than their arguments, so this stands in a thread's own storage while a script runs: copies
//! of a few words, made only for scripts that call a helper which asks for them.

use std::cell::RefCell;
use std::sync::Arc;

use model::{FieldId, FieldSet, Millis, Name, Number};
use rhai::{Dynamic, ImmutableString};

use super::window::Site;
use crate::record::Fields;

/// See the module.
#[derive(Default)]
pub(super) struct Context {
    /// Local time, if it is known.
    pub local: Option<Millis>,
    /// Country of the location.
    pub country: Name,
    /// Numbers of the record and whether they are the organisation's.
    pub ours: [(Number, bool); 2],
    /// Fields that have a value.
    pub present: FieldSet,
    /// Answers of window functions, one for each place that asks.
    pub windows: Vec<(Arc<Site>, Dynamic)>,
}

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::new(Context::default());
}

/// Fields that any of the helpers that ask for the record may read.
pub(super) fn sources() -> FieldSet {
    use FieldId::{called_number, called_ours, calling_number, calling_ours, country};
    [called_number, called_ours, calling_number, calling_ours, country].into_iter().collect()
}

impl Context {
    pub(super) fn fill(&mut self, record: &impl Fields, local: Option<Millis>) {
        let ours = |number, ours| (Number(record.slot(number)), record.slot(ours) != 0);
        self.local = local;
        self.country = Name(record.slot(FieldId::country) as u32);
        self.ours = [
            ours(FieldId::called_number, FieldId::called_ours),
            ours(FieldId::calling_number, FieldId::calling_ours),
        ];
        self.present = record.present();
    }

    /// What a window function was worked out to.
    pub(super) fn window(&self, function: &str, arguments: &[&ImmutableString]) -> Option<Dynamic> {
        self.windows.iter().find(|(site, _)| site.is(function, arguments)).map(|(_, value)| value.clone())
    }
}

/// Reads the context; nothing in here calls a script, so it is never borrowed twice.
pub(super) fn read<T>(f: impl FnOnce(&Context) -> T) -> T {
    CONTEXT.with_borrow(f)
}

pub(super) fn write(f: impl FnOnce(&mut Context)) {
    CONTEXT.with_borrow_mut(f);
}
