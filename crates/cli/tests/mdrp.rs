//! Public days of a delivery network through the binary, where the data is there.

use crate::desk::{Desk, Said};
use crate::real_day::real_data;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;

const STREET: [(&str, &str); 4] = [
    ("restaurants.txt", "restaurant\tx\ty\nr1\t1000\t0\n"),
    ("orders.txt", "order\tx\ty\tplaced\trestaurant\tready\no1\t1500\t0\t10\tr1\t20\n"),
    ("couriers.txt", "courier\tx\ty\ton\toff\nc1\t1300\t0\t0\t60\nc2\t9000\t0\t0\t30\n"),
    ("instance_parameters.txt", "speed and the rest\n100\t4\t4\t40\t90\t20\t15\n"),
];

fn writes_street(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    STREET.iter().for_each(|(name, text)| fs::write(directory.join(name), text).unwrap());
}

/// Unpacks regular files of a tar archive (POSIX ustar: name, size in octal, blocks of 512 bytes)
/// whose directory is named so.
fn unpack(archive: &Path, wanted: &[&str], into: &Path) {
    let mut bytes = Vec::new();
    let file = fs::File::open(archive).unwrap();
    zstd::Decoder::new(file).unwrap().read_to_end(&mut bytes).unwrap();
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
        String::from_utf8_lossy(&field[..end]).trim().to_owned()
    };
    let mut at = 0;
    while at + 512 <= bytes.len() && bytes[at] != 0 {
        let (name, size) = (text(&bytes[at..at + 100]), text(&bytes[at + 124..at + 136]));
        let size = usize::from_str_radix(&size, 8).unwrap();
        let content = &bytes[at + 512..at + 512 + size];
        let mut parts = name.rsplit('/');
        let (file, directory) = (parts.next().unwrap(), parts.next().unwrap_or_default());
        if !file.is_empty() && wanted.contains(&directory) {
            fs::create_dir_all(into.join(directory)).unwrap();
            fs::write(into.join(directory).join(file), content).unwrap();
        }
        at += 512 + size.div_ceil(512) * 512;
    }
}

fn figures(said: &Said) -> Vec<Value> {
    said.json()["data"].as_array().unwrap().clone()
}

/// C6 B2: one small day: 19 minutes from click to door, and pay of 20 for the delivery or 15 for
/// each hour on duty, whichever is more: 20.00 and 7.50.
#[test]
fn a_small_day_is_dispatched_checked_and_paid() {
    let desk = Desk::new();
    writes_street(&desk.path("days/street"));
    for mode in ["batch", "nearest"] {
        let line = format!("simulate mdrp --instances days --out out --mode {mode}");
        let rows = figures(&desk.types(&format!("{line} --json")));
        let names: Vec<&Value> = rows.iter().map(|row| &row["instance"]).collect();
        assert_eq!(names, ["street", "all"]);
        for row in &rows {
            assert_eq!((&row["faults"], &row["delivered"]), (&0.into(), &1.into()), "{row}");
            assert_eq!(row["click_to_door_min"]["mean"], 19.0, "{row}");
            assert_eq!((&row["pay_minor"], &row["earned_minor"]), (&2_750.into(), &2_000.into()));
            assert_eq!(row["guaranteed_percent"], 50.0, "{row}");
        }
        let table = desk.types(&line);
        assert!(table.out.contains("street") && table.out.contains("27.50 USD"), "{table:?}");
    }
    let orders = String::from_utf8(desk.reads("out/street/orders.txt")).unwrap();
    assert!(orders.ends_with("o1\t10\t20\t20\t29\tc1\n"), "{orders}");
}

/// What is wrong is said in one line, with the file, the line and the column.
#[test]
fn instances_that_make_no_sense_are_refused() {
    let desk = Desk::new();
    writes_street(&desk.path("days/street"));
    fs::create_dir(desk.path("empty")).unwrap();
    let bad = desk.path("bad");
    writes_street(&bad);
    fs::write(bad.join("couriers.txt"), "courier\tx\ty\ton\toff\nc1\t1300\teast\t0\t60\n").unwrap();
    let half = desk.path("half/one");
    writes_street(&half);
    fs::remove_file(half.join("couriers.txt")).unwrap();
    let cases = [
        ("missing", "missing: No such file or directory"),
        ("empty", "empty: no instance"),
        ("days --class o50", "days: no instance of class o50"),
        ("bad", "couriers.txt: line 2, column y: \"east\": invalid digit"),
        ("half", "couriers.txt: No such file or directory"),
    ];
    for (instances, why) in cases {
        let said = desk.types(&format!("simulate mdrp --out out --instances {instances}"));
        assert_eq!((said.code, said.err.contains(why)), (2, true), "{instances}: {said:?}");
    }
}

/// C6: two whole real days: every solution keeps the rules of the paper by the checker, and
/// batches deliver more, sooner and more often on target than the nearest courier does.
#[test]
fn real_days_are_dispatched_within_the_rules() {
    let Some(folder) = real_data() else { return };
    let desk = Desk::new();
    let names = ["0o100t100s1p100", "1o100t100s1p100"];
    unpack(&folder.join("mdrp/instances.tar.zst"), &names, &desk.path("days"));
    let all = |mode: &str| {
        let line = format!("simulate mdrp --instances days --out {mode} --mode {mode} --json");
        let rows = figures(&desk.types(&line));
        assert_eq!(rows.len(), names.len() + 1);
        assert!(rows.iter().all(|row| row["faults"] == 0), "{rows:?}");
        rows.last().unwrap().clone()
    };
    let (batch, nearest) = (all("batch"), all("nearest"));
    assert_eq!((&batch["orders"], &batch["delivered"]), (&1_043.into(), &1_043.into()));
    let figure = |of: &Value, at: &str| of.pointer(at).unwrap().as_f64().unwrap();
    assert!(figure(&batch, "/click_to_door_min/mean") <= 31.0, "{batch}");
    assert!(figure(&batch, "/on_target_percent") >= 85.0, "{batch}");
    assert!(figure(&nearest, "/click_to_door_min/mean") > 35.0, "{nearest}");
    assert!(figure(&nearest, "/on_target_percent") < 75.0, "{nearest}");
}
