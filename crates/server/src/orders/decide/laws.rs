//! Orders that are decided together come out as if one had come after another.

use super::*;
use crate::orders::ask::Asker;
use crate::orders::plan::Wanted;
use crate::stock::{Item, Reached, stock_lane};
use doorstep_domain::id::MarketId;
use doorstep_domain::order::OnShortage;
use doorstep_domain::stock::{Class, Hours};
use doorstep_domain::tracking::Position;
use doorstep_store::{LaneId, Store, Tx, TxExt};
use proptest::prelude::*;
use tempfile::TempDir;

const MARKET: &str = "sf";

/// What somebody asks for.
#[derive(Debug, Clone)]
struct Asked {
    /// One of a few keys, and one of two contents under it.
    key: u8,
    content: u8,
    /// Items with units, each item once.
    lines: Vec<(usize, i64)>,
    on_shortage: OnShortage,
    /// One centre that is only likely to have it, or both.
    only: Option<usize>,
    is_price_wrong: bool,
}

fn asked() -> impl Strategy<Value = Asked> {
    let lines = proptest::sample::subsequence(vec![0_usize, 1, 2], 1..=3)
        .prop_flat_map(|items| {
            let count = items.len();
            (Just(items), proptest::collection::vec(1_i64..4, count))
        })
        .prop_map(|(items, units)| items.into_iter().zip(units).collect());
    let on_shortage =
        prop_oneof![Just(OnShortage::Refuse), Just(OnShortage::Partial), Just(OnShortage::Split)];
    let only = proptest::option::of(0_usize..2);
    let wrong = proptest::bool::weighted(0.1);
    (0_u8..8, 0_u8..2, lines, on_shortage, only, wrong).prop_map(
        |(key, content, lines, on_shortage, only, is_price_wrong)| Asked {
            key,
            content,
            lines,
            on_shortage,
            only,
            is_price_wrong,
        },
    )
}

fn market() -> MarketId {
    MARKET.parse().unwrap()
}

fn lanes() -> Vec<LaneId> {
    (0..2).map(|bucket| stock_lane(&market(), bucket).unwrap()).collect()
}

/// Centres 0 and 1, each with a lane of its own, and three items: the last one tolerant.
fn center(place: usize) -> Reached {
    let number = i64::try_from(place).unwrap();
    let center = Center {
        center_no: number,
        id: format!("c{place}").parse().unwrap(),
        market: market(),
        merchant: "m".parse().unwrap(),
        lane_no: number,
        bucket: number,
        lane: lanes()[place].clone(),
        name: String::new(),
        address: None,
        position: Position { lat_e7: 0, lng_e7: 0 },
        hours: "".parse::<Hours>().unwrap(),
        is_closed: false,
        revision: 1,
    };
    Reached { center: Arc::new(center), distance_m: 1.0, eta_s: 600, is_open: true }
}

fn item(place: usize) -> Arc<Item> {
    let (class, oversell_max) = if place == 2 { (Class::Tolerant, 2) } else { (Class::Strict, 0) };
    Arc::new(Item::example(place as i64, class, oversell_max))
}

fn placing(nth: usize, asked: &Asked) -> Placing {
    let line = |(place, quantity): &(usize, i64)| Wanted {
        item: item(*place),
        quantity: *quantity,
        price_asked: asked.is_price_wrong.then_some(1),
        price_minor: 100,
    };
    let plan = Plan {
        order: format!("ord_{nth:02}"),
        market: market(),
        asker: Asker {
            actor: "key:k".to_owned(),
            merchant: None,
            request_key: format!("k{}", asked.key),
            fingerprint: [asked.content; 32],
        },
        customer: b"{}".to_vec(),
        lines: asked.lines.iter().map(line).collect(),
        on_shortage: asked.on_shortage,
        centers: vec![center(0), center(1)],
        reserved_until: None,
        now: Micros(1_000),
    };
    let centers = asked.only.map_or(vec![0, 1], |place| vec![place]);
    Placing { plan: Arc::new(plan), scope: Scope { centers, is_last: asked.only.is_none() } }
}

