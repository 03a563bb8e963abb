//! Uses an import that its manifest does not name.

guests::guest!("undeclared-capability", |_| {
    Err(guests::Error::Other(guests::ringfence::detector::names::resolve(&[1]).join(" ")))
});
