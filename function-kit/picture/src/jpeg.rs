mod bare;
mod bits;
mod coding;
mod frame;
mod huffman;
mod jfif;
mod leaps;
mod markers;
mod restarts;
mod scan_header;
mod scans;
mod standard_tables;
mod tables;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use std::fmt::Display;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

pub(crate) use self::bare::bare;
use self::restarts::with_room_before_restarts;
use crate::{Error, Limits, Picture, orientation, undecodable};

/// Decodes a JPEG as the crate `image` does (grey or RGB, 8 bits), but refuses a damaged or
/// incomplete one, which `image` fills up with grey.
pub(crate) fn decode(input: &[u8], limits: &Limits) -> Result<Picture, Error> {
    let failed = |cause: &dyn Display| undecodable(ImageFormat::Jpeg, cause);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(input), options);
    decoder.decode_headers().map_err(|error| failed(&error))?;
    let (width, height) = decoder.dimensions().ok_or_else(|| failed(&"it has no size"))?;
    let (width, height) = (width as u32, height as u32);
    // The decoder would take the height from behind the first scan, where limits know nothing of it (T.81, B.2.5).
    if width == 0 || height == 0 {
        return Err(failed(&"it has no size"));
    }
    limits.check((width, height))?;
    // The decoder would leave out the black of a picture that is YCbCr by Adobe's segment.
    if decoder.input_colorspace().map(|colours| colours.num_components())
        != decoder.info().map(|info| info.components.into())
    {
        return Err(failed(&"its colours are not as many as its components"));
    }
    scans::check(input, (width, height)).map_err(|error| failed(&error))?;

    // The decoder goes by Adobe's segment or the components' names, others by JFIF.
    if decoder.input_colorspace() == Some(ColorSpace::RGB) && jfif::is_jfif(input) {
        return Err(failed(&"its colours are RGB and, as it is JFIF, YCbCr"));
    }

    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = options.jpeg_set_out_colorspace(colours);
    let samples = JpegDecoder::new_with_options(ZCursor::new(with_room_before_restarts(input)), options)
        .decode()
        .map_err(|error| failed(&error))?;
    let image = if grey {
        GrayImage::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
    };
    let image = image.ok_or_else(|| failed(&"pixels are missing"))?;
    Ok(Picture { image, orientation: orientation(decoder.exif().map(Vec::as_slice)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = &[0xff, 0xd8];
    const END: &[u8] = &[0xff, 0xff, 0xd9];
    const NO_DIFFERENCE: &[u8] =
        &[0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    /// For AC: 0 is the end of the block or band, 10 a coefficient of one bit.
    const END_OR_ONE: &[u8] =
        &[0xff, 0xc4, 0, 21, 0x10, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

    /// A frame header and what follows it, with all tables that it needs.
    fn with_tables(frame: &[u8], rest: &[&[u8]]) -> Vec<u8> {
        let quantization: &[u8] = &[&[0xff, 0xdb, 0, 67, 0][..], &[16; 64]].concat();
        [START, quantization, frame, NO_DIFFERENCE, END_OR_ONE, &rest.concat(), END].concat()
    }

    /// A grey picture of blocks in a row.
    fn grey(frame: u8, blocks: u8, rest: &[&[u8]]) -> Vec<u8> {
        with_tables(&[0xff, frame, 0, 11, 8, 0, 8, 0, 8 * blocks, 1, 1, 0x11, 0], rest)
    }

    /// Each block takes two bits, 00: no difference, no more coefficients.
    fn sequential(blocks: u8, restart_interval: u8, scan: &[u8]) -> Vec<u8> {
        let restarts = &[0xff, 0xdd, 0, 4, 0, restart_interval];
        grey(0xc0, blocks, &[restarts, &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0], scan])
    }

    /// Nine blocks, of which the first has a coefficient beside its mean.
    fn progressive(scans: &[&[u8]]) -> Vec<u8> {
        grey(0xc2, 9, scans)
    }

    /// A bit for each block, and nine bits are two bytes.
    const DC_FIRST: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0x01, 0x00, 0x7f];
    const DC_REFINEMENT: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0x10, 0x00, 0x7f];
    /// 101 is the coefficient, 0 the end of each band.
    const AC_FIRST: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0x01, 0xa0, 0x0f];
    /// 01 is the end of the first band and the coefficient's bit.
    const AC_REFINEMENT: &[u8] = &[0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0x10, 0x40, 0x3f];
    const SCANS: [&[u8]; 4] = [DC_FIRST, AC_FIRST, DC_REFINEMENT, AC_REFINEMENT];

    fn decoded(input: &[u8]) -> Result<DynamicImage, Error> {
        decode(input, &Limits { max_pixels: 10_000 }).map(|picture| picture.image)
    }

    fn refusal(input: &[u8]) -> String {
        let error = decoded(input).unwrap_err();
        let Error::Undecodable { cause, .. } = error else { panic!("{error}") };
        cause
    }

    #[test]
    fn a_picture_with_all_its_blocks_is_decoded() {
        for (blocks, restart_interval, scan) in [
            (1, 0, &[0x3f][..]),
            (3, 0, &[0x03]),
            (4, 0, &[0x00]),
            (9, 0, &[0x00, 0x00, 0x3f]),
            (2, 1, &[0x3f, 0xff, 0xd0, 0x3f]),
            (4, 2, &[0x0f, 0xff, 0xd0, 0x0f]),
            (3, 2, &[0x0f, 0xff, 0xd0, 0x3f]),
            (12, 5, &[0x00, 0x3f, 0xff, 0xff, 0xd0, 0x00, 0x3f, 0xff, 0xd1, 0x0f]),
        ] {
            let image = decoded(&sequential(blocks, restart_interval, scan)).unwrap();
            assert_eq!(image.into_bytes(), vec![128; usize::from(blocks) * 64], "{blocks} blocks");
        }
    }

    #[test]
    fn a_picture_that_lacks_blocks_is_refused_although_its_end_is_there() {
        for (blocks, restart_interval, scan) in [
            (2, 0, &[0x3f][..]),
            (5, 0, &[0x00]),
            (30, 0, &[0x00]),
            (30, 0, &[]),
            (3, 2, &[0x0f, 0xff, 0xd0]),
            (12, 5, &[0x00, 0xff, 0xd0, 0x00, 0x3f, 0xff, 0xd1, 0x0f]),
            (12, 5, &[0x00, 0x3f, 0xff, 0xd0, 0x00, 0xff, 0xd1, 0x0f]),
        ] {
            let cause = refusal(&sequential(blocks, restart_interval, scan));
            // The bits that fill up a byte are ones, and no code begins with those.
            let causes = ["data is missing in a scan", "a code is none of its Huffman table"];
            assert!(causes.contains(&cause.as_str()), "{blocks} blocks: {cause}");
        }
    }

    #[test]
    fn a_restart_behind_the_first_block_of_a_row_restarts_nothing_before_it() {
        // Two rows of three blocks; the fourth and the fifth, 01010, are not flat.
        let frame = &[0xff, 0xc0, 0, 11, 8, 0, 16, 0, 24, 1, 1, 0x11, 0];
        let file = |restart_interval, scan: &[u8]| {
            let restarts = &[0xff, 0xdd, 0, 4, 0, restart_interval];
            let header = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
            with_tables(frame, &[restarts, header, scan])
        };
        let without = decoded(&file(0, &[0b0000_0001, 0b0100_1010, 0b0011_1111])).unwrap();
        let with = decoded(&file(4, &[0b0000_0001, 0b0101_1111, 0xff, 0xd0, 0b0101_0001])).unwrap();
        assert_eq!(with, without);
    }

    #[test]
    fn scans_of_some_components_that_the_decoder_does_not_take_as_they_are_are_refused() {
        let file = |factors, restart_interval, first: &[u8], second: &[u8]| {
            let frame = &[0xff, 0xc0, 0, 17, 8, 0, 8, 0, 24, 3, 1, factors, 0, 2, 0x11, 0, 3, 0x11, 0];
            let restarts = &[0xff, 0xdd, 0, 4, 0, restart_interval];
            with_tables(frame, &[restarts, first, second])
        };
        // One component, two components, each with the blocks it has in 24 pixels.
        let one: &[u8] = &[0xff, 0xda, 0, 8, 1, 3, 0, 0, 63, 0, 0x03];
        let two: &[u8] = &[0xff, 0xda, 0, 10, 2, 1, 0, 2, 0, 0, 63, 0, 0x00, 0x0f];
        assert!(decoded(&file(0x11, 0, two, one)).is_ok());
        assert!(decoded(&file(0x11, 3, two, one)).is_ok());
        for (factors, restart_interval) in [(0x21, 0), (0x11, 2)] {
            let cause = refusal(&file(factors, restart_interval, two, one));
            assert_eq!(cause, "a scan of some of its components is of a kind that is not supported");
        }
    }

    #[test]
    fn a_picture_without_a_height_is_refused() {
        let mut file = sequential(1, 0, &[0x3f]);
        let frame = file.windows(2).position(|bytes| bytes == [0xff, 0xc0]).unwrap();
        file[frame + 6] = 0;
        // Behind the first scan comes how many lines there are.
        let end = file.len() - END.len();
        file.splice(end.., [0xff, 0xdc, 0, 4, 0, 8, 0xff, 0xd9]);
        refusal(&file);
    }

    #[test]
    fn a_picture_inside_a_segment_of_another_is_not_taken_for_it() {
        let hidden = sequential(4, 0, &[0x00]);
        let length = (hidden.len() as u16 + 2 - 2).to_be_bytes();
        for marker in [0xd8, 0xd0] {
            let detour = [START, &[0xff, marker], &length, &hidden[2..]].concat();
            refusal(&[&detour[..], &sequential(30, 0, &[0x00])[2..]].concat());
        }
    }

    #[test]
    fn restart_intervals_that_are_missing_or_out_of_order_are_refused() {
        for scan in [
            &[0x00, 0x3f, 0xff, 0xd1, 0x00, 0x3f, 0xff, 0xd0, 0x0f][..],
            &[0x00, 0x3f, 0xff, 0xd1, 0x0f],
            &[0x00, 0x3f, 0xff, 0xd0, 0x00, 0x3f],
        ] {
            assert_eq!(refusal(&sequential(12, 5, scan)), "a restart interval is missing");
        }
    }

    #[test]
    fn what_follows_the_end_of_a_picture_is_nothing_to_it() {
        let picture = sequential(4, 0, &[0x00]);
        let longer = [&picture[..], &sequential(30, 0, &[0x00])].concat();
        assert_eq!(decoded(&longer).unwrap(), decoded(&picture).unwrap());
    }

    #[test]
    fn a_progressive_picture_has_what_each_of_its_scans_adds() {
        let image = decoded(&progressive(&SCANS)).unwrap().into_bytes();
        assert_eq!(
            image.iter().filter(|&&shade| shade != 128).count(),
            64,
            "only the first block is not flat"
        );
        let rough = [&AC_REFINEMENT[..10], &[0x00, 0x3f]].concat();
        let rough = decoded(&progressive(&[DC_FIRST, AC_FIRST, DC_REFINEMENT, &rough])).unwrap().into_bytes();
        assert_ne!(rough, image, "a bit of the coefficient");
    }

    #[test]
    fn a_progressive_picture_that_lacks_data_in_any_of_its_scans_is_refused() {
        for cut in 0..SCANS.len() {
            let mut scans = SCANS;
            scans[cut] = &scans[cut][..scans[cut].len() - 1];
            assert_eq!(refusal(&progressive(&scans)), "data is missing in a scan", "scan {cut}");
        }
    }

    #[test]
    fn a_progressive_picture_without_one_of_its_scans_is_refused() {
        for (missing, cause) in [
            (0, "its scans are out of order"),
            (1, "its scans are out of order"),
            (2, "a scan is missing"),
            (3, "a scan is missing"),
        ] {
            let scans: Vec<_> =
                (0..SCANS.len()).filter(|&scan| scan != missing).map(|scan| SCANS[scan]).collect();
            assert_eq!(refusal(&progressive(&scans)), cause, "scan {missing}");
        }
        assert_eq!(refusal(&progressive(&[DC_FIRST, DC_FIRST])), "its scans are out of order");
    }

    #[test]
    fn quantization_tables_behind_a_scan_are_refused() {
        let table: &[u8] = &[&[0xff, 0xdb, 0, 67, 0][..], &[1; 64]].concat();
        let cause = refusal(&progressive(&[DC_FIRST, table, AC_FIRST, DC_REFINEMENT, AC_REFINEMENT]));
        assert_eq!(cause, "a quantization table is behind a scan");
    }

    /// A block of three components, each in two bits, behind these segments.
    fn colourful(names: &[u8; 3], segments: &[u8]) -> Vec<u8> {
        let [a, b, c] = *names;
        let frame = &[0xff, 0xc0, 0, 17, 8, 0, 8, 0, 8, 3, a, 0x11, 0, b, 0x11, 0, c, 0x11, 0];
        let scan = &[0xff, 0xda, 0, 12, 3, a, 0, b, 0, c, 0, 0, 63, 0, 0x03];
        with_tables(&[segments, frame].concat(), &[scan])
    }

    #[test]
    fn what_is_rgb_is_decoded_unless_it_is_jfif_as_well() {
        let jfif: &[u8] = &[0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
        let adobe: &[u8] = &[0xff, 0xee, 0, 14, b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, 0];
        let grey = DynamicImage::ImageRgb8(RgbImage::from_pixel(8, 8, image::Rgb([128; 3])));
        for (names, segments) in [(&[1, 2, 3], jfif), (&[1, 2, 3], adobe), (b"RGB", &[])] {
            assert_eq!(decoded(&colourful(names, segments)).unwrap(), grey);
        }
        for (names, segments) in [(&[1, 2, 3], &[jfif, adobe].concat()[..]), (b"RGB", jfif)] {
            assert_eq!(refusal(&colourful(names, segments)), "its colours are RGB and, as it is JFIF, YCbCr");
        }
    }

    #[test]
    fn a_picture_without_tables_of_its_own_has_the_standard_ones() {
        // As films have it: an APP0 segment of that name, and no tables. 00 is no difference there, 1010 the end.
        let film = &[0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];
        let quantization: &[u8] = &[&[0xff, 0xdb, 0, 67, 0][..], &[16; 64]].concat();
        let frame = &[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0];
        let scan = &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0b0010_1011];
        let image = decoded(&[START, film, quantization, frame, scan, END].concat()).unwrap();
        assert_eq!(image.into_bytes(), vec![128; 64]);
    }
}