/// A store with so much of the three items in each of the two centres.
fn stocked(quantities: &[i64; 6]) -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("s").display())).unwrap();
    let rows: Vec<MovementRow> = (0..6)
        .map(|row: usize| MovementRow {
            lane_no: (row / 3) as i64,
            seq: 0,
            line: (row % 3) as i64,
            center_no: (row / 3) as i64,
            item_no: (row % 3) as i64,
            kind: MovementKind::Received,
            delta: quantities[row],
            quantity: quantities[row],
            revision: 1,
            before: None,
            cause: "e".to_owned(),
            at_us: 1,
        })
        .collect();
    store
        .lanes(&lanes(), move |tx| {
            for item_no in 0..3_i64 {
                let oversell_max: i32 = if item_no == 2 { 2 } else { 0 };
                let class = if item_no == 2 { "tolerant" } else { "strict" };
                tx.execute(
                    "insert into item (item_no, item_id, name, category, class, oversell_max,
                         weight_g, revision) values ($1, $2, 'n', 'c', $3, $4, 0, 1)",
                    &[
                        item_no.into(),
                        (&format!("i{item_no}")).into(),
                        class.into(),
                        i64::from(oversell_max).into(),
                    ],
                )?;
                let price = "insert into item_price (market_id, item_no, price_minor)
                     values ($1, $2, 100)";
                tx.execute(price, &[MARKET.into(), item_no.into()])?;
            }
            movement::add(tx, &rows)
        })
        .unwrap();
    (folder, store)
}

/// Everything that orders write, row by row.
fn kept(store: &Store) -> Vec<String> {
    let tables = [
        "select center_no || ' ' || item_no || ' ' || quantity || ' ' || revision || ' '
             || last_seq || ' ' || last_line from stock order by center_no, item_no",
        "select lane_no || ' ' || seq || ' ' || line || ' ' || center_no || ' ' || item_no || ' '
             || delta || ' ' || quantity || ' ' || revision || ' ' || coalesce(before_seq, -1)
             || ' ' || coalesce(before_line, -1) || ' ' || cause
         from movement order by lane_no, seq, line",
        "select order_id || ' ' || request_key || ' ' || hex(parts) || ' ' || total_minor
         from orders order by order_id",
        "select order_id || ' ' || center_no || ' ' || item_no || ' ' || units
         from apology order by order_id, center_no, item_no",
        "select lane_id || ' ' || seq || ' ' || kind || ' ' || subject || ' ' || hex(payload)
         from outbox order by lane_id, seq",
    ];
    let read = |tx: &mut dyn Tx| {
        let mut rows = Vec::new();
        for table in tables {
            rows.extend(tx.query_all(table, &[], |row| Ok(row.text(0)?.to_owned()))?);
        }
        Ok::<_, StoreError>(rows)
    };
    store.read(read).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// D4: what a commit holds is decided, written and answered as if each had come alone, one
    /// after another, whatever they want and whichever keys they repeat.
    #[test]
    fn together_is_one_after_another(
        quantities in proptest::array::uniform6(0_i64..7),
        all in proptest::collection::vec(asked(), 1..14),
    ) {
        let orders: Arc<Vec<Placing>> =
            Arc::new((0..).zip(&all).map(|(nth, asked)| placing(nth, asked)).collect());
        let (_folder, alone) = stocked(&quantities);
        let one_by_one: Vec<String> = (0..orders.len())
            .map(|nth| {
                let orders = Arc::clone(&orders);
                let decide = move |tx: &mut LaneTx<'_>| {
                    Placing::decide(&[&orders[nth]], tx)
                };
                format!("{:?}", alone.lanes(&lanes(), decide).unwrap()[0])
            })
            .collect();
        let (_folder, at_once) = stocked(&quantities);
        let decide = move |tx: &mut LaneTx<'_>| {
            Placing::decide(&orders.iter().collect::<Vec<_>>(), tx)
        };
        let together = at_once.lanes(&lanes(), decide).unwrap();
        let together: Vec<String> = together.iter().map(|it| format!("{it:?}")).collect();
        prop_assert_eq!(together, one_by_one);
        prop_assert_eq!(kept(&at_once), kept(&alone));
    }
}
