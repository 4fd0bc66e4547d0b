use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::batch::Composer;
use crate::error::LogError;
use crate::metric;
use crate::partition::queue::{Forget, Share};
use crate::partition::{Shared, file};
use crate::receipt::Appended;

/// The one thread that writes a partition: it merges what waits into few batches and one commit,
/// and answers after it (group commit).
pub(super) struct Writer {
    connection: Connection,
    shared: Arc<Shared>,
    composer: Composer,
    end: u64,
}

impl Writer {
    pub(super) fn new(connection: Connection, shared: Arc<Shared>, end: u64) -> Writer {
        Writer { connection, shared, composer: Composer::new(), end }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let _stopping = AbandonOnDrop(&shared);
        while let Some(turn) = shared.queue.next_turn() {
            metric::waiting(&shared.identity, turn.records_left);
            if !turn.shares.is_empty() {
                self.append(turn.shares);
            }
            if let Some(forget) = turn.forget {
                self.forget(forget);
            }
        }
    }

    fn append(&mut self, shares: Vec<Share>) {
        match self.commit(&shares) {
            Ok(end) => {
                metric::committed(&self.shared.identity, end - self.end);
                self.shared.grow_to(end);
                self.answer(shares);
                self.end = end;
            }
            Err(error) => self.refuse(shares, error),
        }
    }

    /// Writes all shares in one transaction; answers the new end.
    fn commit(&mut self, shares: &[Share]) -> rusqlite::Result<u64> {
        self.composer.clear();
        let behavior = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        let mut end = self.end;
        for run in shares.iter().flat_map(|share| &share.runs.runs) {
            if !self.composer.has_room_for(run) {
                end = insert_composed(&transaction, &mut self.composer, end)?;
            }
            self.composer.push(run);
        }
        end = insert_composed(&transaction, &mut self.composer, end)?;
        transaction.commit()?;
        Ok(end)
    }

    /// A caller that has gone away meanwhile is none of our concern: its records are durable.
    fn answer(&self, shares: Vec<Share>) {
        let mut first_offset = self.end;
        for share in shares {
            let records = share.runs.records;
            let partition = self.shared.identity.number;
            let _gone = share.answer.send(Ok(Appended { partition, first_offset, records }));
            first_offset += records;
        }
    }

    /// The transaction was rolled back as it was dropped, or by SQLite before that. Where even
    /// that failed the connection is of no more use: a new one takes its place, or the next
    /// append is refused as well. What is on disk decides where the next record goes.
    fn refuse(&mut self, shares: Vec<Share>, error: rusqlite::Error) {
        let identity = &self.shared.identity;
        metric::failed(identity);
        tracing::error!(path = %identity.path.display(), %error, "append failed");
        if !self.connection.is_autocommit()
            && let Ok(connection) = file::open_for_writing(identity, false)
        {
            self.connection = connection;
        }
        if let Ok(bounds) = file::bounds(&self.connection) {
            self.end = bounds.end;
            self.shared.grow_to(bounds.end);
        }
        let error = LogError::storage(&self.shared.identity.path)(error);
        for share in shares {
            let _gone = share.answer.send(Err(error.clone()));
        }
    }

    /// One step, so that appends are served between two; what remains goes to the back.
    fn forget(&mut self, forget: Forget) {
        let answer = match file::forget_some(&mut self.connection, forget.before) {
            Ok((start, more)) => {
                self.shared.start_at(start);
                if more {
                    return self.shared.queue.push_forget(forget);
                }
                Ok(())
            }
            Err(error) => Err(LogError::storage(&self.shared.identity.path)(error)),
        };
        let _gone = forget.answer.send(answer);
    }
}

/// Writes what is composed, if anything, at `first_offset`; answers the offset after it.
fn insert_composed(
    transaction: &Transaction<'_>,
    composer: &mut Composer,
    first_offset: u64,
) -> rusqlite::Result<u64> {
    if composer.records() == 0 {
        return Ok(first_offset);
    }
    file::insert(transaction, &composer.seal(first_offset))?;
    let end = first_offset + composer.records();
    composer.clear();
    Ok(end)
}

/// However the writer ends, nobody is left waiting for it.
struct AbandonOnDrop<'a>(&'a Shared);

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.queue.abandon();
    }
}
