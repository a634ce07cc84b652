//! A guest that calls the plug-in's functions in any order with anything: see ../calls.rs for what is checked.
//!
//! On any machine with a C++ compiler, after `npm run setup` and `cargo install cargo-fuzz`, in
//! `wasmedge-node/wasi-nn-litert`:
//!
//! ```sh
//! export WASMEDGE_INCLUDE_DIR=$PWD/../../.runtime/wasmedge/include
//! export LITERT_LIB_DIR=$PWD/../../.runtime/litert LD_LIBRARY_PATH=$PWD/../../.runtime/litert
//! cargo fuzz run --sanitizer none calls -- -max_total_time=60 -close_fd_mask=2
//! cargo +nightly fuzz run calls -- -max_total_time=60 -close_fd_mask=2   # with AddressSanitizer
//! ```
#![no_main]

#[path = "../calls.rs"]
mod calls;

use wasi_nn_litert::WasmEdge_Plugin_GetDescriptor;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    calls::make(data);
});
