//! GeoJSON (RFC 7946) as tracks are told in it.

use serde::Serialize;
use utoipa::ToSchema;

/// Longitude and latitude in degrees, WGS 84.
pub(super) type Place = [f64; 2];

/// Where something was.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geometry {
    /// At one place.
    Point(Place),
    /// From place to place; at least two.
    LineString(Vec<Place>),
    /// From place to place, in parts: it crosses the antimeridian between them.
    MultiLineString(Vec<Vec<Place>>),
}

/// A geometry as it is described.
#[derive(ToSchema)]
#[schema(as = TrackGeometry)]
#[expect(dead_code, reason = "it describes; nothing is ever made of it")]
pub(crate) struct GeometryShape {
    /// `Point`, `LineString`, or `MultiLineString` where it crosses the antimeridian.
    r#type: String,
    /// Longitude and latitude in degrees, WGS 84; of a line a list of them, of parts
    /// a list of lines.
    coordinates: Vec<serde_json::Value>,
}

/// Something that was somewhere.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = TrackFeature)]
pub struct Feature<P> {
    /// `Feature`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where.
    #[schema(value_type = GeometryShape)]
    pub geometry: Geometry,
    /// What is known of it.
    pub properties: P,
}

impl<P> Feature<P> {
    /// A feature.
    pub fn new(geometry: Geometry, properties: P) -> Feature<P> {
        Feature { kind: "Feature", geometry, properties }
    }
}
