/// The file's header, and the length of the header behind it of OS/2 2 and of Windows (also of OS/2 2, the short form).
const FILE_HEADER_BYTES: usize = 14;
const OS2_BYTES: usize = 64;
const WINDOWS_BYTES: usize = 40;
/// Plain pixels, or runs of 8 or 4 bits: what is above means another thing in Windows.
const COMMON_COMPRESSIONS: u32 = 3;

/// A bitmap of OS/2 2 as one of Windows, whose header is the first 40 of the 64 bytes. Nothing for any other bitmap.
///
/// https://www.fileformat.info/format/os2bmp/egff.htm
pub(crate) fn with_windows_header(file: &[u8]) -> Option<Vec<u8>> {
    let (file_header, header) = file.split_at_checked(FILE_HEADER_BYTES)?;
    let (header, rest) = header.split_at_checked(OS2_BYTES)?;
    if number(header, 0)? != OS2_BYTES as u32 || number(header, 16)? >= COMMON_COMPRESSIONS {
        return None;
    }
    let start_of_pixels = number(file_header, 10)?.checked_sub((OS2_BYTES - WINDOWS_BYTES) as u32)?;
    let parts = [
        &file_header[..10],
        &start_of_pixels.to_le_bytes(),
        &(WINDOWS_BYTES as u32).to_le_bytes(),
        &header[4..WINDOWS_BYTES],
        rest,
    ];
    Some(parts.concat())
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bitmap(header_bytes: u8, compression: u8, start_of_pixels: u8) -> Vec<u8> {
        let mut file = vec![0; 14 + usize::from(header_bytes)];
        file[..2].copy_from_slice(b"BM");
        (file[10], file[14], file[18], file[30]) = (start_of_pixels, header_bytes, 7, compression);
        file.extend(b"palette and pixels");
        file
    }

    #[test]
    fn a_bitmap_of_os2_is_one_of_windows_behind_a_shorter_header() {
        for compression in 0..3 {
            let expected = bitmap(40, compression, 54);
            assert_eq!(with_windows_header(&bitmap(64, compression, 78)), Some(expected));
        }
    }

    #[test]
    fn what_only_os2_knows_or_is_no_such_bitmap_is_left_alone() {
        for file in
            [bitmap(64, 3, 78), bitmap(64, 4, 78), bitmap(64, 0, 23), bitmap(40, 0, 54), b"BM".to_vec()]
        {
            assert_eq!(with_windows_header(&file), None);
        }
    }
}
