//! Returns nothing, at once: what a call costs by itself.

guests::guest!("empty", |_| Ok(Vec::new()));
