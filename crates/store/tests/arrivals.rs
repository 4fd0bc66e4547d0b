//! Models of arrival times: versions are added, and none is ever changed.

use crate::engines::{lane, on_each_engine};
use doorstep_store::Store;
use doorstep_store::arrival;

fn adds(store: &Store, market: &'static str, at_us: i64, model: &'static str) -> i64 {
    let learned = (at_us, "key:a");
    store.lane(&lane("arrivals"), move |tx| arrival::add(tx, market, learned, 7, model)).unwrap()
}

#[test]
fn versions_count_up_within_a_market_and_each_keeps_its_text() {
    on_each_engine(|at| {
        let store = at.open();
        assert_eq!(store.read(|tx| arrival::newest_version(tx, "sf")).unwrap(), None);
        assert_eq!(adds(&store, "sf", 10, "{\"a\":1}"), 1);
        assert_eq!(adds(&store, "ny", 11, "{\"b\":1}"), 1);
        assert_eq!(adds(&store, "sf", 12, "{\"a\":2}"), 2);
        let text = |version| store.read(|tx| arrival::model(tx, "sf", version)).unwrap();
        assert_eq!(
            (text(1).as_deref(), text(2).as_deref()),
            (Some("{\"a\":1}"), Some("{\"a\":2}"))
        );
        assert_eq!(text(3), None);
        let listed = store.read(|tx| arrival::list(tx, "sf", 10)).unwrap();
        let told: Vec<_> = listed.iter().map(|row| (row.version, row.learned_at_us)).collect();
        assert_eq!(told, [(2, 12), (1, 10)]);
        assert_eq!((listed[0].trips, listed[0].learned_by.as_str()), (7, "key:a"));
        assert_eq!(store.read(|tx| arrival::list(tx, "sf", 1)).unwrap().len(), 1);
    });
}
