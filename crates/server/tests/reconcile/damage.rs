//! What the close of a day has kept is damaged: found, restored where it can be proven, and never
//! paid for twice.

use super::{MONDAY, TUESDAY, inspects, lines, repairs, world_at_work};
use crate::world::{SF, World, day, delivery};
use doorstep_server::check::check;
use doorstep_store::{LaneId, StoreError, Tx, Value, posting};

/// Somebody changes the store; `$1` stands for bytes that are no statement.
fn damages(world: &World, sql: &'static str) {
    let lane = LaneId::new("tampering").unwrap();
    let changed: Result<u64, StoreError> = world.app.store.lane(&lane, move |tx| {
        let values = [Value::Bytes(b"no statement")];
        let count = sql.matches("$1").count();
        tx.execute(sql, &values[..count])
    });
    assert!(changed.unwrap() > 0, "{sql}");
}

/// What every account has received less what it gave, on both days.
fn ledger(world: &World) -> Vec<(String, i64)> {
    let of = |on: &str| {
        let read = |tx: &mut dyn Tx| posting::balances(tx, "sf", day(on).number());
        world.app.store.read(read).unwrap()
    };
    [of(MONDAY), of(TUESDAY)].concat()
}

/// What is damaged, how, and the figures in which it is seen.
const RESTORED: [(&str, &str, &[&str]); 16] = [
    (
        "a statement is lost",
        "delete from statement where party_id = 'anna'",
        &["statement", "statement", "digest", "pay_minor", "tip_minor"],
    ),
    (
        "every statement is lost",
        "delete from statement where day > 0",
        &[
            "statement",
            "statement",
            "statement",
            "statement",
            "statement",
            "statement",
            "digest",
            "pay_minor",
            "tip_minor",
            "pay_minor",
            "tip_minor",
            "fee_minor",
            "sales_minor",
        ],
    ),
    (
        "a statement's pay grows",
        "update statement set totals = replace(totals, '\"pay_minor\":2', '\"pay_minor\":3')
         where party_id = 'anna'",
        &["statement"],
    ),
    (
        "a statement's payout grows",
        "update statement set totals = replace(totals, '\"payout_minor\":2', '\"payout_minor\":3')
         where party_id = 'anna'",
        &["statement"],
    ),
    (
        "a statement's figures are illegible",
        "update statement set totals = replace(totals, 'pay_minor', 'pax_minor')
         where party_id = 'anna'",
        &["statement"],
    ),
    (
        "a statement's bytes are others",
        "update statement set body = $1 where party_id = 'anna'",
        &["statement"],
    ),
    (
        "a statement's digest is another",
        "update statement set digest = '00' where party_id = 'anna'",
        &["statement"],
    ),
    (
        "nothing of a statement is legible",
        "update statement set body = $1, digest = '00', totals = '' where party_id = 'anna'",
        &["statement", "digest", "pay_minor", "tip_minor"],
    ),
    (
        "the posting of pay grows",
        "update posting set amount_minor = amount_minor + 5
         where kind = 'pay' and party = 'courier:anna'",
        &["posting pay"],
    ),
    (
        "the postings of sales are lost",
        "delete from posting where kind = 'sale'",
        &["posting sale"],
    ),
    (
        "postings of pay move nothing",
        "update posting set credit = debit where kind = 'pay'",
        &["posting pay", "posting pay"],
    ),
    (
        "a tip is posted to another",
        "update posting set credit = 'courier:ben' where kind = 'tip' and subject = 'd1'",
        &["posting tip"],
    ),
    (
        "a fee is posted for another day",
        "update posting set subject = '2008-05-01' where kind = 'fee'",
        &["posting fee"],
    ),
    (
        "a posting is invented",
        "insert into posting select market_id, day, subject, kind, 'courier:mallory', 0, debit,
             'courier:mallory', amount_minor
         from posting where kind = 'pay' and party = 'courier:anna'",
        &["statement"],
    ),
    (
        "a courier is charged a fee",
        "insert into posting select market_id, day, subject, 'fee', party, 0, credit,
             'platform:fees', amount_minor
         from posting where kind = 'pay' and party = 'courier:anna'",
        &["posting fee"],
    ),
    (
        "the day's digest is another",
        "update day set digest = '00' where closed_at_us is not null",
        &["digest"],
    ),
];

/// B14: one damage of what a close has kept is found and undone, and costs no party anything.
#[test]
fn what_was_kept_is_restored() {
    for (story, sql, figures) in RESTORED {
        let world = world_at_work();
        let closed = world.closes(MONDAY);
        let (settled, booked) = (world.settlement(MONDAY), ledger(&world));
        damages(&world, sql);
        let found = inspects(&world, MONDAY);
        let seen: Vec<&str> = lines(&found).iter().map(|line| line.1).collect();
        assert_eq!(seen, figures, "{story}: {found:?}");
        let repaired = repairs(&world, MONDAY);
        assert!(!repaired.unfinished, "{story}: {repaired:?}");
        assert!(repaired.repaired > 0, "{story}: {repaired:?}");
        let again = repairs(&world, MONDAY);
        assert!(again.agrees() && again.repaired == 0, "{story}: {again:?}");
        assert_eq!(check(&world.app).violations, 0, "{story}");
        assert_eq!(ledger(&world), booked, "{story}");
        assert_eq!(world.settlement(MONDAY), settled, "{story}");
        assert_eq!(settled.digest, closed.digest, "{story}");
    }
}

