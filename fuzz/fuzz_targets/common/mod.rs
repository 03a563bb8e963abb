//! Reads bytes as a file.

use std::io::Write as _;
use std::sync::Arc;

use model::{Event, FieldSet};
use ringfence::source::{Input, ReadOptions, Record, Sink, SinkError, read_all};

struct Ignoring;

impl Sink for Ignoring {
    fn event(&mut self, _: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}

pub fn read(data: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("room for it");
    let options = ReadOptions { wanted: FieldSet::ALL, ..ReadOptions::default() };
    let inputs = [Input::File(file.path().to_owned())];
    read_all(&inputs, &options, &Arc::default(), &Arc::default(), &mut [Ignoring])
        .expect("neither sink nor strictness can end it");
}
