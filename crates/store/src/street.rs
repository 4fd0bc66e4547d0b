//! Streets: stretches between junctions, by market and the source's own identifier.

use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::tracking::Position;

/// House numbers along one side, in the direction of the geometry; falling where they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HouseNumbers {
    /// At the beginning.
    pub first: i64,
    /// At the end.
    pub last: i64,
}

/// One stretch of a street.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreetRow {
    /// As the source calls it.
    pub street: String,
    /// As the sign says.
    pub name: String,
    /// One of a closed list of classes, `motorway` to `path`.
    pub class: String,
    /// House numbers on the left.
    pub left: Option<HouseNumbers>,
    /// House numbers on the right.
    pub right: Option<HouseNumbers>,
    /// Postal code.
    pub zip: Option<String>,
    /// Junction at the beginning, as the source numbers it.
    pub from_node: Option<i64>,
    /// Junction at the end.
    pub to_node: Option<i64>,
    /// At least two places.
    pub line: Vec<Position>,
}

/// A box around places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The least of latitudes and of longitudes.
    pub south_west: Position,
    /// The greatest of both.
    pub north_east: Position,
}

/// What is there of a market's streets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreetMap {
    /// Grows with each change.
    pub revision: i64,
    /// How many stretches there are.
    pub streets: i64,
    /// Where they are; `None` where there are none.
    pub extent: Option<Extent>,
}

const COLUMNS: &str = "street_id, name, class, left_first, left_last, right_first, right_last, \
                       zip, from_node, to_node, geometry";

/// Puts streets in place; one that is known is replaced. [`refresh`] makes the change seen.
pub fn put(tx: &mut dyn Tx, market: &str, streets: &[StreetRow]) -> Result<(), StoreError> {
    let lines: Vec<Vec<u8>> = streets.iter().map(|street| packed(&street.line)).collect();
    let rows = streets.iter().zip(&lines).map(|(street, line)| {
        let (left_first, left_last) = pair(street.left);
        let (right_first, right_last) = pair(street.right);
        [
            market.into(),
            (&street.street).into(),
            (&street.name).into(),
            (&street.class).into(),
            left_first,
            left_last,
            right_first,
            right_last,
            street.zip.as_deref().into(),
            street.from_node.into(),
            street.to_node.into(),
            line.as_slice().into(),
        ]
    });
    tx.insert_many(
        &format!("insert into street (market_id, {COLUMNS})"),
        rows,
        "on conflict (market_id, street_id) do update set name = excluded.name,
             class = excluded.class, left_first = excluded.left_first,
             left_last = excluded.left_last, right_first = excluded.right_first,
             right_last = excluded.right_last, zip = excluded.zip,
             from_node = excluded.from_node, to_node = excluded.to_node,
             geometry = excluded.geometry",
    )?;
    Ok(())
}

/// Removes every street of a market.
pub fn clear(tx: &mut dyn Tx, market: &str) -> Result<u64, StoreError> {
    tx.execute("delete from street where market_id = $1", &[market.into()])
}

/// Counts and measures a market's streets anew, under the next revision.
pub fn refresh(tx: &mut dyn Tx, market: &str) -> Result<StreetMap, StoreError> {
    let (mut streets, mut extent) = (0, None);
    each(tx, market, &mut |street| {
        streets += 1;
        extent = street.line.iter().fold(extent, |extent, place| Some(around(extent, *place)));
        Ok(())
    })?;
    let edge = |of: fn(Extent) -> i32| Value::from(extent.map(|extent| i64::from(of(extent))));
    tx.query_one(
        "insert into street_map
             (market_id, revision, streets, west_e7, south_e7, east_e7, north_e7)
         values ($1, 1, $2, $3, $4, $5, $6)
         on conflict (market_id) do update set revision = street_map.revision + 1,
             streets = excluded.streets, west_e7 = excluded.west_e7,
             south_e7 = excluded.south_e7, east_e7 = excluded.east_e7,
             north_e7 = excluded.north_e7
         returning revision",
        &[
            market.into(),
            streets.into(),
            edge(|extent| extent.south_west.lng_e7),
            edge(|extent| extent.south_west.lat_e7),
            edge(|extent| extent.north_east.lng_e7),
            edge(|extent| extent.north_east.lat_e7),
        ],
        |row| Ok(StreetMap { revision: row.int(0)?, streets, extent }),
    )
}

