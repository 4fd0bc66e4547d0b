//! Handing over: a delivery that no courier of ours takes goes to a provider, and what the provider
//! says of it becomes its state (E9).

use super::Status;
use crate::provider::State;

/// What follows for a delivery from how its provider says it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Following {
    /// Nothing: it stands like that, or has ended.
    Nothing,
    /// It becomes these, one after another: what the provider did not tell lies in between.
    Becomes(Vec<Status>),
    /// The provider will not bring it, and nobody of theirs has the package.
    GivenUp,
    /// It was called off here, and they say that they have delivered it: whoever settles decides.
    DeliveredAnyway,
    /// It was called off here, and they say that it ended so there as well.
    CalledOff,
}

/// How a delivery stands with a provider, by all that it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Says {
    /// The state that its timeline amounts to.
    pub state: State,
    /// Whether it ended in two ways, and no person has decided which one counts.
    pub is_disputed: bool,
    /// Whether a person has decided how it ended.
    pub is_decided: bool,
}

impl Says {
    /// Whether somebody has the package, or had it.
    fn has_package(&self) -> bool {
        let (state, rank) = (self.state, self.state.rank());
        state == State::Delivered
            || state.is_of_a_return()
            || (State::PickedUp.rank()..State::Delivered.rank()).contains(&rank)
    }
}

/// Whether a person must look, where a provider says this of a delivery that stands at `status` by
/// then; `is_theirs`: whether they have it. What was decided by what was told earlier stays
/// decided.
pub fn is_contradicted(status: Status, says: &Says, is_theirs: bool) -> bool {
    let is_called_off = matches!(status, Status::Cancelled | Status::Returned);
    let has_arrived = says.state == State::Delivered && !says.is_decided;
    match is_theirs {
        // Somebody else was asked to bring it.
        false => says.has_package() || says.is_disputed,
        true => says.is_disputed || (is_called_off && has_arrived),
    }
}

/// What follows for a delivery that stands at `status` where its provider's fold says `state`: of
/// two ends the later by their clock, or the one that a person has decided.
pub fn follow(status: Status, state: State) -> Following {
    let way = match (status, state) {
        (Status::Cancelled, State::Delivered) => return Following::DeliveredAnyway,
        (Status::Cancelled, state) if state.is_end() => return Following::CalledOff,
        (Status::Cancelled, _) => Vec::new(),
        (Status::Delivered | Status::Returned | Status::Failed, state) if state.is_end() => {
            corrected(status, state)
        }
        (Status::Delivered | Status::Returned, _) => Vec::new(),
        (status, state) => return underway(status, state),
    };
    becomes(way)
}

/// What follows for a delivery that has not ended.
fn underway(status: Status, state: State) -> Following {
    let way = match state {
        State::Created | State::Searching | State::Scheduled => searching(status),
        State::Assigned | State::EnRoutePickup => onward(status, Status::Assigned),
        State::AtPickup => onward(status, Status::AtPickup),
        State::PickedUp | State::EnRouteDropoff => onward(status, Status::PickedUp),
        State::AtDropoff => onward(status, Status::AtDropoff),
        State::Delivered => onward(status, Status::Delivered),
        State::Failed => failing(status, Status::Assigned),
        State::Returning | State::AtReturn => failing(status, Status::PickedUp),
        State::Returned => returned(status),
        State::Canceled | State::Expired if status.is_before_pickup() => {
            return Following::GivenUp;
        }
        // Somebody has the package: only a person can know where it is.
        State::Canceled | State::Expired => failing(status, Status::PickedUp),
    };
    becomes(way)
}

fn becomes(way: Vec<Status>) -> Following {
    if way.is_empty() { Following::Nothing } else { Following::Becomes(way) }
}

/// From one end to another: the provider says otherwise than before, or a person has decided.
fn corrected(from: Status, state: State) -> Vec<Status> {
    match (from, state) {
        (Status::Delivered, State::Delivered) => Vec::new(),
        (_, State::Delivered) => vec![Status::Delivered],
        (Status::Returned, _) => Vec::new(),
        (Status::Failed, State::Returned) => vec![Status::Returned],
        (Status::Failed, _) => Vec::new(),
        (_, State::Returned) => vec![Status::Failed, Status::Returned],
        _ => vec![Status::Failed],
    }
}

