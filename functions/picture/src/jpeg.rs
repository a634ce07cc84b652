use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use std::fmt::Display;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{END_IS_MISSING, Error, Limits, Picture, orientation, undecodable};

const MARKER_BYTES: usize = 2;
const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;
/// A frame whose coefficients come in several scans.
const PROGRESSIVE: u8 = 0xc2;

/// Coded data of ones alone: FF is written FF 00 there. More bits than the longest value takes.
const ONES: [u8; 16] = [0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0, 0xff, 0];

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
    limits.check((width, height))?;
    let bytes = with_ones_behind_scans(input).ok_or_else(|| failed(&END_IS_MISSING))?;

    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = options.jpeg_set_out_colorspace(colours);
    let samples = JpegDecoder::new_with_options(ZCursor::new(&bytes), options)
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

/// The file up to its end-of-image marker, with ones behind the coded data; nothing where the marker is missing.
///
/// The decoder takes zeros for bits that are not there, and fills a picture whose last blocks are missing with
/// something. But no code is all ones (ITU T.81, C.2), so at these it stops; a picture with all its blocks never needs
/// them. Not behind scans after which the decoder wants the next marker at once: the first of a progressive file, and
/// all but the last of any other.
///
/// Segments are passed over by their length, because the one with a thumbnail has such a marker inside (annex B).
fn with_ones_behind_scans(input: &[u8]) -> Option<Vec<u8>> {
    let mut ends = Vec::new();
    let mut is_progressive = false;
    let mut is_scan = false;
    let mut rest = input.get(2..)?;
    loop {
        let marker = next_marker(&mut rest)?;
        if is_scan {
            ends.push(input.len() - rest.len() - MARKER_BYTES);
        }
        is_scan = marker == START_OF_SCAN;
        is_progressive |= marker == PROGRESSIVE;
        match marker {
            END_OF_IMAGE => break,
            START_OF_SCAN => {}
            _ => rest = rest.get(usize::from(u16::from_be_bytes(*rest.first_chunk()?))..)?,
        }
    }
    let skipped = if is_progressive { 1 } else { ends.len().saturating_sub(1) };
    let mut bytes = Vec::with_capacity(input.len() + ends.len() * ONES.len());
    let mut copied = 0;
    for &end in ends.iter().skip(skipped) {
        bytes.extend_from_slice(&input[copied..end]);
        bytes.extend_from_slice(&ONES);
        copied = end;
    }
    bytes.extend_from_slice(&input[copied..input.len() - rest.len()]);
    Some(bytes)
}

/// Goes to behind the next marker that is not part of coded data: 00 is an escaped FF there, D0
/// to D7 are restarts, FF is padding.
fn next_marker(rest: &mut &[u8]) -> Option<u8> {
    loop {
        let at = memchr::memchr(0xff, rest)?;
        let &marker = rest.get(at + 1)?;
        let padding = marker == 0xff;
        *rest = &rest[at + if padding { 1 } else { 2 }..];
        if !matches!(marker, 0x00 | 0xd0..=0xd7 | 0xff) {
            return Some(marker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = &[0xff, 0xd8];
    const SEGMENT_WITH_AN_END_INSIDE: &[u8] = &[0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
    const SCAN: &[u8] = &[0xff, 0xda, 0, 3, 1, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56];
    const END: &[u8] = &[0xff, 0xff, 0xd9];

    /// A grey picture of blocks in a row, each coded in two bits, 00: no difference, no more coefficients.
    fn flat(blocks: u8, restart_interval: u8, scan: &[u8]) -> Vec<u8> {
        [
            START,
            &[0xff, 0xdb, 0, 67, 0],
            &[1; 64],
            &[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8 * blocks, 1, 1, 0x11, 0],
            &[0xff, 0xc4, 0, 20, 0x00, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xff, 0xdd, 0, 4, 0, restart_interval],
            &[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
            scan,
            END,
        ]
        .concat()
    }

    fn decoded(input: &[u8]) -> Result<DynamicImage, Error> {
        decode(input, &Limits { max_pixels: 10_000 }).map(|picture| picture.image)
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
        ] {
            let image = decoded(&flat(blocks, restart_interval, scan)).unwrap();
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
        ] {
            let error = decoded(&flat(blocks, restart_interval, scan)).unwrap_err();
            assert!(matches!(error, Error::Undecodable { .. }), "{blocks} blocks: {error}");
        }
    }

    #[test]
    fn a_file_ends_at_its_own_end_marker_whatever_follows() {
        let file = [START, SEGMENT_WITH_AN_END_INSIDE, END].concat();
        let longer = [file.as_slice(), SCAN].concat();
        assert_eq!(with_ones_behind_scans(&longer), Some(file));
    }

    #[test]
    fn ones_are_behind_the_last_scan_and_in_progressive_files_behind_all_but_the_first() {
        const FRAME: &[u8] = &[0xff, PROGRESSIVE, 0, 2];
        let baseline = with_ones_behind_scans(&[START, SCAN, SCAN, SCAN, END].concat());
        assert_eq!(baseline, Some([START, SCAN, SCAN, SCAN, &[0xff], &ONES, &END[1..]].concat()));
        let progressive = with_ones_behind_scans(&[START, FRAME, SCAN, SCAN, SCAN, END].concat());
        let expected = [START, FRAME, SCAN, SCAN, &ONES, SCAN, &[0xff], &ONES, &END[1..]];
        assert_eq!(progressive, Some(expected.concat()));
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_file() {
        let file = [START, SEGMENT_WITH_AN_END_INSIDE, SCAN].concat();
        for end in 0..=file.len() {
            assert_eq!(with_ones_behind_scans(&file[..end]), None, "cut off at {end}");
        }
    }
}
