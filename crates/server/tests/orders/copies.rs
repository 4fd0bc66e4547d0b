//! Items and prices in a store of a market's own are those of the common one.

use super::{Shop, basket};
use crate::dispatch::{Network, sf};
use crate::served::Served;
use crate::world::{SF, World};
use doorstep_server::app::App;
use doorstep_server::stock::copies;
use doorstep_server::stock::put::{ItemSaid, put_items};
use doorstep_store::{LaneId, LaneTx, Store, StoreError, Tx, TxExt};
use serde_json::json;

fn shop() -> Shop {
    let own = "[markets.sf]\nstore = \"sqlite:sf.sqlite\"\n";
    Shop::in_world(World::with(&SF.replacen("[markets.sf]\n", own, 1)))
}

/// The same process, ended and begun again; nothing is said to it.
fn again(shop: Shop) -> Shop {
    Shop { network: Network { served: Served::new(shop.network.served.ended().restarted()) } }
}

fn own(app: &App) -> &Store {
    app.stock.store_of(app, &sf())
}

fn changes(store: &Store, sql: &'static [&'static str]) {
    let change =
        move |tx: &mut LaneTx<'_>| sql.iter().try_for_each(|sql| tx.execute(sql, &[]).map(drop));
    store.lane(&LaneId::new("story").unwrap(), change).unwrap();
}

fn costs(app: &App, item: &str, price_minor: i64) {
    let said: ItemSaid = serde_json::from_value(json!({
        "name": "something", "category": "FOOD", "class": "strict", "weight_grams": 500,
        "prices": { "sf": price_minor },
    }))
    .unwrap();
    let put = put_items(app, &[(item.parse().unwrap(), said)]).unwrap();
    assert!(put.refused.is_empty());
}

/// Every item and price of a store.
fn catalogue(store: &Store) -> Vec<String> {
    let rows = |sql: &str, columns: usize| {
        store.read(|tx| {
            tx.query_all(sql, &[], |row| {
                (0..columns).map(|column| Ok(row.text(column)?.to_owned())).collect()
            })
        })
    };
    let items = rows(
        "select cast(item_no as text), item_id, name, class, cast(oversell_max as text),
             cast(revision as text) from item order by item_no",
        6,
    );
    let prices = rows(
        "select market_id, cast(item_no as text), cast(price_minor as text) from item_price
         order by market_id, item_no",
        3,
    );
    let all: Result<Vec<Vec<String>>, StoreError> =
        items.and_then(|items| Ok(items.into_iter().chain(prices?).collect()));
    all.unwrap().into_iter().map(|row| row.join(" ")).collect()
}

fn pays(shop: &Shop, item: &str) -> i64 {
    shop.places(&basket(&[(item, 1)]))["total_minor"].as_i64().unwrap()
}

/// D8: a change of price is in the market's own store when it is answered, and what is ordered
/// costs that.
#[test]
fn a_price_reaches_the_store_of_its_market() {
    let shop = shop();
    shop.receives("near", &[("oats", 10)]);
    for price_minor in [349, 355, 340] {
        costs(shop.app(), "oats", price_minor);
        assert_eq!(catalogue(own(shop.app())), catalogue(&shop.app().store));
        assert_eq!(pays(&shop, "oats"), price_minor);
    }
    assert_eq!(copies::step(shop.app()).unwrap(), 0, "there is nothing left to copy");
    shop.is_in_order();
}

/// D8: a store that was copied from the common one, long ago, has prices of then, items that are no
/// more, and others under their names: it is brought up to date from the beginning.
#[test]
fn a_store_that_was_copied_is_brought_up_to_date() {
    let shop = shop();
    shop.receives("near", &[("oats", 10)]);
    changes(
        own(shop.app()),
        &[
            "delete from cursor where consumer like 'catalogue-copier%'",
            "update item_price set price_minor = 1",
            "update item set item_id = 'gone', class = 'strict' where item_no = 1",
            "update item set item_no = 4711 where item_no = 2",
            "insert into item_price (market_id, item_no, price_minor) values ('sf', 4711, 7)",
        ],
    );
    assert_ne!(catalogue(own(shop.app())), catalogue(&shop.app().store));
    let shop = again(shop);
    assert!(copies::step(shop.app()).unwrap() > 0);
    assert_eq!(catalogue(own(shop.app())), catalogue(&shop.app().store));
    assert_eq!(pays(&shop, "oats"), 349);
}

/// D8: while the store is not there prices change, the process ends, and they change again: once it
/// is back it has them all; the common store takes them meanwhile.
#[test]
fn what_changed_while_a_store_was_away_is_caught_up() {
    let shop = shop();
    shop.receives("near", &[("oats", 10), ("beans", 10)]);
    changes(own(shop.app()), &["alter table item rename to away"]);
    costs(shop.app(), "oats", 401);
    costs(shop.app(), "beans", 201);
    let shop = again(shop);
    costs(shop.app(), "oats", 402);
    assert!(copies::step(shop.app()).is_err(), "it is still away");
    changes(own(shop.app()), &["alter table away rename to item"]);
    assert!(copies::step(shop.app()).unwrap() > 0);
    assert_eq!(catalogue(own(shop.app())), catalogue(&shop.app().store));
    assert_eq!((pays(&shop, "oats"), pays(&shop, "beans")), (402, 201));
}

/// D8: a common store that went back takes its copies with it.
#[test]
fn a_copy_goes_back_with_the_common_store() {
    let shop = shop();
    changes(
        &shop.app().store,
        &[
            "delete from outbox where lane_id = 'catalog' and seq > 1",
            "update lane set last_seq = 1 where lane_id = 'catalog'",
            "update item_price set price_minor = 77",
        ],
    );
    copies::step(shop.app()).unwrap();
    assert_eq!(catalogue(own(shop.app())), catalogue(&shop.app().store));
    costs(shop.app(), "oats", 78);
    assert_eq!(catalogue(own(shop.app())), catalogue(&shop.app().store));
}

/// D8: of many who copy while prices change, from the beginning and from where the copy stands,
/// none writes over what is newer.
#[test]
fn who_copies_at_once_leaves_the_newest() {
    let shop = shop();
    let app = shop.app();
    for round in 0..4 {
        if round % 2 == 0 {
            let begin = &["delete from cursor where consumer like 'catalogue-copier%'"];
            changes(own(app), begin);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        // Of two at once one is told that the other was faster.
                        let _ = copies::step(app);
                    }
                });
            }
            for price_minor in 1..=10 {
                costs(app, "oats", 1_000 * round + price_minor);
            }
        });
        copies::step(app).unwrap();
        assert_eq!(catalogue(own(app)), catalogue(&app.store), "round {round}");
    }
}
