//! Driving a server as hard as a fleet would: an own client that costs little, an open-loop
//! schedule, and latency measured from when a thing should have happened.
//!
//! A client that sends the next request only after the answer measures its own patience
//! (coordinated omission): here what waits behind a slow answer counts as slow too.

mod client;
mod connection;
mod dispatch;
mod drive;
mod figures;
mod form;
mod frame;
mod online;
mod orders;
mod other;
mod provider;
mod race;
mod shoppers;
mod socket;
mod target;
mod watch;
mod webhooks;

pub(crate) use client::Client;
pub(crate) use connection::Connection;
pub(crate) use dispatch::{City, CityLoad, Wanted};
pub(crate) use drive::{Drive, FAILURES_MAX, Load};
pub(crate) use figures::Latency;
pub(crate) use form::Form;
pub(crate) use online::go_online;
pub(crate) use orders::{Buyers, OrderLoad};
pub(crate) use other::{OtherLoad, Outage, serve};
pub(crate) use provider::{Provider, ProviderLoad, figures as figures_of};
pub(crate) use race::race;
pub(crate) use shoppers::{ShopLoad, Shoppers};
pub(crate) use target::Target;
pub(crate) use watch::{Crowd, Scope};
pub(crate) use webhooks::Endpoints;

use crate::failure::Failure;
use doorstep_domain::time::{Clock, Micros};
use doorstep_server::clock::SystemClock;
use tokio::runtime::Runtime;

/// What time it is, by the clock that pings are told by.
pub(crate) fn now() -> Micros {
    SystemClock.now()
}

/// A runtime of one thread: the load shall leave the other cores to the server.
pub(crate) fn one_thread() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::Refused(error.to_string()))
}
