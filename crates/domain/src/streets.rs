//! Streets: where an address is, how one place is reached from another, and how long that takes.

mod address;
mod geocode;
mod graph;
mod line;
mod profile;
mod route;
mod snap;
mod table;
mod words;

pub use geocode::{Found, Geocoder, How};
pub use graph::Graph;
pub use profile::Profile;
pub use route::Route;
pub use snap::Snapped;
pub use table::{Leg, TABLE_CELLS_MAX};

use crate::tracking::Position;
use std::str::FromStr;

/// House numbers along one side, in the direction of the line; falling where they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// At the beginning.
    pub first: i64,
    /// At the end.
    pub last: i64,
}

/// One stretch of a street.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// As the sign says; empty where there is none.
    pub name: String,
    /// What it is built for.
    pub class: Class,
    /// House numbers on the left.
    pub left: Option<Numbers>,
    /// House numbers on the right.
    pub right: Option<Numbers>,
    /// Postal code.
    pub zip: Option<String>,
    /// Junctions at its ends, as the source numbers them; where it does not, stretches meet
    /// wherever their lines share a place.
    pub ends: Option<(i64, i64)>,
    /// At least two places.
    pub line: Vec<Position>,
}

/// What a street is built for. The names are OpenStreetMap's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Class {
    Motorway,
    MotorwayLink,
    Trunk,
    Primary,
    Secondary,
    Tertiary,
    Residential,
    Service,
    Track,
    Path,
}

impl FromStr for Class {
    type Err = String;
    fn from_str(name: &str) -> Result<Class, String> {
        Ok(match name {
            "motorway" => Class::Motorway,
            "motorway_link" => Class::MotorwayLink,
            "trunk" => Class::Trunk,
            "primary" => Class::Primary,
            "secondary" => Class::Secondary,
            "tertiary" => Class::Tertiary,
            "residential" => Class::Residential,
            "service" => Class::Service,
            "track" => Class::Track,
            "path" => Class::Path,
            _ => return Err(format!("{name:?} is no class of streets")),
        })
    }
}
