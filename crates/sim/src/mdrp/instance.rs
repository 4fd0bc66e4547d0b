//! An instance as it is written: four files of rows parted by tabs, with a header each.

use doorstep_domain::id::{CourierId, DeliveryId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A day: who orders what where, and who is there to bring it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The directory's name.
    pub name: String,
    /// In the order of the file.
    pub restaurants: Vec<Restaurant>,
    /// In the order of the file.
    pub orders: Vec<Order>,
    /// In the order of the file.
    pub couriers: Vec<Shift>,
    /// What holds for all of them.
    pub parameters: Parameters,
}

/// Metres east and north of somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// East.
    pub x_m: i64,
    /// North.
    pub y_m: i64,
}

/// Where orders are picked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restaurant {
    /// Its name.
    pub id: String,
    /// Where.
    pub place: Place,
}

/// What somebody ordered. Times are minutes of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its name.
    pub id: DeliveryId,
    /// Where it goes.
    pub place: Place,
    /// When it was placed.
    pub placed_min: i64,
    /// Index of the restaurant.
    pub restaurant: usize,
    /// When it can be picked up.
    pub ready_min: i64,
}

/// A courier on duty. Times are minutes of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Who.
    pub id: CourierId,
    /// Where they begin.
    pub place: Place,
    /// When they begin.
    pub on_min: i64,
    /// After this they pick nothing up.
    pub off_min: i64,
}

/// What holds for a whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Speed of everybody.
    pub metres_per_minute: i64,
    /// Minutes at a restaurant, half of them before the pickup.
    pub pickup_min: i64,
    /// Minutes at a customer, half of them before the drop-off.
    pub dropoff_min: i64,
    /// From click to door: what is promised, in minutes.
    pub target_min: i64,
    /// From click to door: what nobody shall wait longer than, in minutes.
    pub longest_min: i64,
    /// For each order, in units of a currency.
    pub per_order: i64,
    /// For each hour on duty at least, in units of a currency.
    pub per_hour: i64,
}

/// Why there is no instance.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// A file is not there or not readable.
    #[error("{path}: {error}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What reading said.
        error: io::Error,
    },
    /// A row makes no sense.
    #[error("{path}: line {line}, column {column}: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// The column's name.
        column: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl Parameters {
    /// Minutes from one place to another: the distance over the speed, rounded up.
    pub fn travel_min(&self, from: Place, to: Place) -> i64 {
        let squared = (from.x_m - to.x_m).pow(2) + (from.y_m - to.y_m).pow(2);
        // Whole numbers, so that a way of exactly six minutes never takes seven.
        let metres = squared.isqrt() + i64::from(squared.isqrt().pow(2) < squared);
        (metres + self.metres_per_minute - 1) / self.metres_per_minute
    }
}

impl Instance {
    /// Reads the four files of a directory. Errors name the file, the line and the column.
    pub fn read(directory: &Path) -> Result<Instance, InstanceError> {
        let name = directory.file_name().map(|name| name.to_string_lossy().into_owned());
        let restaurants = restaurants(&Rows::read(directory, "restaurants.txt")?)?;
        let known = restaurants.iter().enumerate();
        let known: BTreeMap<&str, usize> =
            known.map(|(index, restaurant)| (restaurant.id.as_str(), index)).collect();
        Ok(Instance {
            name: name.unwrap_or_default(),
            orders: orders(&Rows::read(directory, "orders.txt")?, &known)?,
            couriers: couriers(&Rows::read(directory, "couriers.txt")?)?,
            parameters: parameters(&Rows::read(directory, "instance_parameters.txt")?)?,
            restaurants,
        })
    }
}

fn restaurants(rows: &Rows) -> Result<Vec<Restaurant>, InstanceError> {
    let mut seen = BTreeSet::new();
    let read = rows.each().map(|row| {
        let id: String = row.text(0, "restaurant")?.to_owned();
        row.once(&mut seen, "restaurant", &id)?;
        Ok(Restaurant { id, place: row.place(1)? })
    });
    read.collect()
}

fn orders(rows: &Rows, known: &BTreeMap<&str, usize>) -> Result<Vec<Order>, InstanceError> {
    let mut seen = BTreeSet::new();
    let read = rows.each().map(|row| {
        let id: DeliveryId = row.parsed(0, "order")?;
        row.once(&mut seen, "order", id.as_str())?;
        let (placed_min, ready_min) =
            (row.number(3, "placement_time")?, row.number(5, "ready_time")?);
        if ready_min < placed_min {
            let reason = format!("{ready_min} is before the order was placed at {placed_min}");
            return Err(row.wrong("ready_time", reason));
        }
        let named = row.text(4, "restaurant")?;
        let restaurant = known.get(named).copied();
        let unknown = || row.wrong("restaurant", format!("there is no restaurant {named:?}"));
        let restaurant = restaurant.ok_or_else(unknown)?;
        Ok(Order { id, place: row.place(1)?, placed_min, restaurant, ready_min })
    });
    read.collect()
}

