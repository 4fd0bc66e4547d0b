//! Couriers go online.

use super::client::{Client, why};
use doorstep_sim::fleet::name;
use serde_json::json;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Couriers who are about to, at once.
const AT_ONCE: usize = 256;

/// Puts the first couriers of a fleet online; `told` hears how many are. Errors: one was refused.
pub(crate) async fn go_online(
    client: &Arc<Client>,
    couriers: u32,
    told: impl Fn(u64),
) -> Result<(), String> {
    let (mut going, mut there) = (JoinSet::new(), 0);
    for courier in 0..couriers {
        let client = Arc::clone(client);
        going.spawn(async move {
            let path = format!("/v1/couriers/{}/availability", name(courier).as_str());
            let call = client.sending("PUT", &path, None, &json!({ "online": true }));
            let answer = client.ask(&call).await?;
            match answer.status {
                200 => Ok(()),
                status => Err(format!("{path} was answered with {status}: {}", why(&answer))),
            }
        });
        if going.len() >= AT_ONCE
            && let Some(gone) = going.join_next().await
        {
            gone.map_err(|error| error.to_string())??;
            there += 1;
            told(there);
        }
    }
    while let Some(gone) = going.join_next().await {
        gone.map_err(|error| error.to_string())??;
    }
    Ok(())
}
