//! A filter without any kit that does what the first line of its input says; any other input it echoes.
//!
//! The environment variable `UNREAD` has it answer without reading: so many bytes, and a line on stderr that has no end.

use std::{
    fs::File,
    io::{self, Read, Write},
    os::fd::FromRawFd,
    thread,
    time::Duration,
};

fn main() {
    if let Ok(bytes) = std::env::var("UNREAD") {
        eprint!("nothing is read");
        write(&vec![b'u'; bytes.parse().unwrap()]);
        return;
    }
    let mut first = [0; 32];
    let mut input = Vec::new();
    let count = io::stdin().read(&mut first).unwrap();
    if first.starts_with(b"early\n") {
        write(&vec![b'e'; 300_000]);
        return;
    }
    input.extend_from_slice(&first[..count]);
    io::stdin().read_to_end(&mut input).unwrap();
    obey(&input);
}

fn obey(input: &[u8]) {
    let order = input
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let order = String::from_utf8_lossy(order);
    match order.split_once(' ').unwrap_or((&order, "")) {
        ("nothing", _) => {}
        ("exit", code) => std::process::exit(code.parse().unwrap()),
        ("trap", _) => std::arch::wasm32::unreachable(),
        ("spin", _) => spin(),
        ("memory", _) => eat_memory(),
        ("half", then) => {
            write(&[b'h'; 100_000]);
            match then {
                "spin" => {
                    eprintln!("half of it is written");
                    spin()
                }
                "trap" => std::arch::wasm32::unreachable(),
                _ => std::process::exit(7),
            }
        }
        ("close", _) => {
            write(b"all there is");
            // SAFETY: nobody writes to it any more.
            drop(unsafe { File::from_raw_fd(1) });
            thread::sleep(Duration::from_millis(50));
        }
        ("endless", _) => loop {
            write(&[b'w'; 1 << 16]);
        },
        ("bad", "input") => refuse("first of all\nthis input is no good", 1),
        ("silently", code) => std::process::exit(code.parse().unwrap()),
        ("failure", _) => refuse("this function is no good", 2),
        ("say", what) => {
            for n in 0..20 {
                eprintln!("{what} {n}");
                thread::sleep(Duration::from_millis(1));
            }
            write(what.as_bytes());
        }
        ("flood", _) => {
            for _ in 0..1000 {
                eprintln!("{}", "f".repeat(1000));
            }
            eprintln!("{}", "x".repeat(1 << 20));
            write(b"flooded");
        }
        ("grow", _) => {
            std::mem::forget(std::hint::black_box(vec![1u8; 24 << 20]));
            write(input);
        }
        ("environment", _) => {
            let all: Vec<String> = std::env::vars()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            write(all.join("\n").as_bytes());
        }
        ("how", "many") => write(b"1"),
        _ => write(input),
    }
}

fn refuse(why: &str, code: i32) -> ! {
    eprintln!("{why}");
    std::process::exit(code)
}

/// A peer that goes away, or closed the answer's end itself, is no error.
fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(bytes);
    let _ = stdout.flush();
}

fn spin() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

fn eat_memory() -> ! {
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1u8; 1 << 20]);
    }
}
