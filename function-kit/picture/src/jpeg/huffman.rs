use std::cell::OnceCell;

use super::bits::Bits;
use super::leaps::Leaps;
use crate::Checked;

/// Codes up to this many bits are looked up, longer ones are searched for.
const LOOKED_UP: u32 = 9;
const LONGEST: u32 = 16;

pub(super) const TABLE_IS_WRONG: &str = "a Huffman table is wrong";

/// A Huffman table, which gives a symbol of 8 bits for each code of up to 16 bits (ITU T.81, annex C).
pub(super) struct Table {
    /// By the next 9 bits: symbol, and in the upper byte the length of its code; 0 where it is longer.
    lookup: [u16; 1 << LOOKED_UP],
    /// By length: one past the last code, with zeros up to 16 bits, and what to add to a code to find its symbol.
    long: [(u32, usize); LONGEST as usize + 1],
    symbols: Vec<u8>,
    leaps: OnceCell<Leaps>,
}

impl Table {
    /// Takes a table from a DHT segment: how many codes there are of each length, and the symbols.
    pub(super) fn read(segment: &mut &[u8]) -> Checked<Self> {
        let (counts, rest) = segment.split_first_chunk::<{ LONGEST as usize }>().ok_or(TABLE_IS_WRONG)?;
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let (symbols, rest) = rest.split_at_checked(total).ok_or(TABLE_IS_WRONG)?;
        *segment = rest;
        Self::new(counts, symbols).ok_or(TABLE_IS_WRONG)
    }

    /// Nothing where there are more codes of a length than can be. The one of ones alone cannot (C.2).
    fn new(counts: &[u8; LONGEST as usize], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            lookup: [0; 1 << LOOKED_UP],
            long: [(0, 0); LONGEST as usize + 1],
            symbols: symbols.to_vec(),
            leaps: OnceCell::new(),
        };
        let mut code = 0_usize;
        let mut first = 0;
        for (length, &count) in (1..).zip(counts) {
            let count = usize::from(count);
            let past = code + count;
            if count > 0 && past >= 1 << length {
                return None;
            }
            let unused = LOOKED_UP.saturating_sub(length);
            if length <= LOOKED_UP {
                for (offset, &symbol) in symbols[first..first + count].iter().enumerate() {
                    let entries = (code + offset) << unused..(code + offset + 1) << unused;
                    table.lookup[entries].fill((length as u16) << 8 | u16::from(symbol));
                }
            }
            table.long[length as usize] = ((past << (16 - length)) as u32, first.wrapping_sub(code));
            first += count;
            code = past << 1;
        }
        Some(table)
    }

    /// Takes the next code, and gives its symbol. The error: there is no such code.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits) -> Checked<u8> {
        let next = bits.peek();
        let (symbol, length) =
            self.short(next).or_else(|| self.long(next)).ok_or("a code is none of its Huffman table")?;
        bits.skip(length);
        Ok(symbol)
    }

    /// The symbol of the code that the upper of 16 bits are, and its length, where it is looked up.
    pub(super) fn short(&self, next: u16) -> Option<(u8, u32)> {
        let entry = self.lookup[usize::from(next >> (16 - LOOKED_UP))];
        (entry != 0).then_some((entry as u8, u32::from(entry >> 8)))
    }

    /// All symbols that have a code.
    pub(super) fn symbols(&self) -> &[u8] {
        &self.symbols
    }

    /// For a table for AC coefficients of a sequential frame.
    pub(super) fn leaps(&self) -> &Leaps {
        self.leaps.get_or_init(|| Leaps::new(self))
    }

    #[cold]
    fn long(&self, next: u16) -> Option<(u8, u32)> {
        let length =
            (LOOKED_UP + 1..=LONGEST).find(|&length| u32::from(next) < self.long[length as usize].0)?;
        let (_, offset) = self.long[length as usize];
        Some((self.symbols[usize::from(next >> (LONGEST - length)).wrapping_add(offset)], length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many codes of each length as given, with the symbols 0, 1, 2 and so on.
    fn table(counts: [u8; 16]) -> Checked<Table> {
        let total = counts.iter().sum();
        Table::read(&mut &[&counts[..], &(0..total).collect::<Vec<_>>()].concat()[..])
    }

    #[test]
    fn codes_of_all_lengths_have_their_symbols() {
        let table = table([1; 16]).unwrap();
        for symbol in 0..16 {
            // As many ones as its number, and a zero; behind it ones, where the next code is not told from them.
            let code = [!(0x8000_u16 >> symbol)].map(u16::to_be_bytes).concat();
            let stuffed: Vec<_> = code
                .iter()
                .flat_map(|&byte| [byte, 0].into_iter().take(if byte == 255 { 2 } else { 1 }))
                .collect();
            let mut bits = Bits::new(&stuffed);
            assert_eq!(table.symbol(&mut bits), Ok(symbol));
            assert_eq!(bits.take(15 - u32::from(symbol)), 0x7fff >> symbol);
            assert!(!bits.is_overdrawn());
        }
        assert!(table.symbol(&mut Bits::new(&[0xff, 0, 0xff, 0])).is_err());
    }

    #[test]
    fn a_table_with_more_codes_than_there_can_be_is_refused() {
        for (counts, is_possible) in [
            ([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], true),
            ([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false),
            ([1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false),
            ([0, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false),
            ([0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], true),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255], true),
        ] {
            assert_eq!(table(counts).is_ok(), is_possible, "{counts:?}");
        }
    }

    #[test]
    fn a_table_that_ends_before_its_symbols_is_refused() {
        let segment = [[0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].as_slice(), &[7, 8, 9]].concat();
        for end in 0..segment.len() {
            assert!(Table::read(&mut &segment[..end]).is_err(), "cut off at {end}");
        }
        assert!(Table::read(&mut &segment[..]).is_ok());
    }
}
