use super::bits::Bits;
use crate::Checked;

const LONGEST: usize = 15;
const NO_CODE: &str = "a prefix code is wrong";

/// A canonical prefix code of up to 15 bits (RFC 9649, 3.7.2.1).
pub(super) struct PrefixCode {
    /// How many codes there are of each length.
    counts: [u16; LONGEST + 1],
    /// By their codes: shorter ones first.
    symbols: Vec<u16>,
}

impl PrefixCode {
    /// Reads a code for symbols below `alphabet`.
    ///
    /// The error: there is none, or it is one of two symbols of which the first is not the lower. That is a code by the
    /// RFC, but no encoder is known that writes such, and the crate image-webp (0.2.4) mixes the two up.
    pub(super) fn read(bits: &mut Bits, alphabet: usize) -> Checked<Self> {
        let mut lengths = vec![0; alphabet];
        if bits.flag()? {
            for symbol in simple(bits)? {
                *lengths.get_mut(symbol).ok_or(NO_CODE)? = 1;
            }
        } else {
            read_lengths(bits, &mut lengths)?;
        }
        Self::new(&lengths).ok_or(NO_CODE)
    }

    /// By the lengths of all symbols' codes, 0 for those without. Nothing where that is no code, or not all of one.
    fn new(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; LONGEST + 1];
        let mut symbols: Vec<_> = (0..).zip(lengths).filter(|&(_, &length)| length > 0).collect();
        symbols.sort_by_key(|&(_, length)| length);
        symbols.iter().for_each(|&(_, &length)| counts[usize::from(length)] += 1);
        let whole = 1 << LONGEST;
        let used: usize = (1..=LONGEST).map(|length| usize::from(counts[length]) << (LONGEST - length)).sum();
        let is_code = used == whole || symbols.len() == 1;
        is_code.then(|| Self { counts, symbols: symbols.into_iter().map(|(symbol, _)| symbol).collect() })
    }

    /// Takes a code, and gives its symbol. A symbol alone takes no bit.
    pub(super) fn symbol(&self, bits: &mut Bits) -> Checked<u16> {
        if let [symbol] = self.symbols[..] {
            return Ok(symbol);
        }
        let next = bits.peek();
        let (mut code, mut first, mut index) = (0, 0, 0);
        for length in 1..=LONGEST {
            let count = usize::from(self.counts[length]);
            code = code << 1 | (next >> (length - 1) & 1) as usize;
            first <<= 1;
            if code < first + count {
                bits.skip(length as u32)?;
                return Ok(self.symbols[index + code - first]);
            }
            first += count;
            index += count;
        }
        Err(NO_CODE)
    }
}

/// The one or two symbols of a simple code (3.7.2.1.1).
fn simple(bits: &mut Bits) -> Checked<Vec<usize>> {
    let has_two = bits.flag()?;
    let first = if bits.flag()? { bits.read(8)? } else { bits.read(1)? };
    if !has_two {
        return Ok(vec![first as usize]);
    }
    let second = bits.read(8)?;
    if second <= first {
        return Err("the two symbols of a prefix code are in an order that is not supported");
    }
    Ok(vec![first as usize, second as usize])
}

/// The lengths of a normal code, by a code of their own (3.7.2.1.2).
fn read_lengths(bits: &mut Bits, lengths: &mut [u8]) -> Checked {
    const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut of_lengths = [0; ORDER.len()];
    for &place in &ORDER[..4 + bits.read(4)? as usize] {
        of_lengths[place] = bits.read(3)? as u8;
    }
    let of_lengths = PrefixCode::new(&of_lengths).ok_or(NO_CODE)?;
    let most = if bits.flag()? {
        let count = 2 + 2 * bits.read(3)?;
        2 + bits.read(count)? as usize
    } else {
        lengths.len()
    };
    let (mut at, mut last) = (0, 8);
    for _ in 0..most {
        if at == lengths.len() {
            break;
        }
        let (length, times) = match of_lengths.symbol(bits)? {
            16 => (last, 3 + bits.read(2)?),
            17 => (0, 3 + bits.read(3)?),
            18 => (0, 11 + bits.read(7)?),
            length => (length as u8, 1),
        };
        if length > 0 {
            last = length;
        }
        let end = at + times as usize;
        lengths.get_mut(at..end).ok_or(NO_CODE)?.fill(length);
        at = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_codes_come_first_and_lower_symbols_before_higher() {
        let code = PrefixCode::new(&[2, 0, 1, 3, 3]).unwrap();
        // From the lowest bit: 0, 10, 110, 111.
        let mut bits = Bits::new(&[0b1101_1010, 0b1]);
        let symbols: Vec<_> = (0..4).map(|_| code.symbol(&mut bits).unwrap()).collect();
        assert_eq!(symbols, [2, 0, 3, 4]);
    }

    #[test]
    fn a_symbol_alone_takes_no_bit_whatever_its_length() {
        let code = PrefixCode::new(&[0, 0, 7]).unwrap();
        assert_eq!(code.symbol(&mut Bits::new(&[])), Ok(2));
    }

    #[test]
    fn lengths_that_leave_a_code_over_or_take_one_twice_are_refused() {
        for lengths in [&[0, 0][..], &[1, 2], &[1, 1, 1], &[2, 2, 2], &[1, 2, 2, 15]] {
            assert!(PrefixCode::new(lengths).is_none(), "{lengths:?}");
        }
    }
}
