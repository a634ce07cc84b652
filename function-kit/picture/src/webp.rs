mod bits;
mod lossless;
mod prefix_code;

use self::bits::Bits;
use self::lossless::check_prefix_codes;
use crate::Checked;

const CHUNK_HEADER_BYTES: usize = 8;
/// Position, size, duration and flags of a frame (RFC 9649, 2.7.1.1).
const FRAME_HEADER_BYTES: usize = 16;

/// Whether the file is as long as it says, at the least (RFC 9649, 2.4). The crate `image` decodes what there is.
pub(crate) fn is_complete(input: &[u8]) -> bool {
    let Some((header, rest)) = input.split_first_chunk::<CHUNK_HEADER_BYTES>() else {
        return false;
    };
    let [.., l0, l1, l2, l3] = *header;
    rest.len() >= u32::from_le_bytes([l0, l1, l2, l3]) as usize
}

/// Checks the pictures in a file with a canvas of this size: of an animation the first frame, and everywhere the first
/// chunk of a name, as the decoder does.
///
/// The error: it is cut off or not what it says, is larger than the canvas, of which alone the limits know, or the decoder
/// would mix up its colours (see `PrefixCode::read`).
pub(crate) fn check(input: &[u8], canvas: (u32, u32)) -> Checked {
    let canvas = (canvas.0 as usize, canvas.1 as usize);
    let Some(file) = first_chunk(b"RIFF", input) else { return Ok(()) };
    // Behind WEBP.
    let chunks = file.get(4..).unwrap_or_default();
    check_picture(chunks, canvas)?;
    let Some(frame) = first_chunk(b"ANMF", chunks) else { return Ok(()) };
    let (header, chunks) = frame.split_at_checked(FRAME_HEADER_BYTES).ok_or("a frame is cut off")?;
    // Width and height, less 1, are 24 bits each behind the position (2.7.1.1).
    let side = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], 0]) as usize + 1;
    check_picture(chunks, bounded((side(6), side(9)), canvas)?)
}

/// The first chunk of a name; it ends where the file does, at the latest.
fn first_chunk<'a>(wanted: &[u8; 4], mut chunks: &'a [u8]) -> Option<&'a [u8]> {
    loop {
        let (header, rest) = chunks.split_first_chunk::<CHUNK_HEADER_BYTES>()?;
        let [name @ .., l0, l1, l2, l3] = *header;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if name == *wanted {
            return Some(&rest[..length.min(rest.len())]);
        }
        chunks = rest.get(length.saturating_add(length % 2)..)?;
    }
}

fn check_picture(chunks: &[u8], size: (usize, usize)) -> Checked {
    if let Some(lossy) = first_chunk(b"VP8 ", chunks) {
        check_lossy(lossy, size)?;
    }
    if let Some(lossless) = first_chunk(b"VP8L", chunks) {
        check_lossless(lossless, size)?;
    }
    first_chunk(b"ALPH", chunks).map_or(Ok(()), |transparency| check_transparency(transparency, size))
}

/// A key frame of VP8 (RFC 6386, 9.1): three bytes and a signature of three, then 14 bits each of width and height, with
/// two of scaling above them.
fn check_lossy(chunk: &[u8], size: (usize, usize)) -> Checked {
    let Some(&[_, _, _, _, _, _, w0, w1, h0, h1]) = chunk.first_chunk() else {
        return Err("a picture is cut off");
    };
    let side = |bytes| usize::from(u16::from_le_bytes(bytes) & 0x3fff);
    bounded((side([w0, w1]), side([h0, h1])), size).map(drop)
}

/// A picture of its own (3.4): a signature, 14 bits each of width and height, less 1, and 4 bits.
fn check_lossless(chunk: &[u8], canvas: (usize, usize)) -> Checked {
    let mut bits = Bits::new(chunk);
    bits.skip(8)?;
    let size = (bits.read(14)? as usize + 1, bits.read(14)? as usize + 1);
    bits.skip(4)?;
    check_prefix_codes(&mut bits, bounded(size, canvas)?)
}

/// Transparency beside a picture with losses (2.7.1.2): its first two bits are 1 where it is as a lossless picture is.
fn check_transparency(chunk: &[u8], size: (usize, usize)) -> Checked {
    let mut bits = Bits::new(chunk);
    if bits.read(2)? != 1 {
        return Ok(());
    }
    bits.skip(6)?;
    check_prefix_codes(&mut bits, size)
}

