//! Others are told what happens to deliveries: merchants and operators by webhook, customers by
//! mail, text message or on their telephone. Never in the way of a request: the notifier reads what
//! was announced and makes durable tasks of it, runners try these until they are done or parked.
//!
//! `notifier` makes tasks, `runner` runs them; `webhook`, `mail` and `gateway` are how they reach
//! somebody; `subscriptions` says whom.

mod customers;
mod gateway;
pub(crate) mod heard;
mod mail;
pub(crate) mod message;
mod metric;
mod outside;
mod signature;
mod turns;

pub(crate) mod report;
pub(crate) mod webhook;

pub mod notifier;
pub mod runner;
pub mod subscriptions;

pub use notifier::{NOTIFIER, read_until, step};
pub use runner::{keep, run_due, run_next, run_while, take_over};
pub use signature::{SigningSecret, sign, verifies};

pub(crate) use message::message_id;
pub(crate) use metric::{begin, describe};

use crate::calls::{Answer, CallError, Request};
use crate::config::Config;
use crate::error::AppError;
use doorstep_domain::notify::Channel;
use doorstep_store::task::Pool;
use gateway::Gateway;
use mail::Mail;
use outside::Outside;
use turns::Turns;

/// How others are reached.
pub struct Notifications {
    outside: Outside,
    mail: Option<Mail>,
    sms: Option<Gateway>,
    push: Option<Gateway>,
    /// Tasks that the notifier has made in this process.
    made: Made,
}

/// Tasks that were made, for those who run them.
#[derive(Default)]
struct Made {
    told: Turns,
    asked: Turns,
}

impl Notifications {
    /// As configured. Errors: [`AppError::Invalid`] or [`AppError::Machine`] where a file that is
    /// named cannot be used; whether anybody answers is seen when they are told something.
    pub fn open(config: &Config) -> Result<Notifications, AppError> {
        let config = &config.notifications;
        let gateway = |key, gateway: &Option<_>| {
            gateway.as_ref().map(|config| Gateway::open(key, config)).transpose()
        };
        Ok(Notifications {
            outside: Outside::open(config)?,
            mail: config.mail.as_ref().map(Mail::open).transpose()?,
            sms: gateway(Channel::Sms, &config.sms)?,
            push: gateway(Channel::Push, &config.push)?,
            made: Made::default(),
        })
    }

    /// Sends to somebody that the operator has configured; whatever is answered is the answer.
    pub(crate) fn gateway_call(&self, request: &Request) -> Result<Answer, CallError> {
        self.outside.gateway(request)
    }

    /// Tasks of a pool that were made in this process, for whoever runs them.
    pub(crate) fn made(&self, pool: Pool) -> &Turns {
        match pool {
            Pool::Telling => &self.made.told,
            Pool::Asking => &self.made.asked,
        }
    }

    fn gateway(&self, channel: Channel) -> Option<&Gateway> {
        match channel {
            Channel::Mail => None,
            Channel::Sms => self.sms.as_ref(),
            Channel::Push => self.push.as_ref(),
        }
    }
}
