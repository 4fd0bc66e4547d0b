use super::*;

const BODY: &[u8] = br#"{"kind":"event.delivery_status"}"#;

fn verifier(how: Verify, header: &str, prefix: &str, secrets: &[&str]) -> Verifier {
    let secrets = secrets.iter().map(|secret| Secret::new(how, secret).unwrap()).collect();
    Verifier { how, headers: vec![header.to_owned()], prefix: prefix.to_owned(), secrets }
}

fn admits(verifier: &Verifier, headers: &[(&'static str, &str)], body: &[u8]) -> bool {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()))
        .collect();
    verifier.admits(Message { method: "POST", headers: &headers, body })
}

fn sha256(key: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// E1: RFC 4231, test case 2, in each form in which a signature is written.
#[test]
fn published_vectors_are_admitted() {
    let (key, body) = ("Jefe", &b"what do ya want for nothing?"[..]);
    let sha256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                  9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    let in_base64 = STANDARD.encode(hex_of(Some(sha256)).unwrap());
    let (as_hex, as_base64) = (Verify::HmacSha256Hex, Verify::HmacSha256Base64);
    let (sha512_key, upper) = (hex(key.as_bytes()), sha256.to_uppercase());
    let prefixed = format!("sha256={sha256}");
    let cases = [
        (verifier(as_hex, "x-s", "", &[key]), sha256),
        (verifier(as_hex, "x-s", "", &[key]), &upper),
        (verifier(as_hex, "x-s", "sha256=", &[key]), &prefixed),
        (verifier(as_base64, "x-s", "", &[key]), &in_base64),
        (verifier(Verify::HmacSha512HexKey, "x-s", "", &[&sha512_key]), sha512),
    ];
    for (verifier, signature) in cases {
        assert!(admits(&verifier, &[("x-s", signature)], body), "{:?}", verifier.how);
        assert!(!admits(&verifier, &[("x-s", signature)], b"what do ya want"));
        assert!(!admits(&verifier, &[("x-s", &signature[..signature.len() - 2])], body));
        assert!(!admits(&verifier, &[("x-s", "")], body));
        assert!(!admits(&verifier, &[("x-t", signature)], body));
    }
}

/// E1: while a secret is replaced by another, both open; nothing else does.
#[test]
fn every_secret_opens_during_a_rotation() {
    let verifier = verifier(Verify::HmacSha256Hex, "x-uber-signature", "", &["new", "old"]);
    for (key, expected) in [("new", true), ("old", true), ("other", false), ("", false)] {
        let signature = hex(&sha256(key, &[BODY]));
        let opened = admits(&verifier, &[("x-uber-signature", &signature)], BODY);
        assert_eq!(opened, expected, "{key}");
    }
}

/// E1: passwords and tokens, as their headers are written.
#[test]
fn passwords_and_tokens_are_compared() {
    let basic = verifier(Verify::Basic, "", "", &["kim:pass:word"]);
    let token = verifier(Verify::Token, "authorization", "", &["t0ken"]);
    let encoded = |text: &str| STANDARD.encode(text);
    let cases = [
        (&basic, format!("Basic {}", encoded("kim:pass:word")), true),
        (&basic, format!("bAsIc   {}", encoded("kim:pass:word")), true),
        (&basic, format!("Basic {}", encoded("kim:pass")), false),
        (&basic, "Basic kim:pass:word".to_owned(), false),
        (&basic, encoded("kim:pass:word"), false),
        (&token, "t0ken".to_owned(), true),
        (&token, "Bearer t0ken".to_owned(), true),
        (&token, "bearer t0ke".to_owned(), false),
        (&token, "t0ken2".to_owned(), false),
        (&token, String::new(), false),
    ];
    for (verifier, value, expected) in cases {
        assert_eq!(admits(verifier, &[("authorization", &value)], BODY), expected, "{value}");
    }
    assert!(!admits(&basic, &[], BODY) && !admits(&token, &[], BODY));
    assert!(admits(&verifier(Verify::None, "", "", &[]), &[], BODY));
}

/// E1: EasyPost's own vector; and time, method and path are signed where the newer header is sent.
#[test]
fn easypost_signs_in_two_versions() {
    let of = |secret: &str| verifier(Verify::Easypost, "", "hmac-sha256-hex=", &[secret]);
    let signature = |secret: &str, parts: &[&[u8]]| {
        let secret: String = secret.nfkd().collect();
        format!("hmac-sha256-hex={}", hex(&sha256(&secret, parts)))
    };
    let secret = "s\u{e9}cret";
    // Written as one character or as two, it is the same secret.
    for written in [secret, "se\u{301}cret"] {
        let first = signature(secret, &[BODY]);
        assert!(admits(&of(written), &[("x-hmac-signature", &first)], BODY));
        assert!(!admits(&of("secret"), &[("x-hmac-signature", &first)], BODY));
    }
    let (at, path) = ("Tue, 19 Aug 2025 20:37:09 -0000", "/v1/providers/easypost/events");
    let second = signature(secret, &[at.as_bytes(), b"POST", path.as_bytes(), BODY]);
    let sent =
        |at, path| [("x-hmac-signature-v2", &*second), ("x-timestamp", at), ("x-path", path)];
    assert!(admits(&of(secret), &sent(at, path), BODY));
    assert!(!admits(&of(secret), &sent("Tue, 19 Aug 2025 20:37:10 -0000", path), BODY));
    assert!(!admits(&of(secret), &sent(at, "/elsewhere"), BODY));
    assert!(!admits(&of(secret), &sent(at, path), b"{}"));
    // A wrong second version is not made good by a right first one.
    let first = signature(secret, &[BODY]);
    let mut both = sent(at, "/elsewhere").to_vec();
    both.push(("x-hmac-signature", &first));
    assert!(!admits(&of(secret), &both, BODY));
}

/// E1: the vector that EasyPost's own libraries are tested with, over the payload that was sent.
#[test]
fn the_vector_of_easypost_is_admitted() {
    let Some(folder) = std::env::var_os("DOORSTEP_DATA") else {
        println!("skipped: DOORSTEP_DATA says where the payloads are");
        return;
    };
    let path = std::path::Path::new(&folder).join("providers/easypost/event-body.json");
    let body = std::fs::read(path).unwrap();
    let signature =
        "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db";
    let verifier = verifier(Verify::Easypost, "", "hmac-sha256-hex=", &["s\u{e9}cret"]);
    assert!(admits(&verifier, &[("x-hmac-signature", signature)], body.trim_ascii_end()));
    assert!(!admits(&verifier, &[("x-hmac-signature", signature)], &body[1..]));
}
