//! Couriers by name, one look into memory for each: what a ping is asked about stands beside the
//! name, and a short name stands there itself.

use super::allowance::Allowance;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Bytes of a name that fit beside the rest; longer ones cost a second look.
const SHORT_BYTES_MAX: usize = 15;

/// Where a courier's pings go: half a line of the processor's cache.
#[derive(Debug)]
#[repr(align(32))]
pub struct Entry {
    /// A short name itself; of a longer one, where it begins among the [`Table::names`].
    name: [u8; SHORT_BYTES_MAX],
    name_bytes: u8,
    /// The market, by its place among the directory's markets.
    pub market: u16,
    /// The partition of the topic `pings`.
    pub partition: u16,
    /// What the device may still send.
    pub allowance: Allowance,
}

/// The couriers known. Nobody is ever taken out.
///
/// The hash has a seed of this process, and only whom an operator has registered is in here: no
/// device can choose who collides, and a name that is not found costs what one costs that is.
#[derive(Debug, Default)]
pub(super) struct Table {
    hash: RandomState,
    entries: HashTable<Entry>,
    /// Names that are longer than short ones, one behind the other.
    names: Vec<u8>,
}

impl Table {
    /// Where a courier's pings go.
    pub(super) fn find(&self, courier: &str) -> Option<&Entry> {
        let is_named = |entry: &Entry| entry.name_among(&self.names) == courier.as_bytes();
        self.entries.find(self.hash.hash_one(courier.as_bytes()), is_named)
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, couriers: usize) {
        let Table { hash, entries, names } = self;
        entries.reserve(couriers, |entry| hash.hash_one(entry.name_among(names)));
    }

    /// Adds a courier with a name of at most 255 bytes; whoever is known already stays as they
    /// are.
    pub(super) fn add(&mut self, courier: &str, market: u16, partition: u16) {
        let Ok(name_bytes) = u8::try_from(courier.len()) else { return };
        if self.find(courier).is_some() {
            return;
        }
        let mut name = [0; SHORT_BYTES_MAX];
        if courier.len() <= SHORT_BYTES_MAX {
            name[..courier.len()].copy_from_slice(courier.as_bytes());
        } else {
            let begin = (self.names.len() as u64).to_le_bytes();
            name[..begin.len()].copy_from_slice(&begin);
            self.names.extend_from_slice(courier.as_bytes());
        }
        let allowance = Allowance::default();
        let entry = Entry { name, name_bytes, market, partition, allowance };
        let Table { hash, entries, names } = self;
        let hashed = hash.hash_one(courier.as_bytes());
        entries.insert_unique(hashed, entry, |entry| hash.hash_one(entry.name_among(names)));
    }
}

impl Entry {
    fn name_among<'a>(&'a self, names: &'a [u8]) -> &'a [u8] {
        let bytes = usize::from(self.name_bytes);
        match self.name.get(..bytes) {
            Some(short) => short,
            None => self.long_name_among(names, bytes).unwrap_or_default(),
        }
    }

    fn long_name_among<'a>(&self, names: &'a [u8], bytes: usize) -> Option<&'a [u8]> {
        let begin = usize::try_from(u64::from_le_bytes(*self.name.first_chunk()?)).ok()?;
        names.get(begin..)?.get(..bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn an_entry_is_half_a_line() {
        assert_eq!((size_of::<Entry>(), align_of::<Entry>()), (32, 32));
    }

    proptest! {
        /// Whoever was added first under a name is found under it, however long it is and however
        /// often the table has grown; nobody else is.
        #[test]
        fn whoever_was_added_is_found(
            couriers in prop::collection::vec(("[ab]{1,18}|[aü]{1,60}", any::<u16>()), 0..400),
            others in prop::collection::vec("[ab]{1,18}|[aü]{1,60}", 0..50),
        ) {
            let (mut table, mut expected) = (Table::default(), HashMap::new());
            for (courier, market) in &couriers {
                table.add(courier, *market, 7);
                expected.entry(courier.as_str()).or_insert(*market);
            }
            for courier in couriers.iter().map(|(courier, _)| courier).chain(&others) {
                let found = table.find(courier).map(|entry| entry.market);
                prop_assert_eq!(found, expected.get(courier.as_str()).copied());
            }
        }
    }
}
