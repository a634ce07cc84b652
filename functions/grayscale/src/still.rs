use crate::luma;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageBuffer, ImageEncoder, LumaA};
use picture::Picture;
use png::{BitDepth, ColorType, DeflateCompression, EncodingError, Filter};
use std::io::Write;
use wasi_function::Error;

/// Of pictures that are written by rows; however short those are.
const SAMPLES_AT_ONCE: usize = 64 * 1024;

/// The picture upright and in shades of grey, as a PNG.
pub(crate) fn grayscale(picture: Picture) -> Result<Vec<u8>, Error> {
    // Grey first: fewer bytes to turn.
    let mut grey = luma::grayscale(picture.image);
    grey.apply_orientation(picture.orientation);
    match grey {
        DynamicImage::ImageLumaA16(grey) => by_rows(&grey).map_err(Error::failure),
        grey => at_once(&grey),
    }
}

fn at_once(grey: &DynamicImage) -> Result<Vec<u8>, Error> {
    let mut png = Vec::with_capacity(grey.as_bytes().len() / 2);
    // Chosen by measurement: docs/decisions/png-compression.md.
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Paeth);
    encoder
        .write_image(grey.as_bytes(), grey.width(), grey.height(), grey.color().into())
        .map_err(Error::failure)?;
    Ok(png)
}

/// For the largest pixels: the encoder of `image` holds the shades and their compressed bytes twice
/// each, which for a picture at the limit can be more than the memory of the function. And deflate
/// in place of fdeflate, which makes half as much again of what cannot be compressed.
fn by_rows(grey: &ImageBuffer<LumaA<u16>, Vec<u16>>) -> Result<Vec<u8>, EncodingError> {
    let bytes = size_of_val(grey.as_raw().as_slice());
    let mut output = Vec::with_capacity(bytes + bytes / 64 + grey.height() as usize);
    let mut encoder = png::Encoder::new(&mut output, grey.width(), grey.height());
    encoder.set_color(ColorType::GrayscaleAlpha);
    encoder.set_depth(BitDepth::Sixteen);
    encoder.set_deflate_compression(DeflateCompression::Level(1));
    encoder.set_filter(Filter::Paeth);
    let mut png = encoder.write_header()?;
    let mut rows = png.stream_writer()?;
    for samples in grey.as_raw().chunks(SAMPLES_AT_ONCE) {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_be_bytes()).collect();
        rows.write_all(&bytes)?;
    }
    rows.finish()?;
    png.finish()?;
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shades that no compressor finds anything in (xorshift).
    fn noise(width: u32, height: u32) -> ImageBuffer<LumaA<u16>, Vec<u16>> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        ImageBuffer::from_fn(width, height, |_, _| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            LumaA([state as u16, (state >> 16) as u16])
        })
    }

    #[test]
    fn the_largest_pixels_are_written_with_every_bit() {
        let grey = noise(37, 23);
        let png = by_rows(&grey).unwrap();
        assert_eq!(image::load_from_memory(&png).unwrap(), DynamicImage::ImageLumaA16(grey));
    }

    #[test]
    fn what_cannot_be_compressed_takes_no_more_memory_than_was_set_aside() {
        let grey = noise(700, 500);
        let bytes = size_of_val(grey.as_raw().as_slice());
        let png = by_rows(&grey).unwrap();
        assert!(png.len() > bytes, "{} of {bytes}", png.len());
        assert!(png.len() <= bytes + bytes / 64, "{} of {bytes}", png.len());
    }
}
