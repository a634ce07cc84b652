use super::bits::Bits;
use super::coding::run_and_size;
use super::huffman::Table;

/// Passes over several coefficients of a sequential block at a time: as many as are whole in the next 11 bits.
pub(super) struct Leaps([Leap; 1 << BITS]);

/// More bits would hold more, but filling the table would take longer than a small picture.
const BITS: u32 = 11;

#[derive(Clone, Copy)]
struct Leap {
    bits: u8,
    /// How far it is, in coefficients.
    coefficients: u8,
}

/// Added to the coefficients where the block ends.
const END: u8 = 128;
/// From wherever in a block, this is too far. Places in a block and leaps are below it, so that in the sum of two this
/// bit says that the leap goes behind the block, whether it ends there or not.
const TOO_FAR: u8 = 64;

impl Leaps {
    /// By a table for AC coefficients.
    pub(super) fn new(table: &Table) -> Self {
        let mut leaps = [Leap { bits: 0, coefficients: TOO_FAR }; 1 << BITS];
        for (bits, leap) in (0_u16..).zip(&mut leaps) {
            *leap = Leap::new(bits << (16 - BITS), table).unwrap_or(*leap);
        }
        Self(leaps)
    }

    /// Passes over what it can; gives the place behind, which is 128 or more at the end of the block. Nothing where the next
    /// coefficient has to be looked at by itself.
    #[inline]
    pub(super) fn leap(&self, bits: &mut Bits, at: u32) -> Option<u32> {
        let leap = self.0[usize::from(bits.peek() >> (16 - BITS))];
        let behind = at + u32::from(leap.coefficients);
        if behind & u32::from(TOO_FAR) != 0 {
            return None;
        }
        bits.skip(leap.bits.into());
        Some(behind)
    }
}

impl Leap {
    /// The furthest leap with the upper bits of `next`.
    fn new(mut next: u16, table: &Table) -> Option<Self> {
        let (mut bits, mut coefficients) = (0, 0);
        while coefficients < u32::from(TOO_FAR)
            && let Some((symbol, length)) = table.short(next)
        {
            let (run, size) = run_and_size(symbol);
            if bits + length + size > BITS {
                break;
            }
            bits += length + size;
            next <<= length + size;
            match (run, size) {
                (15, 0) => coefficients += 16,
                (_, 0) => {
                    coefficients += u32::from(END);
                    break;
                }
                _ => coefficients += run + 1,
            }
        }
        let is_short = coefficients & u32::from(TOO_FAR) == 0;
        (bits > 0 && is_short).then_some(Self { bits: bits as u8, coefficients: coefficients as u8 })
    }
}
