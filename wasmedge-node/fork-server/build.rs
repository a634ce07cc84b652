//! Compiles `program.c` against the header of the WasmEdge in use. plug-in-abi's build says what is wrong with
//! WASMEDGE_INCLUDE_DIR.
use std::env;

const INCLUDE_DIR: &str = "WASMEDGE_INCLUDE_DIR";

fn main() {
    println!("cargo:rerun-if-env-changed={INCLUDE_DIR}");
    println!("cargo:rerun-if-changed=src/program.c");
    cc::Build::new()
        .file("src/program.c")
        .include(env::var_os(INCLUDE_DIR).unwrap_or_default())
        .std("c11")
        .warnings_into_errors(true)
        .compile("fork_server_program");
}
