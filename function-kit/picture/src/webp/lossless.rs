use std::sync::LazyLock;

use super::bits::Bits;
use super::prefix_code::PrefixCode;
use crate::Checked;

/// Symbols for green, and for the lengths of copies behind them (RFC 9649, 3.7.2.2).
const GREEN: usize = 256;
const LENGTHS: usize = 24;
const COLOURS: usize = 256;
const DISTANCES: usize = 40;

const DATA_IS_WRONG: &str = "its data is wrong";

/// Checks the prefix codes of a picture in the lossless format, behind its header: all of them stand before its pixels
/// (RFC 9649, 3.8).
pub(super) fn check_prefix_codes(bits: &mut Bits, (mut width, height): (usize, usize)) -> Checked {
    let mut transforms = [false; 4];
    while bits.flag()? {
        let transform = bits.read(2)?;
        // Each comes once at the most (4), and else a few bytes could ask for any number of images.
        if std::mem::replace(&mut transforms[transform as usize], true) {
            return Err("a transform comes twice");
        }
        match transform {
            // Predictors, and colours' differences: a value for each square.
            0 | 1 => {
                let side = 1 << (bits.read(3)? + 2);
                read_image(bits, width.div_ceil(side), height.div_ceil(side))?;
            }
            // Green was subtracted.
            2 => {}
            // A palette; where it is small, some indices share a pixel.
            _ => {
                let colours = bits.read(8)? as usize + 1;
                read_image(bits, colours, 1)?;
                width = width.div_ceil(match colours {
                    ..=2 => 8,
                    3..=4 => 4,
                    5..=16 => 2,
                    _ => 1,
                });
            }
        }
    }
    let cache_bits = cache_bits(bits)?;
    let groups = if bits.flag()? {
        let side = 1 << (bits.read(3)? + 2);
        let squares = read_image(bits, width.div_ceil(side), height.div_ceil(side))?;
        // The number of a square's group is in red and green.
        squares.iter().map(|argb| (argb >> 8 & 0xffff) as usize).max().unwrap_or(0) + 1
    } else {
        1
    };
    for _ in 0..groups {
        Group::read(bits, cache_bits)?;
    }
    Ok(())
}

/// Reads an image that tells how to read another: its pixels, as ARGB (3.7.3).
fn read_image(bits: &mut Bits, width: usize, height: usize) -> Checked<Vec<u32>> {
    let cache_bits = cache_bits(bits)?;
    let group = Group::read(bits, cache_bits)?;
    let size = width * height;
    let mut pixels = Vec::with_capacity(size);
    let mut cache = Cache::new(cache_bits);
    while pixels.len() < size {
        let symbol = usize::from(group.green.symbol(bits)?);
        let known = pixels.len();
        if symbol < GREEN {
            let [red, blue, alpha] =
                [group.red.symbol(bits)?, group.blue.symbol(bits)?, group.alpha.symbol(bits)?];
            pixels.push(u32::from_be_bytes([alpha as u8, red as u8, symbol as u8, blue as u8]));
        } else if symbol < GREEN + LENGTHS {
            let length = length_or_distance(bits, symbol - GREEN)?;
            let distance = usize::from(group.distance.symbol(bits)?);
            let distance = pixels_back(length_or_distance(bits, distance)?, width);
            if distance > known || length > size - known {
                return Err(DATA_IS_WRONG);
            }
            for _ in 0..length {
                pixels.push(pixels[pixels.len() - distance]);
            }
        } else {
            pixels.push(cache.colours[symbol - GREEN - LENGTHS]);
        }
        pixels[known..].iter().for_each(|&argb| cache.insert(argb));
    }
    Ok(pixels)
}

/// How many bits the index of the colour cache has; 0 without one (3.7.3).
fn cache_bits(bits: &mut Bits) -> Checked<u32> {
    if !bits.flag()? {
        return Ok(0);
    }
    match bits.read(4)? {
        count @ 1..=11 => Ok(count),
        _ => Err(DATA_IS_WRONG),
    }
}

/// The five codes of a part of an image (3.7.2.2).
struct Group {
    green: PrefixCode,
    red: PrefixCode,
    blue: PrefixCode,
    alpha: PrefixCode,
    distance: PrefixCode,
}

impl Group {
    fn read(bits: &mut Bits, cache_bits: u32) -> Checked<Self> {
        let cached = if cache_bits > 0 { 1 << cache_bits } else { 0 };
        Ok(Self {
            green: PrefixCode::read(bits, GREEN + LENGTHS + cached)?,
            red: PrefixCode::read(bits, COLOURS)?,
            blue: PrefixCode::read(bits, COLOURS)?,
            alpha: PrefixCode::read(bits, COLOURS)?,
            distance: PrefixCode::read(bits, DISTANCES)?,
        })
    }
}

/// Colours that came before, by a hash of theirs (3.6.3).
struct Cache {
    colours: Vec<u32>,
    bits: u32,
}

impl Cache {
    fn new(bits: u32) -> Self {
        Self { colours: vec![0; if bits > 0 { 1 << bits } else { 0 }], bits }
    }

    fn insert(&mut self, argb: u32) {
        if self.bits > 0 {
            self.colours[(0x1e35_a7bd_u32.wrapping_mul(argb) >> (32 - self.bits)) as usize] = argb;
        }
    }
}

/// The length or distance that a symbol and the bits behind it stand for (3.6.2.2).
fn length_or_distance(bits: &mut Bits, symbol: usize) -> Checked<usize> {
    if symbol < 4 {
        return Ok(symbol + 1);
    }
    let extra = (symbol - 2) / 2;
    let offset = (2 + symbol % 2) << extra;
    Ok(offset + bits.read(extra as u32)? as usize + 1)
}

/// How far back a distance is, in pixels of an image that is read row by row. The first 120 are those around a pixel:
/// nearer ones first, of as near ones those above it before those beside it, and the right before the left (3.6.2.2).
fn pixels_back(distance: usize, width: usize) -> usize {
    static AROUND: LazyLock<Vec<(isize, isize)>> = LazyLock::new(|| {
        let above = (1..8).flat_map(|up| (-7..=8).map(move |left| (left, up)));
        let mut around: Vec<(isize, isize)> = (1..=8).map(|left| (left, 0)).chain(above).collect();
        around.sort_by_key(|&(left, up)| (left * left + up * up, left.abs(), left < 0));
        around
    });
    match AROUND.get(distance - 1) {
        Some((left, up)) => (left + up * width as isize).max(1) as usize,
        None => distance - AROUND.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_distances_are_places_around_a_pixel() {
        // Of the table in 3.6.2.2: (0, 1), (1, 0), (1, 1), (-1, 1), (3, 4), (-4, 3), (5, 0), (8, 0), (8, 7).
        for (distance, expected) in [
            (1, 100),
            (2, 1),
            (3, 101),
            (4, 99),
            (36, 403),
            (39, 296),
            (40, 5),
            (97, 8),
            (120, 708),
            (121, 1),
        ] {
            assert_eq!(pixels_back(distance, 100), expected, "{distance}");
        }
        assert_eq!(pixels_back(4, 1), 1);
    }

    #[test]
    fn lengths_and_distances_have_more_bits_the_longer_they_are() {
        for (symbol, bytes, expected) in [
            (0, [0; 3], 1),
            (3, [0; 3], 4),
            (4, [1, 0, 0], 6),
            (5, [1, 0, 0], 8),
            (23, [0xff; 3], 4096),
            (39, [0xff; 3], 1 << 20),
        ] {
            assert_eq!(length_or_distance(&mut Bits::new(&bytes), symbol), Ok(expected), "{symbol}");
        }
    }
}
