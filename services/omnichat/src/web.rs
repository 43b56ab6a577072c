//! The web app: its files, which are embedded, and its page at every address of its own. It is not there if it was not built
//! before this program was; then a browser is shown the API's documentation.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION};
use actix_web::web::{self, Bytes, Path, ServiceConfig};
use platform::http::AppError;
use rust_embed::{Embed, EmbeddedFile};

/// What a page may do: with this address, and with no other. The same as the gateway says.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const PAGE: &str = "index.html";

#[derive(Embed)]
#[folder = "../../web/dist"]
#[exclude = ".vite/*"]
#[allow_missing = true]
struct Files;

/// Puts the app at the addresses that the API leaves to it.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/").get(front))
        .service(
            web::resource([
                "/{first:c|p|s|settings|signin|signup}",
                "/{first:c|p|s|settings|signin|signup}/{rest:.*}",
            ])
            .get(page),
        )
        .service(web::resource("/{name:assets/[^/]+}").get(asset))
        .service(web::resource("/{name:[a-z-]+\\.(?:js|svg|txt)}").get(file));
}

async fn front() -> Result<HttpResponse, AppError> {
    match Files::get(PAGE) {
        Some(page) => Ok(answer(page, "no-cache")),
        None => Ok(HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish()),
    }
}

async fn page() -> Result<HttpResponse, AppError> {
    Files::get(PAGE).map(|page| answer(page, "no-cache")).ok_or_else(AppError::not_found)
}

/// A file whose name changes with what is in it.
async fn asset(name: Path<String>) -> Result<HttpResponse, AppError> {
    let for_ever = "public, max-age=31536000, immutable";
    Files::get(&name).map(|file| answer(file, for_ever)).ok_or_else(AppError::not_found)
}

async fn file(name: Path<String>) -> Result<HttpResponse, AppError> {
    Files::get(&name).map(|file| answer(file, "no-cache")).ok_or_else(AppError::not_found)
}

fn answer(file: EmbeddedFile, kept: &'static str) -> HttpResponse {
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, kept))
        .body(Bytes::from(file.data.into_owned()))
}
