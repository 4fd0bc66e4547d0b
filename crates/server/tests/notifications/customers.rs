//! Customers are told in the words of their market, by real mail and by gateways.

use super::network;
use crate::dispatch::{Network, parcel, sf};
use crate::notifications::listener::Listener;
use crate::notifications::sink::Sink;
use doorstep_server::notifications;
use serde_json::json;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const MAILED: &str = r#"
[[markets.sf.notify]]
when = ["picked_up", "delivered"]
by = "mail"
subject = "{merchant}: {reference} is {status} 🚲"
text = "{courier} has it since {time}.\nFollow it: {tracking_url}\n.\n{{merchant}}"
"#;

/// A network that sends mail over a sink; more lines for `[notifications.mail]`.
fn mailing(sink: &Sink, more: &str) -> Network {
    let mail = format!(
        "[notifications.mail]\nserver = \"localhost:{}\"\nfrom = \"hello@shop.example\"\n\
         from_name = \"Überbringer\"\n{more}",
        sink.port
    );
    network(&mail, MAILED)
}

/// Someone's package is picked up by Anna, who told her whole name.
fn is_picked_up(network: &Network) -> String {
    let card = json!({ "courier_id": "anna", "market": "sf", "name": "Anna Lind" });
    let anna = network.registers(&card);
    anna.goes("online");
    network.sees("anna", 37.7640, -122.4660);
    let mut new = parcel();
    new["email"] = "someone@example.com".into();
    new["reference"] = "order-17\r\nBcc: all@example.com".replace("\r\n", " ").into();
    let delivery = network.is_asked(&new);
    assert_eq!(anna.accepts(&delivery).status, 200);
    assert_eq!(anna.tells(&delivery, "picked_up").status, 200);
    delivery
}

