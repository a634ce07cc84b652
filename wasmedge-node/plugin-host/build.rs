//! Compiles `host.c` against the header of the WasmEdge in use. plugin-abi's build says what is wrong with
//! WASMEDGE_INCLUDE_DIR.
use std::env;

const INCLUDE_DIR: &str = "WASMEDGE_INCLUDE_DIR";

fn main() {
    println!("cargo:rerun-if-env-changed={INCLUDE_DIR}");
    println!("cargo:rerun-if-changed=src/host.c");
    cc::Build::new()
        .file("src/host.c")
        .include(env::var_os(INCLUDE_DIR).unwrap_or_default())
        .std("c11")
        .warnings_into_errors(true)
        .compile("plugin_host");
}
