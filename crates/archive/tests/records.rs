//! Records that are no pings come back as they were.

use crate::scene::{Scene, place, second};
use doorstep_archive::{Form, Kept, Place, Readable, RecordsDraft};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// B2: the raw bytes of every record are kept for ever, beside what can be read of them.
    #[test]
    fn records_come_back_byte_for_byte(
        told in proptest::collection::vec(any::<(Vec<u8>, Vec<u8>, Option<String>)>(), 1..40),
        market in proptest::option::of("[a-z./ %_ü]{1,20}"),
    ) {
        let market = market.map(|market| market.parse().unwrap());
        let (topic, form) = ("events".to_owned(), Form::Records);
        let place = Place { topic, market, form, ..place(5, 90) };
        let (mut draft, mut expected) = (RecordsDraft::default(), Vec::new());
        for (number, (key, value, id)) in (0_u32..).zip(told) {
            let at = second(i64::from(number));
            let kept = Kept { offset: 5 + 2 * u64::from(number), appended_at: at, key, value };
            let readable = Readable { time: id.is_some().then_some(at), id, ..Readable::default() };
            draft.push(kept.clone(), readable);
            expected.push(kept);
        }
        let scene = Scene::new();
        scene.archive.write_records(&place, &draft).unwrap();
        prop_assert_eq!(scene.archive.records(&place).unwrap(), expected);
        let hours = (place.hour, place.hour.next());
        prop_assert_eq!(scene.archive.list("events", None, hours).unwrap(), [place]);
    }
}