/// What is there of a market's streets; `None` where there never were any.
pub fn map(tx: &mut dyn Tx, market: &str) -> Result<Option<StreetMap>, StoreError> {
    tx.query_optional(
        "select revision, streets, west_e7, south_e7, east_e7, north_e7
         from street_map where market_id = $1",
        &[market.into()],
        |row| {
            let [west, south] = [coordinate(row, 2)?, coordinate(row, 3)?];
            let [east, north] = [coordinate(row, 4)?, coordinate(row, 5)?];
            let corner = |lat: Option<i32>, lng: Option<i32>| {
                lat.zip(lng).map(|(lat_e7, lng_e7)| Position { lat_e7, lng_e7 })
            };
            let corners = corner(south, west).zip(corner(north, east));
            let extent = corners.map(|(south_west, north_east)| Extent { south_west, north_east });
            Ok(StreetMap { revision: row.int(0)?, streets: row.int(1)?, extent })
        },
    )
}

/// Hands over a market's streets, by identifier; they are never collected.
pub fn each(
    tx: &mut dyn Tx,
    market: &str,
    take: &mut dyn FnMut(StreetRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("select {COLUMNS} from street where market_id = $1 order by street_id");
    tx.query(&sql, &[market.into()], &mut |row| take(read(row)?))
}

fn read(row: &Row<'_>) -> Result<StreetRow, StoreError> {
    let numbers = |first: usize| -> Result<Option<HouseNumbers>, StoreError> {
        let pair = row.optional_int(first)?.zip(row.optional_int(first + 1)?);
        Ok(pair.map(|(first, last)| HouseNumbers { first, last }))
    };
    Ok(StreetRow {
        street: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        class: row.text(2)?.to_owned(),
        left: numbers(3)?,
        right: numbers(5)?,
        zip: row.optional_text(7)?.map(str::to_owned),
        from_node: row.optional_int(8)?,
        to_node: row.optional_int(9)?,
        line: unpacked(row.bytes(10)?),
    })
}

fn pair(numbers: Option<HouseNumbers>) -> (Value<'static>, Value<'static>) {
    (numbers.map(|side| side.first).into(), numbers.map(|side| side.last).into())
}

fn coordinate(row: &Row<'_>, column: usize) -> Result<Option<i32>, StoreError> {
    let outside = || StoreError::invalid("a coordinate does not fit 32 bits".to_owned());
    row.optional_int(column)?.map(|value| i32::try_from(value).map_err(|_| outside())).transpose()
}

fn around(extent: Option<Extent>, place: Position) -> Extent {
    let Extent { south_west: least, north_east: most } =
        extent.unwrap_or(Extent { south_west: place, north_east: place });
    let of = |lat_e7, lng_e7| Position { lat_e7, lng_e7 };
    Extent {
        south_west: of(least.lat_e7.min(place.lat_e7), least.lng_e7.min(place.lng_e7)),
        north_east: of(most.lat_e7.max(place.lat_e7), most.lng_e7.max(place.lng_e7)),
    }
}

fn packed(line: &[Position]) -> Vec<u8> {
    line.iter()
        .flat_map(|place| [place.lat_e7.to_le_bytes(), place.lng_e7.to_le_bytes()])
        .flatten()
        .collect()
}

fn unpacked(bytes: &[u8]) -> Vec<Position> {
    let (words, _) = bytes.as_chunks::<4>();
    let (pairs, _) = words.as_chunks::<2>();
    let place = |[lat, lng]: &[[u8; 4]; 2]| Position {
        lat_e7: i32::from_le_bytes(*lat),
        lng_e7: i32::from_le_bytes(*lng),
    };
    pairs.iter().map(place).collect()
}
