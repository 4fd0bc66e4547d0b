//! From where an order takes what: all or nothing from one centre, all from several, or what there
//! is, as the customer allowed.

use serde::{Deserialize, Serialize};

/// What shall happen where no centre has everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnShortage {
    /// All from one centre, or nothing.
    #[default]
    Refuse,
    /// All, from few centres.
    Split,
    /// What the centre has that has most of it.
    Partial,
}

/// How much of an item is in a centre, and how much more of it may be sold there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shelf {
    /// Units that are free; below zero where more was sold than there was.
    pub quantity: i64,
    /// Units that may be sold beyond what is there; 0 of a strict item.
    pub oversell_max: i64,
}

impl Shelf {
    /// Units that may still be taken.
    pub fn available(self) -> i64 {
        self.quantity.saturating_add(self.oversell_max).max(0)
    }

    /// Units that lie there.
    fn free(self) -> i64 {
        self.quantity.max(0)
    }
}

/// What a centre gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which centre, by its place among those that were asked.
    pub center: usize,
    /// Units of each line; 0 where it gives none.
    pub units: Vec<i64>,
}

/// From where everything is taken that can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// What each centre gives, the soonest first; each gives something.
    pub parts: Vec<Part>,
    /// Units of each line that nobody gives.
    pub missing: Vec<i64>,
}

/// Nothing is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortage {
    /// Units of each line that are to be had, over all centres.
    pub available: Vec<i64>,
}

/// Decides from where to take `wanted` units of each line. `centers` come the soonest first, each
/// with a shelf for each line.
///
/// What lies there is taken before anything is sold beyond it: a later centre that has the goods
/// comes before a sooner one that would have to apologize.
pub fn allocate(
    wanted: &[i64],
    centers: &[Vec<Shelf>],
    on_shortage: OnShortage,
) -> Result<Allocation, Shortage> {
    let stores = [Shelf::free, Shelf::available].map(|units| Stores::of(centers, units));
    let whole = stores.iter().find_map(|stores| match on_shortage {
        OnShortage::Refuse | OnShortage::Partial => stores.one_with_all(wanted),
        OnShortage::Split => stores.few_with_all(wanted),
    });
    let [_, available] = &stores;
    let some = || match on_shortage {
        OnShortage::Partial => available.one_with_most(wanted),
        OnShortage::Refuse | OnShortage::Split => None,
    };
    let parts = whole.or_else(some).ok_or_else(|| available.shortage(wanted.len()))?;
    let missing = wanted
        .iter()
        .enumerate()
        .map(|(line, wanted)| wanted - parts.iter().map(|part| part.units[line]).sum::<i64>())
        .collect();
    Ok(Allocation { parts, missing })
}

/// Units that each centre can give of each line.
struct Stores(Vec<Vec<i64>>);

impl Stores {
    fn of(centers: &[Vec<Shelf>], units: fn(Shelf) -> i64) -> Stores {
        let shelves = |center: &Vec<Shelf>| center.iter().copied().map(units).collect();
        Stores(centers.iter().map(shelves).collect())
    }

    /// The soonest centre that has everything.
    fn one_with_all(&self, wanted: &[i64]) -> Option<Vec<Part>> {
        let has_all = |units: &Vec<i64>| units.iter().zip(wanted).all(|(has, wants)| has >= wants);
        let center = self.0.iter().position(has_all)?;
        Some(vec![Part { center, units: wanted.to_vec() }])
    }

    /// The centre that has most of it, of equals the soonest; none where nobody has anything.
    fn one_with_most(&self, wanted: &[i64]) -> Option<Vec<Part>> {
        self.most(wanted, &[]).map(|part| vec![part])
    }

    /// Centres that have everything together. Greedy: the one that has most of what is wanted still
    /// gives all it can, then the next; the fewest centres there are is a set cover, which is not
    /// worth more than that to whoever waits.
    fn few_with_all(&self, wanted: &[i64]) -> Option<Vec<Part>> {
        let (mut left, mut parts) = (wanted.to_vec(), Vec::new());
        while left.iter().any(|wants| *wants > 0) {
            let part = self.most(&left, &parts)?;
            left.iter_mut().zip(&part.units).for_each(|(left, taken)| *left -= taken);
            parts.push(part);
        }
        parts.sort_by_key(|part| part.center);
        Some(parts)
    }

    /// What the one gives that has most; whoever has given, has given all they can.
    fn most(&self, wanted: &[i64], given: &[Part]) -> Option<Part> {
        let is_new = |center: &usize| given.iter().all(|part| part.center != *center);
        let others = self.0.iter().enumerate().filter(|(center, _)| is_new(center));
        let parts = others.map(|(center, has)| {
            let units = has.iter().zip(wanted).map(|(has, wants)| *has.min(wants)).collect();
            Part { center, units }
        });
        let sum = |part: &Part| part.units.iter().sum::<i64>();
        // Of equals the last one is the greatest: seen from behind, the soonest.
        let best = parts.rev().max_by_key(sum)?;
        (sum(&best) > 0).then_some(best)
    }

    fn shortage(&self, lines: usize) -> Shortage {
        let sum = |line: usize| self.0.iter().map(|units| units[line]).sum();
        Shortage { available: (0..lines).map(sum).collect() }
    }
}
