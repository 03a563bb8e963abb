//! Panics when it sees a row.

guests::guest!("trap", |batch| panic!("index {} of nothing\u{1b}[31m", batch.rows));
