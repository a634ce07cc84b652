use super::scan_header::ScanHeader;
use crate::Checked;

const SAMPLES: u32 = 8;

/// A part of a picture's colours (ITU T.81, B.2.2).
pub(super) struct Component {
    pub(super) id: u8,
    /// How many blocks an MCU of an interleaved scan has of it.
    blocks_in_mcu: usize,
    /// How many blocks a scan of it alone has (A.2.2).
    blocks: usize,
    /// Which coefficients of each of those blocks are not zero, by bits, in zigzag order. Only of a progressive frame.
    pub(super) nonzero: Vec<u64>,
    /// For each coefficient: how many of its lower bits have not come yet. Nothing: it has not come at all.
    missing_bits: [Option<u8>; 64],
}

/// What the scans together are to fill.
pub(super) struct Frame {
    pub(super) is_progressive: bool,
    /// How many MCUs an interleaved scan has (A.2.3).
    mcus: usize,
    pub(super) components: Vec<Component>,
}

impl Frame {
    /// Reads the SOF segment of a picture of this size.
    pub(super) fn read(segment: &[u8], size: (u32, u32), is_progressive: bool) -> Checked<Self> {
        const IS_WRONG: &str = "its frame is wrong";
        let (&[_, y0, y1, x0, x1, _], parts) = segment.split_first_chunk().ok_or(IS_WRONG)?;
        let (width, height) = (u16::from_be_bytes([x0, x1]).into(), u16::from_be_bytes([y0, y1]).into());
        let parts = parts.as_chunks().0.iter();
        let parts: Vec<_> =
            parts.map(|&[id, factors, _]| (id, u32::from(factors >> 4), u32::from(factors & 15))).collect();
        let mut factors = parts.iter().flat_map(|&(_, across, down)| [across, down]);
        if (width, height) != size || parts.len() > 4 || factors.any(|factor| !(1..=4).contains(&factor)) {
            return Err(IS_WRONG);
        }
        let across = parts.iter().map(|&(_, across, _)| across).max().ok_or(IS_WRONG)?;
        let down = parts.iter().map(|&(.., down)| down).max().ok_or(IS_WRONG)?;
        let blocks_in = |width: u32, height: u32| {
            width.div_ceil(across * SAMPLES) as usize * height.div_ceil(down * SAMPLES) as usize
        };
        let component = |(id, h, v)| {
            let blocks = blocks_in(width * h, height * v);
            let nonzero = vec![0; if is_progressive { blocks } else { 0 }];
            Component { id, blocks_in_mcu: (h * v) as usize, blocks, nonzero, missing_bits: [None; 64] }
        };
        let components = parts.into_iter().map(component).collect();
        Ok(Self { is_progressive, mcus: blocks_in(width, height), components })
    }

    /// How many minimum coded units a scan has: of a component alone, each block is one.
    pub(super) fn mcus(&self, scan: &ScanHeader) -> usize {
        match &scan.parts[..] {
            [part] => self.components[part.component].blocks,
            _ => self.mcus,
        }
    }

    /// How many blocks an MCU of a scan has, of each of its components.
    pub(super) fn blocks_in_mcu(&self, scan: &ScanHeader) -> Vec<usize> {
        match &scan.parts[..] {
            [_] => vec![1],
            parts => parts.iter().map(|part| self.components[part.component].blocks_in_mcu).collect(),
        }
    }

    /// The error: something of a component has not come in any scan.
    pub(super) fn check_complete(&self) -> Checked {
        let mut coefficients = self.components.iter().flat_map(|component| component.missing_bits);
        if coefficients.all(|missing| missing == Some(0)) { Ok(()) } else { Err("a scan is missing") }
    }
}

impl Component {
    /// Notes what a scan brings. The error: that is not what comes next (ITU T.81, G.1.1.1.2).
    pub(super) fn note_scan(
        &mut self,
        &ScanHeader { band: (first, last), high, low, .. }: &ScanHeader,
    ) -> Checked {
        let expected = (high > 0).then_some(high);
        let follows = high == 0 || high == low + 1;
        for missing in &mut self.missing_bits[usize::from(first)..=usize::from(last)] {
            if *missing != expected || !follows {
                return Err("its scans are out of order");
            }
            *missing = Some(low);
        }
        Ok(())
    }
}
