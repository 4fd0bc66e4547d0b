//! Orders, movements and apologies as they are kept, and how many statements that takes.

use crate::engines::{lane, on_each_engine, run};
use doorstep_domain::dispatch::Status;
use doorstep_domain::order::Kept;
use doorstep_store::movement::{self, MovementKind, MovementRow, StockRow};
use doorstep_store::order::{self, OrderRow, Whose};
use doorstep_store::{LaneTx, Row, Store, StoreError, Tx, Value};

/// A transaction that counts the statements it is asked to run.
struct Counting<'a, 'b> {
    tx: &'a mut LaneTx<'b>,
    statements: usize,
}

impl Tx for Counting<'_, '_> {
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.statements += 1;
        self.tx.execute(sql, params)
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.statements += 1;
        self.tx.query(sql, params, each)
    }

    fn insert_rows_max(&self) -> usize {
        self.tx.insert_rows_max()
    }
}

/// A movement of a row that stands so.
fn moved(before: StockRow, delta: i64, seq: i64, line: i64) -> MovementRow {
    MovementRow {
        lane_no: 1,
        seq,
        line,
        center_no: before.center_no,
        item_no: before.item_no,
        kind: if delta > 0 { MovementKind::Received } else { MovementKind::Ordered },
        delta,
        quantity: before.quantity + delta,
        revision: before.revision + 1,
        before: (before.revision > 0).then_some((before.last_seq, before.last_line)),
        cause: format!("ord_{seq}"),
        at_us: seq,
    }
}

fn order(id: &str, key: &str) -> OrderRow {
    OrderRow {
        order: id.to_owned(),
        market: "sf".to_owned(),
        kept: Kept::Placed,
        request_key: key.to_owned(),
        fingerprint: vec![7; 32],
        customer: b"{}".to_vec(),
        parts: b"{}".to_vec(),
        total_minor: 1_047,
        ordered_by: "key:k".to_owned(),
        ordered_at_us: 5,
        expires_at_us: None,
        payment: None,
        revision: 1,
    }
}

/// Three items at prices, ten of each in centre 7.
fn stocked(store: &Store) {
    for item in 1..=3 {
        run(
            store,
            &format!(
                "insert into item (item_no, item_id, name, category, class, oversell_max,
                     weight_g, revision)
                 values ({item}, 'i{item}', 'n', 'c', 'tolerant', {item}, 0, 1)"
            ),
        );
        run(store, &format!("insert into item_price values ('sf', {item}, {item}00)"));
    }
    store
        .lane(&lane("stock/sf/00"), |tx| {
            let rows = (0..).zip(1..=3);
            let rows = rows.map(|(line, item)| moved(StockRow::absent(7, item), 10, 1, line));
            movement::add(tx, &rows.collect::<Vec<_>>())
        })
        .unwrap();
}

/// What an order of three lines writes: it reads, moves, and is kept.
fn places(tx: &mut dyn Tx, id: &str, key: &str, seq: i64) -> Result<bool, StoreError> {
    let found = order::offered(tx, ("sf", key), &[7, 8, 9], &[1, 2, 3])?;
    if found.is_repeated == Some(true) {
        return Ok(false);
    }
    let rows = (0..).zip(&found.rows);
    let rows = rows.map(|(line, row)| moved(row.stock, -1, seq, line));
    movement::add(tx, &rows.collect::<Vec<_>>())?;
    order::add(tx, &order(id, key))
}

/// D4: an order of three lines is decided on one statement and written with few: on SQLite one for
/// each row, on Postgres, where each is a journey, one for each table.
#[test]
fn an_order_takes_few_statements() {
    on_each_engine(|place| {
        let store = place.open();
        stocked(&store);
        let is_sqlite = store.engine() == "sqlite";
        let statements = store
            .lane(&lane("stock/sf/00"), |tx| {
                let mut counting = Counting { tx, statements: 0 };
                assert!(places(&mut counting, "ord_2", "k2", 2)?);
                Ok::<_, StoreError>(counting.statements)
            })
            .unwrap();
        let expected = if is_sqlite { 1 + 3 + 3 + 1 } else { 1 + 1 + 1 + 1 };
        assert_eq!(statements, expected);
    });
}

