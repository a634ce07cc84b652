//! The framing against a reading of the same bytes that is too simple to be wrong. The fuzz target gives it what
//! libFuzzer thinks of; `cargo test` gives it a fixed choice.

use crate::Error;
use crate::frames::{read_request, too_long, write_answer};
use std::io::{self, IoSlice, Read, Write};

const MAX_INPUT: usize = 64;

/// Takes the first byte for the sizes in which the pipe moves the others, and the others for requests.
///
/// # Panics
///
/// Where the framing reads or writes something else than it should.
pub fn check(data: &[u8]) {
    let Some((&pace, input)) = data.split_first() else {
        return;
    };
    let mut reader = Pipe { inner: input, pace, turn: 0 };
    let mut expected = Requests { rest: input };
    loop {
        let request = read_request(&mut reader, MAX_INPUT);
        match (request, expected.next()) {
            (Ok(None), Expected::End) => return,
            (Err(error), Expected::CutOff) => {
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
                return;
            }
            (Ok(Some(answer)), Expected::Request(payload)) => {
                assert_eq!(answer, payload);
                assert!(answer.as_ref().map_or(0, Vec::capacity) <= MAX_INPUT, "more memory than the limit");
                check_answer(&answer, pace);
            }
            (request, _) => panic!("read {request:?}"),
        }
    }
}

fn check_answer(answer: &Result<Vec<u8>, Error>, pace: u8) {
    let mut writer = Pipe { inner: Vec::new(), pace, turn: 0 };
    write_answer(&mut writer, answer).expect("the pipe takes all");
    let (status, payload) = match answer {
        Ok(payload) => (0, payload.as_slice()),
        Err(error) => (error.status(), error.message().as_bytes()),
    };
    let length = u32::try_from(payload.len()).expect("a short answer").to_le_bytes();
    assert_eq!(writer.inner, [&[status], &length[..], payload].concat());
}

enum Expected {
    Request(Result<Vec<u8>, Error>),
    CutOff,
    End,
}

struct Requests<'a> {
    rest: &'a [u8],
}

impl Requests<'_> {
    fn next(&mut self) -> Expected {
        if self.rest.is_empty() {
            return Expected::End;
        }
        let Some((&length, behind)) = self.rest.split_first_chunk() else {
            return Expected::CutOff;
        };
        let length = u32::from_le_bytes(length) as usize;
        let Some(payload) = behind.get(..length) else {
            return Expected::CutOff;
        };
        self.rest = &behind[length..];
        let fits = length <= MAX_INPUT;
        Expected::Request(if fits { Ok(payload.to_vec()) } else { Err(too_long(MAX_INPUT)) })
    }
}

/// Moves 1 to 8 bytes at a time, and is interrupted now and then.
struct Pipe<T> {
    inner: T,
    pace: u8,
    turn: usize,
}

impl<T> Pipe<T> {
    fn step(&mut self) -> io::Result<usize> {
        self.turn += 1;
        let pace = usize::from(self.pace);
        if pace.is_multiple_of(3) && self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(1 + (pace ^ self.turn) % 8)
    }
}

impl<T: Read> Read for Pipe<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.step()?.min(buffer.len());
        self.inner.read(&mut buffer[..end])
    }
}

impl Write for Pipe<Vec<u8>> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.step()?.min(bytes.len());
        self.inner.write(&bytes[..end])
    }

    fn write_vectored(&mut self, slices: &[IoSlice]) -> io::Result<usize> {
        let all = slices.iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>();
        self.write(&all)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