fn couriers(rows: &Rows) -> Result<Vec<Shift>, InstanceError> {
    let mut seen = BTreeSet::new();
    let read = rows.each().map(|row| {
        let id: CourierId = row.parsed(0, "courier")?;
        row.once(&mut seen, "courier", id.as_str())?;
        let (on_min, off_min) = (row.number(3, "on_time")?, row.number(4, "off_time")?);
        if off_min <= on_min {
            let reason = format!("{off_min} is not after the on-time {on_min}");
            return Err(row.wrong("off_time", reason));
        }
        Ok(Shift { id, place: row.place(1)?, on_min, off_min })
    });
    read.collect()
}

fn parameters(rows: &Rows) -> Result<Parameters, InstanceError> {
    let row = rows.each().next().ok_or_else(|| InstanceError::Malformed {
        path: rows.path.clone(),
        line: 2,
        column: "meters_per_minute",
        reason: "there is no row".to_owned(),
    })?;
    let parameters = Parameters {
        metres_per_minute: row.number(0, "meters_per_minute")?,
        pickup_min: row.even(1, "pickup service minutes")?,
        dropoff_min: row.even(2, "dropoff service minutes")?,
        target_min: row.number(3, "target click-to-door")?,
        longest_min: row.number(4, "maximum click-to-door")?,
        per_order: row.number(5, "pay per order")?,
        per_hour: row.number(6, "guaranteed pay per hour")?,
    };
    if parameters.metres_per_minute == 0 {
        return Err(row.wrong("meters_per_minute", "nobody would arrive at 0".to_owned()));
    }
    Ok(parameters)
}

struct Rows {
    path: PathBuf,
    text: String,
}

struct Row<'a> {
    path: &'a Path,
    line: usize,
    cells: Vec<&'a str>,
}

impl Rows {
    fn read(directory: &Path, name: &str) -> Result<Rows, InstanceError> {
        let path = directory.join(name);
        let text = fs::read_to_string(&path);
        let text = text.map_err(|error| InstanceError::Unreadable { path: path.clone(), error })?;
        Ok(Rows { path, text })
    }

    /// What is below the header.
    fn each(&self) -> impl Iterator<Item = Row<'_>> {
        let lines = self.text.lines().enumerate().skip(1);
        lines.filter(|(_, line)| !line.trim().is_empty()).map(|(index, line)| Row {
            path: &self.path,
            line: index + 1,
            cells: line.split('\t').map(str::trim).collect(),
        })
    }
}

impl Row<'_> {
    fn wrong(&self, column: &'static str, reason: String) -> InstanceError {
        InstanceError::Malformed { path: self.path.to_owned(), line: self.line, column, reason }
    }

    fn text(&self, at: usize, column: &'static str) -> Result<&str, InstanceError> {
        let cell = self.cells.get(at).copied().filter(|cell| !cell.is_empty());
        cell.ok_or_else(|| self.wrong(column, "is missing".to_owned()))
    }

    fn parsed<T>(&self, at: usize, column: &'static str) -> Result<T, InstanceError>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.text(at, column)?;
        text.parse().map_err(|error| self.wrong(column, format!("{text:?}: {error}")))
    }

    /// A number that no sum or square of this simulation takes beyond 64 bits.
    fn number(&self, at: usize, column: &'static str) -> Result<i64, InstanceError> {
        let number: i64 = self.parsed(at, column)?;
        let reason = || self.wrong(column, format!("{number} is not between 0 and 100,000,000"));
        (0..=100_000_000).contains(&number).then_some(number).ok_or_else(reason)
    }

    /// Halves of it are whole minutes, as all times are.
    fn even(&self, at: usize, column: &'static str) -> Result<i64, InstanceError> {
        let number = self.number(at, column)?;
        let reason = || self.wrong(column, format!("{number} has no half in whole minutes"));
        (number % 2 == 0).then_some(number).ok_or_else(reason)
    }

    fn place(&self, at: usize) -> Result<Place, InstanceError> {
        Ok(Place { x_m: self.number(at, "x")?, y_m: self.number(at + 1, "y")? })
    }

    fn once(
        &self,
        seen: &mut BTreeSet<String>,
        column: &'static str,
        id: &str,
    ) -> Result<(), InstanceError> {
        let first = seen.insert(id.to_owned());
        first.then_some(()).ok_or_else(|| self.wrong(column, format!("{id} is there already")))
    }
}
