//! What has changed in a scope since a version.

use super::{Cover, World, grid::Cell};
use crate::{Bbox, Change, HistoryGone, Scope};
use doorstep_domain::id::{CourierId, MarketId};
use std::sync::Arc;

impl World {
    pub(crate) fn changes(
        &self,
        scope: &Scope,
        since: u64,
        out: &mut Vec<Change>,
    ) -> Result<u64, HistoryGone> {
        if since > self.version {
            return Err(HistoryGone { since });
        }
        match scope {
            Scope::Couriers(couriers) => self.changed_couriers(couriers, since, out),
            Scope::Market(market) => self.changed_in_market(market, since, out),
            Scope::Box(bbox, market) => {
                if since > 0 && since < self.forgotten {
                    return Err(HistoryGone { since });
                }
                self.changed_in_box(bbox, market.as_ref(), since, out);
            }
        }
        Ok(self.version)
    }

    fn changed_couriers(&self, couriers: &[CourierId], since: u64, out: &mut Vec<Change>) {
        let numbers = couriers.iter().filter_map(|courier| self.roster.number(courier.as_str()));
        out.extend(
            numbers
                .filter(|number| self.version_of(*number) > since)
                .map(|number| self.change(number)),
        );
    }

    fn changed_in_market(&self, market: &MarketId, since: u64, out: &mut Vec<Change>) {
        let cells = self.markets_of(Some(market)).flat_map(|(_, market)| market.grid.cells());
        let members = cells.filter(|cell| cell.newest > since).flat_map(|cell| &cell.members);
        let changed = members.filter(|member| member.version > since);
        out.extend(changed.map(|member| self.change(member.number)));
    }

    fn changed_in_box(
        &self,
        bbox: &Bbox,
        market: Option<&MarketId>,
        since: u64,
        out: &mut Vec<Change>,
    ) {
        let cover = Cover::of(*bbox);
        let mut departed: Vec<u32> = Vec::new();
        for (_, market) in self.markets_of(market) {
            market.grid.each_in(&cover, |cell| {
                if cell.newest > since {
                    self.changed_in_cell(cell, &cover, since, out);
                    departed.extend(cell.departed_since(since).map(|left| left.number));
                }
            });
        }
        if since == 0 {
            return;
        }
        // Whoever left one cell of the box for another has been found there.
        departed.retain(|number| {
            let courier = self.roster.courier(*number);
            let home = &self.markets[courier.market as usize];
            let is_elsewhere = market.is_some_and(|market| *home.id != *market);
            is_elsewhere || !cover.touches(home.grid.place(courier.spot))
        });
        departed.sort_unstable();
        departed.dedup();
        out.extend(departed.into_iter().map(|number| self.change(number)));
    }

    /// Of a cell on the edge also those outside: they may have been inside before.
    fn changed_in_cell(&self, cell: &Cell, cover: &Cover, since: u64, out: &mut Vec<Change>) {
        let changed = cell.members.iter().filter(|member| {
            member.version > since && (since > 0 || cover.bbox().contains(member.position))
        });
        out.extend(changed.map(|member| self.change(member.number)));
    }

    pub(super) fn version_of(&self, number: u32) -> u64 {
        let courier = self.roster.courier(number);
        self.markets[courier.market as usize].grid.member(courier.spot).version
    }

    fn change(&self, number: u32) -> Change {
        let courier = self.roster.courier(number);
        Change {
            number,
            courier: Arc::clone(self.roster.name(number)),
            ping: courier.ping,
            state: courier.state,
            implausible: courier.is_doubted,
        }
    }
}
