//! What a fork writes to stderr, for its owner: by lines, and only so much of it.
use std::{
    fs::File,
    io::{self, ErrorKind, Read},
};

/// A line that is longer is cut.
const MAX_LINE_BYTES: usize = 16 * 1024;
/// What one fork is listened to, in bytes. What it writes beyond that is read, so that it can go on, and thrown away.
const MAX_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 64 * 1024;

/// The parent's end of a fork's stderr.
pub struct ForkStderr {
    pipe: File,
    line: Vec<u8>,
    /// Whether the rest of the present line is thrown away.
    cut: bool,
    left: usize,
}

impl ForkStderr {
    /// `pipe` must not block.
    pub fn new(pipe: File) -> Self {
        ForkStderr {
            pipe,
            line: Vec::new(),
            cut: false,
            left: MAX_BYTES,
        }
    }

    /// The pipe, to be polled.
    pub fn pipe(&self) -> &File {
        &self.pipe
    }

    /// Takes what there is now, up to one buffer: the lines that are whole with it. `None` when there is no more, now or
    /// ever.
    pub fn read(&mut self) -> io::Result<Option<Vec<String>>> {
        let mut buffer = [0; READ_BYTES];
        match self.pipe.read(&mut buffer) {
            Ok(0) => Ok(None),
            Ok(count) => Ok(Some(self.take(&buffer[..count]))),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Some(Vec::new())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All that is left when the fork has ended.
    pub fn finish(mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(more) = self.read()? {
            lines.extend(more);
        }
        lines.extend(self.end_line());
        Ok(lines)
    }

    fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            self.extend(part);
            if parts.peek().is_some() {
                lines.extend(self.end_line());
            }
        }
        lines
    }

    fn extend(&mut self, part: &[u8]) {
        let room = (MAX_LINE_BYTES - self.line.len()).min(self.left);
        let taken = if self.cut { 0 } else { room.min(part.len()) };
        self.line.extend_from_slice(&part[..taken]);
        self.left -= taken;
        self.cut |= taken < part.len();
    }

    fn end_line(&mut self) -> Option<String> {
        self.cut = false;
        let bytes = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(&bytes));
        let readable: String = text
            .chars()
            .map(|character| {
                if character.is_control() && character != '\t' {
                    '\u{fffd}'
                } else {
                    character
                }
            })
            .collect();
        (!readable.is_empty()).then_some(readable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A pipe whose end for reading does not block.
    fn stderr() -> (ForkStderr, File) {
        let (reader, writer) = crate::supervisor::stderr_pipe().unwrap();
        (ForkStderr::new(reader), File::from(writer))
    }

    #[test]
    fn lines_come_when_they_are_whole_and_the_last_one_at_the_end() {
        let (mut stderr, mut writer) = stderr();
        writer.write_all(b"one\ntw").unwrap();
        assert_eq!(stderr.read().unwrap(), Some(vec!["one".into()]));
        assert_eq!(stderr.read().unwrap(), None);
        writer.write_all(b"o\r\n\nthree\x1b[31m").unwrap();
        drop(writer);
        assert_eq!(stderr.finish().unwrap(), ["two", "three\u{fffd}[31m"]);
    }

    #[test]
    fn a_line_without_end_is_cut_and_the_next_one_is_heard() {
        let (mut stderr, mut writer) = stderr();
        let mut lines = Vec::new();
        for _ in 0..100 {
            writer.write_all(&[b'x'; 8192]).unwrap();
            lines.extend(stderr.read().unwrap().unwrap());
        }
        writer.write_all(b"\nthe end of it\n").unwrap();
        lines.extend(stderr.read().unwrap().unwrap());
        assert_eq!(lines, ["x".repeat(MAX_LINE_BYTES), "the end of it".into()]);
    }

    #[test]
    fn more_than_64_kib_are_read_and_not_heard() {
        let (mut stderr, mut writer) = stderr();
        let mut heard = 0;
        for _ in 0..1000 {
            writer
                .write_all(format!("{}\n", "y".repeat(999)).as_bytes())
                .unwrap();
            heard += stderr
                .read()
                .unwrap()
                .unwrap()
                .iter()
                .map(String::len)
                .sum::<usize>();
        }
        assert_eq!(heard, MAX_BYTES);
        assert_eq!(stderr.read().unwrap(), None);
    }
}