fn holds(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// C11: a mail in words of their own, with the tracking link, under a name that stays the same.
#[test]
fn customers_are_told_by_mail() {
    let sink = Sink::new();
    let network = mailing(&sink, "tls = \"none\"");
    let delivery = is_picked_up(&network);
    sink.answers("RCPT", "451 4.7.1 greylisted");
    assert_eq!(network.tells(), 1);
    assert_eq!(
        (sink.taken().len(), network.shows(&delivery)["status"].clone()),
        (0, json!("picked_up"))
    );
    network.passes(12);
    assert_eq!(network.tells(), 1);
    let mail = sink.taken().pop().unwrap();
    assert_eq!(
        (mail.from.as_str(), mail.to.as_str()),
        ("hello@shop.example", "someone@example.com")
    );
    assert_eq!(mail.header("Subject"), "m8: order-17 Bcc: all@example.com is picked up 🚲");
    assert_eq!(mail.header("From"), "Überbringer<hello@shop.example>");
    assert_eq!(mail.header("Date"), "Sun, 25 May 2008 19:00:12 +0000");
    let task = network.tasks("done").pop().unwrap();
    let name = format!("<{}@shop.example>", task["task_id"].as_str().unwrap());
    assert_eq!(mail.header("Message-ID"), name, "a repetition is known by it");
    let body = mail.body();
    let link = format!("Follow it: https://track.example/track/{delivery}.");
    assert!(body.starts_with("Anna has it since 12:00.\r\n"), "{body}");
    assert!(body.contains(&link) && body.ends_with("\r\n.\r\n{merchant}"), "{body}");
}

/// C11: what a mail server refuses for good is parked at once; without an address nobody is told.
#[test]
fn what_is_refused_for_good_is_not_tried_again() {
    let sink = Sink::new();
    let network = mailing(&sink, "tls = \"none\"");
    is_picked_up(&network);
    sink.answers("RCPT", "550 5.1.1 no such user");
    assert_eq!(network.tells(), 1);
    let parked = network.tasks("parked");
    assert!(parked[0]["last_error"].as_str().unwrap().contains("550"), "{parked:?}");
    assert_eq!(parked[0]["owner"], "mail/sf");
    network.is_asked_by("m8");
    network.passes(3_600 * 24);
    assert_eq!(network.tells(), 0);
}

/// C11: with STARTTLS and a password, against a certificate that is checked; a password that is
/// wrong is no fault of the message.
#[test]
fn mail_is_sent_in_private_by_who_may() {
    let (sink, folder) = (Sink::new(), TempDir::new().unwrap());
    let ca = holds(&folder, "ca.pem", &sink.certificate);
    let password = holds(&folder, "password", "right\n");
    let more = format!(
        "user = \"shop\"\npassword_file = {:?}\nca_file = {:?}",
        shown(&password),
        shown(&ca)
    );
    let network = mailing(&sink, &more);
    is_picked_up(&network);
    sink.answers("AUTH", "535 5.7.8 wrong password");
    assert_eq!(network.tells(), 1);
    let waiting = network.tasks("waiting");
    assert!(waiting[0]["last_error"].as_str().unwrap().contains("535"), "{waiting:?}");
    network.passes(12);
    assert_eq!(network.tells(), 1);
    let mail = sink.taken().pop().unwrap();
    assert_eq!((mail.user.as_deref(), mail.is_private), (Some("shop"), true));

    let unknown = mailing(&sink, "");
    is_picked_up(&unknown);
    assert_eq!(unknown.tells(), 1);
    let error = unknown.tasks("waiting")[0]["last_error"].to_string();
    assert!(error.contains("certificate"), "nobody vouches for it: {error}");
    assert_eq!(sink.taken().len(), 1);
}

/// C11: an hour later nobody wants to hear that the courier is on the way.
#[test]
fn what_is_too_late_is_not_told() {
    let sink = Sink::new();
    let network = mailing(&sink, "tls = \"none\"");
    is_picked_up(&network);
    notifications::step(&network.world().app, &sf()).unwrap();
    network.passes(3_601);
    assert_eq!((network.tells(), sink.taken().len()), (1, 0));
    assert_eq!(network.tasks("done")[0]["last_error"], "it is too late to tell");
}

/// C11: text messages go to whichever gateway, in the JSON that it wants, with a key by which it
/// knows a repetition.
#[test]
fn customers_are_told_by_a_gateway() {
    let (gateway, folder) = (Listener::new(), TempDir::new().unwrap());
    let key = holds(&folder, "key", "Bearer 123\n");
    let form = r#"{"messages":[{"to":"{to}","body":"{text}"}],"ref":"{id}"}"#;
    let config = format!(
        "[notifications.sms]\nurl = \"{}\"\nauthorization_file = {:?}\nbody = '{form}'",
        gateway.url,
        shown(&key)
    );
    let told = "\n[[markets.sf.notify]]\nwhen = [\"assigned\"]\nby = \"sms\"\n\
                text = '{courier} has taken \"{reference}\"'\n";
    let network = network(&config, told);
    gateway.answers_once("503 Not now", "");
    is_picked_up(&network);
    assert_eq!(network.tells(), 1);
    network.passes(12);
    assert_eq!(network.tells(), 1);
    let heard = gateway.heard();
    let [first, second] = heard.as_slice() else { panic!("{heard:?}") };
    assert_eq!(first.header("idempotency-key"), second.header("idempotency-key"));
    assert_eq!(second.header("authorization"), "Bearer 123");
    let body = second.json();
    assert_eq!(body["messages"][0]["to"], "+14155550123");
    let text = "Anna has taken \"order-17 Bcc: all@example.com\"";
    assert_eq!(body["messages"][0]["body"], text);
    assert_eq!(body["ref"], second.header("idempotency-key"));
    network.is_asked_by("m8");
    gateway.answers("400 No such number");
    assert_eq!(
        (network.tells(), network.tasks("parked").len()),
        (0, 0),
        "only of what is configured"
    );
}