/// The size of a part, which takes memory: no more than that of the whole, of which the limits know.
fn bounded(size: (usize, usize), canvas: (usize, usize)) -> Checked<(usize, usize)> {
    if size.0 > canvas.0 || size.1 > canvas.1 {
        return Err("a part of it is larger than the whole");
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, ImageFormat, Limits, decode};

    /// Bits as they are read, of each field the lowest first.
    #[derive(Clone, Default)]
    struct Written(Vec<bool>);

    impl Written {
        fn field(mut self, value: u32, bits: u32) -> Self {
            self.0.extend((0..bits).map(|bit| value >> bit & 1 == 1));
            self
        }

        fn no(self) -> Self {
            self.field(0, 1)
        }

        fn yes(self) -> Self {
            self.field(1, 1)
        }

        /// A prefix code of one symbol, which takes no bits.
        fn one(self, symbol: u32) -> Self {
            self.yes().no().yes().field(symbol, 8)
        }

        /// A prefix code of two.
        fn two(self, (first, second): (u32, u32)) -> Self {
            self.yes().yes().yes().field(first, 8).field(second, 8)
        }

        /// Codes for green; red, blue and alpha are always 0, 0 and 255, and nothing is copied.
        fn group(self, green: (u32, u32)) -> Self {
            self.two(green).one(0).one(0).one(255).one(0)
        }

        fn bytes(&self) -> Vec<u8> {
            self.0.chunks(8).map(|bits| (0..).zip(bits).map(|(at, &bit)| u8::from(bit) << at).sum()).collect()
        }
    }

    /// A picture that is `side` pixels wide and high.
    fn lossless(side: u32) -> Written {
        Written::default().field(0x2f, 8).field(side - 1, 14).field(side - 1, 14).field(0, 4)
    }

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let padding = vec![0; content.len() % 2];
        [name, &(content.len() as u32).to_le_bytes()[..], content, &padding].concat()
    }

    fn file(chunks: &[u8]) -> Vec<u8> {
        chunk(b"RIFF", &[b"WEBP", chunks].concat())
    }

    const SWAPPED: Checked = Err("the two symbols of a prefix code are in an order that is not supported");

    #[test]
    fn a_code_of_two_symbols_is_accepted_in_their_order_alone() {
        let file = |green| {
            let picture = lossless(2).no().no().no().group(green).field(0b0110, 4);
            file(&chunk(b"VP8L", &picture.bytes()))
        };
        let limits = Limits { max_pixels: 4 };
        let picture = decode(&file((10, 200)), ImageFormat::WebP, &limits).unwrap();
        assert_eq!(
            picture.image.into_rgb8().into_raw(),
            [[0, 10, 0], [0, 200, 0], [0, 200, 0], [0, 10, 0]].concat()
        );
        for green in [(200, 10), (10, 10)] {
            let error = decode(&file(green), ImageFormat::WebP, &limits).map(|_| ()).unwrap_err();
            let Error::Undecodable { cause, .. } = error else { panic!("{error}") };
            assert_eq!(Err(cause.as_str()), SWAPPED);
        }
    }

    #[test]
    fn codes_are_looked_at_wherever_a_picture_has_them() {
        for (green, expected) in [((0, 1), Ok(())), ((1, 0), SWAPPED)] {
            let side = 8;
            let whole = |before: Written| before.no().no().no().group((0, 1));
            let squares = |before: Written| before.field(0, 3).no().group(green).field(0, 4);
            let predictors = whole(squares(lossless(side).yes().field(0, 2)));
            let differences = whole(squares(lossless(side).yes().field(2, 2).yes().field(1, 2)));
            let palette = whole(lossless(side).yes().field(3, 2).field(3, 8).no().group(green).field(0, 4));
            let numbers = squares(lossless(side).no().no().yes()).group((0, 1));
            // 0 and 1 are the numbers of two groups: in red, and above 8 bits of green.
            let two_groups = lossless(side).no().no().yes().field(0, 3).no();
            let two_groups = two_groups.two((0, 1)).one(0).one(0).one(255).one(0).field(0b0110, 4);
            let last_group = two_groups.group((0, 1)).group(green);
            let cached = lossless(side).no().yes().field(3, 4).no().group(green);
            for (name, picture) in [
                ("predictors", predictors),
                ("differences", differences),
                ("palette", palette),
                ("numbers of groups", numbers),
                ("last group", last_group),
                ("beside a colour cache", cached),
            ] {
                let file = file(&chunk(b"VP8L", &picture.bytes()));
                assert_eq!(check(&file, (side, side)), expected, "{name}");
            }
        }
    }

    #[test]
    fn codes_of_transparency_and_of_frames_are_looked_at() {
        for (green, expected) in [((0, 1), Ok(())), ((1, 0), SWAPPED)] {
            let transparency = Written::default().field(1, 8).no().no().no().group(green);
            let transparency = chunk(b"ALPH", &transparency.bytes());
            assert_eq!(check(&file(&transparency), (8, 8)), expected);
            let picture = chunk(b"VP8L", &lossless(8).no().no().no().group(green).bytes());
            for content in [transparency, picture] {
                let frame = [&[0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 0, 0, 0, 0], &content[..]].concat();
                assert_eq!(check(&file(&chunk(b"ANMF", &frame)), (8, 8)), expected);
                let more = [chunk(b"ANIM", &[0; 6]), chunk(b"ANMF", &frame)].concat();
                assert_eq!(check(&file(&more), (8, 8)), expected);
            }
        }
        // Not compressed: there are no codes.
        assert_eq!(check(&file(&chunk(b"ALPH", &[0])), (8, 8)), Ok(()));
    }

    #[test]
    fn only_what_is_decoded_is_looked_at() {
        let picture = |green| chunk(b"VP8L", &lossless(8).no().no().no().group(green).bytes());
        let (right, swapped) = (picture((0, 1)), picture((1, 0)));
        let frame = |content: &[u8]| {
            chunk(b"ANMF", &[&[0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 0, 0, 0, 0], content].concat())
        };
        for file in [
            file(&[&right[..], &swapped].concat()),
            file(&[frame(&right), frame(&swapped)].concat()),
            file(&frame(&[&right[..], &frame(&swapped)].concat())),
            [file(&right), swapped.clone(), vec![1; 9]].concat(),
        ] {
            assert_eq!(check(&file, (8, 8)), Ok(()));
        }
    }

    #[test]
    fn a_transform_that_comes_again_is_refused() {
        let again = lossless(8).yes().field(2, 2).yes().field(2, 2).no().no().no().group((0, 1));
        assert_eq!(check(&file(&chunk(b"VP8L", &again.bytes())), (8, 8)), Err("a transform comes twice"));
    }

    #[test]
    fn what_is_cut_off_or_larger_than_the_canvas_is_refused() {
        let picture = lossless(8).no().no().no().group((0, 1)).bytes();
        for end in 0..picture.len() {
            assert!(check(&file(&chunk(b"VP8L", &picture[..end])), (8, 8)).is_err(), "cut off at {end}");
        }
        assert!(check(&file(&chunk(b"VP8L", &picture)), (7, 8)).is_err());
        let lossy =
            |width, height| file(&chunk(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, width, 0x40, height, 0xc0]));
        assert_eq!(check(&lossy(7, 8), (7, 8)), Ok(()));
        assert!(check(&lossy(8, 8), (7, 8)).is_err());
        assert!(check(&lossy(7, 9), (7, 8)).is_err());
        assert!(check(&file(&chunk(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 1, 0, 1])), (7, 8)).is_err());
        let frame = [&[0, 0, 0, 0, 0, 0, 6, 0, 0, 7, 0, 0, 0, 0, 0, 0], &lossy(8, 8)[12..]].concat();
        assert!(check(&file(&chunk(b"ANMF", &frame)), (8, 8)).is_err());
        assert!(check(&file(&chunk(b"ANMF", &[0; 15])), (8, 8)).is_err());
        assert!(check(&file(&chunk(b"ANMF", &[0xff; 16])), (8, 8)).is_err());
    }

    #[test]
    fn a_file_is_complete_with_the_bytes_that_its_header_counts() {
        let file = b"RIFF\x06\0\0\0WEBP..";
        assert!(is_complete(file));
        assert!(is_complete(&[file.as_slice(), b"more"].concat()));
        for end in 0..file.len() {
            assert!(!is_complete(&file[..end]), "cut off at {end}");
        }
    }
}
