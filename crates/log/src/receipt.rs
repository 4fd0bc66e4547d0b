use std::sync::mpsc;

use crate::error::LogError;

/// Where one partition's part of an append lies, durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The partition.
    pub partition: u32,
    /// The offset of the first of its records; the others follow it without a gap.
    pub first_offset: u64,
    /// How many records.
    pub records: u64,
}

/// The writer's side of a waiting append; dropped unanswered, the appender learns that too.
pub(crate) type Answer = mpsc::Sender<Result<Appended, LogError>>;

/// Waits for every part of an append, also after one has failed: when the caller gets its error
/// nothing of the append is still under way. `None` where a part was dropped unanswered.
pub(crate) fn gather(
    answers: &mpsc::Receiver<Result<Appended, LogError>>,
    parts: usize,
) -> Option<Result<Vec<Appended>, LogError>> {
    let answers: Vec<_> = answers.iter().collect();
    (answers.len() == parts).then(|| {
        let mut appended = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        appended.sort_unstable_by_key(|part| part.partition);
        Ok(appended)
    })
}
