//! The frames of serve mode: a request is `u32 LE length, payload`, an answer
//! `u8 status, u32 LE length, payload`.

use crate::{Error, InputFault};
use std::io::{self, IoSlice, Read, Write};

/// What a function writes when it is ready for its first request.
pub(crate) const READY: &[u8; 4] = b"WFN1";

/// Reads one request into a buffer of exactly its size: `None` at the end of input. The inner
/// error is the answer to a request that is too long, whose bytes are skipped.
pub(crate) fn read_request(
    reader: &mut impl Read,
    max_input: usize,
) -> io::Result<Option<Result<Vec<u8>, Error>>> {
    let Some(length) = read_length(reader)? else {
        return Ok(None);
    };
    match buffer(length, max_input) {
        Ok(mut payload) => {
            reader.read_exact(&mut payload)?;
            Ok(Some(Ok(payload)))
        }
        Err(refusal) => {
            skip(reader, length)?;
            Ok(Some(Err(refusal)))
        }
    }
}

/// Writes one answer, in a single write where the system takes it whole.
pub(crate) fn write_answer(writer: &mut impl Write, answer: &Result<Vec<u8>, Error>) -> io::Result<()> {
    let (status, payload) = match answer {
        Ok(result) => (0, result.as_slice()),
        Err(error) => (error.status(), error.message().as_bytes()),
    };
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut header = [status, 0, 0, 0, 0];
    header[1..].copy_from_slice(&length.to_le_bytes());
    write_both(writer, &header, payload)
}

/// The answer to an input of more than `max_input` bytes.
pub(crate) fn too_long(max_input: usize) -> Error {
    Error::input(
        InputFault::TooLarge,
        format!("too large: the input is longer than the {max_input} bytes that this function accepts"),
    )
}

fn read_length(reader: &mut impl Read) -> io::Result<Option<u32>> {
    let mut bytes = [0; 4];
    let mut filled = 0;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(u32::from_le_bytes(bytes)))
}

fn buffer(length: u32, max_input: usize) -> Result<Vec<u8>, Error> {
    let length = length as usize;
    if length > max_input {
        return Err(too_long(max_input));
    }
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(length)
        .map_err(|_| Error::failure(format!("there is no memory for an input of {length} bytes")))?;
    buffer.resize(length, 0);
    Ok(buffer)
}

fn skip(reader: &mut impl Read, length: u32) -> io::Result<()> {
    let skipped = io::copy(&mut reader.take(length.into()), &mut io::sink())?;
    if skipped < length.into() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

fn write_both(writer: &mut impl Write, header: &[u8], payload: &[u8]) -> io::Result<()> {
    let mut slices = &mut [IoSlice::new(header), IoSlice::new(payload)][..];
    while !slices.is_empty() {
        match writer.write_vectored(slices) {
            Ok(0) if slices.iter().all(|slice| slice.is_empty()) => break,
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => IoSlice::advance_slices(&mut slices, count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    writer.flush()
}

#[cfg(test)]
#[path = "../fuzz/framing.rs"]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that moves one byte at a time.
    struct Trickle<T>(T);

    impl<T: Read> Read for Trickle<T> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    impl Write for Trickle<Vec<u8>> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(&bytes[..bytes.len().min(1)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn request(payload: &[u8]) -> Vec<u8> {
        [&(payload.len() as u32).to_le_bytes(), payload].concat()
    }

    /// The fuzz target's check on bytes that are not those of a fuzzer: frames of every small length and of some that
    /// are too long, whole and cut off.
    #[test]
    fn any_bytes_in_any_pieces_are_read_as_the_requests_that_they_are() {
        for pace in 0..=u8::MAX {
            let lengths = [0, 1, usize::from(pace) % 64, 63, 64, 65, 200];
            let whole = lengths.map(|length| request(&vec![pace; length])).concat();
            for cut in [0, 1, 4, 5, 70, 150, 199, 200, 203, 204, 205] {
                fuzz::check(&[&[pace], &whole[..whole.len() - cut]].concat());
            }
            fuzz::check(&[pace, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
        }
    }

    #[test]
    fn requests_are_read_one_after_the_other_until_the_input_ends() {
        let input = [request(b"one"), request(b""), request(b"two")].concat();
        let mut reader = Trickle(input.as_slice());
        for expected in [&b"one"[..], b"", b"two"] {
            let payload = read_request(&mut reader, 10).unwrap().unwrap().unwrap();
            assert_eq!(payload, expected);
            assert_eq!(payload.capacity(), expected.len());
        }
        assert!(read_request(&mut reader, 10).unwrap().is_none());
    }

    #[test]
    fn a_request_over_the_limit_is_refused_and_skipped() {
        let input = [request(b"12345"), request(b"1234")].concat();
        let mut reader = input.as_slice();
        let refusal = read_request(&mut reader, 4).unwrap().unwrap().unwrap_err();
        assert_eq!(refusal, too_long(4));
        let next = read_request(&mut reader, 4).unwrap().unwrap().unwrap();
        assert_eq!(next, b"1234");
    }

    #[test]
    fn input_that_ends_inside_a_request_is_an_error() {
        for whole in [request(b"12345"), request(&[0; 100])] {
            for end in 1..whole.len() {
                let error = read_request(&mut &whole[..end], 10).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
            }
        }
    }

    #[test]
    fn an_answer_has_its_status_length_and_payload() {
        for (answer, expected) in [
            (Ok(b"ok".to_vec()), &b"\0\x02\0\0\0ok"[..]),
            (Ok(Vec::new()), b"\0\0\0\0\0"),
            (Err(Error::bad_input("no")), b"\x01\x02\0\0\0no"),
            (Err(Error::failure("oh")), b"\x02\x02\0\0\0oh"),
            (Err(Error::input(InputFault::Empty, "e")), b"\x03\x01\0\0\0e"),
            (Err(Error::input(InputFault::TooLarge, "l")), b"\x04\x01\0\0\0l"),
            (Err(Error::input(InputFault::UnsupportedFormat, "f")), b"\x05\x01\0\0\0f"),
        ] {
            let mut writer = Trickle(Vec::new());
            write_answer(&mut writer, &answer).unwrap();
            assert_eq!(writer.0, expected);
        }
    }
}
