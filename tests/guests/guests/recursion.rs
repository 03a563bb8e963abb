//! Calls itself for ever.

#[allow(unconditional_recursion, reason = "it is the point")]
fn deeper(n: u64, path: &mut Vec<u64>) -> u64 {
    let here = std::hint::black_box([n; 16]);
    path.clear();
    path.extend(here);
    1 + deeper(n + path.len() as u64, path) + here[0]
}

guests::guest!("recursion", |batch| {
    let depth = deeper(u64::from(batch.rows), &mut Vec::new());
    Err(guests::Error::Other(depth.to_string()))
});
