//! The states that every provider's words are read as, and what they weigh.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a delivery of a provider stands, in words that are the same for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is known there.
    Created,
    /// Somebody is looked for.
    Searching,
    /// Somebody will be looked for, at its time.
    Scheduled,
    /// Somebody has it.
    Assigned,
    /// They are on the way to the package.
    EnRoutePickup,
    /// They are where the package is.
    AtPickup,
    /// They have the package.
    PickedUp,
    /// They are on the way to where it shall go.
    EnRouteDropoff,
    /// They are there.
    AtDropoff,
    /// The package is on its way back.
    Returning,
    /// It is where it came from, and not yet handed over.
    AtReturn,
    /// It has arrived.
    Delivered,
    /// It will not arrive.
    Failed,
    /// It was called off.
    Canceled,
    /// It is back where it came from.
    Returned,
    /// Nothing was heard of it for so long that nothing will be.
    Expired,
}

use State::*;

/// What an end weighs: more than whatever is on the way.
const END: u8 = 100;

impl State {
    /// Every one.
    pub const ALL: [State; 16] = [
        Created,
        Searching,
        Scheduled,
        Assigned,
        EnRoutePickup,
        AtPickup,
        PickedUp,
        EnRouteDropoff,
        AtDropoff,
        Returning,
        AtReturn,
        Delivered,
        Failed,
        Canceled,
        Returned,
        Expired,
    ];

    /// What it weighs within an attempt, 0 to 100: the heavier counts.
    pub fn rank(self) -> u8 {
        match self {
            Created => 0,
            Searching | Scheduled => 10,
            Assigned => 20,
            EnRoutePickup => 30,
            AtPickup => 40,
            PickedUp => 50,
            EnRouteDropoff => 60,
            AtDropoff => 70,
            Returning => 80,
            AtReturn => 85,
            Delivered | Failed | Canceled | Returned | Expired => END,
        }
    }

    /// Whether nothing is to follow. After [`Failed`] and [`Canceled`] a package may still return.
    pub fn is_end(self) -> bool {
        self.rank() == END
    }

    /// Whether the package is on its way back, or back.
    pub fn is_of_a_return(self) -> bool {
        matches!(self, Returning | AtReturn | Returned)
    }

    /// Whether somebody has it who has not got the package yet.
    pub fn is_before_pickup(self) -> bool {
        matches!(self, Assigned | EnRoutePickup | AtPickup)
    }

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Created => "created",
            Searching => "searching",
            Scheduled => "scheduled",
            Assigned => "assigned",
            EnRoutePickup => "en_route_pickup",
            AtPickup => "at_pickup",
            PickedUp => "picked_up",
            EnRouteDropoff => "en_route_dropoff",
            AtDropoff => "at_dropoff",
            Returning => "returning",
            AtReturn => "at_return",
            Delivered => "delivered",
            Failed => "failed",
            Canceled => "canceled",
            Returned => "returned",
            Expired => "expired",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = String;
    fn from_str(name: &str) -> Result<State, String> {
        let found = State::ALL.into_iter().find(|state| state.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no state of a provider's delivery"))
    }
}

/// A set of states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct States(u16);

impl States {
    /// Those whose bits are set, the first of [`State::ALL`] being the lowest: how stores keep it.
    pub fn from_bits(bits: u16) -> States {
        States(bits)
    }

    /// A bit for each state.
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Adds one.
    pub fn insert(&mut self, state: State) {
        self.0 |= 1 << state as u16;
    }

    /// Whether it is one of them.
    pub fn contains(self, state: State) -> bool {
        self.0 & (1 << state as u16) != 0
    }

    /// Each of them, in the order of [`State::ALL`].
    pub fn iter(self) -> impl Iterator<Item = State> {
        State::ALL.into_iter().filter(move |state| self.contains(*state))
    }
}

impl FromIterator<State> for States {
    fn from_iter<I: IntoIterator<Item = State>>(states: I) -> States {
        let mut all = States::default();
        for state in states {
            all.insert(state);
        }
        all
    }
}
