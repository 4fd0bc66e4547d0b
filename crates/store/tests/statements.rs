//! One body of SQL: every construct the decision record allows gives the same on both engines.

use doorstep_store::{Store, StoreError, Tx, TxExt, Value};

use crate::engines::{lane, on_each_engine, run};

fn with_things(store: &Store) {
    let (int, bytes, options) = match store.engine() {
        "sqlite" => ("integer", "blob", "strict, without rowid"),
        _ => ("bigint", "bytea", ""),
    };
    run(
        store,
        &format!(
            "create table thing (id {int} not null primary key, shelf {int}, amount {int}, \
             name text, body {bytes}) {options}"
        ),
    );
    run(store, "create unique index thing_name on thing (name) where shelf is not null");
    run(
        store,
        "insert into thing (id, shelf, amount, name) values \
         (1, 1, 10, 'a'), (2, 1, 20, 'b'), (3, 2, null, 'c'), (4, null, 40, 'c')",
    );
}

#[test]
fn parameters_are_bound_by_number_not_by_appearance() {
    on_each_engine(|place| {
        let store = place.open();
        let swapped = store.read(|tx| {
            tx.query_one(
                "select cast($2 as text), cast($1 as text), cast($2 as text), '$1'",
                &["first".into(), "second".into()],
                |row| Ok((0..4).map(|i| row.text(i).unwrap().to_owned()).collect::<Vec<_>>()),
            )
        });
        assert_eq!(swapped, Ok(["second", "first", "second", "$1"].map(String::from).to_vec()));
    });
}

type Rows = &'static [&'static [Option<i64>]];

/// A construct: its name, a statement over the things, and the rows it gives, in this order.
const CONSTRUCTS: &[(&str, &str, Rows)] = &[
    (
        "nulls first",
        "select id from thing order by amount nulls first, id limit 2",
        &[&[Some(3)], &[Some(1)]],
    ),
    ("nulls last", "select id from thing order by amount desc nulls last limit 1", &[&[Some(4)]]),
    (
        "upsert where",
        "insert into thing (id, amount) values (1, 5) on conflict (id) do update \
         set amount = excluded.amount where thing.amount < excluded.amount returning id",
        &[],
    ),
    (
        "upsert",
        "insert into thing (id, amount) values (1, 50) on conflict (id) do update \
         set amount = excluded.amount where thing.amount < excluded.amount \
         returning amount",
        &[&[Some(50)]],
    ),
    (
        "do nothing",
        "insert into thing (id) values (1) on conflict (id) do nothing returning id",
        &[],
    ),
    (
        "update from",
        "update thing set amount = other.amount from thing as other \
         where other.id = 4 and thing.id = 3 returning thing.amount",
        &[&[Some(40)]],
    ),
    (
        "common table expression",
        "with big as (select id from thing where amount >= 40) select count(*) from big",
        &[&[Some(3)]],
    ),
    (
        "recursive",
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3) \
         select cast(sum(i) as bigint) from n",
        &[&[Some(6)]],
    ),
    (
        "row values",
        "select id from thing where (shelf, id) > (1, 1) order by id",
        &[&[Some(2)], &[Some(3)]],
    ),
    (
        "window",
        "select id, row_number() over (partition by shelf order by id) from thing \
         where shelf = 1 order by id",
        &[&[Some(1), Some(1)], &[Some(2), Some(2)]],
    ),
    (
        "filter",
        "select count(*) filter (where shelf = 1), cast(sum(amount) as bigint) from thing",
        &[&[Some(2), Some(150)]],
    ),
    (
        "is distinct from",
        "select id from thing where shelf is distinct from 1 order by id",
        &[&[Some(3)], &[Some(4)]],
    ),
    (
        "is not distinct from",
        "select id from thing where shelf is not distinct from null",
        &[&[Some(4)]],
    ),
    (
        "truth",
        "select amount = 50, amount = 51, null from thing where id = 1",
        &[&[Some(1), Some(0), None]],
    ),
    (
        "claim",
        "delete from thing where id in (select id from thing order by id limit 1) \
         returning id",
        &[&[Some(1)]],
    ),
];

#[test]
fn portable_constructs_give_the_same_on_both_engines() {
    on_each_engine(|place| {
        let store = place.open();
        with_things(&store);
        for (name, sql, expected) in CONSTRUCTS {
            let found = store.lane(&lane("constructs"), move |tx| {
                let mut rows: Vec<Vec<Option<i64>>> = Vec::new();
                tx.query(sql, &[], &mut |row| {
                    let columns = expected.first().map_or(1, |row| row.len());
                    rows.push((0..columns).map(|i| int_or_null(row, i)).collect());
                    Ok(())
                })?;
                Ok::<_, StoreError>(rows)
            });
            let expected: Vec<Vec<_>> = expected.iter().map(|row| row.to_vec()).collect();
            assert_eq!(found, Ok(expected), "{name} on {}", store.engine());
        }
    });
}

