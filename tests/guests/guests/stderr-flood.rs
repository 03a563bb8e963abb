//! Writes for ever to stderr.

guests::guest!("stderr-flood", |_| {
    loop {
        eprintln!("{}", "noise ".repeat(1_000));
    }
});
