//! What is configured wrongly is told by its key, before anything begins.

use crate::world::SF;
use doorstep_domain::time::{Clock, Micros};
use doorstep_server::app::App;
use doorstep_server::config::Config;
use std::sync::Arc;
use tempfile::TempDir;

const MAIL: &str = "[notifications.mail]\nserver = \"localhost\"\nfrom = \"a@b.example\"\n";

/// C11: unknown placeholders, channels that are not there, networks that are none.
#[test]
fn errors_name_the_key() {
    let tell =
        |more: &str| format!("{MAIL}{SF}[[markets.sf.notify]]\nwhen = [\"assigned\"]\n{more}");
    let two = "by = \"mail\"\nsubject = \"\"\ntext = \"\"\n";
    let cases = [
        ("[notifications]\nworkers = 0".to_owned(), "notifications.workers: 0"),
        ("[notifications]\nat_once = 65".to_owned(), "notifications.at_once: 65"),
        ("[notifications]\npatience = \"2m\"".to_owned(), "notifications.patience: is not"),
        (
            "[notifications]\nallowed_networks = [\"10.0.0.0/99\"]".to_owned(),
            "notifications.allowed_networks: ",
        ),
        ("[notifications]\npublic_url = \"track\"".to_owned(), "notifications.public_url: "),
        (
            "[notifications.sms]\nurl = \"http://x.example\"\nbody = \"{\"".to_owned(),
            "notifications.sms.body: is not JSON",
        ),
        (tell("by = \"sms\"\ntext = \"x\""), "markets.sf.notify 1: by sms, but there is no"),
        (tell("by = \"mail\"\ntext = \"x\""), "markets.sf.notify 1: a mail has a subject"),
        (tell("by = \"pigeon\"\ntext = \"x\""), "pigeon"),
        (
            tell("by = \"mail\"\nsubject = \"\"\ntext = \"Dear {name}\""),
            "{name} is not known: reference",
        ),
        (
            tell("by = \"mail\"\nsubject = \"\"\ntext = \"{tracking_url}\""),
            "markets.sf.notify 1: {tracking_url} needs notifications.public_url",
        ),
        (
            tell(&format!("{two}[[markets.sf.notify]]\nwhen = [\"assigned\"]\n{two}")),
            "markets.sf.notify 2: assigned is told by mail already",
        ),
    ];
    for (text, expected) in cases {
        let error = Config::parse(&text).unwrap_err();
        assert!(error.contains(expected), "{text}\n{error:?} has no {expected:?}");
    }
    Config::parse(&tell(two)).unwrap();
}

/// C11: what can only be seen by opening it is told at the start.
#[test]
fn what_cannot_be_opened_ends_the_start() {
    struct Still;
    impl Clock for Still {
        fn now(&self) -> Micros {
            Micros(0)
        }
    }
    let cases = [
        (MAIL.replace("a@b.example", "nobody"), "notifications.mail.from"),
        (MAIL.replace("localhost", "localhost:x"), "notifications.mail.server"),
        (format!("{MAIL}user = \"a\""), "notifications.mail.password_file"),
        (format!("{MAIL}ca_file = \"/nowhere/ca.pem\""), "/nowhere/ca.pem"),
        (format!("{MAIL}user = \"a\"\npassword_file = \"/nowhere/word\""), "/nowhere/word"),
        (
            "[notifications.sms]\nurl = \"http://x.example\"\nbody = \"{}\"\n\
             authorization_file = \"/nowhere/key\""
                .to_owned(),
            "/nowhere/key",
        ),
    ];
    for (text, expected) in cases {
        let (config, folder) = (Config::parse(&text).unwrap(), TempDir::new().unwrap());
        let opened = App::open(config, folder.path(), Arc::new(Still)).map(drop);
        let error = opened.unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error:?} has no {expected:?}");
    }
}
