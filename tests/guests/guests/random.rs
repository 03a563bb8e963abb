//! Throws dice.

#[link(wasm_import_module = "wasi:random/random@0.2.6")]
unsafe extern "C" {
    #[link_name = "get-random-u64"]
    fn dice() -> u64;
}

// SAFETY: the signature is that of WASI 0.2.
guests::guest!("random", |_| Err(guests::Error::Other(unsafe { dice() }.to_string())));
