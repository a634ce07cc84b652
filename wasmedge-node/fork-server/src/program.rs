//! The guest's program, run by WasmEdge on this thread.
//!
//! The WasmEdge CLI runs a program on a second thread, while its first one waits for the exit code. A fork has only
//! the thread that forked, so there nobody would take that code, and starting a thread would have to stay allowed in
//! the fork. So the plug-in runs the program that the command line names itself, on the CLI's first thread: the
//! parent has one thread, a program can be forked when all but its `_start` is done, and a fork ends as its program
//! does.
use crate::command_line::CommandLine;
use std::{
    ffi::{CStr, CString, c_char, c_void},
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
    fn program_load(command: *const RawCommand, reason: *mut *const c_char) -> *mut c_void;
    fn program_run(program: *mut c_void, reason: *mut *const c_char) -> i64;
    fn program_end_log();
}

/// A program that is loaded, instantiated and not yet started.
pub struct Program(*mut c_void);

impl Program {
    /// Loads what the command line names.
    pub fn load(command: &CommandLine) -> Result<Self, String> {
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
        let program = unsafe { program_load(&raw, &mut reason) };
        if program.is_null() {
            return Err(format!("{} could not be loaded: {}", command.file, text(reason)));
        }
        Ok(Program(program))
    }

    /// Runs the program to its end: its exit code, or why it trapped.
    pub fn run(self) -> Result<i32, String> {
        let mut reason = ptr::null();
        // SAFETY: the pointer came from `program_load`, and is used once.
        let code = unsafe { program_run(self.0, &mut reason) };
        i32::try_from(code)
            .ok()
            .filter(|code| *code >= 0)
            .ok_or_else(|| text(reason))
    }
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
