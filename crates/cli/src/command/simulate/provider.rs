//! `doorstep simulate provider`: somebody else who delivers, to fight with.

use crate::arguments::Provider as Arguments;
use crate::command::serve::told_to_stop;
use crate::failure::Failure;
use crate::load::{OtherLoad, one_thread, serve};
use doorstep_sim::provider::{Plan, Provider};
use std::process::ExitCode;

/// Serves it until it is told to stop.
pub(super) fn run(asked: &Arguments) -> Result<ExitCode, Failure> {
    let kind = asked.kind.kind();
    let credential =
        asked.credential.clone().unwrap_or_else(|| asked.kind.usual_credential().to_owned());
    let plan = Plan {
        kind,
        seed: asked.seed,
        speed: asked.speed,
        secret: asked.secret.clone(),
        credential,
        account: asked.account.clone(),
        calls_per_second: asked.calls_per_second,
        lost_answers_bp: asked.odds.lost_answers,
        odds: asked.odds.odds(),
        dirt: asked.odds.dirt(),
    };
    let load = OtherLoad {
        provider: Provider::new(plan),
        listen: asked.listen,
        events_to: asked.events_to.clone(),
        outages: asked.outage.clone(),
    };
    one_thread()?.block_on(async {
        let stop = told_to_stop().map_err(|error| Failure::Refused(error.to_string()))?;
        serve(load, stop, |address| {
            eprintln!("doorstep: {} listens on http://{address}", kind.as_str());
        })
        .await
    })?;
    Ok(ExitCode::SUCCESS)
}
