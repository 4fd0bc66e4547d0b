use super::*;
use crate::calls::{CallError, Guard, Request, Rules, Web};
use crate::clock::SteadyClock;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn public() -> Reach {
    Reach::Public { allowed: Vec::new() }
}

/// B11: what users name leads to the public internet, and nowhere inside.
#[test]
fn an_address_is_public_or_not() {
    let cases = [
        ("8.8.8.8", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("100.128.0.0", true),
        ("223.255.255.255", true),
        ("2606:4700::1111", true),
        ("::ffff:8.8.8.8", true),
        ("64:ff9b::8.8.8.8", true),
        ("2002:808:808::1", true),
        ("0.0.0.0", false),
        ("0.1.2.3", false),
        ("10.0.0.1", false),
        ("100.64.0.1", false),
        ("127.0.0.1", false),
        ("127.255.255.255", false),
        ("169.254.169.254", false),
        ("172.16.0.1", false),
        ("172.31.255.255", false),
        ("192.168.1.1", false),
        ("198.19.0.1", false),
        ("224.0.0.1", false),
        ("240.0.0.1", false),
        ("255.255.255.255", false),
        ("::", false),
        ("::1", false),
        ("::127.0.0.1", false),
        ("::ffff:127.0.0.1", false),
        ("::ffff:169.254.169.254", false),
        ("64:ff9b::10.0.0.1", false),
        ("64:ff9b:1::1", false),
        ("2002:7f00:1::", false),
        ("2001::1", false),
        ("2001:db8::1", false),
        ("fc00::1", false),
        ("fd12::1", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
    ];
    for (address, expected) in cases {
        assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
    }
}

#[test]
fn a_network_holds_what_is_in_it() {
    let cases = [
        ("10.1.0.0/16", "10.1.255.255", true),
        ("10.1.0.0/16", "10.2.0.0", false),
        ("10.1.0.0/16", "::ffff:10.1.0.1", true),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.2", false),
        ("0.0.0.0/0", "192.168.0.1", true),
        ("fd00::/8", "fd12::1", true),
        ("fd00::/8", "fe80::1", false),
    ];
    for (network, address, expected) in cases {
        let network: Network = network.parse().unwrap();
        assert_eq!(network.holds(address.parse().unwrap()), expected, "{network:?} {address}");
    }
    for wrong in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/-1", "10.0.0.0/8/8"] {
        assert!(wrong.parse::<Network>().is_err(), "{wrong}");
    }
}

/// B11: what can be told of a URL is told where it is registered, with the reason.
#[test]
fn a_url_is_admitted_or_not() {
    let cases = [
        ("https://merchant.example/hook", true),
        ("http://merchant.example:8080/hook?x=1", true),
        ("https://93.184.216.34/", true),
        ("https://[2606:4700::1111]/", true),
        ("ftp://merchant.example/", false),
        ("file:///etc/passwd", false),
        ("merchant.example/hook", false),
        ("https://", false),
        ("https://me:secret@merchant.example/", false),
        ("http://127.0.0.1/", false),
        ("http://169.254.169.254/latest/meta-data", false),
        ("http://[::1]/", false),
        ("http://[::ffff:10.0.0.1]/", false),
    ];
    for (url, expected) in cases {
        assert_eq!(public().admits(url).is_ok(), expected, "{url}");
    }
    assert_eq!(Reach::Anywhere.admits("http://127.0.0.1:5000"), Ok(()));
    let allowed = Reach::Public { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
    assert_eq!(allowed.admits("http://127.0.0.1:5000"), Ok(()));
    assert!(allowed.admits("http://10.0.0.1").is_err());
}

/// Names that say something else each time they are asked.
#[derive(Debug)]
struct Fickle {
    says: Vec<Vec<SocketAddr>>,
    asked: AtomicUsize,
}

impl Resolve for Fickle {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed) % self.says.len();
        let mut found = self.empty();
        self.says[turn].iter().for_each(|address| found.push(*address));
        Ok(found)
    }
}

/// B11: a name is judged by where it leads each time, and one inner address among outer ones is
/// enough to refuse it.
#[test]
fn a_name_that_changes_its_mind_leads_nowhere_inside() {
    let (outer, inner) = ("93.184.216.34:80".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
    let says = vec![vec![outer], vec![inner], vec![outer, inner]];
    let names = Fickle { says, asked: AtomicUsize::new(0) };
    let resolver = Resolver { reach: public(), names };
    let uri: Uri = "http://fickle.example/".parse().unwrap();
    let resolves = || resolver.resolve(&uri, &Config::default(), NextTimeout::default());
    assert_eq!(resolves().unwrap().as_ref(), &[outer]);
    for _ in 0..2 {
        let refused = resolves().unwrap_err().to_string();
        assert!(refused.contains("fickle.example is 127.0.0.1, which is not"), "{refused}");
    }
}

/// B11: the resolver of the machine reads forms of loopback that no list of texts foresees.
#[test]
fn other_spellings_of_loopback_are_refused_as_well() {
    let (rules, clock) = (Rules::of_a_question(1_000_000, 0), Arc::new(SteadyClock::start()));
    let guard = Guard::new("strangers", rules, Web::new(public()), clock, 1);
    for host in ["localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"] {
        let called = guard.call(&Request::get(format!("http://{host}:1/")), |_| Ok(()));
        // Where the resolver does not know the spelling, nothing is called either.
        let is_refused = matches!(
            called,
            Err(CallError::Forbidden(_) | CallError::Unreachable(_) | CallError::TimedOut)
        );
        assert!(is_refused, "{host}: {called:?}");
        if matches!(host, "localhost" | "127.1") {
            assert!(matches!(called, Err(CallError::Forbidden(_))), "{host}: {called:?}");
        }
    }
}
