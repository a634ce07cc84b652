use super::jfif::is_jfif_segment;
use super::markers::*;

/// The file without what its pixels do not need: bytes between segments, and segments that only tell of other things.
/// Its end is there, whether the file has one or not.
///
/// What is a marker and what is passed over is as in libjpeg (jdmarker.c). Nothing for a file that does not begin as a
/// JPEG.
pub(crate) fn bare(file: &[u8]) -> Option<Vec<u8>> {
    let mut rest = file.strip_prefix(&[0xff, START_OF_IMAGE])?;
    let mut bare = Vec::with_capacity(file.len() + 2);
    bare.extend([0xff, START_OF_IMAGE]);
    let (mut components, mut transform) = (0, None);
    while let Some(marker) = next_marker(&mut rest)
        && marker != END_OF_IMAGE
    {
        if !has_segment(marker) {
            // A second start is for the check to refuse; others mean nothing here.
            if marker == START_OF_IMAGE {
                bare.extend([0xff, marker]);
            }
            continue;
        }
        let from = rest;
        let Some(content) = segment(&mut rest) else { break };
        if !is_needed(marker, content) {
            continue;
        }
        match marker {
            BASELINE | EXTENDED | PROGRESSIVE => components = content.get(5).copied().unwrap_or(0),
            APP14 => transform = Some(bare.len() + 4 + ADOBE_TRANSFORM),
            START_OF_SCAN => pass_coded_data(&mut rest),
            _ => {}
        }
        bare.extend([0xff, marker]);
        bare.extend_from_slice(&from[..from.len() - rest.len()]);
    }
    bare.extend([0xff, END_OF_IMAGE]);
    // The decoder refuses what makes no sense, where libjpeg takes what there is for so many components.
    if let Some(transform) = transform.and_then(|at| bare.get_mut(at)) {
        *transform = match (components, *transform) {
            (3, 1..) => 1,
            (4, 1..) => 2,
            _ => 0,
        };
    }
    Some(bare)
}

/// Where Adobe's segment says how colours are transformed.
const ADOBE_TRANSFORM: usize = 11;

/// Whether a segment has a say in what is to be seen: that of an application only for the colours, the tables, and the
/// orientation.
fn is_needed(marker: u8, content: &[u8]) -> bool {
    match marker {
        APP0 => is_jfif_segment(content) || content.starts_with(b"AVI1\0"),
        APP1 => content.starts_with(b"Exif\0\0"),
        APP14 => content.starts_with(b"Adobe") && content.len() > ADOBE_TRANSFORM,
        _ => !APPLICATION.contains(&marker) && marker != COMMENT,
    }
}

/// Goes to the marker behind the data of a scan, and its restart intervals.
fn pass_coded_data(rest: &mut &[u8]) {
    let mut behind = *rest;
    loop {
        match next_marker(&mut behind) {
            Some(marker) if RESTART.contains(&marker) => {}
            Some(_) => {
                *rest = &rest[rest.len() - behind.len() - 2..];
                return;
            }
            None => {
                *rest = &[];
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &[u8] = &[0xff, 0xda, 0, 3, 1, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56];
    const END: &[u8] = &[0xff, 0xd9];

    fn file(parts: &[&[u8]]) -> Vec<u8> {
        [&[0xff, 0xd8][..], &parts.concat()].concat()
    }

    #[test]
    fn what_is_needed_stays_as_it_is() {
        let jfif: &[u8] = &[0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0];
        let film: &[u8] = &[0xff, 0xe0, 0, 7, b'A', b'V', b'I', b'1', 0];
        let exif: &[u8] = &[0xff, 0xe1, 0, 9, b'E', b'x', b'i', b'f', 0, 0, 7];
        let tables: &[u8] = &[0xff, 0xdb, 0, 3, 1, 0xff, 0xc4, 0, 3, 2, 0xff, 0xdd, 0, 4, 0, 3];
        let whole = file(&[jfif, film, exif, tables, SCAN, &[0xff, 0xc4, 0, 3, 1], SCAN, END]);
        assert_eq!(bare(&whole).unwrap(), whole);
    }

    #[test]
    fn bytes_between_segments_and_behind_the_end_go() {
        let tables: &[u8] = &[0xff, 0xdb, 0, 3, 1];
        let alone = &[0xff, 0x01, 0xff, 0xd0, 0xff, 0xd7];
        for stray in [&[0][..], &[0; 18], &[1, 2, 3], &[0xff, 0x00, 0x7e], &[0xff, 0xff, 0xff], alone] {
            let given = file(&[stray, tables, stray, SCAN, END, stray]);
            let expected = file(&[tables, SCAN, END]);
            assert_eq!(bare(&given).unwrap(), expected, "{stray:?}");
        }
    }

    #[test]
    fn segments_that_say_nothing_of_the_pixels_go_whatever_is_wrong_with_them() {
        for segment in [
            &b"\xff\xe2\0\x11ICC_PROFILE\0\x09\x01!"[..],
            b"\xff\xe1\0\x06http",
            b"\xff\xe0\0\x07JFIF\0",
            b"\xff\xee\0\x0cAdobe\0d\0\0\0",
            b"\xff\xee\0\x0eadobe\0d\0\0\0\0\x01",
            b"\xff\xfe\0\x04ab",
            b"\xff\xe5\0\0",
            b"\xff\xfe\0\x01",
        ] {
            assert_eq!(bare(&file(&[segment, SCAN, END])).unwrap(), file(&[SCAN, END]), "{segment:?}");
        }
    }

    #[test]
    fn an_end_that_is_missing_or_cut_off_is_there() {
        for end in [&[][..], &[0xff], &[0xff, 0xc4], &[0xff, 0xc4, 0], &[0xff, 0xc4, 0, 9, 1]] {
            let bare = bare(&file(&[SCAN, end])).unwrap();
            // More FF before a marker are a part of it.
            let fill = if end == [0xff] { end } else { &[] };
            assert_eq!(bare, file(&[SCAN, fill, END]), "{end:?}");
        }
        assert_eq!(bare(&[0xff]), None);
    }

    #[test]
    fn a_second_start_stays_to_be_refused() {
        let twice = file(&[&[0xff, 0xd8], SCAN, END]);
        assert_eq!(bare(&twice).unwrap(), twice);
    }

    #[test]
    fn the_colour_transform_is_the_one_that_libjpeg_takes_for_so_many_components() {
        let frame = |components| [0xff, 0xc0, 0, 8, 8, 0, 8, 0, 8, components];
        for (components, given, expected) in [
            (1, 1, 0),
            (3, 0, 0),
            (3, 1, 1),
            (3, 2, 1),
            (3, 7, 1),
            (4, 0, 0),
            (4, 1, 2),
            (4, 2, 2),
            (4, 9, 2),
        ] {
            let adobe =
                |transform| [&[0xff, 0xee, 0, 14][..], b"Adobe", &[0, 100, 0, 0, 0, 0, transform]].concat();
            let given = bare(&file(&[&adobe(given), &frame(components), SCAN, END])).unwrap();
            assert_eq!(given, file(&[&adobe(expected), &frame(components), SCAN, END]), "{components}");
        }
    }
}
