//! The schema: files applied once each, in order, under a lock.

use sha2::{Digest, Sha256};

use crate::engine::{Engine, Session};
use crate::limits::BATCH_ATTEMPTS_MAX;
use crate::sql::Dialect;
use crate::{StoreError, TxExt, Value, backoff};

/// A schema file. Once released its text never changes: a change is a further file.
struct SchemaFile {
    version: i64,
    name: &'static str,
    text: &'static str,
}

macro_rules! schema_files {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[$(SchemaFile {
            version: $version,
            name: $name,
            text: include_str!(concat!("../schema/", $name, ".sql")),
        }),+]
    };
}

/// Every schema file, by ascending version.
const FILES: &[SchemaFile] = schema_files![
    1 "0001_core",
    2 "0002_pay_and_settlement",
    3 "0003_people",
    4 "0004_tracking",
    5 "0005_streets",
    6 "0006_arrival",
    7 "0007_dispatch",
    8 "0008_tasks",
    9 "0009_stock",
    10 "0010_provider",
    11 "0011_follow",
    12 "0012_hand_over",
    13 "0013_settled_providers",
    14 "0014_provider_asking",
    15 "0015_shelf",
];

const SCHEMA_VERSION_TABLE: &str = include_str!("../schema/0000_schema_version.sql");

/// Connects for writing and brings the schema up to date, or refuses without having changed
/// anything. Concurrent openers wait for each other.
pub(crate) fn open(engine: &dyn Engine) -> Result<Box<dyn Session>, StoreError> {
    let mut attempt = 1;
    loop {
        match connect(engine) {
            // SQLite does not wait for its lock while it turns a new file's log on.
            Err(StoreError::Contended { .. }) if attempt < BATCH_ATTEMPTS_MAX => {
                backoff::wait(attempt);
                attempt += 1;
            }
            Err(StoreError::Disconnected { detail }) => return Err(StoreError::Open { detail }),
            outcome => return outcome,
        }
    }
}

fn connect(engine: &dyn Engine) -> Result<Box<dyn Session>, StoreError> {
    let mut session = engine.writer()?;
    session.begin_write()?;
    // On an error the connection is dropped, and its transaction with it.
    apply_missing(session.as_mut(), &engine.dialect())?;
    session.commit()?;
    Ok(session)
}

fn apply_missing(session: &mut dyn Session, dialect: &Dialect) -> Result<(), StoreError> {
    session.lock_schema()?;
    session.batch(&dialect.render(SCHEMA_VERSION_TABLE))?;
    let applied = session.query_all(
        "select version, name, checksum from schema_version order by version",
        &[],
        |row| Ok((row.int(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned())),
    )?;
    let known = FILES.last().map_or(0, |file| file.version);
    if let Some((found, ..)) = applied.last().filter(|(found, ..)| *found > known) {
        return Err(StoreError::SchemaNewer { found: *found, known });
    }
    for file in FILES {
        let checksum = checksum(file.text);
        match applied.iter().find(|(version, ..)| *version == file.version) {
            Some((.., found)) if *found == checksum => {}
            Some((_, name, _)) => return Err(StoreError::SchemaChanged { name: name.clone() }),
            None => apply(session, dialect, file, &checksum)?,
        }
    }
    Ok(())
}

fn apply(
    session: &mut dyn Session,
    dialect: &Dialect,
    file: &SchemaFile,
    checksum: &str,
) -> Result<(), StoreError> {
    tracing::info!(version = file.version, name = file.name, "applying schema file");
    session.batch(&dialect.render(file.text))?;
    session.execute(
        "insert into schema_version (version, name, checksum) values ($1, $2, $3)",
        &[Value::Int(file.version), Value::Text(file.name), Value::Text(checksum)],
    )?;
    Ok(())
}

/// SHA-256 of the text before tokens are replaced, in hexadecimal: the same on both engines.
fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_ascend_and_name_their_files() {
        for (earlier, later) in FILES.iter().zip(&FILES[1..]) {
            assert!(earlier.version < later.version, "{}", later.name);
        }
        for file in FILES {
            assert!(file.name.starts_with(&format!("{:04}_", file.version)), "{}", file.name);
        }
    }
}
