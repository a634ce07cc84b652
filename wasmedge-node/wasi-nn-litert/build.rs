//! Links libLiteRt.so from the folder that LITERT_LIB_DIR names, and lets the plug-in find it beside itself: in `litert/` next to
//! the plug-ins' folder, or in that folder.
use std::{env, path::PathBuf};

const LIB_DIR: &str = "LITERT_LIB_DIR";

fn main() {
    println!("cargo:rerun-if-env-changed={LIB_DIR}");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-rpath,$ORIGIN/../litert:$ORIGIN");
    let Some(folder) = env::var_os(LIB_DIR).map(PathBuf::from) else {
        fail("is not set");
    };
    if !folder.join("libLiteRt.so").is_file() {
        fail(&format!("is {}, but there is no libLiteRt.so", folder.display()));
    }
    println!("cargo:rustc-link-search=native={}", folder.display());
}

fn fail(problem: &str) -> ! {
    println!("cargo:error={LIB_DIR} {problem}: name the folder that holds libLiteRt.so");
    std::process::exit(1);
}
