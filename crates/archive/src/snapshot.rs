//! A copy of an archive that somebody else may be writing to: files have their names once they are
//! whole, and never change.

use crate::archive::Archive;
use crate::error::ArchiveError;
use crate::hour::Hour;
use crate::place::Place;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Copies the files of an archive that are `wanted` into a directory, under the names they have,
/// durably; `copying` hears of each. Nothing is copied where there is no archive.
///
/// Errors: the URL names another engine, or a file cannot be read or written.
pub fn snapshot(
    url: &str,
    into: &Path,
    wanted: &dyn Fn(&Place) -> bool,
    copying: &dyn Fn(&Path),
) -> Result<(), ArchiveError> {
    let archive = Archive::over(url)?;
    for topic in archive.topics()? {
        for place in archive.list(&topic, None, Hour::EVER)?.iter().filter(|place| wanted(place)) {
            let copy = into.join(place.path()?);
            copying(&copy);
            copy_file(archive.read(place)?, &copy).map_err(ArchiveError::io(&copy))?;
        }
    }
    Ok(())
}

fn copy_file(mut file: File, to: &Path) -> io::Result<()> {
    let directory = to.parent().unwrap_or(to);
    fs::create_dir_all(directory)?;
    let mut copy = File::create_new(to)?;
    io::copy(&mut file, &mut copy)?;
    copy.sync_all()?;
    // A name is durable once the directory that holds it is.
    File::open(directory)?.sync_all()
}
