//! Who carried a delivery, and when: every attempt, those that came to nothing included.

use doorstep_domain::delivery::FactSet;
use doorstep_domain::event::Step;
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;

/// One courier's go at a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    /// Who.
    pub courier: CourierId,
    /// When it was assigned, or picked up where that is all that was told.
    pub from: Micros,
    /// When it was picked up.
    pub picked_up: Option<Micros>,
    /// When it ended, in whatever way; none while it is under way.
    pub to: Option<Micros>,
}

/// The attempts that a delivery's facts tell of, in order.
pub fn legs(facts: &FactSet) -> Vec<Leg> {
    let mut legs: Vec<Leg> = Vec::new();
    for fact in facts.iter() {
        let under_way = legs.last_mut().filter(|leg| leg.to.is_none());
        match (&fact.step, under_way) {
            (Step::Assigned(courier), Some(leg)) if leg.courier == *courier => {}
            (Step::PickedUp(courier), Some(leg)) if leg.courier == *courier => {
                leg.picked_up = leg.picked_up.or(Some(fact.at));
            }
            (Step::Assigned(courier) | Step::PickedUp(courier), under_way) => {
                // Whoever takes it over ends the attempt of whoever had it.
                if let Some(leg) = under_way {
                    leg.to = Some(fact.at);
                }
                let is_pickup = matches!(fact.step, Step::PickedUp(_));
                let (courier, picked_up) = (courier.clone(), is_pickup.then_some(fact.at));
                legs.push(Leg { courier, from: fact.at, picked_up, to: None });
            }
            (step, Some(leg)) if ends(step, &leg.courier) => leg.to = Some(fact.at),
            _ => {}
        }
    }
    legs
}

/// Whether a step ends the attempt of a courier.
fn ends(step: &Step, courier: &CourierId) -> bool {
    match step {
        Step::Unassigned(of) | Step::Failed(of) | Step::Returned(of) => {
            of.as_ref().is_none_or(|of| of == courier)
        }
        Step::Delivered(_) | Step::Cancelled | Step::Withdrawn(_) => true,
        Step::Requested | Step::Assigned(_) | Step::PickedUp(_) | Step::Refunded(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::delivery::Fact;
    use doorstep_domain::event::EventKey;

    fn told(steps: &[(i64, Step)]) -> FactSet {
        let fact = |(number, (at, step)): (usize, &(i64, Step))| Fact {
            at: Micros(*at),
            step: step.clone(),
            key: EventKey { source: "/test".into(), id: number.to_string().into() },
        };
        steps.iter().enumerate().map(fact).collect()
    }

    #[test]
    fn every_attempt_has_its_courier_and_its_time() {
        let id = |name: &str| name.parse::<CourierId>().unwrap();
        let (ann, ben) = (|| id("ann"), || id("ben"));
        let assigned = |name: &str| Step::Assigned(id(name));
        let picked_up = |name: &str| Step::PickedUp(id(name));
        let leg = |courier: CourierId, from, picked_up: Option<i64>, to: Option<i64>| Leg {
            courier,
            from: Micros(from),
            picked_up: picked_up.map(Micros),
            to: to.map(Micros),
        };
        let cases = [
            ("nobody yet", told(&[(1, Step::Requested)]), vec![]),
            ("under way", told(&[(1, assigned("ann"))]), vec![leg(ann(), 1, None, None)]),
            (
                "carried",
                told(&[(1, assigned("ann")), (3, picked_up("ann")), (9, Step::Cancelled)]),
                vec![leg(ann(), 1, Some(3), Some(9))],
            ),
            (
                "given back, then only a pickup told",
                told(&[(1, assigned("ann")), (2, Step::Unassigned(None)), (4, picked_up("ben"))]),
                vec![leg(ann(), 1, None, Some(2)), leg(ben(), 4, Some(4), None)],
            ),
            (
                "taken over without a word",
                told(&[(1, assigned("ann")), (5, assigned("ben")), (8, Step::Failed(None))]),
                vec![leg(ann(), 1, None, Some(5)), leg(ben(), 5, None, Some(8))],
            ),
            (
                "somebody else's failure",
                told(&[(1, assigned("ann")), (2, Step::Failed(Some(ben())))]),
                vec![leg(ann(), 1, None, None)],
            ),
        ];
        for (name, facts, expected) in cases {
            assert_eq!(legs(&facts), expected, "{name}");
        }
    }
}