/// D4: what is offered is what there is, at its price; a request is known again, and made once.
#[test]
fn a_request_is_offered_what_there_is_and_made_once() {
    on_each_engine(|place| {
        let store = place.open();
        stocked(&store);
        let found = store.read(|tx| order::offered(tx, ("sf", "k"), &[7, 8], &[3, 1])).unwrap();
        let mut rows: Vec<_> = found
            .rows
            .iter()
            .map(|row| (row.stock.item_no, row.stock.quantity, row.oversell_max, row.price_minor))
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, [(1, 10, Some(1), Some(100)), (3, 10, Some(3), Some(300))]);
        assert_eq!(found.is_repeated, Some(false));
        let elsewhere = store.read(|tx| order::offered(tx, ("la", "k"), &[7], &[1])).unwrap();
        assert_eq!(elsewhere.rows[0].price_minor, None, "it has no price there");
        let nothing = store.read(|tx| order::offered(tx, ("sf", "k"), &[8], &[1])).unwrap();
        assert_eq!((nothing.is_repeated, nothing.rows.len()), (None, 0));
        let placed = |id: &'static str, seq| {
            store.lane(&lane("stock/sf/00"), move |tx| places(tx, id, "k", seq)).unwrap()
        };
        assert_eq!([placed("ord_2", 2), placed("ord_3", 3)], [true, false]);
        let found = store.read(|tx| order::offered(tx, ("sf", "k"), &[7], &[1])).unwrap();
        assert_eq!(found.is_repeated, Some(true));
        let twice = store.lane(&lane("stock/sf/01"), |tx| order::add(tx, &order("ord_4", "k")));
        assert_eq!(twice, Ok(false));
        let kept = store.read(|tx| order::by_request(tx, "k")).unwrap();
        assert_eq!(kept.map(|row| row.order), Some("ord_2".to_owned()));
    });
}

/// D11: a row that somebody changed behind its lane's back is not written over.
#[test]
fn a_lost_update_is_noticed() {
    on_each_engine(|place| {
        let store = place.open();
        stocked(&store);
        let stale = store.read(|tx| movement::stock(tx, 7, &[1])).unwrap()[0];
        let takes = |seq| {
            store.lane(&lane("stock/sf/00"), move |tx| {
                movement::add(tx, &[moved(stale, -1, seq, 0)])
            })
        };
        assert_eq!(takes(2), Ok(()));
        assert!(matches!(takes(3), Err(StoreError::Invalid { .. })), "it has moved on");
        let row = store.read(|tx| movement::stock(tx, 7, &[1])).unwrap()[0];
        assert_eq!((row.quantity, row.revision, row.last_seq), (9, 2, 2));
        let chain = store.read(|tx| movement::chain(tx, 1, (2, 0), 9)).unwrap();
        let links: Vec<(i64, i64)> = chain.iter().map(|row| (row.delta, row.quantity)).collect();
        assert_eq!(links, [(-1, 9), (10, 10)]);
    });
}

/// D12: what is kept of an order changes where it was loaded, and what is over is found.
#[test]
fn an_order_is_kept_and_changed() {
    on_each_engine(|place| {
        let store = place.open();
        let held = |id: &str, until| OrderRow {
            kept: Kept::Reserved,
            expires_at_us: Some(until),
            ..order(id, id)
        };
        let rows = [held("ord_1", 30), held("ord_2", 20), held("ord_3", 10), order("ord_4", "x")];
        let kept = rows.clone();
        store
            .lane(&lane("stock/sf/00"), move |tx| {
                kept.iter().try_for_each(|row| order::add(tx, row).map(|_| ()))
            })
            .unwrap();
        assert_eq!(store.read(|tx| order::load(tx, "ord_1")).unwrap().as_ref(), Some(&rows[0]));
        let over = store.read(|tx| order::expired(tx, "sf", 20, 9)).unwrap();
        let over: Vec<&str> = over.iter().map(|row| row.order.as_str()).collect();
        assert_eq!(over, ["ord_3", "ord_2"], "the longest first, and not before their time");
        let changed = OrderRow {
            kept: Kept::Placed,
            expires_at_us: None,
            payment: Some("p".to_owned()),
            ..rows[0].clone()
        };
        let save =
            |row: OrderRow| store.lane(&lane("stock/sf/00"), move |tx| order::save(tx, &row));
        assert_eq!(save(changed.clone()), Ok(()));
        assert_eq!(save(changed.clone()), Err(StoreError::NoRow), "it has changed since");
        let loaded = store.read(|tx| order::load(tx, "ord_1")).unwrap();
        assert_eq!(loaded, Some(OrderRow { revision: 2, ..changed }));
        let listed = |kept: Option<Kept>, before: &str| -> Vec<String> {
            let rows = store.read(|tx| order::list(tx, "sf", kept, before, 9)).unwrap();
            rows.into_iter().map(|row| row.order).collect()
        };
        assert_eq!(listed(None, ""), ["ord_4", "ord_3", "ord_2", "ord_1"]);
        assert_eq!(listed(Some(Kept::Placed), "ord_4"), ["ord_1"]);
        assert_eq!(listed(Some(Kept::Reserved), ""), ["ord_3", "ord_2"]);
    });
}

