//! A GIF turns grey by its colour tables alone: pixels are indices into them, so frames, their
//! places, disposal, delays and transparency stay as they are and no colour is quantised.

use crate::luma::luma;
use gif::{DecodeOptions, Decoder, Encoder, EncodingError, Frame, MemoryLimit};
use picture::{ImageFormat, Limits, undecodable};
use std::borrow::Cow;
use std::fmt::Display;
use std::io::Read;
use std::num::NonZeroU64;
use wasi_function::Error;

/// The GIF in shades of grey: every frame, delay and the loop count kept.
pub(crate) fn grayscale(input: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    check_size(input, limits)?;
    let mut options = DecodeOptions::new();
    options.set_memory_limit(
        NonZeroU64::new(limits.max_pixels).map_or(MemoryLimit::Unlimited, MemoryLimit::Bytes),
    );
    let mut decoder = open(options, input)?;
    let table = decoder.global_palette().map(grey).unwrap_or_default();
    let output = Vec::with_capacity(input.len());
    let mut encoder = Encoder::new(output, decoder.width(), decoder.height(), &table).map_err(not_written)?;
    encoder.set_repeat(decoder.repeat()).map_err(not_written)?;
    while let Some(frame) = decoder.read_next_frame().map_err(damaged)? {
        let frame = Frame {
            palette: frame.palette.as_deref().map(grey),
            buffer: Cow::Borrowed(&frame.buffer),
            // The decoder gives the rows of an interlaced frame in order.
            interlaced: false,
            ..*frame
        };
        encoder.write_frame(&frame).map_err(not_written)?;
    }
    encoder.into_inner().map_err(not_written)
}

/// Adds up the pixels of all frames without decoding one.
fn check_size(input: &[u8], limits: &Limits) -> Result<(), Error> {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    let mut decoder = open(options, input)?;
    let (width, height) = (decoder.width(), decoder.height());
    limits.check((width.into(), height.into()))?;
    let mut frames = 0_u64;
    let mut pixels = 0;
    while let Some(frame) = decoder.next_frame_info().map_err(damaged)? {
        frames += 1;
        pixels += u64::from(frame.width) * u64::from(frame.height);
        if pixels > limits.max_pixels {
            return Err(limits.too_large(format!("its first {frames} frames have {pixels} pixels")).into());
        }
    }
    if frames == 0 {
        return Err(damaged("it has no frame"));
    }
    Ok(())
}

/// A file that ends behind a frame is whole but for its last byte, the trailer, which is read in its place.
fn open(options: DecodeOptions, input: &[u8]) -> Result<Decoder<impl Read>, Error> {
    let trailer: &[u8] = if announces_a_frame(input) { b"" } else { b";" };
    options.read_info(input.chain(trailer)).map_err(damaged)
}

/// Whether a file ends behind a graphic control extension, which a frame has to follow (GIF89a specification, 23).
fn announces_a_frame(input: &[u8]) -> bool {
    matches!(input.last_chunk(), Some([0x21, 0xf9, 4, _, _, _, _, 0]))
}

/// A table of colours (R, G, B bytes each) as one of greys.
fn grey(table: &[u8]) -> Vec<u8> {
    let (colours, _) = table.as_chunks();
    colours.iter().flat_map(|&colour| [luma(colour); 3]).collect()
}

fn damaged(cause: impl Display) -> Error {
    undecodable(ImageFormat::Gif, cause).into()
}

fn not_written(error: EncodingError) -> Error {
    Error::failure(error)
}
