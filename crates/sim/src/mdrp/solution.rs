//! What was done, as the paper's evaluator reads it: assignments, orders, moves of couriers.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Names of the files, and their headers.
pub const FILES: [(&str, &str); 3] = [
    ("assignments.txt", "assignment_time\tpickup_time\tcourier\torders"),
    ("orders.txt", "order\tplacement_time\tready_time\tpickup_time\tdelivery_time\tcourier"),
    ("couriers.txt", "courier\tdeparture_time\torigin\tdestination"),
];

/// Everything that happened on a day. Times are minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Solution {
    /// What was picked up.
    pub pickups: Vec<Pickup>,
    /// What was delivered.
    pub deliveries: Vec<Delivered>,
    /// Who went where, by courier in the order of the instance, each in order of time.
    pub moves: Vec<Vec<Move>>,
}

/// Orders picked up together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pickup {
    /// When it was decided.
    pub decided_min: i64,
    /// When they were picked up.
    pub picked_up_min: i64,
    /// By whom.
    pub courier: String,
    /// Which, in the order of delivery.
    pub orders: Vec<String>,
}

/// An order that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Which.
    pub order: String,
    /// When it was placed.
    pub placed_min: i64,
    /// When it was ready.
    pub ready_min: i64,
    /// When it was picked up.
    pub picked_up_min: i64,
    /// When it was delivered.
    pub delivered_min: i64,
    /// By whom.
    pub courier: String,
}

/// A way that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Who.
    pub courier: String,
    /// When it began.
    pub departed_min: i64,
    /// `0` for where they came on duty, a restaurant, an order.
    pub origin: String,
    /// A restaurant or an order.
    pub destination: String,
}

impl Solution {
    /// The texts of the three files, in the order of [`FILES`].
    pub fn texts(&self) -> [String; 3] {
        let mut texts = FILES.map(|(_, header)| format!("{header}\n"));
        let [pickups, orders, moves] = &mut texts;
        // A string takes whatever is written to it.
        for of in &self.pickups {
            let (decided, picked_up) = (of.decided_min, of.picked_up_min);
            let together = of.orders.join("\t");
            let _ = writeln!(pickups, "{decided}\t{picked_up}\t{}\t{together}", of.courier);
        }
        for of in &self.deliveries {
            let (placed, ready) = (of.placed_min, of.ready_min);
            let (picked_up, delivered) = (of.picked_up_min, of.delivered_min);
            let times = format!("{placed}\t{ready}\t{picked_up}\t{delivered}");
            let _ = writeln!(orders, "{}\t{times}\t{}", of.order, of.courier);
        }
        for of in self.moves.iter().flatten() {
            let (departed, origin) = (of.departed_min, &of.origin);
            let _ = writeln!(moves, "{}\t{departed}\t{origin}\t{}", of.courier, of.destination);
        }
        texts
    }

    /// Writes the three files into a directory, which is made where it is not there.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        for ((name, _), text) in FILES.iter().zip(self.texts()) {
            fs::write(directory.join(name), text)?;
        }
        Ok(())
    }
}
