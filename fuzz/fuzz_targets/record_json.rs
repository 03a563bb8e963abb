//! One JSON record: never a panic, and what is stored makes the same event again.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use model::{Event, FieldId, FieldSet};
use ringfence::normalize::Normalizer;
use ringfence::source::stored_record;

fuzz_target!(|data: &[u8]| {
    let Ok(stored) = stored_record(data) else { return };
    let mut json = Vec::new();
    stored.record().write_json(&mut json);
    let again = stored_record(&json).expect("what was written is read back");
    let mut normalizer = Normalizer::new(Arc::default(), Arc::default(), FieldSet::ALL);
    let (mut first, mut second) = (Event::default(), Event::default());
    let results = [
        normalizer.normalize(&stored.record(), &mut first),
        normalizer.normalize(&again.record(), &mut second),
    ];
    assert_eq!(results[0], results[1]);
    if results[0].is_ok() {
        assert!(FieldId::all().all(|f| first.slot(f.id) == second.slot(f.id)));
    }
});
