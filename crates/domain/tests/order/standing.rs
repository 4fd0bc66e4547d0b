//! What becomes of an order.

use doorstep_domain::dispatch::{Outcome, Status};
use doorstep_domain::order::{Kept, OrderStatus, Refusal, cancel, confirm, release};
use doorstep_domain::time::Micros;

/// D13: an order is what its deliveries are.
#[test]
fn an_order_is_what_its_deliveries_are() {
    use Status::*;
    let cases: [(Kept, &[Option<Status>], OrderStatus); 16] = [
        (Kept::Reserved, &[], OrderStatus::Reserved),
        (Kept::Released, &[None], OrderStatus::Released),
        (Kept::Cancelled, &[Some(Cancelled)], OrderStatus::Cancelled),
        (Kept::Placed, &[None], OrderStatus::Placed),
        (Kept::Placed, &[Some(Assigned), None], OrderStatus::Placed),
        (Kept::Placed, &[Some(AtPickup), Some(Cancelled)], OrderStatus::Placed),
        (Kept::Placed, &[Some(PickedUp), Some(Requested)], OrderStatus::UnderWay),
        (Kept::Placed, &[Some(AtDropoff)], OrderStatus::UnderWay),
        (Kept::Placed, &[Some(Delivered), None], OrderStatus::UnderWay),
        (Kept::Placed, &[Some(Failed), Some(Requested)], OrderStatus::UnderWay),
        (Kept::Placed, &[Some(Delivered), Some(Delivered)], OrderStatus::Delivered),
        (Kept::Placed, &[Some(Delivered), Some(Failed)], OrderStatus::Delivered),
        (Kept::Placed, &[Some(Failed), Some(Cancelled)], OrderStatus::Failed),
        (Kept::Placed, &[Some(Returned)], OrderStatus::Failed),
        (Kept::Placed, &[Some(Cancelled), Some(Cancelled)], OrderStatus::Cancelled),
        (Kept::Placed, &[Some(Delivered), Some(Cancelled)], OrderStatus::Delivered),
    ];
    for (kept, parts, expected) in cases {
        assert_eq!(OrderStatus::of(kept, parts), expected, "{kept:?} {parts:?}");
        assert!(expected.kept_as().contains(&kept), "{expected} is looked for among {kept:?}");
    }
}

/// D13: however up to three deliveries stand, one of them is looked for where orders are that stand
/// as theirs does, and all of them where all have ended.
#[test]
fn an_order_is_found_by_one_of_its_deliveries() {
    let each = || Status::ALL.into_iter();
    let mut found = 0;
    for (one, two, three) in each()
        .flat_map(|one| each().flat_map(move |two| each().map(move |three| (one, two, three))))
    {
        for parts in [&[one][..], &[one, two], &[one, two, three]] {
            let some: Vec<Option<Status>> = parts.iter().copied().map(Some).collect();
            let status = OrderStatus::of(Kept::Placed, &some);
            let is_there = parts.iter().any(|part| status.carried_as().contains(part));
            assert!(is_there, "{status} of {parts:?}");
            if let Some(ended_as) = status.ended_as() {
                assert!(parts.iter().all(|part| ended_as.contains(part)), "{status} of {parts:?}");
            }
            found += 1;
        }
    }
    assert_eq!(found, 3 * 9 * 9 * 9);
}

/// D12: a reservation is confirmed or released, once, and never confirmed after its time.
#[test]
fn a_reservation_ends_one_way() {
    use Outcome::{Done, Repeated};
    let until = Some(Micros(100));
    let cases = [
        // (kept, expires, now, confirm, release)
        (Kept::Reserved, until, 99, Ok(Done), Ok(Done)),
        (Kept::Reserved, until, 100, Err(Refusal::Expired), Ok(Done)),
        (Kept::Reserved, until, 101, Err(Refusal::Expired), Ok(Done)),
        (Kept::Released, None, 99, Err(Refusal::Expired), Ok(Repeated)),
        (Kept::Placed, None, 101, Ok(Repeated), Err(Refusal::Confirmed)),
        (Kept::Cancelled, None, 99, Err(Refusal::Cancelled), Err(Refusal::Cancelled)),
    ];
    for (kept, expires_at, now, confirmed, released) in cases {
        assert_eq!(confirm(kept, expires_at, Micros(now)), confirmed, "{kept:?} at {now}");
        assert_eq!(release(kept), released, "{kept:?}");
    }
}

/// What is kept of an order, how its deliveries stand, and whether it may be called off.
type Case<'c> = (Kept, &'c [Option<Status>], Result<Outcome, Refusal>);

/// D13: an order is called off until somebody has any of it.
#[test]
fn an_order_is_called_off_until_a_part_is_picked_up() {
    use Status::*;
    let cases: [Case<'_>; 9] = [
        (Kept::Placed, &[None], Ok(Outcome::Done)),
        (Kept::Placed, &[Some(Requested), Some(AtPickup)], Ok(Outcome::Done)),
        (Kept::Placed, &[Some(Cancelled), Some(Assigned)], Ok(Outcome::Done)),
        (Kept::Placed, &[Some(PickedUp), Some(Requested)], Err(Refusal::PickedUp)),
        (Kept::Placed, &[Some(Delivered)], Err(Refusal::PickedUp)),
        (Kept::Placed, &[Some(Failed), None], Err(Refusal::PickedUp)),
        (Kept::Reserved, &[], Ok(Outcome::Done)),
        (Kept::Released, &[], Err(Refusal::Released)),
        (Kept::Cancelled, &[Some(Cancelled)], Ok(Outcome::Repeated)),
    ];
    for (kept, parts, expected) in cases {
        assert_eq!(cancel(kept, parts.iter().copied()), expected, "{kept:?} {parts:?}");
    }
}
