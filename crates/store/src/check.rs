//! Whether what is kept is whole.

use crate::{StoreError, Tx};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which one.
    pub invariant: &'static str,
    /// Where, and what was found.
    pub detail: String,
}

type Check = fn(&mut dyn Tx, &mut Vec<Violation>) -> Result<(), StoreError>;

/// Every invariant of the store.
const CHECKS: &[Check] = &[outbox_has_no_gap, outbox_has_lanes];

/// Verifies them all on one state of the database.
pub(crate) fn run(tx: &mut dyn Tx, violations: &mut Vec<Violation>) -> Result<(), StoreError> {
    CHECKS.iter().try_for_each(|check| check(tx, violations))
}

fn outbox_has_no_gap(tx: &mut dyn Tx, violations: &mut Vec<Violation>) -> Result<(), StoreError> {
    let sql = "select lane.lane_id, lane.forgotten_seq, lane.last_seq, count(outbox.seq) \
         from lane left join outbox \
           on outbox.lane_id = lane.lane_id \
          and outbox.seq > lane.forgotten_seq and outbox.seq <= lane.last_seq \
         group by lane.lane_id, lane.forgotten_seq, lane.last_seq \
         having count(outbox.seq) <> lane.last_seq - lane.forgotten_seq \
         order by lane.lane_id";
    tx.query(sql, &[], &mut |row| {
        let (lane, forgotten) = (row.text(0)?, row.int(1)?);
        let (last, found) = (row.int(2)?, row.int(3)?);
        let detail = format!("lane {lane}: {found} rows after {forgotten} up to {last}");
        violations.push(Violation { invariant: "no gap in an outbox", detail });
        Ok(())
    })
}

fn outbox_has_lanes(tx: &mut dyn Tx, violations: &mut Vec<Violation>) -> Result<(), StoreError> {
    let sql = "select outbox.lane_id, count(*) from outbox where not exists ( \
           select 1 from lane where lane.lane_id = outbox.lane_id \
              and outbox.seq > lane.forgotten_seq and outbox.seq <= lane.last_seq) \
         group by outbox.lane_id order by outbox.lane_id";
    tx.query(sql, &[], &mut |row| {
        let detail = format!("lane {}: {} rows outside its numbers", row.text(0)?, row.int(1)?);
        violations.push(Violation { invariant: "outbox rows are numbered by a lane", detail });
        Ok(())
    })
}
