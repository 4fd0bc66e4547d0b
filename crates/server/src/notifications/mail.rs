//! Mail by SMTP (RFC 5321), in the form of RFC 5322 with UTF-8 text in MIME.

use super::customers::CustomerWork;
use super::report::{End, Failed, Report};
use crate::config::{MailConfig, MailTls};
use crate::error::AppError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::time::Micros;
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, SmtpTransport, Transport};
use std::path::Path;
use std::time::Duration;

/// How long one step of the conversation may take: all of them together stay within a lease.
const STEP: Duration = Duration::from_secs(10);

/// Bytes of text in one encoded word, which may have 75 characters (RFC 2047, 2).
const WORD_BYTES_MAX: usize = 42;

/// Characters of a line of base64 (RFC 2045, 6.8).
const LINE_CHARACTERS: usize = 76;

/// A mail server, as configured.
pub(super) struct Mail {
    transport: SmtpTransport,
    from: Address,
    from_name: String,
}

impl Mail {
    /// Errors: what is configured cannot be used.
    pub(super) fn open(config: &MailConfig) -> Result<Mail, AppError> {
        let wrong = |field: &str, reason: String| {
            AppError::invalid(format!("notifications.mail.{field}"), reason)
        };
        let from: Address =
            config.from.parse().map_err(|error| wrong("from", format!("{error}")))?;
        let (host, port) = host_and_port(config).map_err(|error| wrong("server", error))?;
        let name = ClientId::Domain(from.domain().to_owned());
        let mut builder = SmtpTransport::builder_dangerous(host.as_str())
            .port(port)
            .hello_name(name)
            .timeout(Some(STEP))
            .tls(tls(config, &host).map_err(|error| wrong("tls", error))?);
        if let Some(user) = &config.user {
            let password = match &config.password_file {
                Some(path) => text_of(path)?,
                None => return Err(wrong("password_file", "is missing beside user".to_owned())),
            };
            if config.tls == MailTls::None && !is_this_machine(&host) {
                let reason = "none would send the password in the clear".to_owned();
                return Err(wrong("tls", reason));
            }
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Mail { transport: builder.build(), from, from_name: config.from_name.clone() })
    }

    /// Sends once. The message's name makes its `Message-ID`, so that a mail that was sent twice
    /// can be told to be one.
    pub(super) fn send(&self, message_id: &str, work: &CustomerWork, now: Micros) -> Report {
        let to: Address = match work.to.parse() {
            Ok(to) => to,
            Err(error) => return Report::new(End::Refused, format!("the address: {error}")),
        };
        let message = self.written(message_id, &to, work, now);
        let sent = Envelope::new(Some(self.from.clone()), vec![to])
            .map_err(|error| error.to_string())
            .map(|envelope| self.transport.send_raw(&envelope, message.as_bytes()));
        match sent {
            Ok(Ok(response)) => Report::new(End::Told, response.code().to_string()),
            Ok(Err(error)) => failure(&error),
            Err(reason) => Report::new(End::Refused, reason),
        }
    }

    fn written(&self, message_id: &str, to: &Address, work: &CustomerWork, now: Micros) -> String {
        let at = jiff::Timestamp::from_microsecond(now.0).unwrap_or_default();
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        let subject = encoded_words(work.subject.as_deref().unwrap_or_default());
        let headers = [
            ("Date", jiff::fmt::rfc2822::to_string(&at).unwrap_or_default()),
            ("Message-ID", format!("<{message_id}@{}>", self.from.domain())),
            ("From", format!("{}<{}>", named(&self.from_name), self.from)),
            ("To", format!("<{to}>")),
            ("Subject", subject),
            ("MIME-Version", "1.0".to_owned()),
            ("Content-Type", "text/plain; charset=utf-8".to_owned()),
            ("Content-Transfer-Encoding", "base64".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
        ];
        let headers = headers.map(|(name, value)| format!("{name}: {value}\r\n")).concat();
        let text = work.text.replace("\r\n", "\n").replace('\n', "\r\n");
        let body = STANDARD.encode(text);
        // Base64 is ASCII: every byte is a character.
        let lines: Vec<String> = body
            .as_bytes()
            .chunks(LINE_CHARACTERS)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        format!("{headers}\r\n{}\r\n", lines.join("\r\n"))
    }
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{} ", encoded_words(name)) }
}

/// Words as a header can hold them (RFC 2047): always encoded, so that nothing in them is read as
/// anything else.
fn encoded_words(text: &str) -> String {
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(WORD_BYTES_MAX));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = behind;
    }
    words.join("\r\n ")
}

fn host_and_port(config: &MailConfig) -> Result<(String, u16), String> {
    let default = match config.tls {
        MailTls::Starttls => 587,
        MailTls::Tls => 465,
        MailTls::None => 25,
    };
    let (host, port) = match config.server.rsplit_once(':') {
        None => (config.server.as_str(), default),
        Some((host, port)) => (host, port.parse().map_err(|_| format!("{port:?} is not a port"))?),
    };
    if host.is_empty() { Err("names no host".to_owned()) } else { Ok((host.to_owned(), port)) }
}

fn tls(config: &MailConfig, host: &str) -> Result<Tls, String> {
    if config.tls == MailTls::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = &config.ca_file {
        let text = text_of(path).map_err(|error| error.to_string())?;
        let certificate = Certificate::from_pem(text.as_bytes());
        let wrong = |error| format!("{}: {error}", path.display());
        parameters = parameters.add_root_certificate(certificate.map_err(wrong)?);
    }
    let parameters = parameters.build().map_err(|error| error.to_string())?;
    Ok(match config.tls {
        MailTls::Tls => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

fn text_of(path: &Path) -> Result<String, AppError> {
    let read = std::fs::read_to_string(path);
    let wrong = |error| AppError::machine(format!("reading {}", path.display()), error);
    read.map(|text| text.trim().to_owned()).map_err(wrong)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// A reply of 5yz about this message is final. One about who we are (RFC 4954, 6) is the same for
/// every message, and so is a server that does not answer or has to go (421).
fn failure(error: &lettre::transport::smtp::Error) -> Report {
    const ABOUT_US: [&str; 6] = ["421", "454", "530", "534", "535", "538"];
    let code = error.status().map(|code| code.to_string());
    let is_about_us = code.as_deref().is_none_or(|code| ABOUT_US.contains(&code));
    let end = match error.is_permanent() && !is_about_us {
        true => End::Refused,
        false => End::Failed(Failed { is_of_the_owner: is_about_us, ..Failed::default() }),
    };
    Report::new(end, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C11: nothing that somebody called their order becomes a header of a mail.
    #[test]
    fn words_of_headers_are_encoded_and_short() {
        let cases = ["Your order", "a\r\nBcc: <x@example.org>", "Grüße 🚲", &"ü".repeat(100)];
        for text in cases {
            let told = encoded_words(text);
            let words: Vec<&str> = told.split("\r\n ").collect();
            assert!(words.iter().all(|word| word.len() <= 75), "{told}");
            let read = words.iter().map(|word| {
                let inside =
                    word.strip_prefix("=?utf-8?B?").and_then(|word| word.strip_suffix("?="));
                String::from_utf8(STANDARD.decode(inside.unwrap()).unwrap()).unwrap()
            });
            assert_eq!(read.collect::<String>(), text);
        }
        assert_eq!(encoded_words(""), "");
    }
}
