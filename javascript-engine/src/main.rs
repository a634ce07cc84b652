//! What functions in JavaScript run in. It is run twice: where a function is built, `initialize` loads its script, and what the memory
//! holds then becomes the data of the function's module; in each request `main` goes on from there.

mod engine;
mod globals;

use engine::{Engine, Failure};
use std::{
    cell::OnceCell,
    io::{self, Read, Write},
    mem::ManuallyDrop,
    process::exit,
};

/// The exit code of a bad input.
const REFUSED: i32 = 1;
/// The exit code of a fault of the script's.
const FAILED: i32 = 2;

thread_local! {
    /// Never dropped: the memory goes with the process.
    static ENGINE: OnceCell<ManuallyDrop<Engine>> = const { OnceCell::new() };
}

/// Loads the script that `Engine::load` describes from stdin.
#[unsafe(export_name = "initialize")]
pub extern "C" fn initialize() {
    match read_stdin().and_then(|script| Engine::load(&script)) {
        Ok(engine) => ENGINE.with(|loaded| {
            loaded.set(ManuallyDrop::new(engine)).unwrap_or_else(|_| unreachable!("it is called once"))
        }),
        Err(Failure::Refusal(text) | Failure::Fault(text)) => {
            eprintln!("{text}");
            exit(FAILED);
        }
    }
}

fn main() {
    exit(match answer() {
        Ok(()) => 0, // Without destructors: they would take time for nothing.
        Err(Failure::Refusal(reason)) => {
            eprintln!("{}", one_line(&reason));
            REFUSED
        }
        Err(Failure::Fault(text)) => {
            eprintln!("{text}");
            // The last line is what is said of a function that has failed: not where its stack ends.
            if let Some((what, _stack)) = text.split_once("\n    at ") {
                eprintln!("{}", one_line(what));
            }
            FAILED
        }
    });
}

fn answer() -> Result<(), Failure> {
    // What was drawn while the script was loaded must not decide what each request draws.
    fastrand::seed(getrandom::u64().map_err(|error| Failure::Fault(error.to_string()))?);
    ENGINE.with(|loaded| {
        let engine = loaded.get().ok_or_else(|| Failure::Fault("no script is loaded".into()))?;
        write_stdout(&engine.answer(read_stdin()?)?)
    })
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    Ok(stdout.flush()?)
}

fn one_line(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join(" ")
}
