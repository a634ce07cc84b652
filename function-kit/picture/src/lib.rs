//! Decodes pictures that strangers send: only the formats asked for, never more pixels than the
//! limit, and a damaged or incomplete file is an error, not a picture with holes.

mod bmp;
mod error;
mod jpeg;
mod limits;
mod png;
mod webp;

pub use error::Error;
pub use image::ImageFormat;
pub use limits::Limits;

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, pnm::PnmDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageResult};
use std::fmt::Display;
use std::io::Cursor;

const END_IS_MISSING: &str = "its end is missing";

/// What a file has, or what is wrong with it.
type Checked<T = ()> = Result<T, &'static str>;

/// A decoded picture, of an animation its first frame.
pub struct Picture {
    /// The pixels as the file has them.
    pub image: DynamicImage,
    /// What to do to the pixels so that the picture stands upright: EXIF orientation.
    pub orientation: Orientation,
}

/// The format of `input` by its first bytes, if it is one of those `accepted`.
pub fn format_of(input: &[u8], accepted: &[ImageFormat]) -> Result<ImageFormat, Error> {
    if input.is_empty() {
        return Err(Error::Empty);
    }
    let format = guess_format(input).ok_or(Error::Unsupported(None))?;
    if !accepted.contains(&format) {
        return Err(Error::Unsupported(Some(format)));
    }
    Ok(format)
}

fn guess_format(input: &[u8]) -> Option<ImageFormat> {
    // `image` wants a marker right behind the first.
    if input.starts_with(&[0xff, 0xd8]) { Some(ImageFormat::Jpeg) } else { image::guess_format(input).ok() }
}

/// Decodes the whole of `input`: PNG, JPEG, GIF, WebP, BMP or PNM.
///
/// What a decoder refuses it gets once more without the bytes that the picture does not need: many files have something
/// wrong with those. That every pixel is there is seen to as for any other file.
pub fn decode(input: &[u8], format: ImageFormat, limits: &Limits) -> Result<Picture, Error> {
    match decode_as_it_is(input, format, limits) {
        Err(refused @ Error::Undecodable { .. }) => match bare(input, format) {
            Some(bare) if bare != input => decode_as_it_is(&bare, format, limits),
            _ => Err(refused),
        },
        answer => answer,
    }
}

/// The file with what its pixels need, in the form that decoders know best. Nothing where there is no such form.
fn bare(input: &[u8], format: ImageFormat) -> Option<Vec<u8>> {
    match format {
        ImageFormat::Jpeg => jpeg::bare(input),
        ImageFormat::Png => png::bare(input),
        ImageFormat::Bmp => bmp::with_windows_header(input),
        _ => None,
    }
}

fn decode_as_it_is(input: &[u8], format: ImageFormat, limits: &Limits) -> Result<Picture, Error> {
    let bytes = Cursor::new(input);
    match format {
        ImageFormat::Jpeg => jpeg::decode(input, limits),
        ImageFormat::Png => {
            // Its decoder takes limits of memory when it is made, and would speak of those.
            let size = png::size(input).unwrap_or_default();
            limits.check(size)?;
            if !png::palette_is_whole(input) {
                return Err(undecodable(format, "its palette ends inside a colour"));
            }
            if !png::has_end(input) {
                return Err(undecodable(format, END_IS_MISSING));
            }
            decode_with(PngDecoder::with_limits(bytes, limits.for_png(size)), format, limits)
        }
        ImageFormat::Gif => decode_with(GifDecoder::new(bytes), format, limits),
        ImageFormat::WebP if !webp::is_complete(input) => Err(undecodable(format, END_IS_MISSING)),
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(bytes).map_err(|error| undecodable(format, error))?;
            limits.check(decoder.dimensions())?;
            webp::check(input, decoder.dimensions()).map_err(|error| undecodable(format, error))?;
            decode_with(Ok(decoder), format, limits)
        }
        ImageFormat::Bmp => decode_with(BmpDecoder::new(bytes), format, limits),
        ImageFormat::Pnm => decode_with(PnmDecoder::new(bytes), format, limits),
        other => Err(Error::Unsupported(Some(other))),
    }
}

/// The error for a picture of a known `format` that its decoder refuses for `cause`.
pub fn undecodable(format: ImageFormat, cause: impl Display) -> Error {
    Error::Undecodable { format, cause: cause.to_string() }
}

/// What EXIF data says of the picture's orientation. Behind the name of a JPEG's EXIF segment too,
/// with which libwebp's tools and libvips write the chunk of a WebP.
pub(crate) fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif))
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
}

fn decode_with(
    decoder: ImageResult<impl ImageDecoder>,
    format: ImageFormat,
    limits: &Limits,
) -> Result<Picture, Error> {
    let failed = |error| undecodable(format, error);
    let mut decoder = decoder.map_err(failed)?;
    limits.check(decoder.dimensions())?;
    decoder.set_limits(limits.for_image()).map_err(failed)?;
    let orientation = orientation(decoder.exif_metadata().map_err(failed)?.as_deref());
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(Picture { image, orientation })
}
