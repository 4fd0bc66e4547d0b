//! Claims: one winner, and everybody else is told why not.

use doorstep_domain::dispatch::claim::{accept, advance, cancel, may_take};
use doorstep_domain::dispatch::{
    Claimant, Outcome, Package, PackageSize, Refusal, Standing, Status, Vehicle,
};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use proptest::prelude::*;
use proptest::sample::select;

fn courier(name: &str) -> CourierId {
    name.parse().expect("a courier")
}

fn standing(status: Status, courier: Option<&str>) -> Standing {
    let courier = courier.map(self::courier);
    Standing { status, courier, is_handed_over: false, since: Micros(0) }
}

fn claimant(name: &str) -> Claimant {
    Claimant {
        courier: courier(name),
        is_online: true,
        vehicle: Vehicle::Car,
        capacity: 2,
        carried: 0,
    }
}

const PARCEL: Package = Package { size: PackageSize::Small, weight_g: 500 };

/// C5: the whole table of transitions, said once more from the other side.
#[test]
fn what_may_follow_what() {
    use Status::*;
    let allowed = [
        (Requested, vec![Assigned, Cancelled]),
        (Assigned, vec![Requested, AtPickup, PickedUp, Failed, Cancelled]),
        (AtPickup, vec![Requested, PickedUp, Failed, Cancelled]),
        (PickedUp, vec![AtDropoff, Delivered, Failed]),
        (AtDropoff, vec![Delivered, Failed]),
        (Failed, vec![Returned]),
        (Delivered, vec![]),
        (Returned, vec![]),
        (Cancelled, vec![]),
    ];
    for (from, expected) in allowed {
        for to in Status::ALL {
            assert_eq!(from.may_become(to), expected.contains(&to), "{from} to {to}");
        }
    }
}

/// C4: the first has it, for good; a retry gets the same answer, everybody else a refusal.
#[test]
fn who_gets_it() {
    use Status::*;
    let full = Claimant { carried: 2, ..claimant("bea") };
    let away = Claimant { is_online: false, ..claimant("bea") };
    let done = || Ok(Outcome::Done);
    let again = || Ok(Outcome::Repeated);
    let late = || Err(Refusal::AlreadyAssigned);
    let cases = [
        ("free", standing(Requested, None), claimant("bea"), done()),
        ("again", standing(Assigned, Some("bea")), claimant("bea"), again()),
        ("again, with the package", standing(PickedUp, Some("bea")), claimant("bea"), again()),
        ("again, when done", standing(Delivered, Some("bea")), claimant("bea"), again()),
        ("again, full since", standing(Assigned, Some("bea")), full.clone(), again()),
        ("too late", standing(Assigned, Some("anna")), claimant("bea"), late()),
        ("far too late", standing(Delivered, Some("anna")), claimant("bea"), late()),
        (
            "called off",
            standing(Cancelled, None),
            claimant("bea"),
            Err(Refusal::Impossible { from: Cancelled, to: Assigned }),
        ),
        (
            "no room",
            standing(Requested, None),
            full,
            Err(Refusal::Full { carried: 2, capacity: 2 }),
        ),
        ("not at work", standing(Requested, None), away, Err(Refusal::Offline)),
    ];
    for (name, standing, claimant, expected) in cases {
        assert_eq!(accept(&standing, &PARCEL, &claimant), expected, "{name}");
    }
}

#[test]
fn what_fits_which_vehicle() {
    use PackageSize::*;
    use Vehicle::*;
    let cases = [
        (Foot, Small, 8_000, true),
        (Foot, Small, 8_001, false),
        (Foot, Large, 100, false),
        (Bicycle, Medium, 12_000, true),
        (Bicycle, Large, 0, false),
        (Scooter, Medium, 20_001, false),
        (Car, Large, 50_000, true),
        (Car, ExtraLarge, 0, false),
        (Van, ExtraLarge, 999_000, true),
    ];
    for (vehicle, size, weight_g, fits) in cases {
        let claimant = Claimant { vehicle, ..claimant("anna") };
        let expected = if fits { Ok(()) } else { Err(Refusal::DoesNotFit(vehicle)) };
        let package = Package { size, weight_g };
        assert_eq!(may_take(&package, &claimant), expected, "{vehicle:?} {size:?} {weight_g}");
    }
}

