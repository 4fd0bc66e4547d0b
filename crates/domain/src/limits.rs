//! Every limit of the rules, each with its reason. Exceeding one is an answer, never a surprise.

use crate::time::Micros;

/// Longest identifier, ours or foreign: what a key column, a log line and a label can bear.
pub const ID_BYTES_MAX: usize = 128;

/// Earliest event time believed, 2000-01-01: anything earlier is a clock that was never set.
pub const EVENT_TIME_MIN: Micros = Micros(946_684_800_000_000);

/// How far ahead of our clock an event may be: phones drift by seconds, five minutes is a fault.
pub const EVENT_AHEAD_MAX_US: i64 = 5 * 60 * 1_000_000;

/// Largest single event: CloudEvents asks intermediaries to pass 64 KiB.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Most facts kept of one delivery: an honest lifecycle has ten; beyond it a source is looping.
pub const FACTS_PER_DELIVERY_MAX: usize = 256;

/// Of these, places only for completions and cancellations.
pub const ENDINGS_PER_DELIVERY_KEPT: usize = 16;

/// Longest interval paid by time: seven days; longer is a lifecycle that was never closed.
pub const INTERVAL_US_MAX: i64 = 7 * 86_400 * 1_000_000;

/// Longest interval that may still be open: after a day without an end it is abandoned, not work.
pub const OPEN_INTERVAL_US_MAX: i64 = 86_400 * 1_000_000;

/// Largest amount of money in one fact, in minor units: a trillion keeps every sum within i128.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000;

/// Largest rate of a pay plan (an hour, a delivery, a kilometre, a minimum), in minor units: ten
/// million dollars an hour. A day of a thousand deliveries at it and at the highest multiplier
/// still fits 64 bits.
pub const RATE_MINOR_MAX: i64 = 1_000_000_000;

/// Largest distance of one delivery: half the equator.
pub const DISTANCE_M_MAX: i64 = 20_037_508;

/// Largest multiplier of a peak window, in basis points: a hundredfold.
pub const MULTIPLIER_BP_MAX: i64 = 1_000_000;

/// Most peak windows in one pay plan: a plan is read by people.
pub const WINDOWS_PER_PLAN_MAX: usize = 256;

/// How far ahead of our clock a ping may be: phones set theirs by the network; a minute is a fault.
pub const PING_AHEAD_MAX_US: i64 = 60 * 1_000_000;

/// Largest single ping as JSON: the phones' longest are below two kilobytes.
pub const PING_BYTES_MAX: usize = 8 * 1024;

/// Half the width of null island in 10⁻⁷ degrees (11 m): where devices without a fix say they are.
pub const NULL_ISLAND_E7: i32 = 1_000;

/// Fastest that a courier moves between two pings, in metres per second (300 km/h): of the steps
/// of 500 real taxis 0.7 % are faster, all of them faults of their receivers.
pub const SPEED_M_S_MAX: f64 = 300.0 / 3.6;

/// Most deliveries one courier may carry at once: a van's round; beyond it the number is a mistake.
pub const COURIER_CAPACITY_MAX: i64 = 50;

/// Heaviest package, in grams: a ton is freight.
pub const PACKAGE_WEIGHT_G_MAX: i64 = 1_000_000;

/// Farthest that a package is carried, in metres: beyond it an address was found in another city.
pub const CARRIED_M_MAX: f64 = 300_000.0;

/// Longest words of a person (a name, instructions, a reason, a reference), in bytes.
pub const WORDS_BYTES_MAX: usize = 1_000;

/// How far ahead a package may be ready: thirty days; beyond it a year was mistyped.
pub const READY_AHEAD_MAX_US: i64 = 30 * 86_400 * 1_000_000;

/// Most lines of one order: a shopping list is shorter, and each is a statement in its lane.
pub const ORDER_LINES_MAX: usize = 100;

/// Most units of one line of an order: more is a delivery to a shop, not from one.
pub const ORDER_UNITS_MAX: i64 = 1_000;

/// Most centres that one order is decided over, the soonest: each may be a lane that is held.
pub const ORDER_CENTERS_MAX: usize = 12;

/// Most lines of one movement of stock: a lorry's load; what is longer is imported.
pub const MOVEMENT_LINES_MAX: usize = 1_000;

/// Most units beyond the stock that a tolerant item may be sold in a centre: more is no low count.
pub const OVERSELL_MAX: i64 = 10_000;

/// Heaviest item, in grams: a ton is freight.
pub const ITEM_WEIGHT_G_MAX: i64 = 1_000_000;

/// Highest price of one unit, in minor units: ten million dollars.
pub const PRICE_MINOR_MAX: i64 = 1_000_000_000;

/// Most units of an item in a centre: what thirty-two bits hold, so that a sum of centres fits.
pub const QUANTITY_MAX: i64 = 1_000_000_000;

/// How often in a row a provider is asked for a delivery that it does not know, each time after
/// twice the rest: two days, where a quarter of an hour of silence is usual.
pub const ASKED_IN_VAIN_MAX: i64 = 6;

/// Most events kept of one delivery of a provider: a courier's has fifteen, a parcel's fifty.
pub const EVENTS_PER_TIMELINE_MAX: usize = 256;

/// Longest name, status or identifier in a provider's event, in bytes; what is longer is cut.
pub const PROVIDER_WORD_BYTES_MAX: usize = 200;
