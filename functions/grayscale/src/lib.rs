//! A picture in, the same picture in shades of grey out: a GIF stays a GIF, with all its frames,
//! any other format becomes a PNG.
//!
//! A shade is what the crate `image` makes of a colour, `(2126 R + 7152 G + 722 B) / 10000`,
//! rounded down. Transparency and 16 bits a channel are kept.

mod gif;
mod luma;
mod still;

use picture::{ImageFormat, Limits, format_of};
use wasi_function::Error;

const ACCEPTED: [ImageFormat; 5] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp];

/// Turns a PNG, JPEG, WebP or BMP into a grey PNG and a GIF into a grey GIF.
///
/// [`Error::BadInput`] for what is not such a picture, is damaged, or has more pixels than `limits` allow.
pub fn grayscale(input: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    match format_of(input, &ACCEPTED)? {
        ImageFormat::Gif => gif::grayscale(input, limits),
        format => still::grayscale(picture::decode(input, format, limits)?),
    }
}