/// C5: only the assigned courier, only what may follow, and repeats are harmless.
#[test]
fn who_may_say_what() {
    use Status::*;
    let impossible = |from, to| Err(Refusal::Impossible { from, to });
    let theirs = Err(Refusal::NotTheirs);
    let cases = [
        (Assigned, "anna", PickedUp, false, Ok(Outcome::Done)),
        (Assigned, "bea", PickedUp, false, theirs.clone()),
        (Assigned, "anna", Delivered, false, impossible(Assigned, Delivered)),
        (Assigned, "anna", Requested, false, Ok(Outcome::Done)),
        (Assigned, "anna", Cancelled, false, impossible(Assigned, Cancelled)),
        (PickedUp, "anna", PickedUp, true, Ok(Outcome::Repeated)),
        (Delivered, "anna", PickedUp, true, Ok(Outcome::Repeated)),
        (Delivered, "anna", AtPickup, false, impossible(Delivered, AtPickup)),
        (Delivered, "bea", PickedUp, true, theirs),
        (PickedUp, "anna", Requested, true, impossible(PickedUp, Requested)),
        (Failed, "anna", Returned, false, Ok(Outcome::Done)),
        (Returned, "anna", Delivered, false, impossible(Returned, Delivered)),
    ];
    for (from, who, to, has_been, expected) in cases {
        let standing = standing(from, Some("anna"));
        let said = advance(&standing, to, Some(&courier(who)), has_been);
        assert_eq!(said, expected, "{from} to {to} by {who}");
    }
    let nobodys = standing(Requested, None);
    assert_eq!(advance(&nobodys, PickedUp, None, false), impossible(Requested, PickedUp));
}

#[test]
fn until_when_it_can_be_called_off() {
    use Status::*;
    for status in Status::ALL {
        let expected = match status {
            Requested | Assigned | AtPickup => Ok(Outcome::Done),
            Cancelled => Ok(Outcome::Repeated),
            from => Err(Refusal::Impossible { from, to: Cancelled }),
        };
        assert_eq!(cancel(&standing(status, None)), expected, "{status}");
    }
}

/// One claim of the race below.
#[derive(Debug, Clone)]
enum Claim {
    Accept(usize),
    Say(usize, Status),
    Cancel,
}

fn claim() -> impl Strategy<Value = Claim> {
    let who = 0..4_usize;
    prop_oneof![
        4 => who.clone().prop_map(Claim::Accept),
        4 => (who, select(&Status::ALL[..])).prop_map(|(who, to)| Claim::Say(who, to)),
        1 => Just(Claim::Cancel),
    ]
}

proptest! {
    /// C4: whatever is claimed in whatever order, it has one courier at a time, who changes only by
    /// giving it back, and no step leaves the table.
    #[test]
    fn one_courier_at_a_time(claims in prop::collection::vec(claim(), 0..60)) {
        let names: Vec<CourierId> = (0..4).map(|n| courier(&format!("c{n}"))).collect();
        let mut now = standing(Status::Requested, None);
        let mut been: Vec<Status> = Vec::new();
        for claim in claims {
            let before = now.clone();
            let (granted, to, by) = match &claim {
                Claim::Accept(who) => {
                    let claimant = Claimant { courier: names[*who].clone(), ..claimant("x") };
                    let granted = accept(&now, &PARCEL, &claimant);
                    (granted, Status::Assigned, Some(names[*who].clone()))
                }
                Claim::Say(who, to) => {
                    let has_been = been.contains(to);
                    (advance(&now, *to, Some(&names[*who]), has_been), *to, now.courier.clone())
                }
                Claim::Cancel => (cancel(&now), Status::Cancelled, now.courier.clone()),
            };
            if granted == Ok(Outcome::Done) {
                let by = by.filter(|_| to != Status::Requested);
                now = Standing { status: to, courier: by, ..standing(to, None) };
                been.retain(|_| to != Status::Requested);
                been.push(to);
            }
            prop_assert!(before.status == now.status || before.status.may_become(now.status));
            let changed = before.courier.is_some() && before.courier != now.courier;
            prop_assert!(!changed || now.status == Status::Requested, "{:?}", claim);
            prop_assert_eq!(now.courier.is_none(),
                matches!(now.status, Status::Requested)
                    || now.status == Status::Cancelled && before.courier.is_none());
        }
    }
}
