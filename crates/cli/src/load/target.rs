//! Where the load goes.

use crate::arguments::Place;
use crate::failure::Failure;
use crate::transport::key_of;

/// A server by its address, and a key to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Host and port, as connected to and as named in requests.
    pub(crate) authority: String,
    /// The secret, if there is one.
    pub(crate) key: Option<String>,
}

impl Target {
    /// The server that a command names. Errors: it names none, or one that is not plain HTTP.
    pub(crate) fn of(place: &Place, command: &str) -> Result<Target, Failure> {
        let Some(url) = &place.server else {
            return Err(Failure::Refused(format!(
                "{command} drives a running server: name it with --server URL \
                 (`doorstep serve` starts one)"
            )));
        };
        Target::at(url, key_of(place.key.clone()))
    }

    /// A server by its URL.
    pub(crate) fn at(url: &str, key: Option<String>) -> Result<Target, Failure> {
        let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let authority = authority.filter(|authority| !authority.is_empty());
        let Some(authority) = authority.filter(|authority| !authority.contains(['/', '@'])) else {
            return Err(Failure::Refused(format!(
                "--server {url:?}: a load is sent over plain HTTP, to http://HOST:PORT"
            )));
        };
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
        });
        let authority = if has_port { authority.to_owned() } else { format!("{authority}:80") };
        // What would end a line of the request would begin another one.
        let key = key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic()));
        Ok(Target { authority, key })
    }

    /// The lines of a request that say where it goes and who sends it.
    pub(crate) fn head(&self, method: &str, path: &str) -> String {
        let authorization = self.key.as_ref();
        let authorization =
            authorization.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{authorization}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_host_and_a_port() {
        let cases = [
            ("http://127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("http://127.0.0.1:8080/", Some("127.0.0.1:8080")),
            ("http://[::1]:8080", Some("[::1]:8080")),
            ("http://courier.example", Some("courier.example:80")),
            ("https://courier.example", None),
            ("http://courier.example/api", None),
            ("http://", None),
            ("127.0.0.1:8080", None),
        ];
        for (url, expected) in cases {
            let target = Target::at(url, None).ok();
            assert_eq!(target.map(|target| target.authority).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_request_says_where_it_goes_and_who_sends_it() {
        let head = |key: &str| {
            let target = Target::at("http://[::1]:1", Some(key.to_owned())).unwrap();
            target.head("GET", "/v1/watch")
        };
        let plain = "GET /v1/watch HTTP/1.1\r\nhost: [::1]:1\r\n";
        assert_eq!(head("dsk_1"), format!("{plain}authorization: Bearer dsk_1\r\n"));
        assert_eq!(head("dsk_1\r\nx: y"), plain);
    }
}
