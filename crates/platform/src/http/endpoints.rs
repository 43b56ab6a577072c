//! One list of endpoints per service: it registers the routes, makes the OpenAPI document and is the table that tests go
//! through, so that the three cannot differ.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::web::ServiceConfig;
use actix_web::{Resource, Route, web};
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Ref, RefOr, Response};

/// What a service serves.
#[derive(Default)]
pub struct Endpoints {
    routes: BTreeMap<String, Vec<Route>>,
    table: Vec<Endpoint>,
    tags: Vec<String>,
    pub(super) paths: Paths,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The verb.
    pub method: Method,
    /// The path, with `{parameters}`.
    pub path: String,
    /// The handler's name: the OpenAPI operation id, and the key of its settings.
    pub operation_id: String,
    /// Whether it serves without a credential.
    pub public: bool,
}

/// Lists handlers, each annotated with `#[utoipa::path]`: `endpoints![projects::list_projects, projects::create_project]`.
/// The module's name becomes the OpenAPI tag, the function's name the operation id.
#[macro_export]
macro_rules! endpoints {
    ($($room:ident :: $handler:ident),+ $(,)?) => {{
        let mut endpoints = $crate::http::Endpoints::default();
        $crate::http::__paste! {
            $(endpoints.add::<$room::[<__path_ $handler>]>(
                stringify!($room),
                ::actix_web::web::route().to($room::$handler),
            );)+
        }
        endpoints
    }};
}

impl Endpoints {
    /// Adds one handler; `D` is what `#[utoipa::path]` made of it.
    #[doc(hidden)]
    pub fn add<D: utoipa::Path + utoipa::__dev::SchemaReferences>(
        &mut self,
        tag: &str,
        route: Route,
    ) {
        let path = D::path();
        let mut operation = D::operation();
        operation.tags = Some(vec![tag.to_owned()]);
        self.tags.push(tag.to_owned()); // A handler that serves everybody says `security(())`.
        let public = operation.security.is_some();
        if !public {
            operation.security = Some(vec![SecurityRequirement::new::<_, _, &str>("bearer", [])]);
        }
        operation.responses.responses.insert("default".to_owned(), RefOr::T(failure()));

        for verb in D::methods() {
            let method = method(&verb);
            self.table.push(Endpoint {
                method: method.clone(),
                path: path.clone(),
                operation_id: operation.operation_id.clone().unwrap_or_default(),
                public,
            });
        }
        if let Some(verb) = D::methods().first() {
            self.routes.entry(path.clone()).or_default().push(route.method(method(verb)));
        }
        self.paths.add_path_operation(path, D::methods(), operation);
        D::schemas(&mut self.schemas);
    }

    /// Without what only sibling services may call.
    #[must_use]
    pub fn without_internal(mut self) -> Self {
        self.routes.retain(|path, _| !is_internal(path));
        self.table.retain(|endpoint| !is_internal(&endpoint.path));
        self.paths.paths.retain(|path, _| !is_internal(path));
        self
    }

    /// The table.
    pub fn table(&self) -> &[Endpoint] {
        &self.table
    }

    /// The tags of the handlers, in the order of the list.
    pub(super) fn tags(&self) -> &[String] {
        &self.tags
    }

    /// Registers the routes, one resource a path: a wrong method is then a 405 with `Allow`.
    pub fn configure(self, config: &mut ServiceConfig) {
        for (path, routes) in self.routes {
            let resource: Resource = routes.into_iter().fold(web::resource(path), Resource::route);
            config.service(resource);
        }
    }
}

/// Whether a path is for sibling services only.
pub(super) fn is_internal(path: &str) -> bool {
    path == "/internal" || path.starts_with("/internal/")
}

/// What every endpoint may answer instead.
fn failure() -> Response {
    let schema = Ref::from_schema_name("ErrorEnvelope");
    utoipa::openapi::ResponseBuilder::new()
        .description("It failed; `error.code` says why.")
        .content(
            "application/json",
            utoipa::openapi::ContentBuilder::new().schema(Some(schema)).build(),
        )
        .build()
}

fn method(verb: &HttpMethod) -> Method {
    match verb {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Trace => Method::TRACE,
        _ => Method::GET,
    }
}
