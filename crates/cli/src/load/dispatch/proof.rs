//! What the server itself says in the end: nothing lost, nothing twice, nobody beside another.

use super::super::client::Client;
use super::City;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Deliveries of one page.
const PAGE: usize = 1_000;

/// What was found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Deliveries of this run that the server keeps.
    pub(crate) kept: u64,
    /// Deliveries that were answered for and are not kept: must be none.
    pub(crate) lost: u64,
    /// Deliveries kept beyond those that were asked for: must be none.
    pub(crate) doubled: u64,
    /// Deliveries that two couriers had at once: must be none.
    pub(crate) with_two_couriers: u64,
    /// How many are in which state.
    pub(crate) by_status: BTreeMap<String, u64>,
}

impl Proof {
    /// Whether nothing was lost, doubled, or given to two.
    pub(crate) fn holds(&self) -> bool {
        (self.lost, self.doubled, self.with_two_couriers) == (0, 0, 0)
    }

    /// As it is printed.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "kept": self.kept, "lost": self.lost, "doubled": self.doubled,
            "with_two_couriers": self.with_two_couriers, "by_status": self.by_status,
        })
    }
}

impl City {
    /// Asks for all that was asked for. Errors: the server does not answer.
    pub(crate) async fn proves(self: &Arc<City>) -> Result<Proof, String> {
        let kept = listed(&self.client, self.merchant()).await?;
        let (asked, answered) = {
            let told = self.told();
            let answered = told.orders.iter().filter_map(|order| order.delivery.clone());
            (told.asked, answered.collect::<Vec<String>>())
        };
        let lost = answered.iter().filter(|delivery| !kept.contains(*delivery)).count() as u64;
        let count = kept.len() as u64;
        // Of those whose answer was lost for good, each may have been made, but only once.
        let doubled = count.saturating_sub(asked) + repeated(&answered);
        let mut proof = Proof { kept: count, lost, doubled, ..Proof::default() };
        let mut looks = JoinSet::new();
        for delivery in kept {
            let city = Arc::clone(self);
            let path = format!("/v1/deliveries/{delivery}");
            looks.spawn(async move { city.client.read(&path).await });
        }
        while let Some(look) = looks.join_next().await {
            let shown = look.map_err(|error| error.to_string())??;
            let timeline = shown["timeline"].as_array().map_or(&[][..], Vec::as_slice);
            proof.with_two_couriers += u64::from(had_two_couriers(timeline));
            let status = shown["status"].as_str().unwrap_or_default().to_owned();
            *proof.by_status.entry(status).or_default() += 1;
        }
        Ok(proof)
    }
}

/// Answers that name the same delivery as another one.
fn repeated(answered: &[String]) -> u64 {
    let different: HashSet<&String> = answered.iter().collect();
    (answered.len() - different.len()) as u64
}

/// Every delivery of a merchant.
async fn listed(client: &Client, merchant: &str) -> Result<HashSet<String>, String> {
    let (mut listed, mut cursor) = (HashSet::new(), String::new());
    loop {
        let after = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let path = format!("/v1/deliveries?merchant_id={merchant}&limit={PAGE}{after}");
        let page = client.read(&path).await?;
        let lines = page["data"].as_array().map_or(&[][..], Vec::as_slice);
        listed
            .extend(lines.iter().filter_map(|line| Some(line["delivery_id"].as_str()?.to_owned())));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok(listed),
        }
    }
}

/// Whether somebody had a delivery while it was another's: between two couriers it must have been
/// given back.
fn had_two_couriers(timeline: &[Value]) -> bool {
    let mut has_it: Option<&str> = None;
    for step in timeline {
        let courier = step["courier_id"].as_str();
        match step["status"].as_str() {
            Some("requested") => has_it = None,
            Some("assigned") if has_it.is_some() => return true,
            Some("assigned") => has_it = courier,
            // What is called off, nobody has.
            Some("cancelled") => {}
            _ if courier != has_it => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A state, and who has it then.
    type Step = (&'static str, Option<&'static str>);

    #[test]
    fn two_couriers_are_found_in_a_timeline() {
        let cases: [(&[Step], bool); 7] = [
            (&[("requested", None)], false),
            (&[("requested", None), ("assigned", Some("a")), ("delivered", Some("a"))], false),
            (&[("requested", None), ("assigned", Some("a")), ("assigned", Some("b"))], true),
            (&[("requested", None), ("assigned", Some("a")), ("delivered", Some("b"))], true),
            (&[("requested", None), ("delivered", Some("a"))], true),
            (
                &[
                    ("requested", None),
                    ("assigned", Some("a")),
                    ("requested", Some("a")),
                    ("assigned", Some("b")),
                    ("picked_up", Some("b")),
                ],
                false,
            ),
            (&[("requested", None), ("assigned", Some("a")), ("cancelled", None)], false),
        ];
        for (steps, expected) in cases {
            let step = |step: &Step| json!({ "status": step.0, "courier_id": step.1 });
            let timeline: Vec<Value> = steps.iter().map(step).collect();
            assert_eq!(had_two_couriers(&timeline), expected, "{steps:?}");
        }
    }

    #[test]
    fn an_answer_that_names_anothers_delivery_is_a_double() {
        let answered = ["a", "b", "a"].map(str::to_owned);
        assert_eq!((repeated(&answered), repeated(&answered[..2])), (1, 0));
        let sound = Proof { kept: 2, ..Proof::default() };
        assert!(sound.holds() && !Proof { lost: 1, ..sound.clone() }.holds());
    }
}
