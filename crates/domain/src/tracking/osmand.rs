//! What Traccar Client and OsmAnd send: query or form pairs
//! (<https://www.traccar.org/osmand/>), and the JSON of the current app.

mod json;
mod pairs;

pub use json::{from_json, without_device as without_device_of_json};
pub use pairs::{from_pairs, without_device as without_device_of_pairs};
