//! Whether a JPEG has all that its headers speak of. Decoders fill with something what is not there.

use super::bits::Bits;
use super::coding::{AcFirst, AcRefinement, Band, Coding, DcFirst, DcRefinement, Sequential};
use super::frame::Frame;
use super::markers::*;
use super::scan_header::ScanHeader;
use super::tables::Tables;
use crate::{Checked, END_IS_MISSING};

/// For each, all blocks are passed over. The decoder has the same limit, and encoders stay far below it.
const MAX_SCANS: usize = 100;

/// Checks that the file of a picture of this size has every bit of every block, up to its end-of-image marker, and no
/// block more than its coefficients.
///
/// The error says what is missing or wrong.
pub(super) fn check(file: &[u8], size: (u32, u32)) -> Checked {
    let Some((&[0xff, START_OF_IMAGE], mut rest)) = file.split_first_chunk() else {
        return Err("its start is missing");
    };
    let mut scans = Scans { frame: None, tables: Tables::standard()?, restart_interval: 0, count: 0 };
    loop {
        let marker = next_marker(&mut rest).ok_or(END_IS_MISSING)?;
        if marker == END_OF_IMAGE {
            return scans.frame.ok_or("its frame is missing")?.check_complete();
        }
        if !has_segment(marker) {
            // Behind others of these the decoder passes over a segment, as behind any other marker.
            if RESTART.contains(&marker) && scans.count > 0 {
                continue;
            }
            return Err("a marker is in a wrong place");
        }
        let segment = segment(&mut rest).ok_or("a segment is cut off")?;
        match marker {
            HUFFMAN_TABLES => scans.tables.read(segment)?,
            // By which tables its colours are decoded then, decoders do not agree on, and no encoder is known to do so.
            QUANTIZATION_TABLES if scans.count > 0 => return Err("a quantization table is behind a scan"),
            RESTART_INTERVAL => scans.restart_interval = restart_interval(segment)?,
            BASELINE | EXTENDED | PROGRESSIVE => {
                let frame = Frame::read(segment, size, marker == PROGRESSIVE)?;
                if scans.frame.replace(frame).is_some() {
                    return Err("it has two frames");
                }
            }
            START_OF_SCAN => rest = scans.check(segment, rest)?,
            _ => {}
        }
    }
}

fn restart_interval(segment: &[u8]) -> Checked<usize> {
    let &interval = segment.first_chunk().ok_or("its restart interval is wrong")?;
    Ok(usize::from(u16::from_be_bytes(interval)))
}

/// What is known of a file up to one of its scans.
struct Scans {
    frame: Option<Frame>,
    tables: Tables,
    /// In MCUs; 0 where there are no restarts.
    restart_interval: usize,
    count: usize,
}

impl Scans {
    /// Checks the scan with this header and the data that `rest` begins with; gives what is behind them.
    fn check<'a>(&mut self, header: &[u8], rest: &'a [u8]) -> Checked<&'a [u8]> {
        self.count += 1;
        if self.count > MAX_SCANS {
            return Err("it has too many scans");
        }
        let Self { frame, tables, restart_interval, .. } = self;
        let frame = frame.as_mut().ok_or("a scan is before its frame")?;
        let scan = ScanHeader::read(header, frame)?;
        for part in &scan.parts {
            frame.components[part.component].note_scan(&scan)?;
        }
        if !frame.is_progressive && scan.parts.len() < frame.components.len() {
            check_supported(frame.mcus(&scan), &frame.blocks_in_mcu(&scan), *restart_interval)?;
        }
        let blocks = Blocks {
            bits: Bits::new(rest),
            mcus: frame.mcus(&scan),
            blocks_in_mcu: frame.blocks_in_mcu(&scan),
            restart_interval: *restart_interval,
        };
        let dc = || scan.parts.iter().map(|part| tables.dc(part.dc)).collect::<Checked<_>>();
        let ac = || scan.parts.iter().map(|part| tables.ac(part.ac)).collect::<Checked<_>>();
        match (frame.is_progressive, scan.band, scan.high) {
            (false, ..) => blocks.pass(Sequential { dc: dc()?, ac: ac()? }),
            (true, (0, _), 0) => blocks.pass(DcFirst { dc: dc()? }),
            (true, (0, _), _) => blocks.pass(DcRefinement),
            (true, ..) => {
                let part = &scan.parts[0];
                let nonzero = &mut frame.components[part.component].nonzero;
                let band = Band::new(&scan, tables.ac(part.ac)?, nonzero);
                if scan.high == 0 { blocks.pass(AcFirst(band)) } else { blocks.pass(AcRefinement(band)) }
            }
        }
    }
}

/// Whether the decoder (zune-jpeg 0.5.16-rc3) takes a sequential scan of some of the components as it is: it takes one
/// block of each for an MCU, and begins a scan with what the one before left of a restart interval.
fn check_supported(mcus: usize, blocks_in_mcu: &[usize], restart_interval: usize) -> Checked {
    let is_whole = restart_interval == 0 || mcus.is_multiple_of(restart_interval);
    if is_whole && blocks_in_mcu.iter().all(|&blocks| blocks == 1) {
        return Ok(());
    }
    Err("a scan of some of its components is of a kind that is not supported")
}

/// The blocks of a scan, by minimum coded units, as they are in its data (ITU T.81, A.2).
struct Blocks<'a> {
    bits: Bits<'a>,
    mcus: usize,
    /// Of each component of the scan.
    blocks_in_mcu: Vec<usize>,
    restart_interval: usize,
}

impl<'a> Blocks<'a> {
    /// Passes over all of them; gives what is behind.
    fn pass(mut self, mut coding: impl Coding) -> Checked<&'a [u8]> {
        let mut restarts = RESTART.cycle();
        for mcu in 0..self.mcus {
            if self.restart_interval > 0 && mcu > 0 && mcu % self.restart_interval == 0 {
                if self.bits.next_marker() != restarts.next() {
                    return Err("a restart interval is missing");
                }
                coding.restart();
            }
            for (component, &blocks) in self.blocks_in_mcu.iter().enumerate() {
                for _ in 0..blocks {
                    coding.block(&mut self.bits, component)?;
                    if self.bits.is_overdrawn() {
                        return Err("data is missing in a scan");
                    }
                }
            }
        }
        Ok(self.bits.rest())
    }
}
