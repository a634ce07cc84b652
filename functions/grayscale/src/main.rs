//! The WebAssembly function `grayscale`.

use picture::Limits;
use std::process::ExitCode;

fn main() -> ExitCode {
    wasi_function::run(|| {
        let limits = Limits::from_environment()?;
        Ok(move |input: &[u8]| grayscale::grayscale(input, &limits))
    })
}
