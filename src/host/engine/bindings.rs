//! The world `assize:core/core` in Rust.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "assize:core/core",
    // Texts are copied once, from the caller into the sandbox.
    ownership: Borrowing { duplicate_if_necessary: true },
});

/// The same world with arguments that own what they hold: the terms of rules are lists of lists.
pub(super) mod owning {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "assize:core/core",
    });
}
