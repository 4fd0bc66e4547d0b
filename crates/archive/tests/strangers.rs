//! What others have put into the directory, and what has rotted there.

use crate::scene::{HOUR, Scene, block, draft, ping, place, second};
use doorstep_archive::{Archive, ArchiveError};

#[test]
fn only_directories_are_known() {
    let cases = [
        ("file:", "archive \"file:\" is not known: write file:DIRECTORY"),
        ("s3://secret@bucket/x", "archive \"s3:\" is not known: write file:DIRECTORY"),
        ("archive", "archive \"archive\" is not known: write file:DIRECTORY"),
    ];
    for (url, told) in cases {
        assert_eq!(Archive::open(url).unwrap_err().to_string(), told);
    }
}

/// What is not named like a file of ours is passed over, wherever it lies.
#[test]
fn what_is_not_ours_is_passed_over() {
    let scene = Scene::new();
    let place = place(0, 1);
    scene.archive.write_pings(&place, &mut draft(0, &[block([("a", ping(second(0)))])])).unwrap();
    let root = scene.directory.path();
    let strangers = [
        "notes.txt",
        "pings/market=sf/.hidden",
        "pings/market=sf/day=2025-06-11x/hour=00/p0-1.parquet",
        "pings/city=sf/day=2025-06-11/hour=00/p0-1.parquet",
    ];
    for stranger in strangers {
        let path = root.join(stranger);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"?").unwrap();
    }
    let beside = scene.path(&place).with_file_name("p0-copy.parquet");
    std::fs::write(beside, b"?").unwrap();
    assert_eq!(scene.archive.list("pings", None, (HOUR, HOUR.next())).unwrap(), [place]);
    assert!(scene.archive.list("nothing", None, (HOUR, HOUR.next())).unwrap().is_empty());
}

/// A file that bears one of our names and is broken is told by its path, and nothing panics.
#[test]
fn a_broken_file_is_told_by_its_path() {
    let scene = Scene::new();
    let place = place(0, 40);
    let blocks: Vec<_> =
        (0..40).map(|at| block([("a", ping(second(at))), ("b", ping(second(at)))])).collect();
    scene.archive.write_pings(&place, &mut draft(0, &blocks)).unwrap();
    let path = scene.path(&place);
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(37) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let told = scene.archive.records(&place).unwrap_err();
        assert!(matches!(told, ArchiveError::Damaged { .. }), "{length}: {told}");
        assert!(told.to_string().contains("p0-0000"), "{told}");
        assert!(scene.archive.about(&place).is_err());
    }
    let other = scene
        .path(&place)
        .with_file_name("p0-00000000000000000000-00000000000000000040.records.parquet");
    std::fs::write(&other, &whole).unwrap();
    let place = doorstep_archive::Place { form: doorstep_archive::Form::Records, ..place };
    let told = scene.archive.records(&place).unwrap_err().to_string();
    assert!(told.ends_with("it has other columns than it should"), "{told}");
}

/// A byte that has changed is told, or it was one that nobody reads: what is read is never other
/// than what was written.
#[test]
fn a_changed_byte_never_makes_another_record() {
    let scene = Scene::new();
    let place = place(0, 40);
    let blocks: Vec<_> =
        (0..40).map(|at| block([("a", ping(second(at))), ("b", ping(second(at)))])).collect();
    scene.archive.write_pings(&place, &mut draft(0, &blocks)).unwrap();
    let written = scene.archive.records(&place).unwrap();
    let path = scene.path(&place);
    let whole = std::fs::read(&path).unwrap();
    let mut told = 0;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        std::fs::write(&path, &changed).unwrap();
        match scene.archive.records(&place) {
            Ok(read) => assert_eq!(read, written, "byte {at}"),
            Err(_) => told += 1,
        }
    }
    assert!(told > whole.len() / 4, "{told} of {}", whole.len());
}

/// A courier whom a group's bounds leave out would be missed by their track: reading the file
/// whole tells.
#[test]
fn changed_bounds_are_told() {
    let scene = Scene::new();
    let place = place(0, 1);
    let names = ["first-courier", "last-courier"];
    let blocks = [block(names.map(|name| (name, ping(second(0)))))];
    scene.archive.write_pings(&place, &mut draft(0, &blocks)).unwrap();
    let path = scene.path(&place);
    let whole = std::fs::read(&path).unwrap();
    let said = |bytes: &[u8], name: &str| {
        bytes.windows(name.len()).rposition(|window| window == name.as_bytes()).unwrap()
    };
    for (name, letter) in [("first-courier", b'k'), ("last-courier", b'e')] {
        let mut changed = whole.clone();
        changed[said(&whole, name)] = letter;
        std::fs::write(&path, &changed).unwrap();
        let told = scene.archive.records(&place).unwrap_err().to_string();
        assert!(told.ends_with("the bounds of a group are not those of its rows"), "{told}");
    }
}
