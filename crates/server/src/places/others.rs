//! The router and the geocoder of others, where the configuration names any: asked under a guard,
//! and never relied on. Whatever they do not answer, the built-in ones do.

mod address;
mod metric;
mod nominatim;
mod osrm;
mod photon;

pub use address::{Form, Geocoder};
pub use osrm::Osrm;

pub(super) use address::Area;
pub(super) use metric::{ADDRESS, WAY, fell_back};

/// Those that the configuration names.
#[derive(Default)]
pub struct Others {
    /// Measures ways of cars.
    pub router: Option<Osrm>,
    /// Finds addresses.
    pub geocoder: Option<Geocoder>,
}
