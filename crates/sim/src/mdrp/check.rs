//! What the paper's evaluator does, written from the paper alone: is a solution feasible, and what
//! is it worth? It reads the instance and the solution as files and shares no code with the day.
//!
//! Numbers in square brackets are those of the paper's conditions (section 2.1).

mod courier;
mod measure;
mod table;

pub use measure::{Measures, Spread};
pub use table::TableError;

use std::collections::BTreeMap;
use std::path::Path;
use table::Table;

/// A fault, or a measure of every order that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What is infeasible, in words; empty where all is well.
    pub faults: Vec<String>,
    /// What the solution is worth.
    pub measures: Measures,
    /// Orders delivered by each courier: when, in minutes.
    pub drops_min: BTreeMap<String, Vec<i64>>,
}

/// The instance as the checker reads it.
struct Given {
    places: BTreeMap<String, (f64, f64)>,
    orders: BTreeMap<String, Asked>,
    shifts: BTreeMap<String, Shift>,
    metres_per_minute: f64,
    pickup_half: i64,
    dropoff_half: i64,
    target: i64,
}

struct Asked {
    placed: i64,
    ready: i64,
    restaurant: String,
}

struct Shift {
    at: (f64, f64),
    on: i64,
    off: i64,
}

/// A row of the file of assignments.
struct Assigned {
    decided: i64,
    pickup: i64,
    courier: String,
    orders: Vec<String>,
}

/// A row of the file of orders.
struct Done {
    placed: i64,
    ready: i64,
    pickup: i64,
    drop: i64,
    courier: String,
}

/// A row of the file of couriers.
struct Way {
    departure: i64,
    from: String,
    to: String,
}

struct Claimed {
    assigned: Vec<Assigned>,
    done: BTreeMap<String, Done>,
    ways: BTreeMap<String, Vec<Way>>,
}

/// Checks the three files in `solution` against the four in `instance`. Errors where one cannot be
/// read; what is readable and wrong is a fault.
pub fn check(instance: &Path, solution: &Path) -> Result<Checked, TableError> {
    let given = Given::read(instance)?;
    let mut faults = Vec::new();
    let claimed = Claimed::read(solution, &mut faults)?;
    claimed.orders_agree(&given, &mut faults);
    let mut busy = BTreeMap::new();
    for courier in claimed.everybody() {
        let minutes = courier::follow(&given, &claimed, courier, &mut faults);
        busy.insert(courier.to_owned(), minutes);
    }
    let mut drops_min: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for done in claimed.done.values() {
        drops_min.entry(done.courier.clone()).or_default().push(done.drop);
    }
    let measures = measure::of(&given, &claimed, &busy);
    Ok(Checked { faults, measures, drops_min })
}

impl Given {
    fn read(directory: &Path) -> Result<Given, TableError> {
        let mut places = BTreeMap::new();
        for row in Table::read(directory, "restaurants.txt")?.rows() {
            places.insert(row.text(0)?.to_owned(), row.place(1)?);
        }
        let (mut orders, mut shifts) = (BTreeMap::new(), BTreeMap::new());
        for row in Table::read(directory, "orders.txt")?.rows() {
            let (placed, ready) = (row.number(3)?, row.number(5)?);
            let restaurant = row.text(4)?.to_owned();
            places.insert(row.text(0)?.to_owned(), row.place(1)?);
            orders.insert(row.text(0)?.to_owned(), Asked { placed, ready, restaurant });
        }
        for row in Table::read(directory, "couriers.txt")?.rows() {
            let shift = Shift { at: row.place(1)?, on: row.number(3)?, off: row.number(4)? };
            shifts.insert(row.text(0)?.to_owned(), shift);
        }
        let parameters = Table::read(directory, "instance_parameters.txt")?;
        let row = parameters.rows().next().ok_or_else(|| parameters.is_empty())?;
        Ok(Given {
            places,
            orders,
            shifts,
            metres_per_minute: row.number(0)? as f64,
            pickup_half: row.number(1)? / 2,
            dropoff_half: row.number(2)? / 2,
            target: row.number(3)?,
        })
    }

    /// Minutes: the product of the distance and the multiplier, rounded up.
    fn travel(&self, from: (f64, f64), to: (f64, f64)) -> i64 {
        let metres = ((to.0 - from.0).powi(2) + (to.1 - from.1).powi(2)).sqrt();
        (metres / self.metres_per_minute).ceil() as i64
    }
}

impl Claimed {
    fn read(directory: &Path, faults: &mut Vec<String>) -> Result<Claimed, TableError> {
        let mut claimed =
            Claimed { assigned: Vec::new(), done: BTreeMap::new(), ways: BTreeMap::new() };
        for row in Table::read(directory, "assignments.txt")?.rows() {
            let orders = row.texts_from(3);
            claimed.assigned.push(Assigned {
                decided: row.number(0)?,
                pickup: row.number(1)?,
                courier: row.text(2)?.to_owned(),
                orders,
            });
        }
        for row in Table::read(directory, "orders.txt")?.rows() {
            let done = Done {
                placed: row.number(1)?,
                ready: row.number(2)?,
                pickup: row.number(3)?,
                drop: row.number(4)?,
                courier: row.text(5)?.to_owned(),
            };
            let order = row.text(0)?.to_owned();
            if claimed.done.insert(order.clone(), done).is_some() {
                faults.push(format!("order {order} is delivered twice [1]"));
            }
        }
        for row in Table::read(directory, "couriers.txt")?.rows() {
            let (from, to) = (row.text(2)?.to_owned(), row.text(3)?.to_owned());
            let way = Way { departure: row.number(1)?, from, to };
            claimed.ways.entry(row.text(0)?.to_owned()).or_default().push(way);
        }
        Ok(claimed)
    }

    fn everybody(&self) -> Vec<&str> {
        let assigned = self.assigned.iter().map(|row| row.courier.as_str());
        let mut all: Vec<&str> = assigned.chain(self.ways.keys().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// What can be said of each order without following anybody.
    fn orders_agree(&self, given: &Given, faults: &mut Vec<String>) {
        let mut assigned: BTreeMap<&str, &Assigned> = BTreeMap::new();
        for row in &self.assigned {
            if row.orders.is_empty() {
                faults.push(format!("courier {}: an assignment of nothing", row.courier));
            }
            for order in &row.orders {
                if assigned.insert(order, row).is_some() {
                    faults.push(format!("order {order} is assigned twice [1]"));
                }
                match given.orders.get(order) {
                    None => faults.push(format!("order {order} is not of this instance")),
                    Some(asked) if row.decided < asked.placed => {
                        faults.push(format!("order {order} is assigned before it is placed [2]"));
                    }
                    Some(asked) if row.pickup < asked.ready => {
                        faults.push(format!("order {order} is picked up before it is ready [4]"));
                    }
                    Some(_) => {}
                }
                if !self.done.contains_key(order) {
                    faults.push(format!("order {order} is assigned and not delivered"));
                }
            }
        }
        for (order, done) in &self.done {
            let asked = given.orders.get(order).map(|asked| (asked.placed, asked.ready));
            let row = assigned.get(order.as_str()).map(|row| (row.pickup, &row.courier));
            if asked != Some((done.placed, done.ready)) || row != Some((done.pickup, &done.courier))
            {
                faults.push(format!("order {order} is told otherwise elsewhere"));
            }
        }
    }
}
