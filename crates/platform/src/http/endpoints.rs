//! One list of endpoints per service: it registers the routes, makes the OpenAPI document and is the table that tests go
//! through, so that the three cannot differ.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::web::ServiceConfig;
use actix_web::{Resource, Route, guard, web};
use utoipa::openapi::path::{HttpMethod, ParameterIn, Paths};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{PartialSchema, ToSchema};

use super::openai::is_openai;
use super::{ErrorEnvelope, OpenAiFailure};
use crate::limits::Limits;

/// What a service serves.
#[derive(Default)]
pub struct Endpoints(Vec<Entry>);

struct Entry {
    endpoint: Endpoint,
    route: Route,
    /// Descriptions are large, and every HTTP worker has its own routes: only the document makes them.
    describe: fn(&Endpoint, &mut Description),
}

/// What the OpenAPI document says of endpoints.
#[derive(Default)]
pub(super) struct Description {
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
    /// The handler's module: the OpenAPI tag.
    tag: &'static str,
    /// The handler's name: the OpenAPI operation id, and the key of its settings.
    pub operation_id: String,
    /// The operation whose limit counts its calls: itself, unless it is another name for that one.
    pub counted_as: String,
    /// Who may call it.
    pub access: Access,
    /// Whether it only reads.
    reads: bool,
    /// Whether it takes a query.
    pub(super) takes_query: bool,
}

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// A person, with an access token.
    Person,
    /// A sibling service, with a service token.
    Sibling,
}

impl Endpoint {
    /// Whether it only reads: `GET`, with which `HEAD` is served, unless it is said that it [writes](Endpoints::writing).
    pub fn is_read(&self) -> bool {
        self.reads
    }
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
        tag: &'static str,
        route: Route,
    ) {
        let (path, operation) = (D::path(), D::operation());
        let methods = D::methods();
        let Some(verb) = methods.first() else { return };
        // A handler that serves everybody says `security(())`.
        let access = match &operation.security {
            Some(_) => Access::Public,
            None if is_internal(&path) => Access::Sibling,
            None => Access::Person,
        };
        let takes_query = operation.parameters.iter().flatten().any(|parameter| {
            matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query)
        });
        let operation_id = operation.operation_id.unwrap_or_default();
        let endpoint = Endpoint {
            method: method(verb),
            path,
            tag,
            counted_as: operation_id.clone(),
            operation_id,
            access,
            reads: *verb == HttpMethod::Get,
            takes_query,
        };
        self.0.push(Entry { endpoint, route, describe: describe::<D> });
    }

    /// With calls of `alias` counted as those of `operation`: one limit for both.
    #[must_use]
    pub fn counted_as(mut self, alias: &str, operation: &str) -> Self {
        let mut endpoints = self.0.iter_mut().map(|entry| &mut entry.endpoint);
        if let Some(endpoint) = endpoints.find(|endpoint| endpoint.operation_id == alias) {
            operation.clone_into(&mut endpoint.counted_as);
        }
        self
    }

    /// With an operation that writes though it is a `GET`, for clients that can do nothing else: it wants the scope to write, and
    /// a page of ours where the credential is a cookie.
    #[must_use]
    pub fn writing(mut self, operation: &str) -> Self {
        let mut endpoints = self.0.iter_mut().map(|entry| &mut entry.endpoint);
        if let Some(endpoint) = endpoints.find(|endpoint| endpoint.operation_id == operation) {
            endpoint.reads = false;
        }
        self
    }

    /// Without what only sibling services may call.
    #[must_use]
    pub fn without_internal(mut self) -> Self {
        self.0.retain(|entry| entry.endpoint.access != Access::Sibling);
        self
    }

    /// The names that stand for different schemas in some services: in one document only one of each would be left.
    pub fn clashes(all: &[Self]) -> Vec<String> {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        let mut clashing = Vec::new();
        for (name, schema) in all.iter().flat_map(|endpoints| endpoints.describe().schemas) {
            let text = serde_json::to_string(&schema).unwrap_or_default();
            if *seen.entry(name.clone()).or_insert_with(|| text.clone()) != text {
                clashing.push(name);
            }
        }
        clashing
    }

    /// The table.
    pub fn table(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.iter().map(|entry| &entry.endpoint)
    }

    /// What the document says of them.
    pub(super) fn describe(&self) -> Description {
        let mut description = Description::default();
        for Entry { endpoint, describe, .. } in &self.0 {
            describe(endpoint, &mut description);
        }
        description
    }

    /// Registers the routes, each behind its guard; one resource a path: a wrong method is then a 405 with `Allow`.
    pub fn configure(self, config: &mut ServiceConfig, limits: &Limits) {
        let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
        for Entry { endpoint, route, .. } in self.0 {
            let path = endpoint.path.clone();
            let resource = resources.remove(&path).unwrap_or_else(|| web::resource(&path));
            resources.insert(path, resource.route(guarded(endpoint, limits, route)));
        }
        for resource in resources.into_values() {
            config.service(resource);
        }
    }
}

/// Whether a path is for sibling services only.
pub(super) fn is_internal(path: &str) -> bool {
    path == "/internal" || path.starts_with("/internal/")
}

/// The route of an endpoint, behind its guard.
fn guarded(endpoint: Endpoint, limits: &Limits, route: Route) -> Route {
    let route = match &endpoint.method {
        &Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
        other => route.method(other.clone()),
    };
    let guarding = Arc::new((endpoint, limits.clone()));
    route.wrap(from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
        let guarding = guarding.clone();
        async move {
            let (endpoint, limits) = &*guarding;
            super::guard::guard(endpoint, limits, request, next).await
        }
    }))
}

/// Describes an endpoint; `D` is what `#[utoipa::path]` made of its handler.
fn describe<D: utoipa::Path + utoipa::__dev::SchemaReferences>(
    endpoint: &Endpoint,
    description: &mut Description,
) {
    let Description { paths, schemas } = description;
    let mut operation = D::operation();
    operation.tags = Some(vec![endpoint.tag.to_owned()]);
    if endpoint.access != Access::Public {
        operation.security = Some(vec![SecurityRequirement::new::<_, _, &str>("bearer", [])]);
    }
    let failure = if is_openai(&endpoint.path) {
        OpenAiFailure::schemas(schemas);
        schemas.push((OpenAiFailure::name().into_owned(), OpenAiFailure::schema()));
        failure(&OpenAiFailure::name())
    } else {
        failure(&ErrorEnvelope::name())
    };
    operation.responses.responses.insert("default".to_owned(), RefOr::T(failure));
    paths.add_path_operation(&endpoint.path, D::methods(), operation);
    D::schemas(schemas);
}

/// What every endpoint may answer instead.
fn failure(schema: &str) -> Response {
    let schema = Ref::from_schema_name(schema);
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
