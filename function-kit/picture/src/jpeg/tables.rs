use super::huffman::{TABLE_IS_WRONG, Table};
use super::standard_tables::STANDARD_TABLES;
use crate::Checked;

const IS_MISSING: &str = "a Huffman table is missing";

/// The tables that a scan may choose from: up to four of each class (ITU T.81, B.2.4.2).
pub(super) struct Tables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
}

impl Tables {
    /// The tables before a file's own.
    pub(super) fn standard() -> Checked<Self> {
        let mut tables = Self { dc: Default::default(), ac: Default::default() };
        tables.read(STANDARD_TABLES)?;
        Ok(tables)
    }

    /// Reads the tables of a DHT segment.
    pub(super) fn read(&mut self, mut segment: &[u8]) -> Checked {
        while let [place, rest @ ..] = segment {
            segment = rest;
            let table = Table::read(&mut segment)?;
            let tables = match place >> 4 {
                0 if table.symbols().iter().all(|&size| size < 16) => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(TABLE_IS_WRONG),
            };
            *tables.get_mut(usize::from(place & 15)).ok_or(TABLE_IS_WRONG)? = Some(table);
        }
        Ok(())
    }

    /// The table for DC coefficients in a place.
    pub(super) fn dc(&self, place: u8) -> Checked<&Table> {
        self.dc.get(usize::from(place)).and_then(Option::as_ref).ok_or(IS_MISSING)
    }

    /// The table for AC coefficients in a place.
    pub(super) fn ac(&self, place: u8) -> Checked<&Table> {
        self.ac.get(usize::from(place)).and_then(Option::as_ref).ok_or(IS_MISSING)
    }
}
