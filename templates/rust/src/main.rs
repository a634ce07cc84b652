//! A picture on stdin, a thumbnail of it as PNG on stdout. What it cannot use ends with exit code 1 and a line that says why.

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use std::{
    error::Error,
    io::{self, Cursor, Read, Write},
    process::ExitCode,
};

/// Pixels of the longer side.
const SIDE: u32 = 256;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(1)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    io::stdout().write_all(&thumbnail(&input)?)?;
    Ok(())
}

/// A PNG of at most SIDE x SIDE pixels, upright, with the proportions of the picture.
fn thumbnail(input: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut decoder = ImageReader::new(Cursor::new(input)).with_guessed_format()?.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    // Only now: turning makes a copy.
    picture.apply_orientation(orientation);
    let mut png = Vec::new();
    picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png)?;
    Ok(png)
}
