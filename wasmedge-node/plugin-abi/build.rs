//! Compiles the shim against the header of the WasmEdge in use. Nothing is linked from libwasmedge: its
//! symbols are in the process that loads the plug-in.
use std::{env, path::PathBuf};

const INCLUDE_DIR: &str = "WASMEDGE_INCLUDE_DIR";

fn main() {
    println!("cargo:rerun-if-env-changed={INCLUDE_DIR}");
    println!("cargo:rerun-if-changed=src/shim.c");
    let Some(include) = env::var_os(INCLUDE_DIR).map(PathBuf::from) else {
        fail("is not set");
    };
    let header = include.join("wasmedge/wasmedge.h");
    if !header.is_file() {
        fail(&format!(
            "is {}, but there is no {}",
            include.display(),
            header.display()
        ));
    }
    println!("cargo:rerun-if-changed={}", header.display());
    println!(
        "cargo:rerun-if-changed={}",
        include.join("wasmedge/version.h").display()
    );
    cc::Build::new()
        .file("src/shim.c")
        .include(include)
        .std("c11")
        .warnings_into_errors(true)
        .compile("plugin_abi_shim");
    // The unit tests are a program of their own, without WasmEdge in the process; they call none of its functions.
    println!("cargo:rustc-link-arg=-Wl,--unresolved-symbols=ignore-all,-z,lazy");
}

fn fail(problem: &str) -> ! {
    println!(
        "cargo:error={INCLUDE_DIR} {problem}: name the folder that holds wasmedge/wasmedge.h of the WasmEdge that will load this plug-in"
    );
    std::process::exit(1);
}
