//! The program of the command line, run by WasmEdge on this thread.
//!
//! The WasmEdge CLI runs a program on a second thread, while its first one waits for the exit code. A fork has only
//! the thread that forked, so there nobody would take that code, and starting a thread would have to stay allowed in
//! the fork. So the plug-in runs the program that the command line names itself, on the CLI's first thread: the
//! parent has one thread, a program can be forked when all but its `_start` is done, and a fork ends as its program
//! does.
use crate::command_line::CommandLine;
use std::{
    ffi::{CStr, CString, c_char},
    ptr,
};

#[repr(C)]
struct RawCommand {
    file: *const c_char,
    arguments: *const *const c_char,
    argument_count: u32,
    environment: *const *const c_char,
    environment_count: u32,
    folders: *const *const c_char,
    folder_count: u32,
    memory_pages: u32,
    ahead_of_time: bool,
}

unsafe extern "C" {
    fn program_load(command: *const RawCommand, reason: *mut *const c_char) -> bool;
    fn program_run(reason: *mut *const c_char) -> i64;
    fn program_memory(length: *mut u64) -> *mut u8;
    fn program_end_log();
}

/// Loads and instantiates what the command line names. Once in a process.
pub fn load(command: &CommandLine) -> Result<(), String> {
    let owned = |list: &[String]| -> Result<Vec<CString>, String> {
        list.iter()
            .map(|text| CString::new(text.as_str()).map_err(|error| error.to_string()))
            .collect()
    };
    let pointers = |list: &[CString]| list.iter().map(|text| text.as_ptr()).collect::<Vec<_>>();
    let file = owned(std::slice::from_ref(&command.file))?;
    let lists = [
        owned(&command.arguments)?,
        owned(&command.environment)?,
        owned(&command.folders)?,
    ];
    let [arguments, environment, folders] = lists.each_ref().map(|list| pointers(list));
    let raw = RawCommand {
        file: file[0].as_ptr(),
        arguments: arguments.as_ptr(),
        argument_count: arguments.len() as u32,
        environment: environment.as_ptr(),
        environment_count: environment.len() as u32,
        folders: folders.as_ptr(),
        folder_count: folders.len() as u32,
        memory_pages: command.memory_pages,
        ahead_of_time: command.ahead_of_time,
    };
    let mut reason = ptr::null();
    // SAFETY: all that `raw` points to lives until the end of this function, and WasmEdge copies it.
    match unsafe { program_load(&raw, &mut reason) } {
        true => Ok(()),
        false => Err(format!("{} could not be loaded: {}", command.file, text(reason))),
    }
}

/// Runs the loaded program to its end: its exit code, or why it trapped.
pub fn run() -> Result<i32, String> {
    let mut reason = ptr::null();
    // SAFETY: `load` has succeeded, on this thread.
    let code = unsafe { program_run(&mut reason) };
    match u32::try_from(code) {
        // A process has the low bits of it.
        Ok(code) => Ok(code as i32),
        Err(_) => Err(text(reason)),
    }
}

/// The memory of the loaded program. From its end on it grows.
pub fn memory() -> Option<ptr::NonNull<[u8]>> {
    let mut length = 0;
    // SAFETY: `load` has succeeded, and the program does not run while its host functions do.
    let start = unsafe { program_memory(&mut length) };
    Some(ptr::NonNull::slice_from_raw_parts(
        ptr::NonNull::new(start)?,
        length as usize,
    ))
}

/// Ends WasmEdge's own log, which goes to stdout.
pub fn end_log() {
    // SAFETY: no other thread writes to C's streams: there is none.
    unsafe { program_end_log() }
}

fn text(reason: *const c_char) -> String {
    if reason.is_null() {
        return "no reason is known".into();
    }
    // SAFETY: WasmEdge's messages are static C strings.
    unsafe { CStr::from_ptr(reason) }.to_string_lossy().into_owned()
}
