//! Calls a plug-in's host functions as WasmEdge does, without WasmEdge, for tests and fuzzing.

mod guest_memory;

pub use guest_memory::GuestMemory;

use std::{
    ffi::{CStr, c_char, c_void},
    ptr,
};

unsafe extern "C" {
    fn plugin_host_open(plugin: *const c_void) -> *mut c_void;
    fn plugin_host_close(module: *mut c_void);
    fn plugin_host_function(module: *const c_void, index: u32, parameters: *mut u32) -> *const c_char;
    fn plugin_host_call(
        module: *const c_void,
        index: u32,
        arguments: *const u32,
        start: *mut u8,
        length: u32,
        result: *mut u32,
    ) -> bool;
}

/// A host function of an open module.
#[derive(Debug)]
struct Function {
    name: String,
    parameters: usize,
}

/// An instance of a plug-in's module, as WasmEdge makes one for each VM.
pub struct Module {
    raw: *mut c_void,
    functions: Vec<Function>,
}

impl Module {
    /// Opens the module of the plug-in whose `WasmEdge_Plugin_GetDescriptor` this is.
    ///
    /// # Panics
    ///
    /// Where the plug-in does not open.
    pub fn open(descriptor: extern "C" fn() -> *const c_void) -> Self {
        // SAFETY: the function gives the plug-in's descriptor, which is static.
        let raw = unsafe { plugin_host_open(descriptor()) };
        assert_ne!(raw, ptr::null_mut(), "the plug-in does not open");
        let functions = (0..).map_while(|index| function(raw, index)).collect();
        Module { raw, functions }
    }

    /// How many functions it has.
    pub fn functions(&self) -> usize {
        self.functions.len()
    }

    /// Calls the function `name`: its result, nothing for a trap. Takes as many arguments as it has parameters.
    ///
    /// # Panics
    ///
    /// Where there is no such function.
    pub fn call(&self, name: &str, arguments: &[u32], memory: &mut GuestMemory) -> Option<u32> {
        let index = self.functions.iter().position(|function| function.name == name);
        self.call_nth(index.expect("a function of the plug-in"), arguments, memory)
    }

    /// Calls the function at `index`, which is less than [`Self::functions`]; see [`Self::call`].
    pub fn call_nth(&self, index: usize, arguments: &[u32], memory: &mut GuestMemory) -> Option<u32> {
        let arguments = &arguments[..self.functions[index].parameters];
        let memory = memory.bytes_mut();
        let mut result = 0;
        // SAFETY: the module is open and has that function, the arguments are as many as it takes, and the memory
        // is borrowed for the call.
        let returned = unsafe {
            plugin_host_call(
                self.raw,
                index as u32,
                arguments.as_ptr(),
                memory.as_mut_ptr(),
                memory.len() as u32,
                &mut result,
            )
        };
        returned.then_some(result)
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: it is open, and not used again.
        unsafe { plugin_host_close(self.raw) }
    }
}

fn function(module: *const c_void, index: u32) -> Option<Function> {
    let mut parameters = 0;
    // SAFETY: the module is open, and the name is a static string of the plug-in.
    let name = unsafe {
        let name = plugin_host_function(module, index, &mut parameters);
        (!name.is_null()).then(|| CStr::from_ptr(name))?
    };
    Some(Function {
        name: name.to_string_lossy().into_owned(),
        parameters: parameters as usize,
    })
}
