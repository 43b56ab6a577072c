//! The API's documentation: the OpenAPI document, Swagger UI and ReDoc, with no asset from another host.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, ContentEncoding, ContentType, LOCATION};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpResponse, middleware};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, License, OpenApi, OpenApiBuilder, RefOr, Tag};
use utoipa::{PartialSchema, ToSchema};
use utoipa_swagger_ui::{Config, SwaggerUi};

use super::{Endpoints, ErrorEnvelope};

/// Both pages make their styles as they go; ReDoc searches in a worker that it makes of a blob.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; object-src 'none'; frame-ancestors 'none'";

const REDOC_PAGE: &str = include_str!("../../assets/redoc/index.html");
/// Compressed, as Swagger UI's files are: every browser takes it so.
const REDOC_SCRIPT: &[u8] = include_bytes!("../../assets/redoc/redoc.standalone.js.gz");

/// The OpenAPI 3.1 document of some services' endpoints.
pub fn document(title: &str, services: impl IntoIterator<Item = Endpoints>) -> OpenApi {
    let mut components = Components::new();
    components.security_schemes.insert(
        "bearer".to_owned(),
        RefOr::T(SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some("An access token, from `/auth/login`."))
                .build(),
        )),
    );
    let mut schemas = vec![(ErrorEnvelope::name().into_owned(), ErrorEnvelope::schema())];
    ErrorEnvelope::schemas(&mut schemas);
    let mut paths = utoipa::openapi::path::Paths::new();
    let mut tags = Vec::new();
    for service in services {
        let described = service.describe();
        let operations = described.paths.paths.values().flat_map(|item| {
            [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten()
        });
        for tag in operations.flat_map(|operation| operation.tags.iter().flatten()) {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        paths.merge(described.paths);
        schemas.extend(described.schemas);
    }
    components.schemas.extend(schemas);
    let info = InfoBuilder::new()
        .title(title)
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "A self-hosted chat platform for teams that talk to many language models.",
        ))
        .license(Some(License::new(env!("CARGO_PKG_LICENSE"))))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(paths)
        .components(Some(components))
        .tags(Some(tags.into_iter().map(Tag::new)))
        .build()
}

/// What a browser finds at a process that is its own gateway and has nothing better to show.
pub(super) fn front(config: &mut ServiceConfig) {
    config.service(web::resource("/").get(to_docs));
}

/// Leads to Swagger UI.
async fn to_docs() -> HttpResponse {
    HttpResponse::Found().insert_header((LOCATION, "/docs/")).finish()
}

/// Serves the document at `/openapi.json` and its two readers at `/docs` and `/redoc`.
pub(super) fn configure(config: &mut ServiceConfig, document: &'static str) {
    config
        .service(web::resource("/docs").get(to_docs))
        .service(web::resource("/redoc").get(async || {
            HttpResponse::Ok()
                .insert_header((CONTENT_SECURITY_POLICY, POLICY))
                .content_type(ContentType::html())
                .body(REDOC_PAGE)
        }))
        .service(web::resource("/redoc/redoc.standalone.js").get(async || {
            HttpResponse::Ok()
                .insert_header(ContentEncoding::Gzip)
                .content_type("text/javascript; charset=utf-8")
                .body(Bytes::from_static(REDOC_SCRIPT))
        }))
        .service(web::resource("/openapi.json").get(move || async move {
            HttpResponse::Ok().content_type(ContentType::json()).body(document)
        }))
        .service(
            web::scope("/docs")
                .wrap(middleware::DefaultHeaders::new().add((CONTENT_SECURITY_POLICY, POLICY)))
                .service(SwaggerUi::new("/{_:.*}").config(Config::from("/openapi.json"))),
        );
}
