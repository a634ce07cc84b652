//! The Rust side of `shim.c`.
use crate::{
    Memory, Plugin,
    host_function::{Closure, HostFunction},
};
use std::{
    ffi::{c_char, c_void},
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr, slice,
    sync::{Arc, Mutex},
};

// These two structs are the shim's `struct host_function` and `struct plugin`.
#[repr(C)]
struct RawFunction {
    name: *const c_char,
    parameters: u32,
    returns: bool,
    closure: *const Closure,
}

#[repr(C)]
struct RawPlugin {
    name: *const c_char,
    description: *const c_char,
    module: *const c_char,
    version: [u32; 3],
    open: extern "C" fn() -> *mut c_void,
    close: unsafe extern "C" fn(*mut c_void),
    functions: unsafe extern "C" fn(*const c_void, *mut u32) -> *const RawFunction,
    call: unsafe extern "C" fn(*const c_void, *const c_void, *const u32, u32, *mut u32) -> bool,
}

unsafe extern "C" {
    fn plugin_abi_describe(plugin: *const RawPlugin) -> *const c_void;
}

/// What `WasmEdge_Plugin_GetDescriptor` returns; [`crate::export_plugin`] calls it. WasmEdge calls that once,
/// when it has loaded the plug-in.
pub fn descriptor<P: Plugin>() -> *const c_void {
    let plugin = RawPlugin {
        name: P::NAME.as_ptr(),
        description: P::DESCRIPTION.as_ptr(),
        module: P::MODULE.as_ptr(),
        version: P::VERSION,
        open: open::<P>,
        close,
        functions,
        call,
    };
    // SAFETY: the shim copies the struct; the strings and functions it points to are static.
    unsafe { plugin_abi_describe(&plugin) }
}

/// One instance of the module. The closures share its state and free it with the last of them; the raw functions
/// point to the closures, so neither list changes after `open`.
struct Instance {
    functions: Vec<RawFunction>,
    #[expect(dead_code, reason = "owns what the functions point to")]
    closures: Vec<Closure>,
}

impl Instance {
    fn of<P: Plugin>() -> Self {
        let state = Arc::new(Mutex::new(P::open()));
        let (mut closures, mut functions) = (Vec::new(), Vec::new());
        for function in P::functions() {
            let HostFunction {
                name,
                parameters,
                returns,
                ..
            } = function;
            closures.push(function.bind(&state));
            functions.push(RawFunction {
                name: name.as_ptr(),
                parameters,
                returns,
                closure: ptr::null(),
            });
        }
        for (function, closure) in functions.iter_mut().zip(&closures) {
            function.closure = closure;
        }
        Instance { closures, functions }
    }
}

extern "C" fn open<P: Plugin>() -> *mut c_void {
    match catch_unwind(|| Box::into_raw(Box::new(Instance::of::<P>()))) {
        Ok(instance) => instance.cast(),
        Err(payload) => {
            std::mem::forget(payload);
            ptr::null_mut()
        }
    }
}

/// # Safety
/// `instance` came from `open` and is not used again.
unsafe extern "C" fn close(instance: *mut c_void) {
    // SAFETY: see above.
    let instance = unsafe { Box::from_raw(instance.cast::<Instance>()) };
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(instance))) {
        std::mem::forget(payload);
    }
}

/// # Safety
/// `instance` came from `open` and is not closed; `count` may be written.
unsafe extern "C" fn functions(instance: *const c_void, count: *mut u32) -> *const RawFunction {
    // SAFETY: see above.
    let functions = unsafe { &(*instance.cast::<Instance>()).functions };
    // SAFETY: see above.
    unsafe { *count = functions.len() as u32 };
    functions.as_ptr()
}

/// # Safety
/// `closure` is one of an open instance, `frame` the frame of this call, `arguments` has `count` values, `result`
/// may be written.
unsafe extern "C" fn call(
    closure: *const c_void,
    frame: *const c_void,
    arguments: *const u32,
    count: u32,
    result: *mut u32,
) -> bool {
    // SAFETY: see above; the closure does not unwind (see `HostFunction::bind`).
    let outcome = unsafe {
        let closure = &*closure.cast::<Closure>();
        closure(
            &mut Memory::of_call(frame),
            slice::from_raw_parts(arguments, count as usize),
        )
    };
    match outcome {
        Ok(value) => {
            // SAFETY: see above.
            unsafe { *result = value };
            true
        }
        Err(trap) => {
            // Not eprintln!, which panics where stderr is closed.
            let _ = writeln!(std::io::stderr(), "{}", trap.0);
            false
        }
    }
}
