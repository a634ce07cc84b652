//! What the crate `png` leaves to be looked at before it decodes.

const SIGNATURE_BYTES: usize = 8;
/// Length, name and checksum.
const CHUNK_FRAME_BYTES: usize = 12;

/// Width and height out of the IHDR chunk, which comes first (PNG specification, 11.2.1).
pub(crate) fn size(input: &[u8]) -> Option<(u32, u32)> {
    let (size, _) = input.get(16..24)?.as_chunks();
    let [width, height] = size else { return None };
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Whether palettes have three bytes for each colour (PNG specification, 11.2.2). At any other, `png` 0.18.1 panics.
pub(crate) fn palette_is_whole(input: &[u8]) -> bool {
    let mut rest = input.get(SIGNATURE_BYTES..).unwrap_or_default();
    while let Some((header, _)) = rest.split_first_chunk::<8>() {
        let [l0, l1, l2, l3, name @ ..] = *header;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        match &name {
            b"PLTE" if !length.is_multiple_of(3) => return false,
            b"IDAT" => return true,
            _ => rest = rest.get(CHUNK_FRAME_BYTES.saturating_add(length)..).unwrap_or_default(),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        [&(data.len() as u32).to_be_bytes()[..], name, data, &[0; 4]].concat()
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        [vec![0; SIGNATURE_BYTES], chunks.concat()].concat()
    }

    #[test]
    fn the_size_is_that_of_the_first_chunk() {
        let header = chunk(b"IHDR", &[0, 0, 1, 2, 0, 0, 0, 3, 8, 2, 0, 0, 0]);
        assert_eq!(size(&file(&[header])), Some((258, 3)));
        assert_eq!(size(b"\x89PNG"), None);
    }

    #[test]
    fn a_palette_whose_last_colour_lacks_a_byte_is_found_behind_any_chunk() {
        for (bytes, whole) in [(3, true), (4, false), (5, false), (6, true)] {
            let palette = chunk(b"PLTE", &vec![7; bytes]);
            assert_eq!(palette_is_whole(&file(&[chunk(b"tEXt", b"a"), palette])), whole, "{bytes} bytes");
        }
    }

    #[test]
    fn nothing_is_looked_for_behind_the_pixels_or_the_end() {
        assert!(palette_is_whole(&file(&[chunk(b"IDAT", b"x"), chunk(b"PLTE", b"1234")])));
        assert!(palette_is_whole(&file(&[vec![0xff; 20]])));
        assert!(palette_is_whole(b""));
    }
}
