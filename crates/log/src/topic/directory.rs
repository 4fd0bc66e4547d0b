use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::LogError;
use crate::limits::{PARTITIONS_MAX, TOPIC_NAME_BYTES_MAX};
use crate::topic::Topic;

/// The file that says how many partitions a topic has. It is written last: where it is missing
/// the topic was never complete, and nothing was ever appended to it.
const PARTITIONS_FILE: &str = "partitions";

/// `LOG/TOPIC/007.sqlite`.
pub(crate) fn partition_path(log_directory: &Path, topic: &str, number: u32) -> PathBuf {
    log_directory.join(topic).join(format!("{number:03}.sqlite"))
}

/// Makes the topic's directory, or checks that it has the partitions asked for; answers whether
/// the topic is new.
pub(super) fn prepare(log_directory: &Path, topic: &Topic) -> Result<bool, LogError> {
    check_name(topic.name)?;
    if !(1..=PARTITIONS_MAX).contains(&topic.partitions) {
        let reason = "it needs between 1 and 999 partitions";
        return Err(LogError::TopicName { topic: topic.name.to_owned(), reason });
    }
    let directory = log_directory.join(topic.name);
    let path = directory.join(PARTITIONS_FILE);
    if !path.try_exists().map_err(LogError::io(&path))? {
        fs::create_dir_all(&directory).map_err(LogError::io(&directory))?;
        return Ok(true);
    }
    let kept = kept_partitions(&path)?;
    if kept != topic.partitions {
        let (topic, asked) = (topic.name.to_owned(), topic.partitions);
        return Err(LogError::Partitions { topic, kept, asked });
    }
    Ok(false)
}

/// The complete topics of a log that may be in use, by name, and how many partitions each has.
pub(crate) fn complete_topics(log_directory: &Path) -> Result<Vec<(String, u32)>, LogError> {
    let unreadable = |error| LogError::io(log_directory)(error);
    let mut topics = Vec::new();
    for entry in fs::read_dir(log_directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path().join(PARTITIONS_FILE);
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if path.is_file() {
            topics.push((name, kept_partitions(&path)?));
        }
    }
    topics.sort();
    Ok(topics)
}

fn kept_partitions(path: &Path) -> Result<u32, LogError> {
    let text = fs::read_to_string(path).map_err(LogError::io(path))?;
    let kept = text.trim().parse();
    kept.map_err(|_| LogError::format(path, "not a number"))
}

/// Declares a new topic complete, durably.
pub(crate) fn complete(log_directory: &Path, topic: &str, count: u32) -> Result<(), LogError> {
    let directory = log_directory.join(topic);
    let path = directory.join(PARTITIONS_FILE);
    let unfinished = directory.join("partitions.new");
    let mut file = File::create(&unfinished).map_err(LogError::io(&unfinished))?;
    writeln!(file, "{count}").map_err(LogError::io(&unfinished))?;
    file.sync_all().map_err(LogError::io(&unfinished))?;
    fs::rename(&unfinished, &path).map_err(LogError::io(&path))?;
    sync_directory(&directory)?;
    sync_directory(log_directory)
}

/// A name is durable once the directory that holds it is.
fn sync_directory(path: &Path) -> Result<(), LogError> {
    File::open(path).and_then(|directory| directory.sync_all()).map_err(LogError::io(path))
}

/// A name is a directory here and a topic in Kafka: what both allow, and nothing hidden.
fn check_name(name: &str) -> Result<(), LogError> {
    let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    let reason = if name.is_empty() || name.len() > TOPIC_NAME_BYTES_MAX {
        "a name has 1 to 100 characters"
    } else if !name.bytes().all(is_allowed) {
        "a name is made of a-z, 0-9, '-', '_' and '.'"
    } else if name.starts_with('.') {
        "a name does not start with a dot"
    } else {
        return Ok(());
    };
    Err(LogError::TopicName { topic: name.to_owned(), reason })
}