/// Whether a delivery that a provider carries may come from one state to another: by the table, or
/// from one end to another.
pub fn may_follow(from: Status, to: Status) -> bool {
    let is_corrected = match from {
        Status::Delivered => to == Status::Failed,
        Status::Failed | Status::Returned => to == Status::Delivered,
        _ => false,
    };
    is_corrected || from.may_become(to)
}

/// How far on its way a state is; none of those that are not on it.
fn place(status: Status) -> Option<u8> {
    match status {
        Status::Requested => Some(0),
        Status::Assigned => Some(1),
        Status::AtPickup => Some(2),
        Status::PickedUp => Some(3),
        Status::AtDropoff => Some(4),
        Status::Delivered => Some(5),
        Status::Failed | Status::Returned | Status::Cancelled => None,
    }
}

/// The fewest states from one to another that lies further on; nothing where it lies behind, but
/// where another courier has it who is not there yet.
fn onward(from: Status, to: Status) -> Vec<Status> {
    let (Some(mut here), Some(there)) = (place(from), place(to)) else {
        return Vec::new();
    };
    let (mut way, mut status) = (Vec::new(), from);
    if there < here && from.is_before_pickup() {
        way.push(Status::Requested);
        (here, status) = (0, Status::Requested);
    }
    while here < there {
        let ahead = status.next().iter().filter_map(|next| Some((place(*next)?, *next)));
        let farthest = ahead.filter(|(place, _)| (here + 1..=there).contains(place)).max();
        let Some((place, next)) = farthest else {
            return Vec::new();
        };
        (here, status) = (place, next);
        way.push(next);
    }
    way
}

/// Nobody of theirs has it any more.
fn searching(from: Status) -> Vec<Status> {
    match from {
        Status::Assigned | Status::AtPickup => vec![Status::Requested],
        _ => Vec::new(),
    }
}

/// It fails, not before it was `at_least` there.
fn failing(from: Status, at_least: Status) -> Vec<Status> {
    if from == Status::Failed {
        return Vec::new();
    }
    let mut way = match place(from) < place(at_least) {
        true => onward(from, at_least),
        false => Vec::new(),
    };
    way.push(Status::Failed);
    way
}

