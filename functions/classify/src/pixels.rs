use crate::Size;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, Rgba, RgbaImage};
use picture::{ImageFormat, Limits, format_of};
use wasi_function::Error;

/// Besides the formats of the function `grayscale` raw RGB behind a PPM header, the form in which
/// a service hands over a picture that it has shrunk already.
const ACCEPTED: [ImageFormat; 6] = [
    ImageFormat::Pnm,
    ImageFormat::Png,
    ImageFormat::Jpeg,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
];

/// Turns pictures into what a model takes.
pub struct Pixels {
    size: Size,
    limits: Limits,
    resizer: Resizer,
    options: ResizeOptions,
}

impl Pixels {
    /// For a model that takes pictures of `size`, from pictures within `limits`.
    pub fn new(size: Size, limits: Limits) -> Self {
        let bilinear = ResizeAlg::Convolution(FilterType::Bilinear);
        Self { size, limits, resizer: Resizer::new(), options: ResizeOptions::new().resize_alg(bilinear) }
    }

    /// The picture upright, on white where it is transparent, stretched to the model's size:
    /// `[1, height, width, 3]` uint8 RGB. [`Error::BadInput`] for what is not a picture.
    pub fn of(&mut self, input: &[u8]) -> Result<Vec<u8>, Error> {
        let format = format_of(input, &ACCEPTED)?;
        let picture = picture::decode(input, format, &self.limits)?;
        let mut image = picture.image;
        image.apply_orientation(picture.orientation);
        let image = on_white(image);
        if (image.width(), image.height()) == (self.size.width, self.size.height) {
            return Ok(image.into_bytes());
        }
        self.stretch(&image).map_err(Error::failure)
    }

    fn stretch(&mut self, image: &DynamicImage) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let source = ImageRef::new(image.width(), image.height(), image.as_bytes(), PixelType::U8x3)?;
        let mut target = Image::new(self.size.width, self.size.height, PixelType::U8x3);
        self.resizer.resize(&source, &mut target, &self.options)?;
        Ok(target.into_vec())
    }
}

/// The picture as 8-bit RGB.
fn on_white(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return DynamicImage::ImageRgb8(image.into_rgb8());
    }
    let mut image = image.into_rgba8();
    blend_with_white(&mut image);
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(image).into_rgb8())
}

fn blend_with_white(image: &mut RgbaImage) {
    for Rgba([red, green, blue, alpha]) in image.pixels_mut() {
        let alpha = u32::from(*alpha);
        for channel in [red, green, blue] {
            *channel = ((u32::from(*channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;
    use std::io::Cursor;
    use wasi_function::InputFault;

    fn pixels(width: u32, height: u32) -> Pixels {
        Pixels::new(Size { width, height }, Limits { max_pixels: 100 })
    }

    fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn raw_rgb_of_the_models_size_goes_through_unchanged() {
        let rgb: Vec<u8> = (0..18).collect();
        let ppm = [b"P6\n3 2\n255\n", rgb.as_slice()].concat();
        assert_eq!(pixels(3, 2).of(&ppm).unwrap(), rgb);
    }

    #[test]
    fn a_picture_of_another_size_is_stretched_over_the_whole_input() {
        let halves =
            RgbImage::from_fn(10, 4, |x, _| image::Rgb(if x < 5 { [200, 0, 0] } else { [0, 0, 100] }));
        let stretched = pixels(2, 1).of(&png(halves)).unwrap();
        let [left, right] = stretched.as_chunks::<3>().0 else { panic!("{stretched:?}") };
        assert!(left[0] > 150 && left[2] < 30, "{left:?}");
        assert!(right[0] < 50 && right[2] > 70, "{right:?}");
    }

    #[test]
    fn transparent_pixels_are_white_and_half_transparent_ones_are_mixed_with_it() {
        let image = RgbaImage::from_fn(3, 1, |x, _| Rgba([0, 0, 200, [0, 51, 255][x as usize]]));
        let expected = [255, 255, 255, 204, 204, 244, 0, 0, 200];
        assert_eq!(pixels(3, 1).of(&png(image)).unwrap(), expected);
    }

    #[test]
    fn a_picture_above_the_limit_is_bad_input() {
        let error = pixels(1, 1).of(&png(RgbImage::new(101, 1))).unwrap_err();
        let expected = "too large: 101 x 1 pixels; at most 100 pixels are accepted";
        assert_eq!(error, Error::input(InputFault::TooLarge, expected));
    }

    #[test]
    fn bytes_that_are_no_picture_are_bad_input() {
        assert_eq!(pixels(1, 1).of(b"").unwrap_err().status(), 3);
        assert_eq!(pixels(1, 1).of(b"hello").unwrap_err().status(), 5);
    }
}
