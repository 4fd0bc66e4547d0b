//! Items and centres in memory: loaded once, then kept up by what their lane announces.

mod held;

pub(super) use held::Held;
pub use held::{Center, Item};

use super::catalogue_lane;
use crate::error::AppError;
use doorstep_domain::stock::Names;
use doorstep_store::outbox::{self, Announced};
use doorstep_store::{Store, Tx, center, item};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Kind of an announcement that items or their prices have changed; the payload is their numbers.
pub const ITEMS: &str = "items.changed";

/// Kind of an announcement that centres have changed; the payload is their numbers.
pub const CENTERS: &str = "centers.changed";

/// Announcements that are read at once.
const READ_AT_ONCE: u32 = 256;

/// Items and centres.
pub struct Catalogue {
    store: Store,
    /// Read where the store is not there.
    copy: Option<Store>,
    held: RwLock<Held>,
    is_loaded: AtomicBool,
    /// Held by whoever sorts names.
    sorting: Mutex<()>,
    /// The last announcement that was followed; held by whoever follows.
    followed: Mutex<Option<i64>>,
}

impl Catalogue {
    pub(super) fn new(store: Store, copy: Option<Store>) -> Catalogue {
        Catalogue {
            store,
            copy,
            held: RwLock::default(),
            is_loaded: AtomicBool::new(false),
            sorting: Mutex::default(),
            followed: Mutex::default(),
        }
    }

    /// Whether it was loaded, so that nothing blocks any more.
    pub fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    /// An item by name. It blocks where nothing was asked for before.
    pub fn item(&self, item: &str) -> Option<Arc<Item>> {
        self.at_hand().item(item).cloned()
    }

    /// A centre by name. It blocks where nothing was asked for before.
    pub fn center(&self, center: &str) -> Option<Arc<Center>> {
        self.at_hand().center(center).cloned()
    }

    /// Everything, loaded where it was not.
    pub(super) fn at_hand(&self) -> RwLockReadGuard<'_, Held> {
        if !self.is_loaded()
            && let Err(error) = self.follow()
        {
            tracing::error!(%error, "items and centres cannot be loaded");
        }
        self.known()
    }

    /// What is known now. Nothing changes while it is held, so it is held briefly.
    pub(super) fn known(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn known_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else sorts names.
    pub(super) fn sorting(&self) -> MutexGuard<'_, ()> {
        self.sorting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes names that were sorted of these items, in the order of their numbers.
    pub(super) fn put_names(&self, names: Names, of: &[Arc<Item>]) {
        self.known_mut().put_names(names, of);
    }

    /// Follows what was announced since the last time, or loads everything. It blocks.
    pub fn follow(&self) -> Result<(), AppError> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some(from) = *followed else {
                *followed = Some(self.load()?);
                self.is_loaded.store(true, Ordering::Release);
                return Ok(());
            };
            let told = self.read(|tx| Told::read(tx, from))?;
            let (to, is_last) = (told.to, told.is_last);
            if told.has_gap {
                *followed = None;
                continue;
            }
            told.apply(&mut self.known_mut());
            *followed = Some(to);
            if is_last {
                return Ok(());
            }
        }
    }

    /// Reads the store, or where that is not there the copy of it.
    fn read<T>(&self, query: impl Fn(&mut dyn Tx) -> Result<T, AppError>) -> Result<T, AppError> {
        self.store.read(&query).or_else(|error| match &self.copy {
            Some(copy) => copy.read(&query),
            None => Err(error),
        })
    }

    /// Everything out of the store, as of one announcement.
    fn load(&self) -> Result<i64, AppError> {
        let lane = catalogue_lane()?;
        let (seq, held) = self.read(|tx| {
            let mut held = Held::default();
            let seq = outbox::last_seq(tx, &lane)?;
            item::each(tx, &mut |row| {
                held.put_item(row);
                Ok(())
            })?;
            item::each_price(tx, &mut |price| {
                held.put_price(&price);
                Ok(())
            })?;
            center::each(tx, &mut |row| {
                held.put_center(row);
                Ok(())
            })?;
            Ok::<_, AppError>((seq, held))
        })?;
        *self.known_mut() = held;
        Ok(seq)
    }
}

/// What has changed since an announcement.
pub(super) struct Told {
    /// Items, as they are now.
    pub items: Vec<item::ItemRow>,
    /// All of their prices.
    pub prices: Vec<item::PriceRow>,
    centers: Vec<center::CenterRow>,
    /// The last announcement of those that were read.
    pub to: i64,
    is_last: bool,
    /// Announcements were forgotten that were never read.
    pub has_gap: bool,
}

impl Told {
    pub(super) fn read(tx: &mut dyn Tx, from: i64) -> Result<Told, AppError> {
        let lane = catalogue_lane()?;
        let rows = outbox::read(tx, &lane, from, READ_AT_ONCE)?;
        let has_gap = match rows.first() {
            Some(first) => first.seq != from + 1,
            // A copy may be behind.
            None => outbox::last_seq(tx, &lane)? > from,
        };
        let mut told = Told {
            items: Vec::new(),
            prices: Vec::new(),
            centers: Vec::new(),
            to: rows.last().map_or(from, |row| row.seq),
            is_last: rows.len() < READ_AT_ONCE as usize,
            has_gap,
        };
        let items = numbers(&rows, ITEMS);
        item::by_numbers(tx, &items, &mut |row| {
            told.items.push(row);
            Ok(())
        })?;
        item::prices_of(tx, &items, &mut |price| {
            told.prices.push(price);
            Ok(())
        })?;
        center::by_numbers(tx, &numbers(&rows, CENTERS), &mut |row| {
            told.centers.push(row);
            Ok(())
        })?;
        Ok(told)
    }

    fn apply(self, held: &mut Held) {
        self.items.into_iter().for_each(|row| held.put_item(row));
        self.prices.iter().for_each(|price| held.put_price(price));
        self.centers.into_iter().for_each(|row| held.put_center(row));
    }
}

/// The numbers that announcements of a kind name, each once.
fn numbers(rows: &[Announced], kind: &str) -> Vec<i64> {
    let payloads = rows.iter().filter(|row| row.kind == kind).map(|row| &row.payload);
    let mut numbers: Vec<i64> = payloads
        .flat_map(|payload| payload.as_chunks::<4>().0)
        .map(|number| i64::from(u32::from_le_bytes(*number)))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The payload of an announcement of numbers. Those that do not fit were never given.
pub(super) fn payload(numbers: &[i64]) -> Vec<u8> {
    let narrow = numbers.iter().filter_map(|number| u32::try_from(*number).ok());
    narrow.flat_map(u32::to_le_bytes).collect()
}
