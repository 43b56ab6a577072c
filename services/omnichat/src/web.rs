//! The web app: its files, which are embedded, and its page at every address of its own. It is not there if it was not built
//! before this program was; then a browser is shown the API's documentation.

use std::borrow::Cow;
use std::io::Read as _;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentEncoding, Encoding, Header as _,
    LOCATION, VARY,
};
use actix_web::web::{self, Bytes, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use platform::http::AppError;
use rust_embed::Embed;

/// What a page may do: with this address, and with no other. The same as the gateway says.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const PAGE: &str = "index.html";

/// What a file may be sent as, best first, and how its name ends then: the build has compressed what is worth it.
const ENCODINGS: [(ContentEncoding, &str); 2] =
    [(ContentEncoding::Brotli, "br"), (ContentEncoding::Gzip, "gz")];

/// What the build has compressed is embedded only so (`web/scripts/compress.mjs` has the same endings), and fonts only as WOFF2,
/// which every browser reads that the app runs in.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[exclude = ".vite/*"]
#[exclude = "*.html"]
#[exclude = "*.js"]
#[exclude = "*.css"]
#[exclude = "*.svg"]
#[exclude = "*.txt"]
#[exclude = "*.ttf"]
#[exclude = "*.woff"]
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

async fn front(request: HttpRequest) -> HttpResponse {
    answer(&request, PAGE, "no-cache")
        .unwrap_or_else(|| HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish())
}

async fn page(request: HttpRequest) -> Result<HttpResponse, AppError> {
    answer(&request, PAGE, "no-cache").ok_or_else(AppError::not_found)
}

/// A file whose name changes with what is in it.
async fn asset(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, AppError> {
    let for_ever = "public, max-age=31536000, immutable";
    answer(&request, &name, for_ever).ok_or_else(AppError::not_found)
}

async fn file(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, AppError> {
    answer(&request, &name, "no-cache").ok_or_else(AppError::not_found)
}

/// A file, as small as the client takes it; none if there is no such file.
fn answer(request: &HttpRequest, name: &str, kept: &'static str) -> Option<HttpResponse> {
    let (encoding, bytes) = match compressed(request, name) {
        Some((encoding, bytes)) => (Some(encoding), bytes),
        None => (None, whole(name)?),
    };
    let kind = match mime_guess::from_path(name).first_or_octet_stream() {
        text if text.type_() == mime_guess::mime::TEXT => format!("{text}; charset=utf-8"),
        other => other.to_string(),
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(kind)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, kept))
        .insert_header((VARY, "accept-encoding"));
    if let Some(encoding) = encoding {
        response.insert_header(encoding);
    }
    Some(response.body(bytes))
}

fn compressed(request: &HttpRequest, name: &str) -> Option<(ContentEncoding, Bytes)> {
    let accepted = AcceptEncoding::parse(request).ok()?;
    ENCODINGS.into_iter().find_map(|(encoding, ending)| {
        let wanted = Encoding::Known(encoding);
        let chosen = accepted.negotiate([&wanted, &Encoding::identity()].into_iter())?;
        (chosen == wanted).then_some(())?;
        Some((encoding, embedded(&format!("{name}.{ending}"))?))
    })
}

/// A file as it was built, for the few clients that take nothing compressed.
fn whole(name: &str) -> Option<Bytes> {
    embedded(name).or_else(|| {
        let mut bytes = Vec::new();
        GzDecoder::new(&*embedded(&format!("{name}.gz"))?).read_to_end(&mut bytes).ok()?;
        Some(bytes.into())
    })
}

fn embedded(name: &str) -> Option<Bytes> {
    Some(match Files::get(name)?.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    })
}
