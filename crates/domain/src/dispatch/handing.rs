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
}

/// How a delivery stands with a provider, by all that it told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Says {
    /// The state that its timeline amounts to.
    pub state: State,
    /// Whether it told at any time that the delivery has arrived.
    pub has_arrived: bool,
    /// Whether it ended in two ways.
    pub is_disputed: bool,
}

impl Says {
    /// What counts for a delivery of ours: once it has arrived it has, whatever else was told, and
    /// in whichever order. Which of two ends is the later may change with what is told next, and
    /// what was paid for does not go back.
    fn state(&self) -> State {
        if self.has_arrived { State::Delivered } else { self.state }
    }

    /// Whether somebody has the package, or had it.
    fn has_package(&self) -> bool {
        let rank = self.state().rank();
        self.has_arrived
            || self.state().is_of_a_return()
            || (State::PickedUp.rank()..State::Delivered.rank()).contains(&rank)
    }
}

/// Whether a person must look, where a provider says this of a delivery that stands at `status` by
/// then; `is_theirs`: whether they have it. What was decided by what was told earlier stays
/// decided.
pub fn is_contradicted(status: Status, says: &Says, is_theirs: bool) -> bool {
    let is_called_off = matches!(status, Status::Cancelled | Status::Returned);
    match is_theirs {
        // Somebody else was asked to bring it.
        false => says.has_package(),
        true => says.is_disputed || (is_called_off && says.has_arrived),
    }
}

/// Whether `to` may follow by what a provider says: the table of transitions, and that what failed
/// has arrived.
pub fn may_become(from: Status, to: Status) -> bool {
    from.may_become(to) || (from, to) == (Status::Failed, Status::Delivered)
}

/// What follows for a delivery that stands at `status` where its provider says this.
pub fn follow(status: Status, says: &Says) -> Following {
    if matches!(status, Status::Delivered | Status::Returned | Status::Cancelled) {
        return Following::Nothing;
    }
    let state = says.state();
    let way = match state {
        State::Created | State::Searching | State::Scheduled => searching(status),
        State::Assigned | State::EnRoutePickup => onward(status, Status::Assigned),
        State::AtPickup => onward(status, Status::AtPickup),
        State::PickedUp | State::EnRouteDropoff => onward(status, Status::PickedUp),
        State::AtDropoff => onward(status, Status::AtDropoff),
        // Tried once more, or told late.
        State::Delivered if status == Status::Failed => vec![Status::Delivered],
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
    if way.is_empty() { Following::Nothing } else { Following::Becomes(way) }
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
        use Following::{GivenUp, Nothing};
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
            (Failed, State::EnRouteDropoff, Nothing),
            (Failed, State::Delivered, becomes(&[Delivered])),
            (AtDropoff, State::Returned, becomes(&[Failed, Returned])),
            (Requested, State::Canceled, GivenUp),
            (AtPickup, State::Expired, GivenUp),
            (PickedUp, State::Canceled, becomes(&[Failed])),
            (Delivered, State::Canceled, Nothing),
            (Cancelled, State::Delivered, Nothing),
        ];
        for (status, state, expected) in cases {
            let followed = follow(status, &says(state));
            assert_eq!(followed, expected, "{status} where they say {state}");
        }
    }

    fn says(state: State) -> Says {
        Says { state, has_arrived: state == State::Delivered, is_disputed: false }
    }

    /// E4, E9: what has arrived has arrived, whichever end is told first and whichever is the later
    /// by the provider's clock; and a person is told.
    #[test]
    fn what_was_told_first_makes_no_difference_to_what_has_arrived() {
        let arrived = says(State::Delivered);
        for end in [State::Failed, State::Canceled, State::Expired, State::Returned] {
            let both = Says { state: end, has_arrived: true, is_disputed: true };
            for first in [says(end), arrived] {
                let mut status = Status::PickedUp;
                for told in [first, both] {
                    if let Following::Becomes(way) = follow(status, &told) {
                        status = way[way.len() - 1];
                    }
                }
                // What came back was taken back by then.
                let stays = first.state == State::Returned;
                let expected = if stays { Status::Returned } else { Status::Delivered };
                assert_eq!(status, expected, "{first:?}, then {both:?}");
                assert!(is_contradicted(status, &both, true), "{first:?}");
            }
        }
    }

    /// E9: when a person is told of what a provider says.
    #[test]
    fn a_person_looks_where_a_decision_is_contradicted() {
        let disputed = |state| Says { is_disputed: true, ..says(state) };
        let cases = [
            (Status::Delivered, says(State::Delivered), true, false),
            (Status::Delivered, disputed(State::Failed), true, true),
            (Status::Cancelled, says(State::Delivered), true, true),
            (Status::Cancelled, says(State::Canceled), true, false),
            (Status::Failed, says(State::Failed), true, false),
            (Status::Assigned, says(State::Canceled), false, false),
            (Status::Assigned, says(State::Assigned), false, false),
            (Status::Assigned, says(State::Failed), false, false),
            (Status::Requested, says(State::PickedUp), false, true),
            (Status::Assigned, says(State::Returning), false, true),
            (Status::Delivered, says(State::Delivered), false, true),
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
            let Following::Becomes(way) = follow(status, &says(state)) else { continue };
            let mut at = status;
            for next in way {
                assert!(may_become(at, next), "{status}, {state}: {at} to {next}");
                at = next;
            }
            let again = follow(at, &says(state));
            assert!(matches!(again, Following::Nothing), "{status}, {state}: then {again:?}");
        }
    }
}
