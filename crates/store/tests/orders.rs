//! Orders, movements and apologies as they are kept, and how many statements that takes.

use crate::engines::{lane, on_each_engine, run};
use doorstep_domain::dispatch::Status;
use doorstep_domain::order::Kept;
use doorstep_store::movement::{self, MovementKind, MovementRow, StockRow};
use doorstep_store::order::{self, OfferedRow, OrderRow, Whose};
use doorstep_store::{LaneTx, Row, Store, StoreError, Tx, Value, outbox};

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

/// What is offered, by item.
fn offered(
    tx: &mut dyn Tx,
    market: &str,
    wanted: &[(i64, i64)],
) -> Result<Vec<OfferedRow>, StoreError> {
    let mut rows = std::collections::BTreeMap::new();
    order::offered(tx, market, wanted, &mut |row| {
        rows.insert((row.stock.center_no, row.stock.item_no), row);
    })?;
    Ok(rows.into_values().collect())
}

/// What so many orders of three lines write that are decided together: they read, move, one after
/// another, and are kept.
fn places(tx: &mut dyn Tx, count: usize) -> Result<(), StoreError> {
    let keys: Vec<String> = (0..count).map(|order| format!("k{order}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert!(order::by_requests(tx, &keys)?.is_empty());
    let mut rows = offered(tx, "sf", &[(7, 1), (7, 2), (7, 3), (8, 1)])?;
    let (mut movements, mut orders) = (Vec::new(), Vec::new());
    for (seq, key) in (2..).zip(&keys) {
        for (line, row) in (0..).zip(&mut rows) {
            let taken = moved(row.stock, -1, seq, line);
            let (quantity, revision) = (taken.quantity, taken.revision);
            row.stock =
                StockRow { quantity, revision, last_seq: seq, last_line: line, ..row.stock };
            movements.push(taken);
        }
        orders.push(order(&format!("ord_{seq}"), key));
    }
    movement::add_chains(tx, &movements)?;
    assert_eq!(order::add(tx, &orders)?, count as u64);
    Ok(())
}

/// D4: orders of three lines that are decided together are decided on two statements, however many
/// there are, and written with few: on SQLite one for each row, on Postgres, where each is a
/// journey, one for each table.
#[test]
fn orders_take_few_statements() {
    for count in [1, 8] {
        on_each_engine(|place| {
            let store = place.open();
            stocked(&store);
            let is_sqlite = store.engine() == "sqlite";
            let statements = store
                .lane(&lane("stock/sf/00"), move |tx| {
                    let mut counting = Counting { tx, statements: 0 };
                    places(&mut counting, count)?;
                    Ok::<_, StoreError>(counting.statements)
                })
                .unwrap();
            // There, movements go by powers of two: 24 are 16 and 8.
            let journeys = if count == 1 { 1 } else { 2 };
            let expected = if is_sqlite { 2 + 3 + 3 * count + count } else { 2 + 1 + journeys + 1 };
            assert_eq!(statements, expected, "{count} orders on {}", store.engine());
            let row = store.read(|tx| movement::stock(tx, 7, &[2])).unwrap()[0];
            let (taken, last_seq) = (count as i64, 1 + count as i64);
            assert_eq!((row.quantity, row.revision), (10 - taken, 1 + taken));
            let chain = store.read(|tx| movement::chain(tx, 1, (last_seq, 1), 20)).unwrap();
            assert_eq!(chain.len(), 1 + count, "each movement names the one before");
        });
    }
}

/// D4: what is offered is what there is, at its price; a request is known again, and made once.
#[test]
fn a_request_is_offered_what_there_is_and_made_once() {
    on_each_engine(|place| {
        let store = place.open();
        stocked(&store);
        let wanted = [(7, 3), (8, 3), (7, 1)];
        let found = store.read(|tx| offered(tx, "sf", &wanted)).unwrap();
        let rows: Vec<_> = found
            .iter()
            .map(|row| (row.stock.item_no, row.stock.quantity, row.oversell_max, row.price_minor))
            .collect();
        assert_eq!(rows, [(1, 10, Some(1), Some(100)), (3, 10, Some(3), Some(300))]);
        let elsewhere = store.read(|tx| offered(tx, "la", &[(7, 1)])).unwrap();
        assert_eq!(elsewhere[0].price_minor, None, "it has no price there");
        assert_eq!(store.read(|tx| offered(tx, "sf", &[(8, 1)])).unwrap(), []);
        let added = |id: &'static str, lane_id: &str| {
            store.lane(&lane(lane_id), move |tx| order::add(tx, [&order(id, "k")])).unwrap()
        };
        assert_eq!([added("ord_2", "stock/sf/00"), added("ord_3", "stock/sf/01")], [1, 0]);
        let keys = ["other", "k", "none"];
        let known = store.read(|tx| order::by_requests(tx, &keys)).unwrap();
        let known: Vec<&str> = known.iter().map(|row| row.order.as_str()).collect();
        assert_eq!(known, ["ord_2"]);
        let kept = store.read(|tx| order::by_request(tx, "k")).unwrap();
        assert_eq!(kept.map(|row| row.order), Some("ord_2".to_owned()));
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

/// D4: what is wanted is looked up by its keys, however much else there is.
#[test]
fn what_is_wanted_is_looked_up_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.sqlite");
    let store = Store::open(&format!("sqlite:{}", file.display())).unwrap();
    let steps = store.read(|tx| {
        let mut explaining = Explaining { tx, plan: Vec::new() };
        order::offered(&mut explaining, "sf", &[(7, 1), (7, 2), (8, 1)], &mut |_| {})?;
        order::by_requests(&mut explaining, &["a", "b", "c"])?;
        outbox::read_lanes(&mut explaining, &[(&lane("a"), 1, 9)], &mut |_, _| {})?;
        Ok::<_, StoreError>(explaining.plan)
    });
    let steps = steps.unwrap();
    for table in ["stock", "item", "item_price", "orders", "outbox"] {
        let search = format!("SEARCH {table} USING ");
        assert!(steps.iter().any(|step| step.starts_with(&search)), "{table}: {steps:?}");
    }
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
        let chained = |seq| {
            store.lane(&lane("stock/sf/00"), move |tx| {
                movement::add_chains(tx, &[moved(stale, -1, seq, 0)])
            })
        };
        assert_eq!(takes(2), Ok(()));
        assert!(matches!(takes(3), Err(StoreError::Invalid { .. })), "it has moved on");
        assert!(matches!(chained(3), Err(StoreError::Invalid { .. })), "it has moved on");
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
        store.lane(&lane("stock/sf/00"), move |tx| order::add(tx, &kept)).unwrap();
        assert_eq!(store.read(|tx| order::load(tx, "ord_1")).unwrap().as_ref(), Some(&rows[0]));
        let some = ["ord_4", "ord_9", "ord_2"];
        let mut loaded = store.read(|tx| order::load_all(tx, &some)).unwrap();
        loaded.sort_by(|a, b| a.order.cmp(&b.order));
        assert_eq!(loaded, [rows[1].clone(), rows[3].clone()]);
        let placed = store.read(|tx| order::all_kept(tx, &some, Kept::Placed)).unwrap();
        assert_eq!(placed.into_iter().collect::<Vec<_>>(), ["ord_4"]);
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
