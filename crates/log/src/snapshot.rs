use std::fs::{self, File};
use std::ops::Range;
use std::path::Path;

use crate::error::LogError;
use crate::log::directory_of;
use crate::partition::file;
use crate::topic::directory::{complete, complete_topics, partition_path};

/// A partition as it was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedPartition {
    /// The topic.
    pub topic: String,
    /// Which partition of it.
    pub partition: u32,
    /// The first offset copied, and the one after the last.
    pub offsets: Range<u64>,
}

/// Copies every topic of the log at `url` into the directory `into`, which must hold none of them,
/// while another process may have the log open; durable when this returns. `copying` hears of each
/// file before it is written. Errors: the URL names another engine, or a file cannot be read or
/// made.
///
/// Every partition is copied as it is when its turn comes: whatever was acknowledged before the
/// call is there. The lock of the directory is left alone, since nothing of it is written.
pub fn snapshot(
    url: &str,
    into: &Path,
    copying: &dyn Fn(&Path),
) -> Result<Vec<CopiedPartition>, LogError> {
    let from = directory_of(url)?;
    let mut copied = Vec::new();
    for (topic, count) in complete_topics(&from)? {
        let directory = into.join(&topic);
        fs::create_dir_all(&directory).map_err(LogError::io(&directory))?;
        for partition in 0..count {
            let path = partition_path(into, &topic, partition);
            copying(&path);
            copied.push(CopiedPartition {
                offsets: copy(&partition_path(&from, &topic, partition), &path)?,
                topic: topic.clone(),
                partition,
            });
        }
        complete(into, &topic, count)?;
    }
    Ok(copied)
}

fn copy(from: &Path, to: &Path) -> Result<Range<u64>, LogError> {
    file::copy_into(from, to)?;
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(LogError::io(to))?;
    file::open_for_reading(to).and_then(|copy| file::bounds(&copy)).map_err(LogError::storage(to))
}
