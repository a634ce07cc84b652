use super::markers::{APP0, START_OF_IMAGE, START_OF_SCAN, next_marker, segment};

/// Whether a file is one of JFIF, whose colours are YCbCr (ITU T.871, 10.1).
pub(super) fn is_jfif(file: &[u8]) -> bool {
    let mut rest = file;
    while let Some(marker) = next_marker(&mut rest) {
        if marker == START_OF_IMAGE {
            continue;
        }
        let Some(content) = segment(&mut rest) else { break };
        match marker {
            APP0 if is_jfif_segment(content) => return true,
            START_OF_SCAN => break,
            _ => {}
        }
    }
    false
}

/// Whether this is the content of a JFIF segment, and all of it (ITU T.871, 10.1).
pub(super) fn is_jfif_segment(content: &[u8]) -> bool {
    content.starts_with(b"JFIF\0") && content.len() >= 14
}
