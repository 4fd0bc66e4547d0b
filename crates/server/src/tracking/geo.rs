//! The map as GeoJSON (RFC 7946): a point for each courier, or for each crowd of them.

use super::view::{MotionView, state_name};
use crate::app::App;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_live::{Bbox, Cluster, Seen, Within};
use serde::Serialize;
use utoipa::ToSchema;

/// Who is where: a GeoJSON FeatureCollection.
#[derive(Debug, Serialize, ToSchema)]
pub struct MapView {
    /// `FeatureCollection`.
    r#type: &'static str,
    /// Whether there were too many to be shown one by one.
    clustered: bool,
    /// A point each.
    features: Vec<MapFeature>,
}

/// A courier, or a crowd of them.
#[derive(Debug, Serialize, ToSchema)]
struct MapFeature {
    /// `Feature`.
    r#type: &'static str,
    /// Where.
    geometry: MapPoint,
    /// Who, or how many.
    properties: MapProperties,
}

/// A GeoJSON Point.
#[derive(Debug, Serialize, ToSchema)]
struct MapPoint {
    /// `Point`.
    r#type: &'static str,
    /// Longitude, then latitude, in degrees, WGS 84.
    #[schema(value_type = Vec<f64>)]
    coordinates: [f64; 2],
}

/// What is said about a point.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum MapProperties {
    /// One courier.
    Courier {
        /// Who.
        courier_id: String,
        /// The courier's number in binary frames, until the server is restarted.
        number: u32,
        /// The courier's market.
        market: String,
        /// When the device was there. RFC 3339.
        #[schema(value_type = String, format = DateTime)]
        at: Micros,
        /// `offline`, `idle` or `carrying`.
        state: &'static str,
        /// Whether the newest ping was too far away to be believed and is not this one.
        implausible: bool,
        /// What else the device said.
        #[serde(flatten)]
        motion: MotionView,
    },
    /// A crowd, in the middle of it.
    Cluster {
        /// How many couriers.
        count: usize,
    },
}

/// Who is in a box, and a tag that is another one whenever the answer is.
pub fn map(
    app: &App,
    bbox: &Bbox,
    market: Option<&MarketId>,
    limit: usize,
) -> (String, impl FnOnce() -> MapView + use<>) {
    let within = app.live.within(bbox, market, limit);
    let tag = format!("\"{:x}-{:x}\"", app.live.epoch(), fingerprint(&within));
    (tag, move || view(within))
}

/// Of what is in the answer: couriers by the versions of their last change. They come in no
/// order, so that the sum is taken.
fn fingerprint(within: &Within) -> u64 {
    match within {
        Within::Couriers(couriers) => couriers
            .iter()
            .map(|seen| mixed(u64::from(seen.number), seen.version))
            .fold(couriers.len() as u64, u64::wrapping_add),
        Within::Clusters(clusters) => clusters
            .iter()
            .map(|cluster| {
                let Position { lat_e7, lng_e7 } = cluster.center;
                let place = (u64::from(lat_e7 as u32) << 32) | u64::from(lng_e7 as u32);
                mixed(place, cluster.count as u64)
            })
            .fold(0, u64::wrapping_add),
    }
}

/// Two numbers as one, every bit of each moving every bit of it (splitmix64's finish, Steele 2014).
fn mixed(one: u64, other: u64) -> u64 {
    let step = |z: u64, by: u32, factor: u64| (z ^ (z >> by)).wrapping_mul(factor);
    let z = one.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(other.rotate_left(32));
    let z = step(step(z, 30, 0xbf58_476d_1ce4_e5b9), 27, 0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn view(within: Within) -> MapView {
    let (clustered, features) = match within {
        Within::Couriers(couriers) => (false, couriers.into_iter().map(courier).collect()),
        Within::Clusters(clusters) => (true, clusters.into_iter().map(cluster).collect()),
    };
    MapView { r#type: "FeatureCollection", clustered, features }
}

fn courier(seen: Seen) -> MapFeature {
    let properties = MapProperties::Courier {
        courier_id: seen.courier.to_string(),
        number: seen.number,
        market: seen.market.to_string(),
        at: seen.ping.at,
        state: state_name(seen.state),
        implausible: seen.implausible,
        motion: (&seen.ping).into(),
    };
    feature(seen.ping.position, properties)
}

fn cluster(cluster: Cluster) -> MapFeature {
    feature(cluster.center, MapProperties::Cluster { count: cluster.count })
}

fn feature(at: Position, properties: MapProperties) -> MapFeature {
    let geometry = MapPoint { r#type: "Point", coordinates: [at.lng(), at.lat()] };
    MapFeature { r#type: "Feature", geometry, properties }
}
