//! A WasmEdge plug-in in safe Rust.
//!
//! A plug-in crate (`crate-type = ["cdylib"]`) says what it is and exports it:
//!
//! ```ignore
//! struct Counter { total: u32 }
//!
//! impl Plugin for Counter {
//!     const NAME: &'static CStr = c"counter";
//!     const DESCRIPTION: &'static CStr = c"Counts";
//!     const VERSION: [u32; 3] = [1, 0, 0];
//!     const MODULE: &'static CStr = c"counter";
//!
//!     fn open() -> Self { Counter { total: 0 } }
//!
//!     fn functions() -> Vec<HostFunction<Self>> {
//!         vec![HostFunction::new(c"add", add)]
//!     }
//! }
//!
//! fn add(counter: &mut Counter, _memory: &mut Memory, [by]: [u32; 1]) -> u32 {
//!     counter.total += by;
//!     counter.total
//! }
//!
//! plugin_abi::export_plugin!(Counter);
//! ```
//!
//! WasmEdge's own types stay in `shim.c`, which is compiled against the header of the WasmEdge in use
//! (`WASMEDGE_INCLUDE_DIR` at build time).

mod ffi;
mod host_function;
mod memory;

pub use ffi::descriptor;
pub use host_function::{HostFunction, HostResult, Trap};
pub use memory::{Memory, OutOfBounds};

use std::ffi::CStr;

/// A plug-in with one host module. A value of the type is the state of one instance of that module (WasmEdge
/// makes one for each VM); it is dropped when WasmEdge deletes the module.
pub trait Plugin: Send + Sized + 'static {
    /// The plug-in's name, as `wasmedge --version` lists it and `--forbidden-plugin` takes it.
    const NAME: &'static CStr;
    /// One line for people.
    const DESCRIPTION: &'static CStr;
    /// Major, minor, patch.
    const VERSION: [u32; 3];
    /// The module name that guests import from.
    const MODULE: &'static CStr;
    /// What a function that returns a value gives the guest when it panicked, and on every later call of that
    /// instance, whose state can no longer be trusted. `None`, and any function without a value: the guest traps.
    const PANICKED: Option<u32> = None;

    /// The state of a new instance.
    fn open() -> Self;

    /// What the module exports.
    fn functions() -> Vec<HostFunction<Self>>;
}

/// Exports `WasmEdge_Plugin_GetDescriptor`, the symbol that WasmEdge looks for in a plug-in.
#[macro_export]
macro_rules! export_plugin {
    ($plugin:ty) => {
        /// The entry point of the plug-in.
        #[unsafe(no_mangle)]
        pub extern "C" fn WasmEdge_Plugin_GetDescriptor() -> *const ::std::ffi::c_void {
            $crate::descriptor::<$plugin>()
        }
    };
}
