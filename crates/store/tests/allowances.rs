//! What a provider allows is shared.

use crate::engines::{lane, on_each_engine};
use doorstep_store::provider::allowance;
use doorstep_store::{LaneTx, Store, StoreError};
use std::thread;

const INTERVAL_US: i64 = 50;

fn reserves(store: &Store, name: &'static str, calls: u32, now_us: i64) -> i64 {
    let reserve =
        move |tx: &mut LaneTx<'_>| allowance::reserve(tx, name, (calls, INTERVAL_US), now_us);
    let reserved: Result<i64, StoreError> = store.lane(&lane("allowance/uber"), reserve);
    reserved.unwrap()
}

/// B11: calls follow one another at the interval, after a pause at once; a promise that another
/// clock made of the far future binds nobody.
#[test]
fn calls_follow_one_another() {
    on_each_engine(|place| {
        let store = place.open();
        let cases = [
            // (name, calls, now, first)
            ("uber", 1, 1_000, 1_000),
            ("uber", 2, 1_010, 1_050),
            ("uber", 1, 1_020, 1_150),
            ("stuart", 1, 1_020, 1_020),
            ("uber", 1, 9_000, 9_000),
            ("stuart", 1, 500_000_000, 500_000_000),
            ("stuart", 1, 2_000, 2_000),
        ];
        for (name, calls, now_us, first_us) in cases {
            assert_eq!(reserves(&store, name, calls, now_us), first_us, "{name} at {now_us}");
        }
    });
}

/// B11: of two processes on one store, each with many threads, no two are given the same call.
#[test]
fn nobody_is_given_what_somebody_has() {
    on_each_engine(|place| {
        let stores = [place.open(), place.open()];
        let threads: Vec<_> = (0..8_u32)
            .map(|number| {
                let store = stores[number as usize % 2].clone();
                thread::spawn(move || -> Vec<i64> {
                    let calls = |round: u32| (round + number) % 4 + 1;
                    let slots = |first_us, calls: u32| {
                        (0..calls).map(move |call| first_us + i64::from(call) * INTERVAL_US)
                    };
                    (0..40)
                        .flat_map(|round| {
                            slots(reserves(&store, "uber", calls(round), 1_000), calls(round))
                        })
                        .collect()
                })
            })
            .collect();
        let mut all: Vec<i64> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        all.sort_unstable();
        let expected: Vec<i64> =
            (0..all.len()).map(|call| 1_000 + i64::try_from(call).unwrap() * INTERVAL_US).collect();
        assert_eq!(all, expected);
    });
}
