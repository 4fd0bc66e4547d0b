//! Deliveries of providers: what stands beside their events follows from them.

use super::Tally;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::provider::fold;
use doorstep_store::provider::{self, KeptTimeline};

/// Timelines read in one go.
const TIMELINES_AT_ONCE: u32 = 1_000;

pub(super) fn timelines(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    let mut after = (String::new(), String::new());
    loop {
        let page =
            app.store.read(|tx| provider::page(tx, (&after.0, &after.1), TIMELINES_AT_ONCE))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = (last.provider.clone(), last.reference.clone());
        page.iter().for_each(|kept| one(kept, tally));
    }
}

fn one(kept: &KeptTimeline, tally: &mut Tally) {
    tally.look();
    let standing = fold(&kept.timeline);
    let status = standing.state.map(|state| state.to_string());
    let expected = (status.zip(standing.at.map(|at| at.0)), standing.conflict, standing.flagged);
    if (&kept.status, kept.conflict, kept.flagged)
        != (&expected.0, expected.1, i64::from(expected.2))
    {
        let KeptTimeline { provider, reference, status, .. } = kept;
        let expected = expected.0.map_or("nothing".to_owned(), |(status, _)| status);
        let stands = status.as_ref().map_or("nothing", |(status, _)| status);
        tally.broken(format!("{provider} {reference}: stands as {stands}, told was {expected}"));
    }
}
