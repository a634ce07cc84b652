/// Whether the file is as long as it says, at the least (RFC 9649, 2.4). The crate `image` decodes what there is.
pub(crate) fn is_complete(input: &[u8]) -> bool {
    let Some((header, rest)) = input.split_first_chunk::<8>() else {
        return false;
    };
    let [.., l0, l1, l2, l3] = *header;
    rest.len() >= u32::from_le_bytes([l0, l1, l2, l3]) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_complete_with_the_bytes_that_its_header_counts() {
        let file = b"RIFF\x06\0\0\0WEBP..";
        assert!(is_complete(file));
        assert!(is_complete(&[file.as_slice(), b"more"].concat()));
        for end in 0..file.len() {
            assert!(!is_complete(&file[..end]), "cut off at {end}");
        }
    }
}
