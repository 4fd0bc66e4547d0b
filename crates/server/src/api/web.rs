//! The pages: the files that `make web` has built, within this binary.

use super::streets::takes_gzip;
use crate::keys::hex;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::io::Read;

/// A file of the pages.
struct WebFile {
    /// Where it is asked for.
    path: &'static str,
    content_type: &'static str,
    /// Whether its name is made of its content, so that it never changes.
    is_immutable: bool,
    /// Whether `content` is gzip.
    is_packed: bool,
    content: &'static [u8],
}

// `FILES`, by the build script; empty where the pages were not built.
include!(concat!(env!("OUT_DIR"), "/web_files.rs"));

/// Where pages are opened, and the file that each is.
const PAGES: [(&str, &str); 6] = [
    ("/", "/index.html"),
    ("/map", "/index.html"),
    ("/courier", "/courier.html"),
    (TRACK, "/track.html"),
    ("/shop", "/shop.html"),
    (ORDER, "/shop.html"),
];

/// A delivery's page; whoever has the link sees it.
const TRACK: &str = "/track/{link}";

/// An order's page; the same.
const ORDER: &str = "/shop/order/{link}";

/// Everything from this origin, nothing from elsewhere; the map draws from a worker of its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; \
    style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is shown where the pages were not built.
const NOT_BUILT: &str = include_str!("web_not_built.html");

/// The pages, and each file that they are made of.
pub(super) fn routes() -> Router {
    let router = PAGES.iter().fold(Router::new(), |router, (path, file)| {
        router.route(path, get(move |headers: HeaderMap| async move { page(path, file, &headers) }))
    });
    FILES.iter().fold(router, |router, file| {
        router
            .route(file.path, get(move |headers: HeaderMap| async move { answer(file, &headers) }))
    })
}

fn page(path: &str, file: &str, headers: &HeaderMap) -> Response {
    let mut response = match FILES.iter().find(|known| known.path == file) {
        Some(file) => answer(file, headers),
        None => guarded((StatusCode::OK, Html(NOT_BUILT)).into_response()),
    };
    let answered = response.headers_mut();
    // Nobody searches for these, and a link that is a secret is not to be found by searching.
    answered.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    if [TRACK, ORDER].contains(&path) {
        // A cache that is shared would keep the links.
        let kept = HeaderValue::from_static("private, no-cache");
        answered.insert(header::CACHE_CONTROL, kept);
    }
    response
}

fn answer(file: &'static WebFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&Sha256::digest(file.content)[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|known| known.contains(&tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        content(file, takes_gzip(headers))
    };
    let kept = if file.is_immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    answered.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    answered.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answered.insert(header::ETAG, tag);
    }
    guarded(response)
}

fn content(file: &'static WebFile, takes_gzip: bool) -> Response {
    match (file.is_packed, takes_gzip) {
        (false, _) => Body::from(file.content).into_response(),
        (true, true) => {
            ([(header::CONTENT_ENCODING, "gzip")], Body::from(file.content)).into_response()
        }
        (true, false) => {
            let mut plain = Vec::new();
            let mut unpacking = flate2::read::GzDecoder::new(file.content);
            match unpacking.read_to_end(&mut plain) {
                Ok(_) => Body::from(plain).into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
    }
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
