//! Generated from `wit/v1.0.0`; nothing else stands here.
#![allow(missing_docs, reason = "generated: the documentation is in the WIT file")]

wasmtime::component::bindgen!({
    path: "../wit/v1.0.0",
    world: "detector",
    // A batch's columns cross as slices; owned bindings would copy every batch once more.
    ownership: Borrowing { duplicate_if_necessary: false },
    imports: { default: trappable },
});
