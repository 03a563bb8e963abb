//! Returns more findings than anybody reads.

guests::guest!("many-findings", |_| {
    Ok((0..5_000).map(|i| guests::Output::Raise(guests::finding(1, &i.to_string()))).collect())
});