/// B14: tips that the platform keeps are on no statement, and are restored by the rows.
#[test]
fn withheld_tips_are_restored() {
    let world = World::with(&SF.replace("per_hour_minor", "tips = \"withheld\"\nper_hour_minor"));
    let (from, to) = ("2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z");
    world.is_told(&delivery("d1", "anna", from, to));
    world.closes(MONDAY);
    let booked = ledger(&world);
    assert!(inspects(&world, MONDAY).agrees());
    damages(&world, "update posting set credit = 'courier:anna' where kind = 'tip'");
    let repaired = repairs(&world, MONDAY);
    assert_eq!((repaired.repaired, repaired.unfinished), (1, false));
    assert!(inspects(&world, MONDAY).agrees());
    assert_eq!(ledger(&world), booked);
}

/// A Monday that was closed, and then corrected by a delivery of ben's that came late.
fn world_corrected() -> World {
    let world = world_at_work();
    world.closes(MONDAY);
    let (from, to) = ("2008-05-19T21:00:00Z", "2008-05-19T22:00:00Z");
    world.is_told(&delivery("d4", "ben", from, to));
    world
}

/// B14, B16: what came after the close does not keep the rest from being restored.
#[test]
fn a_corrected_day_is_restored() {
    let cases = [
        (
            "a statement of who was not corrected is lost",
            "delete from statement where party_id = 'anna'",
        ),
        (
            "the figures of who was corrected are altered",
            "update statement set totals = replace(totals, '\"pay_minor\":2', '\"pay_minor\":3')
             where party_id = 'ben'",
        ),
        (
            "the sales of the day are not posted",
            "delete from posting where kind = 'sale' and revision = 0",
        ),
        (
            "a correction's posting is lost",
            "delete from posting where kind = 'pay' and revision > 0",
        ),
        (
            "a correction's posting grows",
            "update posting set amount_minor = amount_minor + 5
             where kind = 'tip' and revision > 0",
        ),
    ];
    for (story, sql) in cases {
        let world = world_corrected();
        let booked = ledger(&world);
        damages(&world, sql);
        assert!(!inspects(&world, MONDAY).agrees(), "{story}");
        let repaired = repairs(&world, MONDAY);
        assert!(!repaired.unfinished, "{story}: {repaired:?}");
        let again = repairs(&world, MONDAY);
        assert!(again.agrees() && again.repaired == 0, "{story}: {again:?}");
        assert_eq!(check(&world.app).violations, 0, "{story}");
        assert_eq!(ledger(&world), booked, "{story}");
    }
}

/// B14, B16: the corrections booked on a day that is then closed are in its digest.
#[test]
fn corrections_booked_on_a_closed_day_are_restored() {
    let cases = [
        "delete from posting where revision > 0",
        "update posting set revision = 7 where revision > 0 and kind = 'fee'",
    ];
    for sql in cases {
        let world = world_corrected();
        world.closes(TUESDAY);
        let booked = ledger(&world);
        damages(&world, sql);
        let repaired = repairs(&world, TUESDAY);
        assert!(!repaired.agrees() && !repaired.unfinished, "{sql}: {repaired:?}");
        assert!(repairs(&world, TUESDAY).agrees(), "{sql}");
        assert_eq!(check(&world.app).violations, 0, "{sql}");
        assert_eq!(ledger(&world), booked, "{sql}");
    }
}

/// B14: what cannot be proven is left as it is, told, and corrected by nothing.
#[test]
fn what_cannot_be_proven_is_left_and_told() {
    let cases = [
        (
            "the facts say more than the lost statement did",
            "delete from statement where party_id = 'ben'",
            "courier:ben, statement: ",
        ),
        (
            "the day's digest is lost, and the facts say more than the statements",
            "update day set digest = '00' where closed_at_us is not null",
            "day:2008-05-19, digest: ",
        ),
    ];
    for (story, sql, told) in cases {
        let world = world_corrected();
        let booked = ledger(&world);
        damages(&world, sql);
        for _ in 0..2 {
            let repaired = repairs(&world, MONDAY);
            assert!(repaired.unfinished, "{story}: {repaired:?}");
            assert_eq!(repaired.repaired, 0, "{story}: {repaired:?}");
            assert!(repaired.reasons[0].starts_with(told), "{repaired:?}");
            assert!(repaired.reasons[0].ends_with("restore a backup"));
        }
        assert!(!inspects(&world, MONDAY).agrees(), "{story}");
        assert_eq!(ledger(&world), booked, "{story}");
    }
}
