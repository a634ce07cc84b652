use super::frame::Frame;
use crate::Checked;

const IS_WRONG: &str = "the header of a scan is wrong";

/// What a scan brings (ITU T.81, B.2.3).
pub(super) struct ScanHeader {
    pub(super) parts: Vec<Part>,
    /// The first and the last coefficient, in zigzag order.
    pub(super) band: (u8, u8),
    /// The lowest bit of them that has come before; 0 where none has.
    pub(super) high: u8,
    /// The lowest bit that comes now.
    pub(super) low: u8,
}

/// A component, and by which tables it is coded.
pub(super) struct Part {
    /// Its place in the frame.
    pub(super) component: usize,
    pub(super) dc: u8,
    pub(super) ac: u8,
}

impl ScanHeader {
    /// Reads an SOS segment.
    pub(super) fn read(segment: &[u8], frame: &Frame) -> Checked<Self> {
        let (&count, rest) = segment.split_first().ok_or(IS_WRONG)?;
        let (parts, rest) = rest.split_at_checked(usize::from(count) * 2).ok_or(IS_WRONG)?;
        let &[first, last, bits] = rest else { return Err(IS_WRONG) };
        let (parts, _) = parts.as_chunks();
        let parts = parts.iter().map(|&[id, tables]| {
            let component = frame.components.iter().position(|component| component.id == id)?;
            Some(Part { component, dc: tables >> 4, ac: tables & 15 })
        });
        let parts = parts.collect::<Option<Vec<_>>>().filter(|parts| !parts.is_empty()).ok_or(IS_WRONG)?;
        if !frame.is_progressive {
            return Ok(Self { parts, band: (0, 63), high: 0, low: 0 });
        }
        // DC coefficients have scans of their own, and AC coefficients one for each component (G.1.1.1.1).
        match (first, last) {
            (0, 0) => {}
            (1.., ..64) if first <= last && parts.len() == 1 => {}
            _ => return Err(IS_WRONG),
        }
        Ok(Self { parts, band: (first, last), high: bits >> 4, low: bits & 15 })
    }
}
