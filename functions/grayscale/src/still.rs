use crate::luma;
use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use picture::Picture;
use wasi_function::Error;

/// The picture upright and in shades of grey, as a PNG.
pub(crate) fn grayscale(picture: Picture) -> Result<Vec<u8>, Error> {
    // Grey first: fewer bytes to turn.
    let mut grey = luma::grayscale(picture.image);
    grey.apply_orientation(picture.orientation);
    let mut png = Vec::with_capacity(grey.as_bytes().len() / 2);
    // Chosen by measurement: docs/decisions/png-compression.md.
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Paeth);
    encoder
        .write_image(grey.as_bytes(), grey.width(), grey.height(), grey.color().into())
        .map_err(Error::failure)?;
    Ok(png)
}
