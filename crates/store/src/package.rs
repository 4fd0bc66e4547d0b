//! Packages: what is carried, and for whom. Written once.

use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::dispatch::PackageSize;
use doorstep_domain::tracking::Position;

/// Where a package comes from or goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StopRow {
    /// As it was told, where words were.
    pub address: Option<String>,
    /// Where that is.
    pub position: Position,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageRow {
    /// The delivery that carries it.
    pub delivery: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant: String,
    /// What whoever asked calls it.
    pub reference: Option<String>,
    /// Where it is.
    pub origin: StopRow,
    /// Where it shall go.
    pub destination: StopRow,
    /// How large.
    pub size: PackageSize,
    /// Grams; 0 where nobody said.
    pub weight_g: i64,
    /// The customer's, E.164.
    pub phone: String,
    /// The same as it was told.
    pub phone_as_told: String,
    /// Where the customer is told by mail.
    pub email: Option<String>,
    /// Words to the courier.
    pub instructions: Option<String>,
    /// Microseconds.
    pub requested_at_us: i64,
    /// Who asked, as it stands in the audit trail.
    pub requested_by: String,
    /// When it can be picked up, in microseconds.
    pub ready_at_us: i64,
    /// When it shall be there at the latest.
    pub deliver_by_us: Option<i64>,
    /// Value of the goods in minor units.
    pub order_minor: i64,
    /// Tip in minor units.
    pub tip_minor: i64,
    /// Metres from origin to destination, along the streets where there are some.
    pub distance_m: i64,
}

const COLUMNS: &str = "delivery_id, market_id, merchant_id, reference, origin_address,
    origin_lat_e7, origin_lng_e7, destination_address, destination_lat_e7, destination_lng_e7,
    size, weight_g, phone, phone_as_told, email, instructions, requested_at_us, requested_by,
    ready_at_us, deliver_by_us, order_minor, tip_minor, distance_m";

fn read(row: &Row<'_>) -> Result<PackageRow, StoreError> {
    Ok(PackageRow {
        delivery: row.text(0)?.to_owned(),
        market: row.text(1)?.to_owned(),
        merchant: row.text(2)?.to_owned(),
        reference: row.optional_text(3)?.map(str::to_owned),
        origin: stop(row, 4)?,
        destination: stop(row, 7)?,
        size: row.text(10)?.parse().map_err(StoreError::invalid)?,
        weight_g: row.int(11)?,
        phone: row.text(12)?.to_owned(),
        phone_as_told: row.text(13)?.to_owned(),
        email: row.optional_text(14)?.map(str::to_owned),
        instructions: row.optional_text(15)?.map(str::to_owned),
        requested_at_us: row.int(16)?,
        requested_by: row.text(17)?.to_owned(),
        ready_at_us: row.int(18)?,
        deliver_by_us: row.optional_int(19)?,
        order_minor: row.int(20)?,
        tip_minor: row.int(21)?,
        distance_m: row.int(22)?,
    })
}

/// An address and a position in three columns from `first` on.
fn stop(row: &Row<'_>, first: usize) -> Result<StopRow, StoreError> {
    let degrees = |column: usize| {
        let value = row.int(column)?;
        i32::try_from(value).map_err(|_| StoreError::Column { column, expected: "1e-7 degrees" })
    };
    let position = Position { lat_e7: degrees(first + 1)?, lng_e7: degrees(first + 2)? };
    Ok(StopRow { address: row.optional_text(first)?.map(str::to_owned), position })
}

/// Adds packages.
pub fn add<'r>(
    tx: &mut dyn Tx,
    packages: impl IntoIterator<Item = &'r PackageRow>,
) -> Result<(), StoreError> {
    let rows = packages.into_iter().map(row_of);
    tx.insert_many(&format!("insert into package ({COLUMNS})"), rows, "")?;
    Ok(())
}

fn row_of(package: &PackageRow) -> [Value<'_>; 23] {
    let (origin, destination) = (&package.origin, &package.destination);
    [
        (&package.delivery).into(),
        (&package.market).into(),
        (&package.merchant).into(),
        package.reference.as_ref().into(),
        origin.address.as_ref().into(),
        origin.position.lat_e7.into(),
        origin.position.lng_e7.into(),
        destination.address.as_ref().into(),
        destination.position.lat_e7.into(),
        destination.position.lng_e7.into(),
        package.size.as_str().into(),
        package.weight_g.into(),
        (&package.phone).into(),
        (&package.phone_as_told).into(),
        package.email.as_ref().into(),
        package.instructions.as_ref().into(),
        package.requested_at_us.into(),
        (&package.requested_by).into(),
        package.ready_at_us.into(),
        package.deliver_by_us.into(),
        package.order_minor.into(),
        package.tip_minor.into(),
        package.distance_m.into(),
    ]
}

/// The package of a delivery.
pub fn load(tx: &mut dyn Tx, delivery: &str) -> Result<Option<PackageRow>, StoreError> {
    let sql = format!("select {COLUMNS} from package where delivery_id = $1");
    tx.query_optional(&sql, &[delivery.into()], read)
}

/// Hands over the packages of a market's deliveries that have not ended, in no order.
pub fn each_open(
    tx: &mut dyn Tx,
    market: &str,
    take: &mut dyn FnMut(PackageRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "select {COLUMNS} from package where delivery_id in
             (select delivery_id from dispatch where market_id = $1 and ended_at_us is null)"
    );
    tx.query(&sql, &[market.into()], &mut |row| take(read(row)?))
}
