use std::slice::IterMut;

use super::bits::Bits;
use super::huffman::Table;
use super::scan_header::ScanHeader;
use crate::Checked;

const COEFFICIENTS: u32 = 64;
const TOO_MANY: &str = "a block has more than its coefficients";

/// How a scan codes its blocks: passes over them, bit by bit.
pub(super) trait Coding {
    /// Passes over the next block, of the scan's component with this number.
    fn block(&mut self, bits: &mut Bits, component: usize) -> Checked;

    /// A restart interval begins.
    fn restart(&mut self) {}
}

/// All of a block at once (ITU T.81, F.2.2).
pub(super) struct Sequential<'t> {
    /// Of each component.
    pub(super) dc: Vec<&'t Table>,
    pub(super) ac: Vec<&'t Table>,
}

impl Coding for Sequential<'_> {
    #[inline]
    fn block(&mut self, bits: &mut Bits, component: usize) -> Checked {
        let size = self.dc[component].symbol(bits)?;
        bits.skip(size.into());
        let table = self.ac[component];
        let leaps = table.leaps();
        let mut at = 1;
        while at < COEFFICIENTS {
            if let Some(behind) = leaps.leap(bits, at) {
                at = behind;
                continue;
            }
            let (run, size) = run_and_size(table.symbol(bits)?);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => break,
                _ => {
                    at += run + 1;
                    if at > COEFFICIENTS {
                        return Err(TOO_MANY);
                    }
                    bits.skip(size);
                }
            }
        }
        Ok(())
    }
}

/// The upper bits of DC coefficients (ITU T.81, G.1.2.1).
pub(super) struct DcFirst<'t> {
    /// Of each component.
    pub(super) dc: Vec<&'t Table>,
}

impl Coding for DcFirst<'_> {
    #[inline]
    fn block(&mut self, bits: &mut Bits, component: usize) -> Checked {
        let size = self.dc[component].symbol(bits)?;
        bits.skip(size.into());
        Ok(())
    }
}

/// One more bit of each DC coefficient (ITU T.81, G.1.2.1).
pub(super) struct DcRefinement;

impl Coding for DcRefinement {
    #[inline]
    fn block(&mut self, bits: &mut Bits, _: usize) -> Checked {
        bits.take(1);
        Ok(())
    }
}

/// Some of the AC coefficients of one component.
pub(super) struct Band<'t> {
    table: &'t Table,
    first: u32,
    last: u32,
    /// How many lower bits of its coefficients come in other scans.
    low: u32,
    /// Of each block that is still to come.
    nonzero: IterMut<'t, u64>,
    /// This many blocks have no new coefficient any more.
    end_of_band_run: u32,
}

impl<'t> Band<'t> {
    /// Of a scan. `nonzero` tells by bits which coefficients of its blocks are not zero, in zigzag order.
    pub(super) fn new(scan: &ScanHeader, table: &'t Table, nonzero: &'t mut [u64]) -> Self {
        let (first, last) = (scan.band.0.into(), scan.band.1.into());
        Self { table, first, last, low: scan.low.into(), nonzero: nonzero.iter_mut(), end_of_band_run: 0 }
    }

    fn next_block(&mut self) -> Checked<&'t mut u64> {
        self.nonzero.next().ok_or("a scan has too many blocks")
    }
}

/// The upper bits of AC coefficients (ITU T.81, G.1.2.2).
pub(super) struct AcFirst<'t>(pub(super) Band<'t>);

