//! The lanes a batch holds, and what its commands announced in them.

use std::collections::BTreeMap;

use crate::engine::Session;
use crate::lane::LaneId;
use crate::sql::{filled, places};
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
    /// Takes the lanes, by ascending name, so that no two batches wait in a circle. The transaction
    /// has done nothing yet.
    pub(crate) fn lock<'j>(
        session: &mut dyn Session,
        lanes: impl IntoIterator<Item = &'j LaneId>,
    ) -> Result<Self, StoreError> {
        let mut sorted: Vec<&str> = lanes.into_iter().map(LaneId::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut held = take(session, &sorted)?;
        if held.len() < sorted.len() {
            // Whoever makes a lane holds it: nobody does while they hold another that there was.
            session.rollback()?;
            session.begin_write()?;
            let missing = sorted.iter().filter(|lane| !held.contains_key(&LaneId::known(lane)));
            make(session, missing.copied())?;
            held = take(session, &sorted)?;
        }
        if held.len() < sorted.len() {
            return Err(StoreError::NoRow);
        }
        Ok(Self { heads: held, announcements: Vec::new() })
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

/// Lanes looked up by one statement.
const LANES_AT_ONCE: usize = 128;

/// Locks the rows of lanes until the transaction ends, one after another, and answers their
/// numbers; those never used are absent.
fn take(session: &mut dyn Session, sorted: &[&str]) -> Result<BTreeMap<LaneId, Head>, StoreError> {
    let mut heads = BTreeMap::new();
    for some in sorted.chunks(LANES_AT_ONCE) {
        let sql = format!(
            "select lane_id, last_seq from lane where lane_id in ({}) order by lane_id {}",
            places(1, some.len()),
            session.row_lock(),
        );
        session.query(&sql, &filled(some), &mut |row| {
            let last_seq = row.int(1)?;
            heads.insert(LaneId::known(row.text(0)?), Head { stored_seq: last_seq, last_seq });
            Ok(())
        })?;
    }
    Ok(heads)
}

/// Makes lanes that were never used. Whoever comes second waits here for the first to commit.
fn make<'l>(
    session: &mut dyn Session,
    lanes: impl Iterator<Item = &'l str>,
) -> Result<(), StoreError> {
    for lane in lanes {
        session.execute(
            "insert into lane (lane_id, last_seq, forgotten_seq) values ($1, 0, 0)
             on conflict (lane_id) do nothing",
            &[lane.into()],
        )?;
    }
    Ok(())
}
