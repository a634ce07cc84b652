//! A WasmEdge plug-in for the tests alone: a guest may make any system call with it. It stands for a hole in
//! WasmEdge, so that what the kernel refuses a fork can be tried.
use plugin_abi::{HostFunction, Memory, Plugin, export_plugin};
use std::{ffi::CStr, io};

struct SystemCall;

impl Plugin for SystemCall {
    const NAME: &'static CStr = c"system_call";
    const DESCRIPTION: &'static CStr = c"Lets a guest make any system call, for tests";
    const VERSION: [u32; 3] = [1, 0, 0];
    const MODULE: &'static CStr = c"system_call";
    const PANICKED: Option<u32> = Some(u32::MAX);

    fn open() -> Self {
        SystemCall
    }

    fn functions() -> Vec<HostFunction<Self>> {
        vec![
            HostFunction::new(c"call", call),
            HostFunction::new(c"call_at", call_at),
        ]
    }
}

/// The number, then six arguments: `-errno` on failure.
fn call(_: &mut SystemCall, _: &mut Memory, [number, arguments @ ..]: [u32; 7]) -> u32 {
    make(number, arguments.map(|argument| (argument as i32).into()))
}

/// The number, the place of the address among the arguments, the guest's address, then four other arguments.
fn call_at(_: &mut SystemCall, memory: &mut Memory, [number, place, address, rest @ ..]: [u32; 7]) -> u32 {
    let address = memory
        .bytes_mut(address, 1)
        .expect("the guest's own address")
        .as_mut_ptr();
    let mut arguments = rest.map(|argument| libc::c_long::from(argument as i32)).to_vec();
    arguments.insert(place as usize, address as libc::c_long);
    make(
        number,
        [
            arguments[0],
            arguments[1],
            arguments[2],
            arguments[3],
            arguments[4],
            0,
        ],
    )
}

fn make(number: u32, [a, b, c, d, e, f]: [libc::c_long; 6]) -> u32 {
    // SAFETY: none: whatever the guest asks for is done. That is what this plug-in is for.
    match unsafe { libc::syscall(number.into(), a, b, c, d, e, f) } {
        -1 => -io::Error::last_os_error().raw_os_error().unwrap_or(1) as u32,
        result => result as u32,
    }
}

export_plugin!(SystemCall);