/// A bare `null` has no type on Postgres, so that only its being null can be asked.
fn int_or_null(row: &doorstep_store::Row<'_>, column: usize) -> Option<i64> {
    row.optional_int(column).or_else(|_| row.optional_text(column).map(|_| None)).unwrap()
}

#[test]
fn values_come_back_as_they_went_in() {
    on_each_engine(|place| {
        let store = place.open();
        with_things(&store);
        let back = store.lane(&lane("values"), |tx| {
            let body: &[u8] = &[0, 255, 7];
            tx.execute(
                "insert into thing (id, amount, name, body) values ($1, $2, $3, $4)",
                &[i64::MIN.into(), Value::Null, "käse $1".into(), body.into()],
            )?;
            tx.query_one(
                "select id, amount, name, body, cast(0.5 as double precision) from thing \
                 where id = $1",
                &[i64::MIN.into()],
                |row| {
                    let none = (row.optional_int(1)?, row.int(1).is_err(), row.text(0).is_err());
                    Ok((row.int(0)?, none, row.text(2)?.to_owned(), row.bytes(3)?.to_vec()))
                },
            )
        });
        let expected = (i64::MIN, (None, true, true), "käse $1".to_owned(), vec![0, 255, 7]);
        assert_eq!(back, Ok(expected));
    });
}

#[test]
fn the_same_mistake_is_the_same_error_on_both_engines() {
    let mistakes: &[(&str, &str, &[Value<'_>], &str)] = &[
        ("taken", "insert into thing (id) values (1)", &[], "constraint"),
        ("taken by a partial index", "update thing set name = 'a' where id = 2", &[], "constraint"),
        ("not null", "insert into thing (id) values (null)", &[], "constraint"),
        ("no such table", "delete from nothing", &[], "statement"),
        ("not SQL", "selekt", &[], "statement"),
        (
            "too few",
            "delete from thing where id = $1 and shelf = $2",
            &[Value::Int(1)],
            "statement",
        ),
        ("too many", "delete from thing where id = 9", &[Value::Int(1)], "statement"),
        ("type", "update thing set amount = $1", &[Value::Text("many")], "statement"),
    ];
    on_each_engine(|place| {
        let store = place.open();
        with_things(&store);
        for (name, sql, params, expected) in mistakes {
            let outcome = store.lane(&lane("mistakes"), move |tx| tx.execute(sql, params));
            let found = match outcome {
                Err(StoreError::Constraint { .. }) => "constraint",
                Err(StoreError::Statement { .. }) => "statement",
                other => panic!("{name} on {}: {other:?}", store.engine()),
            };
            assert_eq!(found, *expected, "{name} on {}", store.engine());
        }
    });
}

#[test]
fn many_rows_are_inserted_whatever_their_number() {
    on_each_engine(|place| {
        let store = place.open();
        with_things(&store);
        for rows in [0_u32, 1, 2, 63, 64, 65, 200] {
            let counts = store.lane(&lane("many"), move |tx| {
                tx.execute("delete from thing where id >= 100", &[])?;
                let things = || (0..rows).map(|row| [Value::from(100 + row), Value::from(row)]);
                let head = "insert into thing (id, amount)";
                let inserted = tx.insert_many(head, things(), "")?;
                let again = tx.insert_many(head, things(), "on conflict (id) do nothing")?;
                let sql = "select count(*) from thing where id = 100 + amount";
                let right = tx.query_one(sql, &[], |row| row.int(0))?;
                Ok::<_, StoreError>((inserted, again, right))
            });
            assert_eq!(counts, Ok((rows.into(), 0, rows.into())), "{rows} rows");
        }
    });
}

#[test]
fn an_error_of_the_reader_ends_the_query() {
    on_each_engine(|place| {
        let store = place.open();
        with_things(&store);
        let mut seen = 0;
        let outcome: Result<(), StoreError> = store.read(|tx| {
            tx.query("select id from thing order by id", &[], &mut |_| {
                seen += 1;
                if seen == 2 { Err(StoreError::NoRow) } else { Ok(()) }
            })
        });
        assert_eq!((outcome, seen), (Err(StoreError::NoRow), 2));
        let count = store.read(|tx| tx.query_one("select count(*) from thing", &[], |r| r.int(0)));
        assert_eq!(count, Ok(4), "the connection is usable afterwards");
    });
}
