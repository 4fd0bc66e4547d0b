//! Each file once, and never half of one.

use crate::scene::{HOUR, Scene, block, draft, open, ping, place, second};
use doorstep_archive::{ArchiveError, Written};
use std::sync::Barrier;

fn blocks() -> Vec<Vec<u8>> {
    (0..50).map(|at| block([("a", ping(second(at))), ("b", ping(second(at)))])).collect()
}

/// B10: of two that write the same range at the same time one puts the file, the other finds it,
/// and nothing else is left behind.
#[test]
fn two_that_write_the_same_file_leave_one() {
    let scene = Scene::new();
    for round in 0..20 {
        let place = place(round * 50, round * 50 + 50);
        let both = Barrier::new(2);
        let writes = || {
            let mut draft = draft(place.offsets.first, &blocks());
            both.wait();
            scene.archive.write_pings(&place, &mut draft).unwrap()
        };
        let written = std::thread::scope(|scope| {
            let other = scope.spawn(writes);
            [writes(), other.join().unwrap()]
        });
        assert!(written.contains(&Written::New), "round {round}: {written:?}");
        assert_eq!(scene.archive.records(&place).unwrap().len(), 50);
    }
    assert_eq!(scene.files().len(), 20);
}

/// Another content under the same name is told, and the file stays as it was.
#[test]
fn a_file_that_is_there_is_never_replaced() {
    let scene = Scene::new();
    let place = place(0, 50);
    scene.archive.write_pings(&place, &mut draft(0, &blocks())).unwrap();
    let before = std::fs::read(scene.path(&place)).unwrap();
    let again = scene.archive.write_pings(&place, &mut draft(0, &blocks()));
    assert_eq!(again.unwrap(), Written::Already);
    let fewer = scene.archive.write_pings(&place, &mut draft(0, &blocks()[..49]));
    let Err(ArchiveError::Differs { there, come, .. }) = fewer else {
        panic!("{fewer:?}");
    };
    assert!(there.starts_with("100 rows of 50 records"), "{there}");
    assert!(come.starts_with("98 rows of 49 records"), "{come}");
    let mut others = blocks();
    others[7] = block([("a", ping(second(7))), ("c", ping(second(7)))]);
    let others = scene.archive.write_pings(&place, &mut draft(0, &others));
    assert!(matches!(others, Err(ArchiveError::Differs { .. })), "{others:?}");
    assert_eq!(std::fs::read(scene.path(&place)).unwrap(), before);
}

/// A process that died before a file had its name leaves nothing to be seen: what it wrote goes
/// when the archive is opened next.
#[test]
fn half_a_file_is_never_seen() {
    let scene = Scene::new();
    let whole = place(0, 50);
    scene.archive.write_pings(&whole, &mut draft(0, &blocks())).unwrap();
    let bytes = std::fs::read(scene.path(&whole)).unwrap();
    let unfinished = scene.directory.path().join(".unfinished/4711-0");
    std::fs::write(&unfinished, &bytes[..bytes.len() / 2]).unwrap();
    let hours = (HOUR, HOUR.next());
    assert_eq!(scene.archive.list("pings", None, hours).unwrap(), std::slice::from_ref(&whole));
    let archive = open(&scene.directory);
    assert!(!unfinished.exists());
    assert_eq!(archive.list("pings", None, hours).unwrap(), [whole]);
}

/// What was begun says where it ends, also in another market: whoever goes on ends there too.
#[test]
fn a_range_that_was_begun_says_where_it_ends() {
    let scene = Scene::new();
    scene.archive.write_pings(&place(100, 150), &mut draft(100, &blocks())).unwrap();
    let begun = |partition, first| scene.archive.begun("pings", HOUR, partition, first).unwrap();
    assert_eq!(begun(0, 100), Some(150));
    assert_eq!((begun(0, 150), begun(1, 100)), (None, None));
}
