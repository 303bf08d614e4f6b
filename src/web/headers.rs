//! What every answer carries: what a page may load, and that nothing guesses or tells more.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use super::Error;

/// Nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' blob: data:; \
     media-src 'self' blob:; style-src 'self'; object-src 'none'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'self'";

/// As above, but a report is one file with its style inside, and has no script.
pub(super) const REPORT_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; \
     img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; \
     script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'self'";

/// Puts a request into its span and the headers onto its answer.
pub async fn guard(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let span = tracing::debug_span!("request", %method, path);
    let api = path.starts_with("/api/");
    // No name of ours has a NUL, and PostgreSQL cannot even be asked for one.
    let mut response = if request.uri().to_string().contains("%00") {
        Error::BadRequest("an address has no NUL in it".into()).into_response()
    } else {
        next.run(request).instrument(span).await
    };
    let headers = response.headers_mut();
    or_insert(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    or_insert(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    or_insert(headers, header::REFERRER_POLICY, "no-referrer");
    if api {
        or_insert(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

fn or_insert(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}
