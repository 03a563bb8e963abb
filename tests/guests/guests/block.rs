//! Waits for its standard input, past the standard library.

#[link(wasm_import_module = "wasi:cli/stdin@0.2.6")]
unsafe extern "C" {
    #[link_name = "get-stdin"]
    fn get_stdin() -> i32;
}

#[link(wasm_import_module = "wasi:io/streams@0.2.6")]
unsafe extern "C" {
    #[link_name = "[method]input-stream.subscribe"]
    fn subscribe(stream: i32) -> i32;
}

#[link(wasm_import_module = "wasi:io/poll@0.2.6")]
unsafe extern "C" {
    #[link_name = "[method]pollable.block"]
    fn block(pollable: i32);
}

guests::guest!("block", |_| {
    // SAFETY: the signatures are those of WASI 0.2.
    unsafe { block(subscribe(get_stdin())) };
    Ok(Vec::new())
});
