//! A function that is forked when it calls `accept`. What it then does, each request says.

use std::{
    fs::File,
    hint::black_box,
    io::{self, IsTerminal, Read, Write},
    mem::ManuallyDrop,
    os::fd::FromRawFd,
    thread,
    time::{Duration, SystemTime},
};

#[link(wasm_import_module = "wasm_function")]
unsafe extern "C" {
    safe fn accept();
}

fn main() {
    let mut remembered = vec![0u8; 1 << 20];
    match std::env::var("AT_START").as_deref() {
        Ok("exit") => std::process::exit(2),
        Ok("spin") => spin(),
        Ok("chatter") => {
            write(b"ready\nended 1 exit 0\n");
            accept();
        }
        _ => accept(),
    }
    write(b"WFN1");
    while let Some(request) = read_request() {
        let text = String::from_utf8_lossy(&request);
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("spin", _) => spin(),
            ("trap", _) => std::arch::wasm32::unreachable(),
            ("overflow", _) => {
                black_box(recurse(1));
            }
            ("outside", _) => {
                // SAFETY: none: it reads beyond its memory, which has to end in a trap.
                black_box(unsafe { std::ptr::read_volatile(0xffff_fff0 as *const u32) });
            }
            ("exit", code) => std::process::exit(code.parse().unwrap()),
            ("grow", bytes) => answer(grow(bytes.parse().unwrap()).as_bytes()),
            ("fill", _) => {
                let pages =
                    (0..).take_while(|_| std::arch::wasm32::memory_grow(0, 1) != usize::MAX);
                answer(pages.count().to_string().as_bytes());
            }
            ("sleep", ms) => {
                thread::sleep(Duration::from_millis(ms.parse().unwrap()));
                answer(b"slept");
            }
            ("system", _) => {
                SystemTime::now()
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap();
                // Takes its keys from random_get.
                let keys = std::collections::hash_map::RandomState::new();
                eprintln!("{keys:?}");
                // fd_fdstat_get and fd_filestat_get.
                assert!(!io::stdin().is_terminal());
                // SAFETY: it is open, and stays so.
                let input = ManuallyDrop::new(unsafe { File::from_raw_fd(0) });
                input.metadata().unwrap();
                answer(b"all there");
            }
            ("remember", value) => {
                answer(remembered[0].to_string().as_bytes());
                remembered.fill(value.parse().unwrap());
            }
            _ => answer(&request),
        }
    }
}

/// Takes memory and writes to each page of it.
fn grow(bytes: usize) -> &'static str {
    let mut memory: Vec<u8> = Vec::new();
    if memory.try_reserve_exact(bytes).is_err() {
        return "refused";
    }
    memory.resize(bytes, 1);
    black_box(&memory);
    "taken"
}

#[expect(unconditional_recursion, reason = "what this is for")]
fn recurse(depth: u64) -> u64 {
    black_box(recurse(black_box(depth + 1))) + 1
}

fn spin() -> ! {
    loop {
        black_box(0);
    }
}

fn read_request() -> Option<Vec<u8>> {
    let mut length = [0; 4];
    io::stdin().read_exact(&mut length).ok()?;
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    io::stdin().read_exact(&mut request).ok()?;
    Some(request)
}

fn answer(payload: &[u8]) {
    let mut frame = vec![0];
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    write(&frame);
}

fn write(bytes: &[u8]) {
    io::stdout().write_all(bytes).unwrap();
    io::stdout().flush().unwrap();
}
