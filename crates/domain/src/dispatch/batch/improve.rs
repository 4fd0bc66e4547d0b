//! Bundles by price: two deliveries go together where one courier for both costs less, at the
//! prices of couriers in the last assignment, than two couriers (column generation, in small).

use super::assignment::{Assignment, Costs, assign};
use super::bundle::Bundle;
use super::scene::Scene;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Bundles, and the courier of each.
pub(super) fn cheapest<P: Copy, T: Fn(P, P) -> i64>(
    scene: &Scene<'_, P, T>,
) -> (Vec<Bundle>, Vec<Option<usize>>) {
    let mut bundles = scene.begun();
    let mut assigned = assign(&scene.costs(&bundles));
    for _ in 0..scene.settings.rounds {
        let moves = scene.moves(&bundles, &assigned);
        let Some(better) = scene.better(&bundles, &assigned, &moves) else { break };
        (bundles, assigned) = better;
    }
    (bundles, assigned.columns)
}

/// Bundles of one origin that take the place of others.
struct Move {
    gain: i64,
    old: Vec<usize>,
    new: Vec<Bundle>,
}

impl<P: Copy, T: Fn(P, P) -> i64> Scene<'_, P, T> {
    /// What a courier has taken already stays together to begin with; everything else is alone.
    fn begun(&self) -> Vec<Bundle> {
        let mut bundles = Vec::new();
        for (origin, of) in self.origins.iter().enumerate() {
            let mut taken: BTreeMap<usize, Bundle> = BTreeMap::new();
            for stop in &of.stops {
                let alone = self.bundle(origin, vec![*stop]);
                match self.assigned[*stop] {
                    Some(courier) => match taken.get_mut(&courier) {
                        Some(bundle) => *bundle = self.merged(bundle, &alone),
                        None => drop(taken.insert(courier, alone)),
                    },
                    None => bundles.push(alone),
                }
            }
            bundles.extend(taken.into_values());
        }
        bundles
    }

    fn costs(&self, bundles: &[Bundle]) -> Costs {
        let mut costs = Costs::new(self.couriers.len());
        for bundle in bundles {
            costs.push(self.cost_of_leaving(bundle), self.pairs(bundle));
        }
        costs
    }

    /// Who could take a bundle, and at what cost.
    fn pairs(&self, bundle: &Bundle) -> impl Iterator<Item = (usize, i64)> {
        self.origins[bundle.origin].near.iter().filter_map(|near| {
            let times = self.times(*near, bundle)?;
            Some((near.0, self.cost(near.0, bundle, times).total()))
        })
    }

    /// What a bundle costs at the prices of couriers.
    fn priced(&self, bundle: &Bundle, assigned: &Assignment) -> i64 {
        let prices = &assigned.column_prices;
        let cheapest = self.pairs(bundle).map(|(courier, cost)| cost - prices[courier]).min();
        let leaving = self.cost_of_leaving(bundle);
        cheapest.map_or(leaving, |cost| cost.min(leaving))
    }

    /// Every change that saves something at these prices, of those that exclude each other the one
    /// that saves most; the best first.
    fn moves(&self, bundles: &[Bundle], assigned: &Assignment) -> Vec<Move> {
        let mut of_origin: Vec<Vec<usize>> = vec![Vec::new(); self.origins.len()];
        for (index, bundle) in bundles.iter().enumerate() {
            of_origin[bundle.origin].push(index);
        }
        let mut moves = Vec::new();
        for mut of in of_origin {
            of.sort_by_key(|index| (bundles[*index].ready_at, *index));
            self.each_move(bundles, &of, |old, new| {
                let paid: i64 = old.iter().map(|index| assigned.row_prices[*index]).sum();
                let asked: i64 = new.iter().map(|bundle| self.priced(bundle, assigned)).sum();
                if paid > asked {
                    moves.push(Move { gain: paid - asked, old: old.to_vec(), new });
                }
            });
        }
        moves.sort_by_cached_key(|one| (Reverse(one.gain), one.old.clone()));
        let mut changed = vec![false; bundles.len()];
        moves.retain(|one| {
            let free = one.old.iter().all(|index| !changed[*index]);
            one.old.iter().for_each(|index| changed[*index] |= free);
            free
        });
        moves
    }

    /// Two become one, one stop leaves, one stop goes over.
    fn each_move(
        &self,
        bundles: &[Bundle],
        of: &[usize],
        mut visit: impl FnMut(&[usize], Vec<Bundle>),
    ) {
        let most = self.settings.bundle_max;
        for (at, one) in of.iter().enumerate() {
            let first = &bundles[*one];
            for other in of[at + 1..].iter().take(self.settings.partners) {
                let second = &bundles[*other];
                if first.stops.len() + second.stops.len() <= most {
                    visit(&[*one, *other], vec![self.merged(first, second)]);
                }
            }
            for place in (0..first.stops.len()).filter(|_| first.stops.len() > 1) {
                let alone = self.bundle(first.origin, vec![first.stops[place]]);
                let rest = self.without(first, place);
                let near = &of[at.saturating_sub(self.settings.partners)..];
                let near = near.iter().take(2 * self.settings.partners + 1);
                for other in near.filter(|other| *other != one) {
                    let second = &bundles[*other];
                    if second.stops.len() < most {
                        visit(&[*one, *other], vec![rest.clone(), self.merged(second, &alone)]);
                    }
                }
                visit(&[*one], vec![rest, alone]);
            }
        }
    }

    /// As many of the best moves at once as cost less than before: moves that are good alone may
    /// count on the same courier.
    fn better(
        &self,
        bundles: &[Bundle],
        assigned: &Assignment,
        moves: &[Move],
    ) -> Option<(Vec<Bundle>, Assignment)> {
        let mut count = moves.len();
        while count > 0 {
            let moved = moved(bundles, &moves[..count]);
            let again = assign(&self.costs(&moved));
            if again.total < assigned.total {
                return Some((moved, again));
            }
            count /= 2;
        }
        None
    }
}

fn moved(bundles: &[Bundle], moves: &[Move]) -> Vec<Bundle> {
    let mut gone = vec![false; bundles.len()];
    moves.iter().flat_map(|one| &one.old).for_each(|index| gone[*index] = true);
    let kept = bundles.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(bundle, _)| bundle);
    let new = moves.iter().flat_map(|one| &one.new);
    let mut moved: Vec<Bundle> = kept.chain(new).cloned().collect();
    moved.sort_by(|one, other| one.stops.cmp(&other.stops));
    moved
}
