use crate::Error;

/// Bytes of the largest pixel that the formats know: RGBA with 16 bits each.
const MAX_BYTES_PER_PIXEL: u64 = 8;
/// Bytes for what a decoder needs besides pixels: rows, palettes, a colour profile.
const WORKING_BYTES: u64 = 64 * 1024 * 1024;
const DEFAULT_MAX_PIXELS: u64 = 50_000_000;

/// How large a picture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels of a picture, of an animation over all its frames.
    pub max_pixels: u64,
}

impl Limits {
    /// The limit that `MAX_PIXELS` sets in the environment: 50 million where it is unset.
    pub fn from_environment() -> Result<Self, wasi_function::Error> {
        Self::parse(&std::env::var("MAX_PIXELS").unwrap_or_default())
    }

    fn parse(max_pixels: &str) -> Result<Self, wasi_function::Error> {
        let max_pixels = match max_pixels {
            "" => DEFAULT_MAX_PIXELS,
            text => text.parse().ok().filter(|&pixels| pixels > 0).ok_or_else(|| {
                wasi_function::Error::failure(format!(
                    "MAX_PIXELS is \"{text}\": set it to a number of pixels above 0"
                ))
            })?,
        };
        Ok(Self { max_pixels })
    }

    /// Refuses `width` x `height` pixels where they are more than the limit.
    pub fn check(&self, (width, height): (u32, u32)) -> Result<(), Error> {
        if u64::from(width) * u64::from(height) > self.max_pixels {
            return Err(self.too_large(format!("{width} x {height} pixels")));
        }
        Ok(())
    }

    /// The error for a picture that makes the `claim` of a size above the limit.
    pub fn too_large(&self, claim: String) -> Error {
        Error::TooLarge { claim, max_pixels: self.max_pixels }
    }

    /// The same limit for decoders of the crate `image`: memory for a picture of the most pixels.
    pub(crate) fn for_image(&self) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_alloc =
            Some(self.max_pixels.saturating_mul(MAX_BYTES_PER_PIXEL).saturating_add(WORKING_BYTES));
        limits
    }

    /// What the decoder of PNG may take beside the pixels: two rows, and what its other chunks unpack to. A colour
    /// profile of some kilobytes unpacks to gigabytes; one that is too large is passed over.
    pub(crate) fn for_png(&self, (width, _): (u32, u32)) -> image::Limits {
        let mut limits = image::Limits::default();
        limits.max_alloc = Some(2 * MAX_BYTES_PER_PIXEL * u64::from(width) + WORKING_BYTES);
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_million_pixels_are_the_default() {
        assert_eq!(Limits::parse("").unwrap(), Limits { max_pixels: 50_000_000 });
    }

    #[test]
    fn the_limit_itself_is_accepted_and_one_more_is_not() {
        let limits = Limits::parse("100").unwrap();
        limits.check((10, 10)).unwrap();
        let error = limits.check((101, 1)).unwrap_err().to_string();
        assert_eq!(error, "too large: 101 x 1 pixels; at most 100 pixels are accepted");
        limits.check((u32::MAX, u32::MAX)).unwrap_err();
    }

    #[test]
    fn a_wrong_limit_is_named_with_what_to_do() {
        let error = Limits::parse("many").unwrap_err();
        assert_eq!(error.message(), "MAX_PIXELS is \"many\": set it to a number of pixels above 0");
    }
}
