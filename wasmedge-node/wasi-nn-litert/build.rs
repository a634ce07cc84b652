//! Lets the plug-in find libLiteRt.so beside it: in `litert/` next to the plug-ins' folder, or in that folder.
fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-rpath,$ORIGIN/../litert:$ORIGIN");
}
