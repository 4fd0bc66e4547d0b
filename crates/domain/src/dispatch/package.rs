//! What is carried, and by which means: who can carry what.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How large a package is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PackageSize {
    /// In a hand.
    #[default]
    Small,
    /// In a rucksack.
    Medium,
    /// In a boot.
    Large,
    /// In a van.
    ExtraLarge,
}

/// What a courier travels with.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the explanation")]
pub enum Vehicle {
    Foot,
    Bicycle,
    Scooter,
    #[default]
    Car,
    Van,
}

/// What matters of a package to whoever shall carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// How large.
    pub size: PackageSize,
    /// How heavy, in grams; 0 where nobody said.
    pub weight_g: i64,
}

impl PackageSize {
    /// Every one, the smallest first.
    pub const ALL: [PackageSize; 4] =
        [PackageSize::Small, PackageSize::Medium, PackageSize::Large, PackageSize::ExtraLarge];

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            PackageSize::Small => "small",
            PackageSize::Medium => "medium",
            PackageSize::Large => "large",
            PackageSize::ExtraLarge => "extra_large",
        }
    }
}

impl Vehicle {
    /// Every one.
    pub const ALL: [Vehicle; 5] =
        [Vehicle::Foot, Vehicle::Bicycle, Vehicle::Scooter, Vehicle::Car, Vehicle::Van];

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Vehicle::Foot => "foot",
            Vehicle::Bicycle => "bicycle",
            Vehicle::Scooter => "scooter",
            Vehicle::Car => "car",
            Vehicle::Van => "van",
        }
    }

    /// Whether it takes a package. The bounds are what couriers of such vehicles are asked to carry
    /// by the large networks: 8 kg on foot, 12 on a bicycle, 20 on a scooter, 50 in a car.
    pub fn takes(self, package: &Package) -> bool {
        let (size_max, weight_g_max) = match self {
            Vehicle::Foot => (PackageSize::Medium, 8_000),
            Vehicle::Bicycle => (PackageSize::Medium, 12_000),
            Vehicle::Scooter => (PackageSize::Medium, 20_000),
            Vehicle::Car => (PackageSize::Large, 50_000),
            Vehicle::Van => (PackageSize::ExtraLarge, 1_000_000),
        };
        package.size <= size_max && package.weight_g <= weight_g_max
    }
}

impl FromStr for PackageSize {
    type Err = String;
    fn from_str(name: &str) -> Result<PackageSize, String> {
        let found = PackageSize::ALL.into_iter().find(|size| size.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no size of a package"))
    }
}

impl FromStr for Vehicle {
    type Err = String;
    fn from_str(name: &str) -> Result<Vehicle, String> {
        let found = Vehicle::ALL.into_iter().find(|vehicle| vehicle.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no vehicle"))
    }
}
