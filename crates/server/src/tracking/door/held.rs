//! Who may still come in: how much each market has waiting in front of a partition.

/// Bytes that wait in front of one partition, by market, and how many may.
///
/// Half of them anybody may fill. The other half is divided: once the first is full a market may
/// come in as long as what it has waiting stays within its share. So a market that keeps to its
/// share is always taken, however much another sends, and all of them together never hold more
/// than the bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    bytes_max: usize,
    total: usize,
    by_market: Vec<usize>,
}

impl Held {
    /// Nothing yet, of so many markets.
    pub(super) fn new(markets: usize, bytes_max: usize) -> Held {
        Held { bytes_max, total: 0, by_market: vec![0; markets] }
    }

    /// Most that one request may bring, whoever else there is.
    pub(super) fn most_at_once(&self) -> usize {
        self.free()
    }

    /// Whether all of these come in: bytes by market, each market once.
    pub(super) fn has_room_for(&self, brought: &[(u16, usize)]) -> bool {
        let bytes: usize = brought.iter().map(|(_, bytes)| bytes).sum();
        let within_share = |&(market, bytes): &(u16, usize)| {
            let held = self.by_market.get(usize::from(market)).copied();
            held.is_some_and(|held| held + bytes <= self.share())
        };
        self.total + bytes <= self.free() || brought.iter().all(within_share)
    }

    /// They came in.
    pub(super) fn add(&mut self, market: u16, bytes: usize) {
        if let Some(held) = self.by_market.get_mut(usize::from(market)) {
            *held += bytes;
            self.total += bytes;
        }
    }

    /// They are through.
    pub(super) fn release(&mut self, market: u16, bytes: usize) {
        if let Some(held) = self.by_market.get_mut(usize::from(market)) {
            *held -= bytes;
            self.total -= bytes;
        }
    }

    fn free(&self) -> usize {
        self.bytes_max / 2
    }

    fn share(&self) -> usize {
        self.bytes_max / 2 / self.by_market.len().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A8: what a market is told by what it and the others have waiting, of 800 bytes and four
    /// markets: 400 for anybody, then 100 for each.
    #[test]
    fn a_market_within_its_share_is_taken_whatever_another_sends() {
        type Bytes = &'static [(u16, usize)];
        let cases: [(&str, Bytes, Bytes, bool); 10] = [
            ("alone, up to half", &[(0, 390)], &[(0, 10)], true),
            ("alone, beyond half", &[(0, 390)], &[(0, 11)], false),
            ("a busy one has filled half", &[(0, 400)], &[(0, 1)], false),
            ("a quiet one beside it", &[(0, 400)], &[(1, 100)], true),
            ("a quiet one beyond its share", &[(0, 400)], &[(1, 101)], false),
            ("two quiet ones together", &[(0, 400)], &[(1, 100), (2, 100)], true),
            ("a quiet one in the busy one's company", &[(0, 400)], &[(0, 1), (1, 1)], false),
            ("three at their shares", &[(0, 400), (1, 100), (2, 100)], &[(3, 100)], true),
            ("at its share", &[(0, 400), (1, 100)], &[(1, 1)], false),
            ("no such market", &[(0, 400)], &[(9, 1)], false),
        ];
        for (name, waiting, brought, taken) in cases {
            let mut held = Held::new(4, 800);
            waiting.iter().for_each(|(market, bytes)| held.add(*market, *bytes));
            assert_eq!(held.has_room_for(brought), taken, "{name}");
        }
    }

    proptest! {
        /// A2, A8: whatever comes and goes in whatever order, the bound holds, and a market that
        /// would stay within its share is never refused.
        #[test]
        fn the_bound_holds_and_no_share_is_denied(
            steps in prop::collection::vec((0_u16..5, 1_usize..300, any::<bool>()), 1..200),
        ) {
            let (mut held, mut inside) = (Held::new(5, 1_000), Vec::new());
            for (market, bytes, comes) in steps {
                if comes {
                    let taken = held.has_room_for(&[(market, bytes)]);
                    let mine: usize =
                        inside.iter().filter(|(of, _)| *of == market).map(|(_, b)| b).sum();
                    prop_assert!(taken || mine + bytes > 100, "within its share, and refused");
                    if taken {
                        held.add(market, bytes);
                        inside.push((market, bytes));
                    }
                } else if let Some((market, bytes)) = inside.pop() {
                    held.release(market, bytes);
                }
                prop_assert_eq!(held.total, inside.iter().map(|(_, b)| b).sum::<usize>());
                prop_assert!(held.total <= 1_000);
            }
        }
    }
}
