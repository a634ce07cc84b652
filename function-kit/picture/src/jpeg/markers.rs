//! What a JPEG is put together of: markers, and segments behind them (ITU T.81, B.1.1).

// The second byte of a marker; the first is FF (table B.1).
pub(super) const BASELINE: u8 = 0xc0;
pub(super) const EXTENDED: u8 = 0xc1;
pub(super) const PROGRESSIVE: u8 = 0xc2;
pub(super) const HUFFMAN_TABLES: u8 = 0xc4;
pub(super) const RESTART: std::ops::RangeInclusive<u8> = 0xd0..=0xd7;
pub(super) const START_OF_IMAGE: u8 = 0xd8;
pub(super) const END_OF_IMAGE: u8 = 0xd9;
pub(super) const START_OF_SCAN: u8 = 0xda;
pub(super) const QUANTIZATION_TABLES: u8 = 0xdb;
pub(super) const RESTART_INTERVAL: u8 = 0xdd;
pub(super) const APPLICATION: std::ops::RangeInclusive<u8> = 0xe0..=0xef;
pub(super) const APP0: u8 = 0xe0;
pub(super) const APP1: u8 = 0xe1;
pub(super) const APP14: u8 = 0xee;
pub(super) const COMMENT: u8 = 0xfe;
const TEMPORARY: u8 = 0x01;

/// Whether a segment is behind a marker.
pub(super) fn has_segment(marker: u8) -> bool {
    !matches!(marker, START_OF_IMAGE | END_OF_IMAGE | TEMPORARY) && !RESTART.contains(&marker)
}

/// Goes to behind the next marker, and gives its second byte. FF 00 is coded data, and of more FF one counts.
pub(super) fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    loop {
        let at = memchr::memchr(0xff, rest)?;
        let &marker = rest.get(at + 1)?;
        let fill = marker == 0xff;
        *rest = &rest[at + if fill { 1 } else { 2 }..];
        if !matches!(marker, 0x00 | 0xff) {
            return Some(marker);
        }
    }
}

/// Takes the segment behind a marker: two bytes of length, which count themselves, and its content, which is given.
/// A length below 2 is taken for 2, as libjpeg takes it where it needs no content.
pub(super) fn segment<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&length, _) = rest.split_first_chunk()?;
    let (segment, behind) = rest.split_at_checked(usize::from(u16::from_be_bytes(length)).max(2))?;
    *rest = behind;
    segment.get(2..)
}
