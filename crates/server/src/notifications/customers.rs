//! What customers are told, in the words of their market, and which task tells it.

use super::message::message_id;
use crate::app::App;
use crate::config::TellConfig;
use crate::dispatch::told::DeliveryTold;
use crate::error::AppError;
use doorstep_domain::dispatch::Status;
use doorstep_domain::notify::{CUSTOMER, Channel, Placeholder, Template};
use doorstep_domain::time::Micros;
use doorstep_store::package::PackageRow;
use doorstep_store::task::NewTask;
use doorstep_store::{Tx, courier::card, package};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// What a task that tells a customer needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct CustomerWork {
    /// An address of the channel.
    pub(super) to: String,
    /// What stands above a mail.
    pub(super) subject: Option<String>,
    pub(super) text: String,
    /// Since when it is so.
    pub(super) at: Micros,
}

/// The tasks that tell the customer of a delivery's state; none where nothing is configured.
pub(super) fn tasks(
    app: &App,
    tx: &mut dyn Tx,
    told: &DeliveryTold,
    link: &str,
    about: (&str, Micros),
    now: Micros,
) -> Result<Vec<NewTask>, AppError> {
    let configured = app.config.markets.get(told.market.as_str());
    let tells = configured.map_or(&[][..], |market| &market.notify);
    // That a courier gave it back is nothing to the customer: somebody else will come.
    let is_given_back = told.status == Status::Requested && told.revision > 1;
    let mut wanted =
        tells.iter().filter(|tell| !is_given_back && tell.when.contains(&told.status)).peekable();
    if wanted.peek().is_none() {
        return Ok(Vec::new());
    }
    let Some(package) = package::load(tx, &told.delivery_id)? else {
        return Ok(Vec::new());
    };
    let courier = match &told.courier_id {
        Some(courier) => card::load(tx, courier)?.and_then(|card| card.name),
        None => None,
    };
    let values = Values { app, told, link, courier: courier.as_deref() };
    let mut tasks = Vec::new();
    for tell in wanted {
        if let Some(to) = address(tell.by, &package) {
            tasks.push(task(tell, to, &values, about, now)?);
        }
    }
    Ok(tasks)
}

/// Where the customer is reached: by mail where they gave an address, otherwise by telephone.
fn address(channel: Channel, package: &PackageRow) -> Option<String> {
    match channel {
        Channel::Mail => package.email.clone(),
        Channel::Sms | Channel::Push => Some(package.phone.clone()),
    }
}

fn task(
    tell: &TellConfig,
    to: String,
    values: &Values<'_>,
    about: (&str, Micros),
    now: Micros,
) -> Result<NewTask, AppError> {
    let filled = |template: &Template| template.fill(|placeholder| values.of(placeholder));
    let work = CustomerWork {
        to,
        subject: tell.subject.as_ref().map(filled),
        text: filled(&tell.text),
        at: values.told.at,
    };
    let payload =
        serde_json::to_vec(&work).map_err(|error| AppError::machine("a message", error))?;
    let dedupe_key = format!("{}#{}", about.0, tell.by);
    Ok(NewTask {
        task_id: message_id(about.1, &dedupe_key),
        kind: tell.by.as_str().to_owned(),
        owner: format!("{}/{}", tell.by, values.told.market),
        dedupe_key,
        order_key: Some(format!("{}/{}", tell.by, values.told.delivery_id)),
        place: values.told.revision,
        payload,
        due_at_us: now.0,
        attempts_max: CUSTOMER.attempts_max(),
        created_at_us: now.0,
    })
}

/// What placeholders stand for.
struct Values<'a> {
    app: &'a App,
    told: &'a DeliveryTold,
    link: &'a str,
    courier: Option<&'a str>,
}

impl Values<'_> {
    fn of(&self, placeholder: Placeholder) -> String {
        let told = self.told;
        let first_word = |name: &str| name.split_whitespace().next().map(str::to_owned);
        match placeholder {
            Placeholder::Reference => {
                told.reference.clone().unwrap_or_else(|| told.delivery_id.clone())
            }
            Placeholder::Merchant => told.merchant_id.clone(),
            Placeholder::Market => told.market.clone(),
            Placeholder::Status => told.status.as_str().replace('_', " "),
            Placeholder::Courier => self.courier.and_then(first_word).unwrap_or_default(),
            Placeholder::Time => self.time_of_day(),
            Placeholder::Reason => told.reason.clone().unwrap_or_default(),
            Placeholder::TrackingUrl => self.link.to_owned(),
        }
    }

    /// On the clock of the market; in UTC where the market is not configured any more.
    fn time_of_day(&self) -> String {
        let at = jiff::Timestamp::from_microsecond(self.told.at.0).unwrap_or_default();
        let market = self.app.markets.get(self.told.market.as_str());
        let zone = market.map_or(TimeZone::UTC, |market| market.time_zone.as_jiff().clone());
        at.to_zoned(zone).strftime("%H:%M").to_string()
    }
}
