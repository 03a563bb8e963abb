//! Never returns.

guests::guest!("loop", |batch| {
    let mut n = batch.rows;
    loop {
        n = std::hint::black_box(n.wrapping_mul(3));
    }
});
