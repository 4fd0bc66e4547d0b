//! Idempotency keys: the outcomes of a request that comes again.

use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::{Store, StoreError};

use crate::engines::{lane, on_each_engine};

const ORDER: RequestKey<'static> = RequestKey { scope: "customer-1/orders", key: "k1" };
const EXPIRES_AT_US: i64 = 1_000;
const KEPT_UNTIL_US: i64 = 5_000;

fn begin(store: &Store, key: RequestKey<'static>, fingerprint: &'static [u8], now: i64) -> Begun {
    let expires_at_us = now + EXPIRES_AT_US;
    let begun = store.lane(&lane("orders"), move |tx| {
        idempotency::begin(tx, key, fingerprint, now, expires_at_us)
    });
    begun.unwrap()
}

fn finish(store: &Store, response: &'static [u8]) -> Result<(), StoreError> {
    store.lane(&lane("orders"), move |tx| idempotency::finish(tx, ORDER, response, KEPT_UNTIL_US))
}

#[test]
fn a_repeated_request_gets_the_first_answer() {
    on_each_engine(|place| {
        let store = place.open();
        let elsewhere = RequestKey { scope: "customer-2/orders", key: "k1" };
        assert_eq!(begin(&store, ORDER, b"two pizzas", 0), Begun::New);
        assert_eq!(begin(&store, ORDER, b"two pizzas", 1), Begun::Running);
        assert_eq!(begin(&store, ORDER, b"three pizzas", 1), Begun::Mismatch);
        assert_eq!(begin(&store, elsewhere, b"soup", 1), Begun::New, "scopes never meet");
        assert_eq!(finish(&store, b"201 ord_1"), Ok(()));
        assert!(matches!(finish(&store, b"201 ord_2"), Err(StoreError::Invalid { .. })));
        let replay = Begun::Replay(b"201 ord_1".to_vec());
        let late = KEPT_UNTIL_US - 1;
        assert_eq!(begin(&store, ORDER, b"two pizzas", late), replay);
        assert_eq!(begin(&store, ORDER, b"three pizzas", late), Begun::Mismatch);
    });
}

#[test]
fn a_key_is_free_again_when_expired_or_released() {
    on_each_engine(|place| {
        let store = place.open();
        let release = || store.lane(&lane("orders"), |tx| idempotency::release(tx, ORDER)).unwrap();
        assert_eq!(begin(&store, ORDER, b"two pizzas", 0), Begun::New);
        assert!(release());
        assert_eq!(begin(&store, ORDER, b"three pizzas", 0), Begun::New);
        let given_up = begin(&store, ORDER, b"soup", EXPIRES_AT_US);
        assert_eq!(given_up, Begun::New, "whoever did it has ended");
        finish(&store, b"201").unwrap();
        assert!(!release(), "an answer is not released");
        let forgotten = begin(&store, ORDER, b"tea", KEPT_UNTIL_US);
        assert_eq!(forgotten, Begun::New, "the answer has expired");

        let expire = |now| store.lane(&lane("orders"), move |tx| idempotency::expire(tx, now, 10));
        assert_eq!(expire(KEPT_UNTIL_US + EXPIRES_AT_US - 1), Ok(0));
        assert_eq!(expire(KEPT_UNTIL_US + EXPIRES_AT_US), Ok(1));
        assert_eq!(begin(&store, ORDER, b"cake", 0), Begun::New);
    });
}

#[test]
fn a_command_that_fails_leaves_its_key_free() {
    on_each_engine(|place| {
        let store = place.open();
        let failed: Result<(), StoreError> = store.lane(&lane("orders"), |tx| {
            idempotency::begin(tx, ORDER, b"two pizzas", 0, 10)?;
            Err(StoreError::NoRow)
        });
        assert_eq!(failed, Err(StoreError::NoRow));
        assert_eq!(begin(&store, ORDER, b"two pizzas", 0), Begun::New);
    });
}
