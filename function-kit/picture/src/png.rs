//! What the crate `png` leaves to be looked at before it decodes.

const SIGNATURE_BYTES: usize = 8;
/// Length, name and checksum.
const CHUNK_FRAME_BYTES: usize = 12;
/// IEND, with its checksum (PNG specification, 11.2.4).
const END: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";
/// The bit of a name's first letter that says that a picture can be shown without the chunk (PNG specification, 5.4).
const ANCILLARY: u8 = 0x20;
/// Where IHDR has the kind of colours, and the kind that has a palette.
const COLOUR_TYPE_AT: usize = 25;
const INDEXED: u8 = 3;

/// Width and height out of the IHDR chunk, which comes first (PNG specification, 11.2.1).
pub(crate) fn size(input: &[u8]) -> Option<(u32, u32)> {
    let (size, _) = input.get(16..24)?.as_chunks();
    let [width, height] = size else { return None };
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// Whether palettes have three bytes for each colour (PNG specification, 11.2.2). At any other, `png` 0.18.1 panics.
pub(crate) fn palette_is_whole(input: &[u8]) -> bool {
    chunks(input)
        .take_while(|chunk| chunk.name != *b"IDAT")
        .all(|chunk| chunk.name != *b"PLTE" || chunk.length.is_multiple_of(3))
}

/// Whether anything follows the pixels: up to there the decoder reads, for however many pixels in vain.
pub(crate) fn has_end(input: &[u8]) -> bool {
    chunks(input).skip_while(|chunk| chunk.name != *b"IDAT").any(|chunk| chunk.name != *b"IDAT")
}

/// The file without what its pixels do not need: chunks that only tell of other things, palettes that are suggestions,
/// and all behind the pixels. Its end is there, whether the file has one or not.
pub(crate) fn bare(input: &[u8]) -> Option<Vec<u8>> {
    let has_palette = *input.get(COLOUR_TYPE_AT)? == INDEXED;
    let mut bare = Vec::with_capacity(input.len() + END.len());
    bare.extend_from_slice(&input[..SIGNATURE_BYTES]);
    let mut has_pixels = false;
    for Chunk { name, bytes, .. } in chunks(input) {
        let is_pixels = name == *b"IDAT";
        // Pixels with anything between them are none (PNG specification, 5.6).
        if has_pixels && !is_pixels {
            break;
        }
        has_pixels = is_pixels;
        let is_needed = match &name {
            b"PLTE" => has_palette,
            b"tRNS" | b"eXIf" => true,
            _ => name[0] & ANCILLARY == 0,
        };
        if is_needed {
            // One that is cut off is not there.
            let Some(bytes) = bytes else { break };
            bare.extend_from_slice(bytes);
        }
    }
    bare.extend_from_slice(END);
    Some(bare)
}

struct Chunk<'a> {
    name: [u8; 4],
    /// Of its data.
    length: usize,
    /// All of it. Nothing where the file ends before.
    bytes: Option<&'a [u8]>,
}

/// The chunks of a file, up to one that it has not all of.
fn chunks(input: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = input.get(SIGNATURE_BYTES..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&[l0, l1, l2, l3, ref name @ ..], _) = rest.split_first_chunk::<8>()?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        let split = rest.split_at_checked(CHUNK_FRAME_BYTES.saturating_add(length));
        rest = split.map(|(_, behind)| behind).unwrap_or_default();
        Some(Chunk { name: *name, length, bytes: split.map(|(bytes, _)| bytes) })
    })
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

    fn header(colour_type: u8) -> Vec<u8> {
        chunk(b"IHDR", &[0, 0, 1, 2, 0, 0, 0, 3, 8, colour_type, 0, 0, 0])
    }

    #[test]
    fn the_size_is_that_of_the_first_chunk() {
        assert_eq!(size(&file(&[header(2)])), Some((258, 3)));
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

    #[test]
    fn the_end_is_the_first_chunk_behind_the_pixels() {
        let [text, pixels] = [chunk(b"tEXt", b"hello"), chunk(b"IDAT", b"12")];
        let before = [header(2), text.clone(), pixels.clone(), pixels.clone()];
        for (end, is_there) in [(&[][..], false), (&text[..7], false), (&text[..8], true), (END, true)] {
            assert_eq!(has_end(&file(&[&before[..], &[end.to_vec()]].concat())), is_there, "{end:?}");
        }
        assert!(!has_end(&file(&[header(2), text, pixels[..13].to_vec()])));
        assert!(!has_end(b""));
    }

    #[test]
    fn what_the_pixels_need_stays_and_the_rest_goes() {
        let [palette, transparency] = [chunk(b"PLTE", b"123"), chunk(b"tRNS", b"1")];
        let [exif, text] = [chunk(b"eXIf", b"II*"), chunk(b"tEXt", b"hello")];
        let [control, pixels, more] = [chunk(b"fcTL", b"?"), chunk(b"IDAT", b"12"), chunk(b"IDAT", b"3")];
        let before = [&palette, &transparency, &exif, &pixels, &more].map(Vec::clone);
        let given = [&palette, &text, &transparency, &control, &exif, &pixels, &more, &text].map(Vec::clone);
        for colour_type in [2, INDEXED] {
            let needed = before.iter().filter(|&chunk| colour_type == INDEXED || *chunk != palette).cloned();
            let expected = file(&[vec![header(colour_type)], needed.collect(), vec![END.to_vec()]].concat());
            for end in [&[END.to_vec()][..], &[], &[b"\0\0\0\0IE".to_vec()], &[text[..10].to_vec()]] {
                let given = file(&[&[header(colour_type)][..], &given, end].concat());
                assert_eq!(bare(&given).unwrap(), expected);
            }
        }
    }

    #[test]
    fn pixels_that_are_cut_off_or_behind_something_else_are_not_there() {
        let [pixels, text] = [chunk(b"IDAT", b"12"), chunk(b"tEXt", b"hello")];
        let without = |pixels: &[Vec<u8>]| file(&[&[header(2)][..], pixels, &[END.to_vec()]].concat());
        let cut = pixels[..pixels.len() - 1].to_vec();
        assert_eq!(bare(&file(&[header(2), cut])).unwrap(), without(&[]));
        assert_eq!(
            bare(&file(&[header(2), pixels.clone(), text, pixels.clone()])).unwrap(),
            without(&[pixels])
        );
    }

    #[test]
    fn chunks_without_which_nothing_can_be_shown_stay_also_unknown_ones() {
        let unknown = chunk(b"NEWS", b"!");
        let whole = file(&[header(2), unknown, chunk(b"IDAT", b"12"), END.to_vec()]);
        assert_eq!(bare(&whole).unwrap(), whole);
        assert_eq!(bare(b"\x89PNG"), None);
    }
}
