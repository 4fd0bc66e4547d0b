//! A directory with an archive, and blocks to put there.

use doorstep_archive::{Archive, Form, Hour, Offsets, PingsDraft, Place};
use doorstep_domain::time::{HOUR_US, Micros};
use doorstep_domain::tracking::{Ping, Position, batch};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) const HOUR: Hour = Hour(486_000);

pub(crate) struct Scene {
    pub(crate) archive: Archive,
    pub(crate) directory: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let directory = TempDir::new().unwrap();
        let archive = open(&directory);
        Scene { archive, directory }
    }

    /// The file of a place.
    pub(crate) fn path(&self, place: &Place) -> PathBuf {
        self.directory.path().join(place.path().unwrap())
    }

    /// Everything that lies in the archive, and what was never finished.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut open = vec![self.directory.path().to_owned()];
        let mut found = Vec::new();
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let below = path.strip_prefix(self.directory.path()).unwrap();
                    found.push(below.to_str().unwrap().to_owned());
                }
            }
        }
        found
    }
}

pub(crate) fn open(directory: &TempDir) -> Archive {
    Archive::open(&format!("file:{}", directory.path().display())).unwrap()
}

pub(crate) fn place(first: u64, end: u64) -> Place {
    Place {
        topic: "pings".to_owned(),
        partition: 0,
        offsets: Offsets { first, end },
        hour: HOUR,
        market: Some("sf".parse().unwrap()),
        form: Form::Pings,
    }
}

/// So many seconds after the hour began.
pub(crate) fn second(second: i64) -> Micros {
    Micros(HOUR.0 * HOUR_US + second * 1_000_000)
}

pub(crate) fn ping(at: Micros) -> Ping {
    Ping {
        at,
        position: Position { lat_e7: 377_749_001, lng_e7: -1_224_194_003 },
        accuracy_dm: Some(45),
        speed_cm_s: Some(1_203),
        heading_cdeg: None,
        battery_percent: Some(80),
    }
}

pub(crate) fn block<'a>(pings: impl IntoIterator<Item = (&'a str, Ping)>) -> Vec<u8> {
    let mut writer = batch::Writer::new();
    for (courier, ping) in pings {
        writer.push(courier, &ping);
    }
    writer.finish()
}

/// A draft of these blocks, from an offset on, each appended a second after the other.
pub(crate) fn draft(first: u64, blocks: &[Vec<u8>]) -> PingsDraft {
    let mut draft = PingsDraft::default();
    for (number, block) in (0..).zip(blocks) {
        let offset = first + u64::try_from(number).unwrap();
        draft.push(offset, second(number), block).unwrap();
    }
    draft
}
