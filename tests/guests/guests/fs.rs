//! Reads a file.

guests::guest!("fs", |_| {
    let text = std::fs::read_to_string("/etc/passwd").map_err(|e| guests::Error::Other(e.to_string()))?;
    Err(guests::Error::Other(text))
});
