//! A function that tries, once it is forked, to reach what it must not: through WASI, through `wasi:logging`, and,
//! by the plug-in `system_call` of the tests, through any system call of the process it runs in.
//!
//! Each request names a way and has one answer, if the guest lives to give it.

use std::io::{self, Read, Write};

mod imports {
    #[link(wasm_import_module = "wasm_function")]
    unsafe extern "C" {
        pub safe fn accept();
    }

    #[link(wasm_import_module = "system_call")]
    unsafe extern "C" {
        /// The host makes the call with these arguments; -errno as the kernel has it.
        pub safe fn call(number: u32, a: u32, b: u32, c: u32, d: u32, e: u32, f: u32) -> i32;
        /// The same, with the guest's memory at `a` as the argument number `at`.
        pub safe fn call_at(number: u32, at: u32, a: u32, b: u32, c: u32, d: u32, e: u32) -> i32;
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub safe fn sock_open(family: u32, kind: u32, descriptor: *mut u32) -> u32;
        pub safe fn sock_shutdown(descriptor: u32, how: u32) -> u32;
        pub safe fn proc_raise(signal: u32) -> u32;
    }

    #[link(wasm_import_module = "wasi:logging/logging")]
    unsafe extern "C" {
        pub safe fn log(
            level: u32,
            context: *const u8,
            context_length: u32,
            message: *const u8,
            message_length: u32,
        );
    }
}

fn main() {
    imports::accept();
    write(b"WFN1");
    while let Some(request) = read_request() {
        let request = String::from_utf8(request).unwrap();
        answer(&attempt(request.split(' ').collect::<Vec<_>>().as_slice()));
    }
}

fn attempt(request: &[&str]) -> String {
    match request {
        ["socket"] => {
            let mut descriptor = 0;
            let errno = imports::sock_open(1, 2, &mut descriptor);
            format!("errno {errno}")
        }
        ["shutdown"] => format!("errno {}", imports::sock_shutdown(1, 3)),
        ["raise", signal] => format!("errno {}", imports::proc_raise(signal.parse().unwrap())),
        ["read", path] => told(std::fs::read_to_string(path)),
        ["write", path] => told(std::fs::write(path, "was here")),
        ["list", path] => told(std::fs::read_dir(path).map(|entries| entries.count())),
        ["status", path] => told(std::fs::metadata(path)),
        ["make", path] => told(std::fs::create_dir(path)),
        ["remove", path] => told(std::fs::remove_file(path)),
        ["rename", from, to] => told(std::fs::rename(from, to)),
        ["link", from, to] => told(std::fs::hard_link(from, to)),
        #[expect(deprecated, reason = "the way to path_symlink that is stable")]
        ["symlink", target, path] => told(std::fs::soft_link(target, path)),
        ["follow", path] => told(std::fs::read_link(path)),
        ["log", path] => {
            let message = "was here";
            imports::log(
                2,
                path.as_ptr(),
                path.len() as u32,
                message.as_ptr(),
                message.len() as u32,
            );
            "logged".into()
        }
        ["arguments"] => format!("{:?}", std::env::args().collect::<Vec<_>>()),
        ["environment"] => format!("{:?}", std::env::vars().collect::<Vec<_>>()),
        ["call", numbers @ ..] => {
            let mut arguments = [0; 7];
            for (argument, number) in arguments.iter_mut().zip(numbers) {
                *argument = number.parse::<i64>().unwrap() as u32;
            }
            let [number, a, b, c, d, e, f] = arguments;
            format!("returned {}", imports::call(number, a, b, c, d, e, f))
        }
        ["call-path", number, at, path, numbers @ ..] => {
            let path = format!("{path}\0");
            let mut arguments = [0; 4];
            for (argument, number) in arguments.iter_mut().zip(numbers) {
                *argument = number.parse::<i64>().unwrap() as u32;
            }
            let [b, c, d, e] = arguments;
            let (number, at) = (number.parse().unwrap(), at.parse().unwrap());
            format!(
                "returned {}",
                imports::call_at(number, at, path.as_ptr() as u32, b, c, d, e)
            )
        }
        _ => "not understood".into(),
    }
}

fn told<T: std::fmt::Debug>(result: io::Result<T>) -> String {
    match result {
        Ok(value) => format!("succeeded: {value:?}"),
        Err(error) => format!("failed: {error}"),
    }
}

fn read_request() -> Option<Vec<u8>> {
    let mut length = [0; 4];
    io::stdin().read_exact(&mut length).ok()?;
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    io::stdin().read_exact(&mut request).ok()?;
    Some(request)
}

fn answer(text: &str) {
    let mut frame = vec![0];
    frame.extend_from_slice(&(text.len() as u32).to_le_bytes());
    frame.extend_from_slice(text.as_bytes());
    write(&frame);
}

fn write(bytes: &[u8]) {
    io::stdout().write_all(bytes).unwrap();
    io::stdout().flush().unwrap();
}
