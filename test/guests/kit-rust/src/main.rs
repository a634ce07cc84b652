//! Does what its input names, so that the tests see all that a handler can; any other input it echoes.

use std::process::ExitCode;
use wasi_function::{Error, InputFault};

fn main() -> ExitCode {
    let mut requests = 0;
    wasi_function::run(|| {
        if std::env::var("AT_START").as_deref() == Ok("fail") {
            return Err(Error::failure("the model\n is missing"));
        }
        let loaded = b"Loaded".to_vec();
        Ok(move |input: &[u8]| {
            requests += 1;
            handle(input, &loaded, requests)
        })
    })
}

fn handle(input: &[u8], loaded: &[u8], requests: u32) -> Result<Vec<u8>, Error> {
    let answered = |text: &[u8]| Ok(text.to_vec());
    match input {
        b"bad input" => Err(Error::bad_input(" row 7\n\thas no number ")),
        b"failure" => Err(Error::failure("the disk is gone")),
        b"empty" => Err(Error::input(InputFault::Empty, "there is nothing in it")),
        b"too large" => Err(Error::input(
            InputFault::TooLarge,
            "there is too much in it",
        )),
        b"format" => Err(Error::input(
            InputFault::UnsupportedFormat,
            "this is no format of mine",
        )),
        b"trap" => panic!("unreachable"),
        b"exit" => std::process::exit(0),
        b"loaded" => answered(loaded),
        b"nothing" => answered(b""),
        b"how many" => answered(requests.to_string().as_bytes()),
        _ => match input.strip_prefix(b"answer ") {
            Some(digits) => Ok(vec![b'x'; length(digits)?]),
            None => answered(input),
        },
    }
}

fn length(digits: &[u8]) -> Result<usize, Error> {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::bad_input("that is no number"))
}
