use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use std::fmt::Display;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{Error, Limits, Picture, orientation, undecodable};

const START_OF_SCAN: u8 = 0xda;
const END_OF_IMAGE: u8 = 0xd9;

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
    if !is_complete(input) {
        return Err(failed(&"its end is missing"));
    }

    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let colours = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(colours));
    let samples = decoder.decode().map_err(|error| failed(&error))?;
    let image = if grey {
        GrayImage::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
    };
    let image = image.ok_or_else(|| failed(&"pixels are missing"))?;
    Ok(Picture { image, orientation: orientation(decoder.exif().map(Vec::as_slice)) })
}

/// Whether the file goes on to its end-of-image marker. Segments are passed over by their length,
/// because the one with a thumbnail has such a marker inside (ITU T.81, annex B).
fn is_complete(input: &[u8]) -> bool {
    let mut rest = input.get(2..).unwrap_or_default();
    loop {
        let Some(marker) = next_marker(&mut rest) else {
            return false;
        };
        match marker {
            END_OF_IMAGE => return true,
            START_OF_SCAN => {}
            _ => {
                let Some(length) = rest.first_chunk() else {
                    return false;
                };
                let length = usize::from(u16::from_be_bytes(*length));
                rest = rest.get(length..).unwrap_or_default();
            }
        }
    }
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

    #[test]
    fn a_file_is_complete_at_its_own_end_marker_whatever_follows() {
        let file = [START, SEGMENT_WITH_AN_END_INSIDE, SCAN, SCAN, END, SCAN].concat();
        assert!(is_complete(&file));
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end_of_the_file() {
        let file = [START, SEGMENT_WITH_AN_END_INSIDE, SCAN].concat();
        for end in 0..=file.len() {
            assert!(!is_complete(&file[..end]), "cut off at {end}");
        }
    }
}
