//! Which files there should be, as the log knows it.

use super::gather::gather;
use crate::app::App;
use doorstep_archive::{Form, Hour, Offsets, Place};

/// The files of the range of a partition that begins at an offset; none where the log cannot say,
/// since it has forgotten or lost its records.
pub fn files_of_range(
    app: &App,
    (topic, partition): (&str, u32),
    first: u64,
) -> Option<Vec<Place>> {
    let open = Hour::of(app.clock.now()).next();
    let gathered = gather(app, (topic, partition), first, open).ok()??;
    let (hour, offsets) = (gathered.hour, Offsets { first, end: gathered.end });
    let place = |market, form| {
        let topic = topic.to_owned();
        Place { topic, partition, offsets, hour, market, form }
    };
    let pings = gathered.pings.into_keys().map(|market| place(Some(market), Form::Pings));
    let records = gathered.records.into_keys().map(|market| place(market, Form::Records));
    Some(pings.chain(records).collect())
}
