//! The function kit: gives a WebAssembly function, written as one handler, the two ways in which the
//! host runs it.
//!
//! - *Plain filter*: input on stdin, result on stdout, exit code 0; an error goes to stderr as one
//!   line, with exit code 1 (bad input) or 2 (failure).
//! - *Serve* (`WASM_FUNCTION_MODE=serve`): after the set-up the function calls `accept()`, the
//!   place where a fork server copies it, writes `WFN1`, and answers requests, framed as `u32 LE
//!   length, payload`, with `u8 status, u32 LE length, payload` until its input ends.
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     wasi_function::run(|| Ok(|input: &[u8]| Ok(input.iter().map(|byte| !byte).collect())))
//! }
//! ```

mod error;
mod frames;
mod settings;
mod stdio;

pub use error::{Error, InputFault};

use settings::Settings;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Enough for a photo of half a megapixel, decoded and encoded again; every ready fork holds it.
const TOUCHED_BYTES: usize = 3 << 19;

/// Room for the input of a filter before it is known how long that is. A vector without it starts with reads of 32 bytes,
/// and room that nothing is read into costs nothing: nobody touches it.
const INPUT_BYTES: usize = 64 * 1024;

/// Runs a function to its end and gives the exit code of the process: 0, 1 (bad input) or 2 (failure).
///
/// `set_up` is called once, before any input is read, and gives the handler: what takes long
/// (loading a model) belongs there, because the host copies or keeps the function after it. The
/// handler turns one input into one result.
///
/// Environment: `WASM_FUNCTION_MODE` (unset or `serve`), `WASM_FUNCTION_MAX_INPUT` (bytes,
/// default 64 MiB).
pub fn run<H>(set_up: impl FnOnce() -> Result<H, Error>) -> ExitCode
where
    H: FnMut(&[u8]) -> Result<Vec<u8>, Error>,
{
    match try_run(set_up) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn try_run<H>(set_up: impl FnOnce() -> Result<H, Error>) -> Result<(), Error>
where
    H: FnMut(&[u8]) -> Result<Vec<u8>, Error>,
{
    let settings = Settings::from_environment()?;
    let handler = set_up()?;
    let (mut stdin, mut stdout) = (stdio::stdin(), stdio::stdout());
    if settings.serve {
        accept();
        touch_memory(TOUCHED_BYTES);
        serve(&mut *stdin, &mut *stdout, settings.max_input, handler)
    } else {
        filter(&mut *stdin, &mut *stdout, settings.max_input, handler)
    }
}

fn filter<H>(
    reader: &mut impl Read,
    writer: &mut impl Write,
    max_input: usize,
    mut handler: H,
) -> Result<(), Error>
where
    H: FnMut(&[u8]) -> Result<Vec<u8>, Error>,
{
    let mut input = Vec::with_capacity(INPUT_BYTES);
    let one_too_many = (max_input as u64).saturating_add(1);
    reader.take(one_too_many).read_to_end(&mut input).map_err(read_failed)?;
    if input.len() > max_input {
        return Err(frames::too_long(max_input));
    }
    let result = handler(&input)?;
    writer.write_all(&result).map_err(write_failed)
}

fn serve<H>(
    reader: &mut impl Read,
    writer: &mut impl Write,
    max_input: usize,
    mut handler: H,
) -> Result<(), Error>
where
    H: FnMut(&[u8]) -> Result<Vec<u8>, Error>,
{
    writer.write_all(frames::READY).map_err(write_failed)?;
    while let Some(request) = frames::read_request(reader, max_input).map_err(read_failed)? {
        let answer = request.and_then(|input| handler(&input));
        frames::write_answer(writer, &answer).map_err(write_failed)?;
    }
    Ok(())
}

/// Has the kernel map the first `bytes` of memory that the handler will ask for, page by page: in a fork that is made
/// ahead, this is then done before there is a request.
fn touch_memory(bytes: usize) {
    const PAGE: usize = 4096;
    let mut memory = vec![0u8; bytes];
    for page in memory.chunks_mut(PAGE) {
        page[0] = 1;
    }
    std::hint::black_box(&memory);
}

fn read_failed(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::failure("the input ended inside a request"),
        _ => Error::failure(format!("the input cannot be read: {error}")),
    }
}

fn write_failed(error: io::Error) -> Error {
    Error::failure(format!("the result cannot be written: {error}"))
}

/// The fork point: returns at once unless the plug-in `wasm_function` serves forks, then once in each fork.
#[cfg(target_arch = "wasm32")]
fn accept() {
    #[link(wasm_import_module = "wasm_function")]
    // SAFETY: the plug-in's function takes and gives nothing and does not touch the function's memory.
    unsafe extern "C" {
        safe fn accept();
    }
    accept();
}

#[cfg(not(target_arch = "wasm32"))]
fn accept() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn upper(input: &[u8]) -> Result<Vec<u8>, Error> {
        match input {
            b"" => Err(Error::bad_input("empty")),
            b"fail" => Err(Error::failure("failed")),
            _ => Ok(input.to_ascii_uppercase()),
        }
    }

    #[test]
    fn a_filter_writes_the_result_alone() {
        let mut output = Vec::new();
        filter(&mut &b"abc"[..], &mut output, 3, upper).unwrap();
        assert_eq!(output, b"ABC");
    }

    #[test]
    fn a_filter_writes_nothing_when_the_input_is_bad_or_too_long() {
        for (input, expected) in [(&b""[..], Error::bad_input("empty")), (b"abcd", frames::too_long(3))] {
            let mut output = Vec::new();
            assert_eq!(filter(&mut &input[..], &mut output, 3, upper).unwrap_err(), expected);
            assert_eq!(output, b"");
        }
    }

    /// Counts the reads of what it reads from.
    struct Counted<T>(T, usize);

    impl<T: Read> Read for Counted<T> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            self.0.read(buffer)
        }
    }

    #[test]
    fn a_filter_reads_a_small_photo_in_few_pieces() {
        let photo = vec![b'a'; 60_000];
        let mut reader = Counted(photo.as_slice(), 0);
        filter(&mut reader, &mut Vec::new(), 60_000, upper).unwrap();
        assert!(reader.1 <= 6, "{} reads", reader.1);
    }

    #[test]
    fn a_server_says_that_it_is_ready_and_answers_on_after_an_error() {
        let mut output = Vec::new();
        serve(&mut &b"\x04\0\0\0fail\0\0\0\0\x02\0\0\0ok"[..], &mut output, 9, upper).unwrap();
        assert_eq!(output, b"WFN1\x02\x06\0\0\0failed\x01\x05\0\0\0empty\0\x02\0\0\0OK");
    }

    #[test]
    fn a_server_fails_when_its_input_ends_inside_a_request() {
        let error = serve(&mut &b"\x04\0\0\0ab"[..], &mut Vec::new(), 9, upper).unwrap_err();
        assert_eq!(error, Error::failure("the input ended inside a request"));
    }
}
