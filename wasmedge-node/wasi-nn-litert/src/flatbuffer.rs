//! Reads a FlatBuffer without trusting it: whatever lies outside the bytes is `None`. Only what `model_check` needs.

/// A table: a position whose fields are found through its vtable.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A vector of `len` elements, the first at `at`.
#[derive(Clone, Copy)]
pub struct Vector<'a> {
    bytes: &'a [u8],
    at: usize,
    len: usize,
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(read(bytes, at)?))
}

/// Follows the offset that stands at `at`.
fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    at.checked_add(u32_at(bytes, at)? as usize)
}

impl<'a> Table<'a> {
    pub fn root(bytes: &'a [u8]) -> Option<Self> {
        Some(Table {
            bytes,
            at: follow(bytes, 0)?,
        })
    }

    /// Where the field with this number (its place in the schema) stands; `None` if it is left out.
    fn field(&self, number: usize) -> Option<usize> {
        let back = i32::from_le_bytes(read(self.bytes, self.at)?);
        let vtable = usize::try_from(i64::try_from(self.at).ok()? - i64::from(back)).ok()?;
        let size = u16::from_le_bytes(read(self.bytes, vtable)?);
        let slot = 4 + 2 * number;
        if slot + 2 > usize::from(size) {
            return None;
        }
        let offset = u16::from_le_bytes(read(self.bytes, vtable.checked_add(slot)?)?);
        (offset != 0).then(|| self.at + usize::from(offset))
    }

    /// A number, or the schema's default 0 where it is left out.
    pub fn u8(&self, number: usize) -> Option<u8> {
        self.field(number)
            .map_or(Some(0), |at| self.bytes.get(at).copied())
    }

    pub fn u32(&self, number: usize) -> Option<u32> {
        self.field(number).map_or(Some(0), |at| u32_at(self.bytes, at))
    }

    pub fn u64(&self, number: usize) -> Option<u64> {
        self.field(number)
            .map_or(Some(0), |at| Some(u64::from_le_bytes(read(self.bytes, at)?)))
    }

    pub fn table(&self, number: usize) -> Option<Table<'a>> {
        let at = follow(self.bytes, self.field(number)?)?;
        Some(Table {
            bytes: self.bytes,
            at,
        })
    }

    /// A vector, `None` if it is left out or not inside the bytes.
    pub fn vector(&self, number: usize, element_size: usize) -> Option<Vector<'a>> {
        let start = follow(self.bytes, self.field(number)?)?;
        let len = u32_at(self.bytes, start)? as usize;
        let at = start + 4;
        self.bytes
            .get(at..at.checked_add(len.checked_mul(element_size)?)?)?;
        Some(Vector {
            bytes: self.bytes,
            at,
            len,
        })
    }

    pub fn has(&self, number: usize) -> bool {
        self.field(number).is_some()
    }
}

impl<'a> Vector<'a> {
    pub fn len(&self) -> usize {
        self.len
    }

    /// The elements of a vector of 4-byte integers.
    pub fn i32s(self) -> impl Iterator<Item = i32> + 'a {
        let (words, _) = self.bytes[self.at..self.at + 4 * self.len].as_chunks();
        words.iter().map(|&word| i32::from_le_bytes(word))
    }

    /// The elements of a vector of tables, each `None` if it lies outside the bytes.
    pub fn tables(self) -> impl Iterator<Item = Option<Table<'a>>> {
        (0..self.len).map(move |index| {
            let at = follow(self.bytes, self.at + 4 * index)?;
            Some(Table {
                bytes: self.bytes,
                at,
            })
        })
    }
}
