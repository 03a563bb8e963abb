//! Sleeps.

guests::guest!("sleep", |_| {
    std::thread::sleep(std::time::Duration::from_secs(60));
    Ok(Vec::new())
});
