//! A function that breaks its contract in the way that its input names; any other input it echoes. What comes before
//! the last `misbehave: ` in the input does not count, so that a picture can name a way behind its own end.
//!
//! The environment variable `AT_START` names a way to break it before the first request.

use std::io::{self, Read, Write};

#[link(wasm_import_module = "wasm_function")]
unsafe extern "C" {
    safe fn accept();
}

const MARK: &[u8] = b"misbehave: ";

fn main() {
    let at_start = std::env::var("AT_START").unwrap_or_default();
    match at_start.as_str() {
        "exit" => {
            eprintln!("the model is missing");
            std::process::exit(2);
        }
        "silence" => spin(),
        _ => accept(),
    }
    match at_start.as_str() {
        "garbage" => write(b"hello there, I am a program"),
        _ => write(b"WFN1"),
    }
    let mut served = 0u32;
    while let Some(request) = read_request() {
        served += 1;
        serve(&request, served);
    }
}

/// The part of the request that names what to do.
fn order(request: &[u8]) -> &[u8] {
    match request
        .windows(MARK.len())
        .rposition(|window| window == MARK)
    {
        Some(start) => &request[start + MARK.len()..],
        None => request,
    }
}

fn serve(request: &[u8], served: u32) {
    match order(request) {
        b"trap" => std::arch::wasm32::unreachable(),
        b"exit" => std::process::exit(0),
        b"spin" => spin(),
        b"garbage" => write(b"this is no frame"),
        b"half a frame" => {
            write(&[0, 100, 0, 0, 0, 1, 2, 3]);
            std::process::exit(0);
        }
        b"too much" => write(&[0, 1, 0, 0, 0, b'x', b'y', b'z']),
        b"huge announcement" => write(&[0, 255, 255, 255, 255]),
        b"memory" => eat_memory(),
        b"grow" => {
            std::mem::forget(std::hint::black_box(vec![1u8; 24 << 20]));
            answer(0, request);
        }
        b"endless line" => {
            for _ in 0..1024 {
                io::stderr()
                    .write_all(&[b'x'; 1 << 16])
                    .expect("stderr takes bytes");
            }
            eprintln!();
            eprintln!("the end of it");
            answer(0, request);
        }
        b"bad input" => answer(1, b"this input is no good"),
        b"empty" => answer(3, b"there is nothing in it"),
        b"too large" => answer(4, b"there is too much in it"),
        b"format" => answer(5, b"this is no format of mine"),
        b"unknown status" => answer(6, b"no such status"),
        b"failure" => answer(2, b"this function is no good"),
        b"how many" => answer(0, served.to_string().as_bytes()),
        b"environment" => {
            let all: Vec<String> = std::env::vars()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            answer(0, all.join("\n").as_bytes());
        }
        _ => answer(0, request),
    }
}

fn read_request() -> Option<Vec<u8>> {
    let mut length = [0; 4];
    io::stdin().read_exact(&mut length).ok()?;
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    io::stdin().read_exact(&mut request).ok()?;
    Some(request)
}

fn answer(status: u8, payload: &[u8]) {
    let mut frame = vec![status];
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(payload);
    write(&frame);
}

fn write(bytes: &[u8]) {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).expect("stdout takes bytes");
    stdout.flush().expect("stdout takes bytes");
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
