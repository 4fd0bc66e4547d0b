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
) -> Vec<(Bundle, Option<usize>)> {
    let begun = scene.begun().into_iter().map(|bundle| scene.costed(bundle));
    let mut bundles: Vec<Costed> = begun.collect();
    let mut assigned = assign(&scene.costs(&bundles));
    for _ in 0..scene.settings.rounds {
        let moves = scene.moves(&bundles, &assigned);
        let Some(better) = scene.better(&bundles, &assigned, &moves) else { break };
        (bundles, assigned) = better;
    }
    bundles.into_iter().map(|of| of.bundle).zip(assigned.columns).collect()
}

/// A bundle, who could take it at what cost, and what leaving it costs.
#[derive(Clone)]
struct Costed {
    bundle: Bundle,
    pairs: Vec<(usize, i64)>,
    left: i64,
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

    fn costed(&self, bundle: Bundle) -> Costed {
        Costed { pairs: self.pairs(&bundle).collect(), left: self.cost_of_leaving(&bundle), bundle }
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
        let left = self.cost_of_leaving(bundle);
        cheapest.map_or(left, |cost| cost.min(left))
    }

    fn costs(&self, bundles: &[Costed]) -> Costs {
        let mut costs = Costs::new(self.couriers.len());
        bundles.iter().for_each(|of| costs.push(of.left, of.pairs.iter().copied()));
        costs
    }

    /// Every change that saves something at these prices, of those that exclude each other the one
    /// that saves most; the best first.
    fn moves(&self, bundles: &[Costed], assigned: &Assignment) -> Vec<Move> {
        let mut of_origin: Vec<Vec<usize>> = vec![Vec::new(); self.origins.len()];
        for (index, bundle) in bundles.iter().enumerate() {
            of_origin[bundle.bundle.origin].push(index);
        }
        let mut moves = Vec::new();
        for mut of in of_origin {
            of.sort_by_key(|index| (bundles[*index].bundle.ready_at, *index));
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
        bundles: &[Costed],
        of: &[usize],
        mut visit: impl FnMut(&[usize], Vec<Bundle>),
    ) {
        let most = self.settings.bundle_max;
        for (at, one) in of.iter().enumerate() {
            let first = &bundles[*one].bundle;
            for other in of[at + 1..].iter().take(self.settings.partners) {
                let second = &bundles[*other].bundle;
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
                    let second = &bundles[*other].bundle;
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
        bundles: &[Costed],
        assigned: &Assignment,
        moves: &[Move],
    ) -> Option<(Vec<Costed>, Assignment)> {
        let mut count = moves.len();
        while count > 0 {
            let moved = self.moved(bundles, &moves[..count]);
            let again = assign(&self.costs(&moved));
            if again.total < assigned.total {
                return Some((moved, again));
            }
            count /= 2;
        }
        None
    }

    fn moved(&self, bundles: &[Costed], moves: &[Move]) -> Vec<Costed> {
        let mut gone = vec![false; bundles.len()];
        moves.iter().flat_map(|one| &one.old).for_each(|index| gone[*index] = true);
        let kept = bundles.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(of, _)| of.clone());
        let new = moves.iter().flat_map(|one| &one.new).map(|of| self.costed(of.clone()));
        let mut moved: Vec<Costed> = kept.chain(new).collect();
        moved.sort_by(|one, other| one.bundle.stops.cmp(&other.bundle.stops));
        moved
    }
}
