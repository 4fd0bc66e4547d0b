//! Who is in a box: everybody, or clusters where that is too many.

use super::crowd::{Crowd, clusters};
use super::{Cover, Market, World, grid::Cell};
use crate::{Bbox, Within};
use doorstep_domain::id::MarketId;

impl World {
    pub(crate) fn within(&self, bbox: &Bbox, market: Option<&MarketId>, limit: usize) -> Within {
        let cover = Cover::of(*bbox);
        let mut cells: Vec<(&Cell, Crowd)> = Vec::new();
        let mut total = 0;
        for (_, Market { grid, .. }) in self.markets_of(market) {
            grid.each_in(&cover, |cell| {
                let crowd = inside(cell, &cover);
                if crowd.count > 0 {
                    total += crowd.count;
                    cells.push((cell, crowd));
                }
            });
        }
        if total > limit as u64 {
            return Within::Clusters(clusters(bbox, cells.into_iter().map(|(_, crowd)| crowd)));
        }
        let members = cells.iter().flat_map(|(cell, _)| &cell.members);
        let inside = members.filter(|member| bbox.contains(member.position));
        Within::Couriers(inside.map(|member| self.seen(member.number)).collect())
    }
}

/// Those of a cell who are in the box, counted from its western edge.
fn inside(cell: &Cell, cover: &Cover) -> Crowd {
    let bbox = cover.bbox();
    if cover.swallows(cell.place) {
        return cell.crowd.east_of(bbox.west());
    }
    let members = cell.members.iter().filter(|member| bbox.contains(member.position));
    // One by one: the box may begin and end in this very cell.
    members.fold(Crowd::default(), |crowd, member| {
        crowd.and(Crowd::of(member.position).east_of(bbox.west()))
    })
}