/// Runs queries, and keeps how SQLite goes about them.
struct Explaining<'a> {
    tx: &'a mut dyn Tx,
    plan: Vec<String>,
}

impl Tx for Explaining<'_> {
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.tx.execute(sql, params)
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let plan = &mut self.plan;
        self.tx.query(&format!("explain query plan {sql}"), params, &mut |row| {
            plan.push(row.text(3)?.to_owned());
            Ok(())
        })?;
        self.tx.query(sql, params, each)
    }

    fn insert_rows_max(&self) -> usize {
        self.tx.insert_rows_max()
    }
}

/// D13: a page of orders costs what it shows, however many there are: each query walks an index in
/// the order of its page, from where the page begins.
#[test]
fn a_page_of_orders_is_read_off_an_index() {
    let place = crate::engines::Place::sqlite();
    let store = place.open();
    type Query = fn(&mut dyn Tx) -> Result<(), StoreError>;
    let cases: [(&str, Query); 8] = [
        ("(market_id=? AND status=?)", |tx| {
            order::list(tx, "sf", Some(Kept::Released), "", 9).map(drop)
        }),
        ("orders_standing (market_id=? AND status=? AND order_id<?)", |tx| {
            order::list(tx, "sf", Some(Kept::Reserved), "ord_5", 9).map(drop)
        }),
        ("orders_market (market_id=? AND order_id<?)", |tx| {
            order::list(tx, "sf", None, "ord_5", 9).map(drop)
        }),
        ("SEARCH orders USING INDEX sqlite_autoindex_orders_1 (order_id<?)", |tx| {
            order::list(tx, "", None, "ord_5", 9).map(drop)
        }),
        ("dispatch_of_orders (market_id=? AND status=?)", |tx| {
            order::carried(tx, Whose::Market("sf"), Status::Delivered, "", 9).map(drop)
        }),
        ("dispatch_of_orders (market_id=? AND status=? AND delivery_id<?)", |tx| {
            order::carried(tx, Whose::Market("sf"), Status::Delivered, "ord_5", 9).map(drop)
        }),
        ("dispatch_of_orders_merchant (merchant_id=? AND status=? AND delivery_id<?)", |tx| {
            order::carried(tx, Whose::Merchant("m8"), Status::Failed, "ord_5", 9).map(drop)
        }),
        ("dispatch_of_orders (market_id=? AND status=? AND delivery_id<?)", |tx| {
            let whose = Whose::Beside { market: "sf", merchant: "m8" };
            order::carried(tx, whose, Status::Assigned, "ord_5", 9).map(drop)
        }),
    ];
    for (expected, query) in cases {
        let plan = store
            .read(|tx| {
                let mut explaining = Explaining { tx, plan: Vec::new() };
                query(&mut explaining)?;
                Ok::<_, StoreError>(explaining.plan)
            })
            .unwrap();
        let looks_beside = plan.iter().any(|step| {
            step.contains("dispatch_merchant (merchant_id=? AND delivery_id>? AND delivery_id<?)")
        });
        let steps = if looks_beside { 2 } else { 1 };
        assert_eq!(plan.len(), steps, "one walk and nothing sorted: {plan:?}");
        assert!(plan[0].contains(expected), "{expected}: {plan:?}");
    }
}
