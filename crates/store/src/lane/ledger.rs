//! The lanes a batch holds, and what its commands announced in them.

use std::collections::BTreeMap;

use crate::lane::LaneId;
use crate::{StoreError, Tx, TxExt, Value};

/// The held lanes with their numbers. Announcements are kept here and written in one go before
/// the commit: a statement for the batch instead of one for each.
pub(crate) struct Ledger {
    heads: BTreeMap<LaneId, Head>,
    announcements: Vec<Announcement>,
}

struct Head {
    stored_seq: i64,
    last_seq: i64,
}

struct Announcement {
    lane: LaneId,
    seq: i64,
    kind: String,
    subject: String,
    payload: Vec<u8>,
    announced_at_us: i64,
}

impl Ledger {
    /// Takes the lanes, by ascending name, so that no two batches wait for each other.
    pub(crate) fn lock<'j>(
        tx: &mut dyn Tx,
        lanes: impl IntoIterator<Item = &'j LaneId>,
    ) -> Result<Self, StoreError> {
        let mut sorted: Vec<&LaneId> = lanes.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut heads = BTreeMap::new();
        for lane in sorted {
            let stored_seq = take(tx, lane)?;
            heads.insert(lane.clone(), Head { stored_seq, last_seq: stored_seq });
        }
        Ok(Self { heads, announcements: Vec::new() })
    }

    pub(crate) fn announce(
        &mut self,
        lane: &LaneId,
        kind: &str,
        subject: &str,
        payload: &[u8],
        announced_at_us: i64,
    ) -> Result<i64, StoreError> {
        let head = self.heads.get_mut(lane);
        let head = head.ok_or_else(|| StoreError::invalid(format!("lane {lane} is not held")))?;
        head.last_seq += 1;
        self.announcements.push(Announcement {
            lane: lane.clone(),
            seq: head.last_seq,
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            payload: payload.to_owned(),
            announced_at_us,
        });
        Ok(head.last_seq)
    }

    /// How much has been announced, for [`Ledger::rewind`].
    pub(crate) fn mark(&self) -> usize {
        self.announcements.len()
    }

    /// Takes back what was announced since the mark; its numbers go to the next command.
    pub(crate) fn rewind(&mut self, mark: usize) {
        for undone in self.announcements.drain(mark..) {
            if let Some(head) = self.heads.get_mut(&undone.lane) {
                head.last_seq -= 1;
            }
        }
    }

    /// Writes the announcements and the lanes' new numbers.
    pub(crate) fn write(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let rows = self.announcements.iter().map(|row| {
            [
                Value::Text(row.lane.as_str()),
                Value::Int(row.seq),
                Value::Text(&row.kind),
                Value::Text(&row.subject),
                Value::Bytes(&row.payload),
                Value::Int(row.announced_at_us),
            ]
        });
        let head = "insert into outbox (lane_id, seq, kind, subject, payload, announced_at_us)";
        tx.insert_many(head, rows, "")?;
        let moved = self.heads.iter().filter(|(_, head)| head.last_seq != head.stored_seq);
        tx.update_many(
            "update lane set last_seq = given.column2",
            ["text", "bigint"],
            moved.map(|(lane, head)| [lane.as_str().into(), head.last_seq.into()]),
            "where lane.lane_id = given.column1",
        )?;
        Ok(())
    }
}

/// Locks the lane's row until the transaction ends and answers its number, creating it if absent.
fn take(tx: &mut dyn Tx, lane: &LaneId) -> Result<i64, StoreError> {
    let lock = "update lane set last_seq = last_seq where lane_id = $1 returning last_seq";
    let lane_id = Value::Text(lane.as_str());
    if let Some(seq) = tx.query_optional(lock, &[lane_id], |row| row.int(0))? {
        return Ok(seq);
    }
    // Whoever comes second waits here for the first to commit, and then finds the row.
    tx.execute(
        "insert into lane (lane_id, last_seq, forgotten_seq) values ($1, 0, 0) \
         on conflict (lane_id) do nothing",
        &[lane_id],
    )?;
    tx.query_one(lock, &[lane_id], |row| row.int(0))
}
