use super::markers::next_marker;

/// The coded bits of a scan, up to the next marker. Behind them zeros are read, and counted.
pub(super) struct Bits<'a> {
    /// What of the file is not in `buffer` yet.
    rest: &'a [u8],
    /// The next bits, from the highest down, with zeros behind them.
    buffer: u64,
    /// How many bits of `buffer` are the file's; below zero, how many were taken that it does not have.
    left: i32,
}

impl<'a> Bits<'a> {
    /// The bits that start where `rest` does.
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest, buffer: 0, left: 0 }
    }

    /// The next 16 bits. Up to 32 may be passed over before the next look: a code of 16 and a value of 15 at the most.
    #[inline]
    pub(super) fn peek(&mut self) -> u16 {
        if self.left < 32 {
            self.fill();
        }
        (self.buffer >> 48) as u16
    }

    /// Passes over up to 32 bits, together with all since the last look.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.left -= count as i32;
    }

    /// The next bits, up to 15, as a number.
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let bits = u32::from(self.peek());
        self.skip(count);
        bits >> (16 - count)
    }

    /// Whether more bits were taken than there are.
    #[inline]
    pub(super) fn is_overdrawn(&self) -> bool {
        self.left < 0
    }

    /// Leaves what is left of the bits, and goes to behind the next marker.
    pub(super) fn next_marker(&mut self) -> Option<u8> {
        (self.buffer, self.left) = (0, 0);
        next_marker(&mut self.rest)
    }

    /// What of the file is behind all that was looked at. What is left out of coded data has no marker in it.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// Has 32 bits or more in the buffer, or all that there are.
    #[inline]
    fn fill(&mut self) {
        match self.rest.split_first_chunk() {
            Some((&word, rest)) if !word.contains(&0xff) => {
                self.buffer |= u64::from(u32::from_be_bytes(word)) << (32 - self.left);
                self.left += 32;
                self.rest = rest;
            }
            _ => self.fill_by_bytes(),
        }
    }

    /// FF is coded data only with 00 behind it (ITU T.81, B.1.1.5), else a marker, where it may come more than once.
    #[cold]
    fn fill_by_bytes(&mut self) {
        while let Some((&byte, mut rest)) = self.rest.split_first()
            && self.left <= 56
        {
            if byte == 0xff {
                while let [0xff, more @ ..] = rest {
                    (self.rest, rest) = (rest, more);
                }
                let [0, behind @ ..] = rest else { return };
                rest = behind;
            }
            self.buffer |= u64::from(byte) << (56 - self.left);
            self.left += 8;
            self.rest = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuffed_byte_is_data_however_often_it_is_filled_up() {
        let mut bits =
            Bits::new(&[0x12, 0xff, 0x00, 0x34, 0xff, 0xff, 0xff, 0x00, 0x56, 0xff, 0xff, 0xd0, 0x78, 0xff]);
        let taken: Vec<_> = (0..10).map(|_| bits.take(4)).collect();
        assert_eq!(taken, [1, 2, 15, 15, 3, 4, 15, 15, 5, 6]);
        assert!(!bits.is_overdrawn());
        assert_eq!(bits.next_marker(), Some(0xd0));
        assert_eq!([bits.take(4), bits.take(4)], [7, 8]);
        assert!(!bits.is_overdrawn());
    }

    #[test]
    fn bits_behind_a_marker_or_the_file_are_zeros_that_it_does_not_have() {
        for rest in [&[0xab, 0xff, 0xd9, 0xcd][..], &[0xab], &[0xab, 0xff]] {
            let mut bits = Bits::new(rest);
            assert_eq!(bits.peek(), 0xab00);
            bits.skip(8);
            assert!(!bits.is_overdrawn());
            bits.skip(1);
            assert!(bits.is_overdrawn());
        }
    }
}
