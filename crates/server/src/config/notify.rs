//! What is configured of telling others: `[notifications]` and `[[markets.NAME.notify]]`.

use super::Span;
use crate::calls::target::{Network, Reach};
use doorstep_domain::dispatch::Status;
use doorstep_domain::notify::{Channel, Placeholder, Template};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `[notifications]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationsConfig {
    /// Threads that run tasks.
    pub workers: usize,
    /// Tasks that run at once for one subscription, or for one channel of a market.
    pub at_once: u32,
    /// How long an answer to a webhook is awaited.
    pub patience: Span,
    /// How long tasks that were done are kept, to be seen and replayed.
    pub keep: Span,
    /// How old a state may be for customers to be told of it.
    pub tell_within: Span,
    /// Networks that webhooks may go to though they are not public.
    pub allowed_networks: Vec<String>,
    /// Where this server is reached from outside, for links.
    pub public_url: Option<String>,
    /// By which server mail is sent.
    pub mail: Option<MailConfig>,
    /// Who sends text messages.
    pub sms: Option<GatewayConfig>,
    /// Who shows messages on telephones.
    pub push: Option<GatewayConfig>,
}

impl Default for NotificationsConfig {
    fn default() -> NotificationsConfig {
        NotificationsConfig {
            workers: 16,
            at_once: 4,
            patience: Span(20 * 1_000_000),
            keep: Span(72 * 3_600_000_000),
            tell_within: Span(3_600_000_000),
            allowed_networks: Vec::new(),
            public_url: None,
            mail: None,
            sms: None,
            push: None,
        }
    }
}

/// `[notifications.mail]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Whose server takes mail: a host, or `HOST:PORT`.
    pub server: String,
    /// How the connection is kept private.
    #[serde(default)]
    pub tls: MailTls,
    /// Who we are to the server.
    pub user: Option<String>,
    /// A file with the password, and nothing else.
    pub password_file: Option<PathBuf>,
    /// A file with the certificates that are trusted besides those of the public authorities.
    pub ca_file: Option<PathBuf>,
    /// The address that mail comes from.
    pub from: String,
    /// The name beside it.
    #[serde(default)]
    pub from_name: String,
}

/// How a connection to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// It begins in the clear and must turn to TLS before anything is said (port 587).
    #[default]
    Starttls,
    /// It is TLS from the beginning (port 465).
    Tls,
    /// It stays in the clear (port 25): a server on the same machine.
    None,
}

/// `[notifications.sms]` and `[notifications.push]`: a gateway that is asked by HTTP.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where it is asked, by `POST`.
    pub url: String,
    /// What it is sent: JSON in whose texts `{to}`, `{text}` and `{id}` are filled in.
    pub body: String,
    /// A file with what is sent as `Authorization`, such as `Bearer …`.
    pub authorization_file: Option<PathBuf>,
}

/// One `[[markets.NAME.notify]]`: what customers are told, when, and how.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TellConfig {
    /// Which states are told.
    pub when: Vec<Status>,
    /// How.
    pub by: Channel,
    /// What stands above a mail.
    pub subject: Option<Template>,
    /// What is said.
    pub text: Template,
}

impl NotificationsConfig {
    /// The first key that cannot be, and why.
    pub(super) fn validate(&self) -> Result<(), String> {
        if !(1..=64).contains(&self.workers) {
            return Err(format!("workers: {} is not within 1 and 64", self.workers));
        }
        if !(1..=64).contains(&self.at_once) {
            return Err(format!("at_once: {} is not within 1 and 64", self.at_once));
        }
        // Longer than this, and a lease would end while somebody waits.
        if !(1_000_000..=30_000_000).contains(&self.patience.0) {
            return Err("patience: is not within 1s and 30s".to_owned());
        }
        self.networks()?;
        if let Some(url) = &self.public_url {
            Reach::Anywhere.admits(url).map_err(|error| format!("public_url: {error}"))?;
        }
        for (key, gateway) in [("sms", &self.sms), ("push", &self.push)] {
            if let Some(gateway) = gateway {
                gateway.validate().map_err(|error| format!("{key}.{error}"))?;
            }
        }
        Ok(())
    }

    /// Networks that webhooks may go to though they are not public.
    pub(crate) fn networks(&self) -> Result<Vec<Network>, String> {
        let read = |text: &String| {
            text.parse().map_err(|error: String| format!("allowed_networks: {error}"))
        };
        self.allowed_networks.iter().map(read).collect()
    }

    fn has(&self, channel: Channel) -> bool {
        match channel {
            Channel::Mail => self.mail.is_some(),
            Channel::Sms => self.sms.is_some(),
            Channel::Push => self.push.is_some(),
        }
    }

    /// Whether what a market tells its customers can be told.
    pub(super) fn validate_market(&self, tells: &[TellConfig]) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for (number, tell) in (1..).zip(tells) {
            let wrong = |reason: String| Err(format!(" {number}: {reason}"));
            if !self.has(tell.by) {
                return wrong(format!("by {}, but there is no [notifications.{0}]", tell.by));
            }
            if tell.subject.is_some() != (tell.by == Channel::Mail) {
                return wrong("a mail has a subject, and nothing else has one".to_owned());
            }
            let mut templates = tell.subject.iter().chain([&tell.text]);
            if self.public_url.is_none() && templates.any(|one| one.has(Placeholder::TrackingUrl)) {
                return wrong("{tracking_url} needs notifications.public_url".to_owned());
            }
            if let Some(status) = tell.when.iter().find(|status| !seen.insert((tell.by, **status)))
            {
                return wrong(format!("{status} is told by {} already", tell.by));
            }
        }
        Ok(())
    }
}

impl GatewayConfig {
    fn validate(&self) -> Result<(), String> {
        Reach::Anywhere.admits(&self.url).map_err(|error| format!("url: {error}"))?;
        serde_json::from_str::<serde_json::Value>(&self.body)
            .map(drop)
            .map_err(|error| format!("body: is not JSON: {error}"))
    }
}
