//! Streets: addresses, ways, tables.

mod addresses;
mod ways;

use doorstep_domain::streets::{Class, Numbers, Stretch};
use doorstep_domain::tracking::Position;

/// A place some metres east and north of a corner of San Francisco, roughly.
fn at(east_m: i32, north_m: i32) -> Position {
    Position { lat_e7: 377_600_000 + north_m * 90, lng_e7: -1_224_400_000 + east_m * 114 }
}

fn stretch(name: &str, line: Vec<Position>) -> Stretch {
    let class = Class::Residential;
    Stretch { name: name.to_owned(), class, left: None, right: None, zip: None, ends: None, line }
}

fn numbered(name: &str, line: Vec<Position>, first: i64) -> Stretch {
    let left = Some(Numbers { first: first + 1, last: first + 99 });
    let right = Some(Numbers { first, last: first + 98 });
    Stretch { left, right, zip: Some("94110".to_owned()), ..stretch(name, line) }
}
