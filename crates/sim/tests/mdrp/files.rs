//! Instances that make no sense.

use super::*;

/// Columns: file, what stands there, what is written instead, what is said.
#[test]
fn a_bad_row_is_named_with_its_file_line_and_column() {
    let cases = [
        (
            "orders.txt",
            "\t12\tr1",
            "\tnoon\tr1",
            "orders.txt: line 3, column placement_time: \"noon\"",
        ),
        (
            "orders.txt",
            "12\tr1\t20",
            "12\tr9\t20",
            "line 3, column restaurant: there is no restaurant \"r9\"",
        ),
        (
            "orders.txt",
            "12\tr1\t20",
            "12\tr1\t11",
            "column ready_time: 11 is before the order was placed at 12",
        ),
        ("orders.txt", "o2", "o1", "line 3, column order: o1 is there already"),
        ("orders.txt", "12\tr1\t20", "12\tr1", "column ready_time: is missing"),
        ("orders.txt", "1700", "-1700", "column x: -1700 is not between 0 and 100,000,000"),
        (
            "couriers.txt",
            "0\t100",
            "50\t50",
            "couriers.txt: line 2, column off_time: 50 is not after",
        ),
        ("restaurants.txt", "r1\t1000", "\t1000", "line 2, column restaurant: is missing"),
        ("instance_parameters.txt", "100\t4\t4", "0\t4\t4", "column meters_per_minute: nobody"),
        (
            "instance_parameters.txt",
            "100\t4\t4",
            "100\t3\t4",
            "column pickup service minutes: 3 has no half",
        ),
        (
            "instance_parameters.txt",
            "100\t4\t4\t40\t90\t10\t15\n",
            "",
            "line 2, column meters_per_minute: there is no row",
        ),
    ];
    for (file, from, to, said) in cases {
        let directory = street(&[(file, from, to)]);
        let error = Instance::read(directory.path()).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(file), "{error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    for (name, _) in STREET {
        let directory = street(&[]);
        fs::remove_file(directory.path().join(name)).unwrap();
        let error = Instance::read(directory.path()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}
