//! Who travels: what each may use, and at which pace.

use super::Class;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A way to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// By car.
    Driving,
    /// By bicycle.
    Cycling,
    /// On foot.
    Walking,
}

impl Profile {
    /// Every profile, in the order in which an edge keeps their costs.
    pub(super) const ALL: [Profile; 3] = [Profile::Driving, Profile::Cycling, Profile::Walking];

    /// As routers call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Profile::Driving => "driving",
            Profile::Cycling => "cycling",
            Profile::Walking => "walking",
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }

    /// Kilometres an hour on a free stretch; `None` where there is no going.
    pub(super) fn speed_km_h(self, class: Class) -> Option<f64> {
        match self {
            Profile::Driving => driving_km_h(class),
            Profile::Cycling => (!is_for_cars_only(class)).then_some(16.0),
            Profile::Walking => (!is_for_cars_only(class)).then_some(5.0),
        }
    }

    /// Seconds lost at a crossing, half of them on either side of it.
    pub(super) fn crossing_s(self) -> f64 {
        match self {
            Profile::Driving => 5.0,
            Profile::Cycling => 4.0,
            Profile::Walking => 3.0,
        }
    }
}

fn is_for_cars_only(class: Class) -> bool {
    matches!(class, Class::Motorway | Class::MotorwayLink)
}

fn driving_km_h(class: Class) -> Option<f64> {
    Some(match class {
        Class::Motorway => 90.0,
        Class::Trunk => 65.0,
        Class::MotorwayLink | Class::Primary => 50.0,
        Class::Secondary => 45.0,
        Class::Tertiary => 42.0,
        Class::Residential => 36.0,
        Class::Service | Class::Track => 15.0,
        Class::Path => return None,
    })
}

impl FromStr for Profile {
    type Err = String;

    /// The names that OSRM, VROOM and their callers use.
    fn from_str(name: &str) -> Result<Profile, String> {
        match name {
            "driving" | "car" => Ok(Profile::Driving),
            "cycling" | "bike" | "bicycle" => Ok(Profile::Cycling),
            "walking" | "foot" => Ok(Profile::Walking),
            _ => Err(format!("{name:?} is no profile: driving, cycling or walking")),
        }
    }
}