impl Coding for AcFirst<'_> {
    #[inline]
    fn block(&mut self, bits: &mut Bits, _: usize) -> Checked {
        let Self(band) = self;
        let nonzero = band.next_block()?;
        if band.end_of_band_run > 0 {
            band.end_of_band_run -= 1;
            return Ok(());
        }
        let mut at = band.first;
        while at <= band.last {
            let (run, size) = run_and_size(band.table.symbol(bits)?);
            match (run, size) {
                (15, 0) => at += 16,
                (_, 0) => {
                    band.end_of_band_run = end_of_bands(run, bits) - 1;
                    break;
                }
                _ => {
                    at += run;
                    if at > band.last {
                        return Err(TOO_MANY);
                    }
                    // In the 16 bits that decoders have for it, it might be zero.
                    if size + band.low > 15 {
                        return Err("a coefficient is too large");
                    }
                    bits.skip(size);
                    *nonzero |= 1 << at;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.0.end_of_band_run = 0;
    }
}

/// One more bit of AC coefficients: of those that were not zero, and those that are not any more (ITU T.81, G.1.2.3).
pub(super) struct AcRefinement<'t>(pub(super) Band<'t>);

impl Coding for AcRefinement<'_> {
    #[inline]
    fn block(&mut self, bits: &mut Bits, _: usize) -> Checked {
        let Self(band) = self;
        let nonzero = band.next_block()?;
        let mut at = band.first;
        while band.end_of_band_run == 0 && at <= band.last {
            let (run, size) = run_and_size(band.table.symbol(bits)?);
            match (run, size) {
                (0..15, 0) => {
                    band.end_of_band_run = end_of_bands(run, bits);
                    break;
                }
                (_, 0) => {}
                (_, 1) => bits.skip(1),
                _ => return Err("a coefficient grows by more than a bit"),
            }
            let zero = zero_behind(*nonzero, at, run);
            refine(bits, *nonzero, at, zero.min(band.last + 1));
            if size > 0 {
                if zero > band.last {
                    return Err(TOO_MANY);
                }
                *nonzero |= 1 << zero;
            }
            at = zero + 1;
        }
        if band.end_of_band_run > 0 {
            refine(bits, *nonzero, at, band.last + 1);
            band.end_of_band_run -= 1;
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.0.end_of_band_run = 0;
    }
}

/// How many blocks' bands end here: 2 to the power of `run`, and as many more as that number of bits says.
fn end_of_bands(run: u32, bits: &mut Bits) -> u32 {
    (1 << run) + bits.take(run)
}

/// The place of the zero from `at` on that has `run` zeros before it; 64 where there are not as many.
fn zero_behind(nonzero: u64, at: u32, run: u32) -> u32 {
    let mut zeros = !nonzero & u64::MAX << at;
    for _ in 0..run {
        zeros &= zeros.wrapping_sub(1);
    }
    zeros.trailing_zeros()
}

/// Passes over a bit for each coefficient from `at` to `end` (excluded) that is not zero.
fn refine(bits: &mut Bits, nonzero: u64, at: u32, end: u32) {
    let band = u64::MAX.unbounded_shl(at) & !u64::MAX.unbounded_shl(end);
    let mut count = (nonzero & band).count_ones();
    while count > 0 {
        bits.peek();
        bits.skip(count.min(32));
        count -= count.min(32);
    }
}

/// What the symbol of an AC coefficient says: how many zeros are before it, and how many bits it has.
pub(super) fn run_and_size(symbol: u8) -> (u32, u32) {
    (u32::from(symbol >> 4), u32::from(symbol & 15))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::tables::Tables;

    /// 0 is the end, 10 three zeros and a coefficient of one bit, 110 sixteen zeros.
    fn table() -> Table {
        Table::read(&mut &[1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x31, 0xf0][..]).unwrap()
    }

    fn bytes(bits: &str) -> Vec<u8> {
        let bits: Vec<_> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        bits.chunks(8).map(|byte| (0..8).fold(0, |sum, bit| sum << 1 | byte.get(bit).unwrap_or(&0))).collect()
    }

    /// Passes over a block; how many bits that takes.
    fn passed(coding: &mut impl Coding, data: &[u8]) -> Checked<usize> {
        let mut bits = Bits::new(data);
        coding.block(&mut bits, 0)?;
        let left = (0..)
            .take_while(|_| {
                bits.take(1);
                !bits.is_overdrawn()
            })
            .count();
        Ok(data.len() * 8 - left)
    }

    #[test]
    fn a_block_ends_with_its_code_or_its_last_coefficient() {
        let (dc, ac) = (table(), table());
        let mut sequential = Sequential { dc: vec![&dc], ac: vec![&ac] };
        let fifteen = "0".to_owned() + &"101".repeat(15);
        assert_eq!(passed(&mut sequential, &bytes(&(fifteen.clone() + "0"))), Ok(47));
        assert_eq!(passed(&mut sequential, &bytes("0 110 110 110 101 101 101 110")), Ok(22));
        assert_eq!(passed(&mut sequential, &bytes(&(fifteen + "101"))), Err(TOO_MANY));
    }

    fn scan(band: (u8, u8), low: u8) -> ScanHeader {
        ScanHeader { parts: Vec::new(), band, high: 0, low }
    }

    #[test]
    fn a_coefficient_of_more_than_15_bits_is_refused() {
        let table =
            Table::read(&mut &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x0a][..]).unwrap();
        for (low, expected) in [(5, Ok(13)), (6, Err("a coefficient is too large"))] {
            let mut blocks = [0];
            let mut coding = AcFirst(Band::new(&scan((1, 63), low), &table, &mut blocks));
            assert_eq!(passed(&mut coding, &bytes("10 0000000000 0")), expected, "{low}");
        }
    }

    #[test]
    fn a_coefficient_behind_the_last_of_its_band_is_refused() {
        let table = table();
        for (band, expected) in [((1, 4), Ok(3)), ((1, 5), Ok(4)), ((1, 3), Err(TOO_MANY))] {
            let data = bytes("101 0");
            assert_eq!(
                passed(&mut AcFirst(Band::new(&scan(band, 0), &table, &mut [0])), &data),
                expected,
                "{band:?}"
            );
            assert_eq!(
                passed(&mut AcRefinement(Band::new(&scan(band, 0), &table, &mut [0])), &data),
                expected,
                "{band:?}"
            );
        }
    }

    #[test]
    fn refinement_takes_a_bit_for_each_coefficient_on_its_way() {
        let table = table();
        let mut blocks = [0b_1000_0001_0110_0010];
        // New is the fourth zero, at 7. On the way are those at 1, 5 and 6; behind it, up to the end, those at 8 and 15.
        let taken = passed(
            &mut AcRefinement(Band::new(&scan((1, 63), 0), &table, &mut blocks)),
            &bytes("101 000 0 00"),
        );
        assert_eq!(taken, Ok(9));
        assert_eq!(blocks, [0b_1000_0001_1110_0010]);
    }

    #[test]
    fn leaps_pass_over_what_single_coefficients_do() {
        let mut tables = Tables::standard().unwrap();
        tables
            .read(
                &[&[0x12][..], &[1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x31, 0xf0]].concat(),
            )
            .unwrap();
        // So many zeros at once that a leap of them would be further than a block.
        tables
            .read(&[&[0x13][..], &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x00]].concat())
            .unwrap();
        let mut state = 1_u32;
        for round in 0..20_000_u32 {
            let data: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // No FF, which would be a marker.
                    (state >> 24) as u8 & 0xfe
                })
                .collect();
            let (dc, ac) = (tables.dc(0).unwrap(), tables.ac((round % 4) as u8).unwrap());
            let leaping = passed(&mut Sequential { dc: vec![dc], ac: vec![ac] }, &data);
            assert_eq!(leaping, passed(&mut OneByOne { dc, ac }, &data), "round {round}");
        }
    }

    /// `Sequential` as the standard has it.
    struct OneByOne<'t> {
        dc: &'t Table,
        ac: &'t Table,
    }

    impl Coding for OneByOne<'_> {
        fn block(&mut self, bits: &mut Bits, _: usize) -> Checked {
            let size = self.dc.symbol(bits)?;
            bits.take(size.into());
            let mut at = 1;
            while at < 64 {
                let symbol = self.ac.symbol(bits)?;
                match (symbol >> 4, symbol & 15) {
                    (15, 0) => at += 16,
                    (_, 0) => break,
                    (run, size) => {
                        at += u32::from(run) + 1;
                        if at > 64 {
                            return Err(TOO_MANY);
                        }
                        bits.take(size.into());
                    }
                }
            }
            Ok(())
        }
    }
}
