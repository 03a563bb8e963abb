//! Returns a gigabyte: honestly (building it) with one row, or by pointing at the same 16 MiB 64 times with two.

use guests::{Output, finding};

fn aliased() -> Vec<Output> {
    let text = String::from_utf8(vec![b'x'; 16 << 20]).expect("letters");
    let text = std::mem::ManuallyDrop::new(text);
    (0..64)
        .map(|_| {
            let mut f = finding(1, "k");
            // SAFETY: none of these is ever freed by this program, which does not outlive the call.
            f.title = unsafe { String::from_raw_parts(text.as_ptr().cast_mut(), text.len(), text.len()) };
            Output::Raise(f)
        })
        .collect()
}

fn honest() -> Vec<Output> {
    (0..1024)
        .map(|_| {
            let mut f = finding(1, "k");
            f.title = "x".repeat(1 << 20);
            Output::Raise(f)
        })
        .collect()
}

guests::guest!("huge-result", |batch| Ok(if batch.rows == 1 { honest() } else { aliased() }));
