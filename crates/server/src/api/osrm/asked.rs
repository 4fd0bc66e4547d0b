//! What OSRM's clients ask: read strictly where the answer depends on it, and else passed over.

use super::Refused;
use doorstep_domain::tracking::Position;
use serde::Deserialize;
use utoipa::IntoParams;

/// Options of a way.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct RouteAsked {
    /// `simplified`, `full` or `false`.
    pub overview: Option<String>,
    /// `polyline`, `polyline6` or `geojson`.
    pub geometries: Option<String>,
}

/// Options of a table.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::api) struct TableAsked {
    /// `all`, or places among the coordinates: `0;2`.
    pub sources: Option<String>,
    /// Likewise.
    pub destinations: Option<String>,
    /// `duration`, `distance` or `duration,distance`.
    pub annotations: Option<String>,
}

impl RouteAsked {
    pub(super) fn check(&self) -> Result<(), Refused> {
        let fits = |name: &str, value: Option<&str>, known: &[&str]| match value {
            Some(value) if !known.contains(&value) => {
                let message = format!("{name}: {value:?} is none of {}", known.join(", "));
                Err(Refused("InvalidValue", message))
            }
            _ => Ok(()),
        };
        fits("overview", self.overview.as_deref(), &["simplified", "full", "false"])?;
        fits("geometries", self.geometries.as_deref(), &["polyline", "polyline6", "geojson"])
    }
}

/// `lon,lat;lon,lat…`, at least one and at most `most`.
pub(super) fn coordinates(text: &str, most: usize) -> Result<Vec<Position>, Refused> {
    let wrong = |message: String| Refused("InvalidQuery", message);
    if text.split(';').count() > most {
        return Err(Refused("TooBig", format!("there are more than {most} coordinates")));
    }
    let place = |text: &str| {
        let (lng, lat) = text.split_once(',')?;
        Position::from_degrees(lat.parse().ok()?, lng.parse().ok()?)
    };
    text.split(';')
        .map(|text| place(text).ok_or_else(|| wrong(format!("{text:?} is not lon,lat"))))
        .collect()
}

/// Places among the coordinates, all of them where none are named.
pub(super) fn indices(name: &str, text: Option<&str>, count: usize) -> Result<Vec<usize>, Refused> {
    let Some(text) = text.filter(|text| *text != "all") else { return Ok((0..count).collect()) };
    let index = |text: &str| {
        let index = text.parse().ok().filter(|index| *index < count);
        let message = || format!("{name}: {text:?} is none of the {count} coordinates");
        index.ok_or_else(|| Refused("InvalidValue", message()))
    };
    text.split(';').map(index).collect()
}

/// Words between commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_by_code() {
        let codes = |text: &str| coordinates(text, 2).map(|read| read.len()).map_err(|r| r.0);
        let cases = [
            ("13.38,52.51;13.39,52.52", Ok(2)),
            ("13.38,52.51", Ok(1)),
            ("", Err("InvalidQuery")),
            ("13.38;52.51", Err("InvalidQuery")),
            ("13.38,95", Err("InvalidQuery")),
            ("1,1;2,2;3,3", Err("TooBig")),
        ];
        for (text, expected) in cases {
            assert_eq!(codes(text), expected, "{text}");
        }
        let cases = [
            (None, Ok(vec![0, 1, 2])),
            (Some("all"), Ok(vec![0, 1, 2])),
            (Some("2;0"), Ok(vec![2, 0])),
            (Some("3"), Err("InvalidValue")),
            (Some(""), Err("InvalidValue")),
        ];
        for (text, expected) in cases {
            assert_eq!(indices("sources", text, 3).map_err(|r| r.0), expected, "{text:?}");
        }
    }
}
