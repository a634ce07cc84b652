use std::borrow::Cow;

use super::markers::{END_OF_IMAGE, PROGRESSIVE, RESTART, START_OF_IMAGE, next_marker, segment};

/// More than the decoder reads ahead.
const ROOM: [u8; 8] = [0; 8];

/// The file with some bytes before each restart marker, which decoders pass over.
///
/// At the end of a row of MCUs the decoder (zune-jpeg 0.5.16-rc3) goes on behind a restart that it has read ahead, and
/// drops the MCUs before it. It does not do so in progressive files.
pub(super) fn with_room_before_restarts(file: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = file;
    let mut roomy = Vec::new();
    let mut copied = 0;
    while let Some(marker) = next_marker(&mut rest) {
        match marker {
            PROGRESSIVE | END_OF_IMAGE => break,
            START_OF_IMAGE => {}
            _ if RESTART.contains(&marker) => {
                let at = file.len() - rest.len() - 2;
                roomy.extend_from_slice(&file[copied..at]);
                roomy.extend_from_slice(&ROOM);
                copied = at;
            }
            _ if segment(&mut rest).is_none() => break,
            _ => {}
        }
    }
    if copied == 0 {
        return Cow::Borrowed(file);
    }
    roomy.extend_from_slice(&file[copied..]);
    Cow::Owned(roomy)
}
