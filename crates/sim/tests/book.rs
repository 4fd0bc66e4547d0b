//! The second book against sums done by hand.

use doorstep_domain::time::{Day, Micros};
use doorstep_sim::book::{Book, BookTerms, Conflicts, CourierDay, Interval, MerchantDay, Overlap};
use jiff::civil::Weekday;
use proptest::prelude::*;

/// Deliveries of one courier on a workday in UTC, told step by step.
#[derive(Clone, Default)]
struct Story(Vec<String>);

impl Story {
    fn tell(mut self, id: &str, kind: &str, subject: &str, time: &str, content: &str) -> Story {
        self.0.push(format!(
            concat!(
                r#"{{"specversion":"1.0","id":"{}","source":"/s","type":"{}","subject":"{}","#,
                r#""time":"{}","market":"m","data":{{{}}}}}"#
            ),
            id, kind, subject, time, content
        ));
        self
    }

    fn step(self, id: &str, kind: &str, clock: &str, courier: &str) -> Story {
        let subject = id.split('-').next().unwrap_or(id).to_owned();
        let content = format!(r#""courier_id":"{courier}""#);
        let time = format!("2026-05-18T{clock}Z");
        self.tell(id, &format!("delivery.{kind}"), &subject, &time, &content)
    }

    fn delivered(self, id: &str, clock: &str, courier: &str, order_minor: i64) -> Story {
        self.completed(id, clock, courier, order_minor, "")
    }

    fn completed(
        self,
        id: &str,
        clock: &str,
        courier: &str,
        order_minor: i64,
        more: &str,
    ) -> Story {
        let subject = id.split('-').next().unwrap_or(id).to_owned();
        let content = format!(
            concat!(
                r#""courier_id":"{}","merchant_id":"shop","order_minor":{},"tip_minor":100,"#,
                r#""currency":"USD","distance_m":2500{}"#
            ),
            courier, order_minor, more
        );
        let time = format!("2026-05-18T{clock}Z");
        self.tell(id, "delivery.delivered", &subject, &time, &content)
    }

    fn carried(self, delivery: &str, from: &str, to: &str) -> Story {
        self.step(&format!("{delivery}-a"), "assigned", from, "c")
            .step(&format!("{delivery}-p"), "picked_up", from, "c")
            .delivered(&format!("{delivery}-d"), to, "c", 1_000)
    }
}

fn terms() -> BookTerms {
    let now: Micros = "2026-06-01T00:00:00Z".parse().unwrap();
    BookTerms::example("m", "UTC".parse().unwrap(), now)
}

fn day() -> Day {
    "2026-05-18".parse().unwrap()
}

fn courier_row(story: &Story, terms: &BookTerms, courier: &str) -> CourierDay {
    let book = Book::of(&story.0, terms);
    book.couriers_of(day()).get(courier).copied().cloned().unwrap_or_default()
}

fn row(story: &Story, terms: &BookTerms) -> CourierDay {
    courier_row(story, terms, "c")
}

/// 24.00 an hour; ×1.5 from 07:00 to 10:00 and ×2 from 16:00 to 19:00.
#[test]
fn intervals_meet_windows() {
    let cases = [
        // case, from, to, worked, peak, pay
        ("outside", "12:00:00", "13:00:00", 3_600, 0, 2_400),
        ("inside", "08:00:00", "09:00:00", 3_600, 3_600, 3_600),
        ("into a window", "06:30:00", "07:30:00", 3_600, 1_800, 3_000),
        ("out of a window", "09:30:00", "10:30:00", 3_600, 1_800, 3_000),
        ("touching its start", "06:00:00", "07:00:00", 3_600, 0, 2_400),
        ("touching its end", "10:00:00", "11:00:00", 3_600, 0, 2_400),
        ("over both", "06:00:00", "20:00:00", 50_400, 21_600, 14 * 2_400 + 3_600 + 7_200),
        ("zero length", "08:00:00", "08:00:00", 0, 0, 0),
        ("a tie to even below", "12:00:00", "12:00:03", 3, 0, 2),
    ];
    for (case, from, to, worked_seconds, peak_seconds, pay_minor) in cases {
        let found = row(&Story::default().carried("x", from, to), &terms());
        let expected =
            CourierDay { pay_minor, tip_minor: 100, deliveries: 1, worked_seconds, peak_seconds };
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn plans_say_what_counts() {
    let story = Story::default()
        .carried("x", "12:00:00", "13:00:00")
        .step("y-a", "assigned", "11:30:00", "c")
        .step("y-p", "picked_up", "12:30:00", "c")
        .delivered("y-d", "13:30:00", "c", 2_000);
    let plain = terms();
    let assigned = Interval::AssignedToDelivered;
    let evening = |multiplies_all| BookTerms {
        per_hour_minor: 0,
        per_delivery_minor: 300,
        per_km_minor: 11,
        multiplies_all,
        windows: vec![doorstep_sim::book::Window {
            days: vec![Weekday::Monday],
            from_s: 13 * 3_600 + 60,
            to_s: 24 * 3_600,
            multiplier_bp: 20_000,
        }],
        ..terms()
    };
    let cases = [
        // case, terms, worked, pay
        ("union", plain.clone(), 5_400, 3_600),
        ("sum", BookTerms { overlap: Overlap::Sum, ..plain.clone() }, 7_200, 4_800),
        ("assigned", BookTerms { interval: assigned, ..plain.clone() }, 7_200, 4_800),
        ("pieces", evening(false), 5_400, 655),
        ("pieces, multiplied", evening(true), 5_400, 982),
    ];
    for (case, terms, worked_seconds, pay_minor) in cases {
        let found = row(&story, &terms);
        assert_eq!((found.worked_seconds, found.pay_minor), (worked_seconds, pay_minor), "{case}");
    }
}

#[test]
fn time_online_counts_from_on_to_off() {
    let shift = |story: Story, id: &str, kind: &str, clock: &str| {
        story.tell(id, kind, "c", &format!("2026-05-18T{clock}Z"), "")
    };
    let story = shift(Story::default(), "1", "courier.online", "12:00:00");
    let story = shift(story, "2", "courier.online", "12:20:00");
    let story = shift(story, "3", "courier.offline", "12:30:00");
    let story = shift(story, "4", "courier.offline", "12:50:00");
    let story = shift(story, "5", "courier.online", "12:59:00");
    let found = row(&story, &BookTerms { interval: Interval::Online, ..terms() });
    assert_eq!((found.worked_seconds, found.pay_minor), (1_800, 1_200));
}

#[test]
fn an_interval_over_midnight_is_paid_on_each_day_and_the_delivery_on_the_second() {
    let yesterday = Story::default()
        .tell("x-p", "delivery.picked_up", "x", "2026-05-17T23:00:00Z", r#""courier_id":"c""#)
        .delivered("x-d", "02:00:00", "c", 1_000);
    let book = Book::of(&yesterday.0, &terms());
    let found: Vec<_> =
        book.couriers.values().map(|row| (row.worked_seconds, row.deliveries)).collect();
    assert_eq!(found, [(3_600, 0), (7_200, 1)]);
}

#[test]
fn a_night_window_belongs_to_the_day_on_which_it_begins_and_follows_the_clock_on_the_wall() {
    let night = doorstep_sim::book::Window {
        days: vec![Weekday::Saturday],
        from_s: 22 * 3_600,
        to_s: 4 * 3_600,
        multiplier_bp: 20_000,
    };
    let cases = [
        // first day of the night, hours of the window after midnight
        ("2026-03-07", 3), // the clocks skip 02:00 to 03:00
        ("2026-03-14", 4),
        ("2026-10-31", 5), // the clocks show 01:00 to 02:00 twice
    ];
    for (saturday, hours) in cases {
        let saturday: Day = saturday.parse().unwrap();
        let mut terms = terms();
        terms.zone = "America/Los_Angeles".parse().unwrap();
        terms.now = "2027-01-01T00:00:00Z".parse().unwrap();
        terms.windows = vec![night.clone()];
        let sunday = terms.zone.span(saturday.next());
        let story = Story::default()
            .tell(
                "x-p",
                "delivery.picked_up",
                "x",
                &sunday.start.to_string(),
                r#""courier_id":"c""#,
            )
            .tell(
                "x-d",
                "delivery.delivered",
                "x",
                &sunday.end.plus(-1_000_000).to_string(),
                r#""courier_id":"c","merchant_id":"s","order_minor":1,"currency":"USD""#,
            );
        let book = Book::of(&story.0, &terms);
        let found = book.couriers_of(saturday.next())["c"].peak_seconds;
        assert_eq!(found, hours * 3_600, "{saturday}");
    }
}

#[test]
fn the_courier_who_delivers_is_paid_since_taking_it_on() {
    let story = Story::default()
        .step("x-1", "assigned", "11:00:00", "other")
        .step("x-2", "unassigned", "11:30:00", "other")
        .step("x-3", "assigned", "12:00:00", "c")
        .step("x-4", "picked_up", "12:10:00", "c")
        .delivered("x-5", "13:00:00", "c", 1_000);
    let terms = BookTerms { interval: Interval::AssignedToDelivered, ..terms() };
    assert_eq!(row(&story, &terms).worked_seconds, 3_600);
    assert_eq!(courier_row(&story, &terms, "other"), CourierDay::default());
}

#[test]
fn nothing_is_paid_for_what_was_not_delivered() {
    let picked_up = Story::default().step("x-1", "assigned", "11:00:00", "c").step(
        "x-2",
        "picked_up",
        "11:00:00",
        "c",
    );
    let cases = [
        ("cancelled", picked_up.clone().step("x-3", "cancelled", "12:00:00", "c")),
        ("failed", picked_up.clone().step("x-3", "failed", "12:00:00", "c")),
        ("still under way", picked_up),
    ];
    for (case, story) in cases {
        assert_eq!(Book::of(&story.0, &terms()), Book::default(), "{case}");
    }
}

#[test]
fn contradictions_are_judged_by_policy() {
    let story = Story::default()
        .carried("x", "12:00:00", "12:30:00")
        .completed("x-2", "12:31:00", "c", 1_500, "")
        .completed("x-3", "12:32:00", "c", 1_700, r#","revision":2"#)
        .completed("x-4", "12:33:00", "c", 1_700, r#","revision":2"#);
    let cases = [
        ("hold", Conflicts::Hold, 1_000, true),
        ("first", Conflicts::First, 1_000, false),
        ("highest revision", Conflicts::HighestRevision, 1_700, false),
    ];
    for (case, conflicts, sales_minor, disputed) in cases {
        let book = Book::of(&story.0, &BookTerms { conflicts, ..terms() });
        let merchant = book.merchants_of(day())["shop"];
        let fee_minor = sales_minor / 4 + 50;
        assert_eq!(*merchant, MerchantDay { deliveries: 1, sales_minor, fee_minor }, "{case}");
        assert_eq!(book.conflicts.contains("x"), disputed, "{case}");
    }
}

#[test]
fn fees_are_rounded_half_to_even_once_a_day() {
    let story = |orders: &[i64]| {
        orders.iter().enumerate().fold(Story::default(), |story, (index, order_minor)| {
            let delivery = format!("x{index}");
            story.step(&format!("{delivery}-a"), "assigned", "12:00:00", "c").delivered(
                &format!("{delivery}-d"),
                "12:30:00",
                "c",
                *order_minor,
            )
        })
    };
    let cases: [(&[i64], i64); 4] = [(&[2], 50), (&[6], 52), (&[10], 52), (&[1, 1, 1, 1], 201)];
    for (orders, fee_minor) in cases {
        let book = Book::of(&story(orders).0, &terms());
        assert_eq!(book.merchants_of(day())["shop"].fee_minor, fee_minor, "{orders:?}");
    }
}

proptest! {
    /// The book is a function of the set of lines.
    #[test]
    fn any_order_and_repetition_gives_the_same_rows(
        order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in proptest::collection::vec(0..10_usize, 0..10),
    ) {
        let story = Story::default()
            .carried("x", "12:00:00", "12:30:00")
            .carried("y", "12:20:00", "12:40:00")
            .carried("z", "06:59:58", "07:00:03")
            .delivered("x-2", "12:31:00", "c", 1_500);
        let told = Book::of(&story.0, &terms());
        let shuffled = order.iter().chain(&again).map(|place| &story.0[*place]);
        let found = Book::of(shuffled, &terms());
        prop_assert_eq!(found.repeated, again.len() as u64);
        prop_assert_eq!(Book { repeated: 0, ..found }, told);
    }
}
