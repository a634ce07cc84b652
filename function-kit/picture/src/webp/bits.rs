use crate::Checked;

/// The bits of a lossless picture: of each byte the lowest first (RFC 9649, 3.2).
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next bits, up to 25, as a number: the first is its lowest.
    pub(super) fn read(&mut self, count: u32) -> Checked<u32> {
        let bits = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        Ok(bits)
    }

    /// Whether the next bit is set.
    pub(super) fn flag(&mut self) -> Checked<bool> {
        Ok(self.read(1)? == 1)
    }

    /// The next 25 bits, or more, with zeros for those that are not there.
    pub(super) fn peek(&self) -> u32 {
        let rest = &self.bytes[(self.at / 8).min(self.bytes.len())..];
        let word =
            (0..4).map(|byte| u32::from(rest.get(byte).copied().unwrap_or(0)) << (8 * byte)).sum::<u32>();
        word >> (self.at % 8)
    }

    /// Passes over some. The error: there are not as many.
    pub(super) fn skip(&mut self, count: u32) -> Checked {
        self.at += count as usize;
        if self.at > self.bytes.len() * 8 { Err("data is missing") } else { Ok(()) }
    }
}
