use image::ImageFormat;
use std::fmt;
use wasi_function::InputFault;

const SEND: &str = "send a PNG, JPEG, GIF, WebP or BMP picture";

/// Why bytes are not a picture that is accepted.
#[derive(Debug)]
pub enum Error {
    /// No bytes at all.
    Empty,
    /// Not one of the formats asked for; the format it is in, where it was recognised.
    Unsupported(Option<ImageFormat>),
    /// More pixels (over all frames) than the limit, found before any pixel was decoded.
    TooLarge {
        /// What the file claims, such as `30000 x 30000 pixels`.
        claim: String,
        /// The limit that it exceeds, in pixels.
        max_pixels: u64,
    },
    /// Claims to be of the format, but cannot be decoded.
    Undecodable {
        /// What it claims to be.
        format: ImageFormat,
        /// What the decoder says.
        cause: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty: there is no picture in the input"),
            Self::Unsupported(None) => write!(f, "unsupported format: {SEND}"),
            Self::Unsupported(Some(format)) => {
                write!(f, "unsupported format: this is {}; {SEND}", name(*format))
            }
            Self::TooLarge { claim, max_pixels } => {
                write!(f, "too large: {claim}; at most {max_pixels} pixels are accepted")
            }
            Self::Undecodable { format, cause } => {
                write!(f, "cannot be decoded: damaged or incomplete {} picture ({cause})", name(*format))
            }
        }
    }
}

fn name(format: ImageFormat) -> String {
    format!("{format:?}").to_uppercase()
}

impl std::error::Error for Error {}

impl From<Error> for wasi_function::Error {
    fn from(error: Error) -> Self {
        let fault = match error {
            Error::Empty => InputFault::Empty,
            Error::Unsupported(_) => InputFault::UnsupportedFormat,
            Error::TooLarge { .. } => InputFault::TooLarge,
            Error::Undecodable { .. } => InputFault::Unusable,
        };
        Self::input(fault, error)
    }
}
