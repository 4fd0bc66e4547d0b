//! A way from place to place, cut where it crosses the antimeridian (RFC 7946 §3.1.9).

use super::geojson::{Geometry, Place};

/// Places in order, in parts none of which crosses the antimeridian.
#[derive(Debug, Default)]
pub(super) struct Way {
    parts: Vec<Vec<Place>>,
}

impl Way {
    /// Goes on to a place; answers whether the way was cut before it, which has added two places
    /// where nobody said they were.
    pub(super) fn push(&mut self, place: Place) -> bool {
        let Some(part) = self.parts.last_mut() else {
            self.parts.push(vec![place]);
            return false;
        };
        let cut = part.last().and_then(|last| crossing(*last, place));
        match cut {
            None => part.push(place),
            Some([here, there]) => {
                part.push(here);
                self.parts.push(vec![there, place]);
            }
        }
        cut.is_some()
    }

    /// As it is told; none where there is no place.
    pub(super) fn geometry(mut self) -> Option<Geometry> {
        if self.parts.len() > 1 {
            return Some(Geometry::MultiLineString(self.parts));
        }
        let places = self.parts.pop()?;
        Some(match places.as_slice() {
            [place] => Geometry::Point(*place),
            _ => Geometry::LineString(places),
        })
    }
}

/// Where the shorter way from one place to another meets the antimeridian, as it is called on
/// either side; none where it does not.
fn crossing(from: Place, to: Place) -> Option<[Place; 2]> {
    let ([from_lng, from_lat], [to_lng, to_lat]) = (from, to);
    let eastward = to_lng - from_lng;
    if eastward.abs() <= 180.0 {
        return None;
    }
    let edge = if eastward < 0.0 { 180.0 } else { -180.0 };
    let share = (edge - from_lng) / (to_lng + 2.0 * edge - from_lng);
    let lat = from_lat + share * (to_lat - from_lat);
    let lat = (lat * 1e7).round() / 1e7;
    Some([[edge, lat], [-edge, lat]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_cut_at_the_antimeridian_and_nowhere_else() {
        let (point, line) = (Geometry::Point, Geometry::LineString);
        let parts = Geometry::MultiLineString;
        let cases: [(&str, &[Place], Option<Geometry>); 7] = [
            ("nowhere", &[], None),
            ("one place", &[[179.0, 1.0]], Some(point([179.0, 1.0]))),
            (
                "over Greenwich",
                &[[-1.0, 51.0], [1.0, 51.0]],
                Some(line(vec![[-1.0, 51.0], [1.0, 51.0]])),
            ),
            (
                "eastward",
                &[[179.0, 10.0], [-179.0, 20.0]],
                Some(parts(vec![
                    vec![[179.0, 10.0], [180.0, 15.0]],
                    vec![[-180.0, 15.0], [-179.0, 20.0]],
                ])),
            ),
            (
                "westward",
                &[[-179.0, 0.0], [178.0, 3.0]],
                Some(parts(vec![
                    vec![[-179.0, 0.0], [-180.0, 1.0]],
                    vec![[180.0, 1.0], [178.0, 3.0]],
                ])),
            ),
            (
                "up to it",
                &[[179.0, 0.0], [180.0, 0.0]],
                Some(line(vec![[179.0, 0.0], [180.0, 0.0]])),
            ),
            (
                "there and back",
                &[[179.0, 0.0], [-179.0, 0.0], [179.0, 0.0]],
                Some(parts(vec![
                    vec![[179.0, 0.0], [180.0, 0.0]],
                    vec![[-180.0, 0.0], [-179.0, 0.0], [-180.0, 0.0]],
                    vec![[180.0, 0.0], [179.0, 0.0]],
                ])),
            ),
        ];
        for (name, places, expected) in cases {
            let mut way = Way::default();
            let cuts = places.iter().filter(|place| way.push(**place)).count();
            let parts = match &expected {
                Some(Geometry::MultiLineString(parts)) => parts.len(),
                _ => 1,
            };
            assert_eq!(cuts, parts - 1, "{name}");
            assert_eq!(way.geometry(), expected, "{name}");
        }
    }
}