fn returned(from: Status) -> Vec<Status> {
    let mut way = failing(from, Status::PickedUp);
    way.push(Status::Returned);
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E9: what a provider says becomes the state, with what it did not say in between.
    #[test]
    fn what_a_provider_says_becomes_the_state() {
        use Following::{CalledOff, DeliveredAnyway, GivenUp, Nothing};
        use Status::*;
        let becomes = |way: &[Status]| Following::Becomes(way.to_vec());
        let cases = [
            (Requested, State::Created, Nothing),
            (Requested, State::Searching, Nothing),
            (Requested, State::Assigned, becomes(&[Assigned])),
            (Requested, State::AtPickup, becomes(&[Assigned, AtPickup])),
            (Requested, State::EnRouteDropoff, becomes(&[Assigned, PickedUp])),
            (Requested, State::Delivered, becomes(&[Assigned, PickedUp, Delivered])),
            (Assigned, State::EnRoutePickup, Nothing),
            (Assigned, State::Searching, becomes(&[Requested])),
            (AtPickup, State::Assigned, becomes(&[Requested, Assigned])),
            (AtPickup, State::PickedUp, becomes(&[PickedUp])),
            (PickedUp, State::AtPickup, Nothing),
            (PickedUp, State::Searching, Nothing),
            (PickedUp, State::AtDropoff, becomes(&[AtDropoff])),
            (AtDropoff, State::Delivered, becomes(&[Delivered])),
            (Assigned, State::Failed, becomes(&[Failed])),
            (Requested, State::Failed, becomes(&[Assigned, Failed])),
            (AtDropoff, State::Returning, becomes(&[Failed])),
            (Assigned, State::Returning, becomes(&[PickedUp, Failed])),
            (Failed, State::AtReturn, Nothing),
            (AtDropoff, State::Returned, becomes(&[Failed, Returned])),
            (Requested, State::Canceled, GivenUp),
            (AtPickup, State::Expired, GivenUp),
            (PickedUp, State::Canceled, becomes(&[Failed])),
            (Delivered, State::Delivered, Nothing),
            (Delivered, State::AtDropoff, Nothing),
            (Delivered, State::Canceled, becomes(&[Failed])),
            (Delivered, State::Failed, becomes(&[Failed])),
            (Delivered, State::Returned, becomes(&[Failed, Returned])),
            (Failed, State::Delivered, becomes(&[Delivered])),
            (Failed, State::Returned, becomes(&[Returned])),
            (Failed, State::Canceled, Nothing),
            (Returned, State::Delivered, becomes(&[Delivered])),
            (Returned, State::Failed, Nothing),
            (Cancelled, State::Delivered, DeliveredAnyway),
            (Cancelled, State::Canceled, CalledOff),
            (Cancelled, State::PickedUp, Nothing),
        ];
        for (status, state, expected) in cases {
            assert_eq!(follow(status, state), expected, "{status} where they say {state}");
        }
    }

    /// E4, E9: whichever of two ends was told first, it comes to what all that was told amounts to;
    /// and a person is told.
    #[test]
    fn what_was_told_first_makes_no_difference() {
        const ENDS: [State; 5] =
            [State::Delivered, State::Failed, State::Canceled, State::Expired, State::Returned];
        for (first, last) in ENDS.into_iter().flat_map(|first| ENDS.map(|last| (first, last))) {
            let mut status = Status::PickedUp;
            for told in [first, last] {
                if let Following::Becomes(way) = follow(status, told) {
                    status = way[way.len() - 1];
                }
            }
            let expected = match (first, last) {
                (_, State::Delivered) => Status::Delivered,
                // What came back was taken back by then.
                (State::Returned, _) | (_, State::Returned) => Status::Returned,
                _ => Status::Failed,
            };
            assert_eq!(status, expected, "{first}, then {last}");
            let both = Says { state: last, is_disputed: true, is_decided: false };
            assert!(is_contradicted(status, &both, true), "{first}, then {last}");
        }
    }

    /// E9: when a person is told of what a provider says.
    #[test]
    fn a_person_looks_where_a_decision_is_contradicted() {
        let says = |state| Says { state, is_disputed: false, is_decided: false };
        let disputed = |state| Says { is_disputed: true, ..says(state) };
        let decided = |state| Says { is_decided: true, ..says(state) };
        let cases = [
            (Status::Delivered, says(State::Delivered), true, false),
            (Status::Failed, disputed(State::Failed), true, true),
            (Status::Failed, decided(State::Failed), true, false),
            (Status::Cancelled, says(State::Delivered), true, true),
            (Status::Cancelled, decided(State::Delivered), true, false),
            (Status::Cancelled, says(State::Canceled), true, false),
            (Status::Failed, says(State::Failed), true, false),
            (Status::Assigned, says(State::Canceled), false, false),
            (Status::Assigned, says(State::Assigned), false, false),
            (Status::Assigned, says(State::Failed), false, false),
            (Status::Assigned, disputed(State::Failed), false, true),
            (Status::Requested, says(State::PickedUp), false, true),
            (Status::Assigned, says(State::Returning), false, true),
            (Status::Delivered, decided(State::Delivered), false, true),
        ];
        for (status, says, is_theirs, expected) in cases {
            let found = is_contradicted(status, &says, is_theirs);
            assert_eq!(found, expected, "{status}, {says:?}, {is_theirs}");
        }
    }

    /// Whatever is said, no step breaks the table of transitions, and saying it again says nothing.
    #[test]
    fn every_way_is_one_that_may_be_gone() {
        for (status, state) in
            Status::ALL.into_iter().flat_map(|status| State::ALL.map(|state| (status, state)))
        {
            let Following::Becomes(way) = follow(status, state) else { continue };
            let mut at = status;
            for next in way {
                assert!(may_follow(at, next), "{status}, {state}: {at} to {next}");
                at = next;
            }
            let again = follow(at, state);
            assert!(matches!(again, Following::Nothing), "{status}, {state}: then {again:?}");
        }
    }
}
