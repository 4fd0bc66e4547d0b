//! A board out of the store: one reading of one state.

use super::{Board, Carried, OnBoard, Waiting};
use crate::dispatch::told::Wanted;
use doorstep_domain::dispatch::Status;
use doorstep_domain::time::Micros;
use doorstep_store::courier::card;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::package::{self, PackageRow};
use doorstep_store::{LaneId, StoreError, Tx, offer, outbox};
use std::collections::{HashMap, HashSet};

impl Board {
    /// Everything of a market that has not ended, and who works there.
    pub(in crate::dispatch) fn load(
        tx: &mut dyn Tx,
        lane: &LaneId,
        market: &str,
    ) -> Result<Board, StoreError> {
        let mut board = Board { seq: Some(outbox::last_seq(tx, lane)?), ..Board::default() };
        card::each_online(tx, market, &mut |card| {
            let (vehicle, capacity) = (card.vehicle, card.capacity);
            let on_board = OnBoard { vehicle, capacity, asked: Vec::new() };
            board.couriers.insert(card.courier, on_board);
            Ok(())
        })?;
        let mut rows: HashMap<String, DispatchRow> = HashMap::new();
        dispatch::each_open(tx, market, &mut |row| {
            rows.insert(row.delivery.clone(), row);
            Ok(())
        })?;
        package::each_open(tx, market, &mut |package| {
            if let Some(row) = rows.remove(&package.delivery) {
                board.put(row, &package);
            }
            Ok(())
        })?;
        offer::each_asked(tx, market, &mut |asked| {
            board.remember(asked);
            Ok(())
        })?;
        Ok(board)
    }

    fn put(&mut self, row: DispatchRow, package: &PackageRow) {
        if row.provider.is_some() {
            return;
        }
        let due_at = Micros(row.due_at_us.unwrap_or(i64::MAX));
        self.due.insert((due_at, row.delivery.clone()));
        if let Some(courier) = &row.courier {
            *self.loads.entry(courier.clone()).or_default() += 1;
        }
        match (row.status, row.courier) {
            (Status::Requested, _) => {
                let waiting = Waiting {
                    wanted: Wanted::of(package, Micros(row.search_since_us), due_at),
                    revision: row.revision,
                    rings: u32::try_from(row.rings).unwrap_or(u32::MAX),
                    for_a_person: row.attention.is_some(),
                    was_offered: row.rings > 0,
                    due_at,
                    open: HashMap::new(),
                    asked: HashSet::new(),
                    declined: HashSet::new(),
                };
                self.waiting.insert(row.delivery, waiting);
            }
            (status, Some(courier)) => {
                let carried = Carried {
                    courier,
                    status,
                    revision: row.revision,
                    since: Micros(row.since_us),
                    for_a_person: row.attention.is_some(),
                    wanted: Wanted::of(package, Micros(row.search_since_us), due_at),
                    due_at,
                };
                self.carried.insert(row.delivery, carried);
            }
            (_, None) => {}
        }
    }

    fn remember(&mut self, asked: offer::OfferRow) {
        let Some(waiting) = self.waiting.get_mut(&asked.delivery) else {
            return;
        };
        match asked.state {
            offer::OfferState::Declined => {
                waiting.declined.insert(asked.courier);
            }
            offer::OfferState::Open => {
                let until = Micros(asked.expires_at_us);
                let (delivery, courier) = (asked.delivery, asked.courier);
                self.ask(&delivery, &courier, until);
            }
            _ => {}
        }
    }
}
