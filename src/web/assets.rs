//! The built screens inside the binary.
//!
//! `/wall` is `wall.html`, `/` is `index.html`; everything else is found under its own name. A
//! file with a hash in its name never changes; all others are asked for again, by their ETag.

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use super::Error;

#[derive(Embed)]
#[folder = "src/web/ui/dist"]
struct Dist;

const PAGES: [&str; 16] = [
    "index", "login", "wall", "console", "replay", "cameras", "phone", "review", "report", "rules",
    "duty", "handover", "policy", "footage", "inbox", "setup",
];

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Gengfu</title>\
<h1>The screens are not built</h1><p>Run <code>npm ci &amp;&amp; npm run build</code> in \
<code>src/web/ui</code>, then build the daemon again. The interface under <code>/api/v1</code> works.</p>";

/// A page, or a file of one.
pub async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Error::Method.into_response();
    }
    let name = match uri.path().trim_start_matches('/') {
        "" => "index",
        name => name,
    };
    let is_page = PAGES.contains(&name);
    let file = if is_page { format!("{name}.html") } else { name.to_owned() };
    match Dist::get(&file) {
        Some(found) => serve(&file, found, &headers),
        None if is_page => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
        None => Error::NotFound("address").into_response(),
    }
}

fn serve(file: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag: String =
        found.metadata.sha256_hash()[..16].iter().map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let keep = if is_hashed(file) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let facts = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, keep)];
    let known = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, facts).into_response();
    }
    let body = Body::from(found.data.into_owned());
    (facts, [(header::CONTENT_TYPE, mime_of(file))], body).into_response()
}

/// Whether the name ends in `-` and eight characters of a hash, as the build writes them.
fn is_hashed(file: &str) -> bool {
    let Some(name) = file.strip_prefix("assets/") else {
        return false;
    };
    let Some((stem, _)) = name.rsplit_once('.') else {
        return false;
    };
    let letters =
        |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    stem.len() > 9
        && stem.is_char_boundary(stem.len() - 8)
        && stem[..stem.len() - 8].ends_with('-')
        && letters(&stem[stem.len() - 8..])
}

fn mime_of(file: &str) -> &'static str {
    match file.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    fn check(file: &str, expect: bool) {
        assert_eq!(is_hashed(file), expect, "{file}");
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        check("assets/wall-CYht3eTe.js", true);
        check("assets/live-xoCDb_Wm.js", true);
        check("assets/icon-512.png", false);
        check("assets/phone.webmanifest", false);
        check("sw.js", false);
        check("wall.html", false);
        check("assets/\u{66f4}\u{592b}\u{66f4}\u{592b}.js", false);
    }
}
