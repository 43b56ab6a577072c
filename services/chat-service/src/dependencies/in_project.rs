use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use common::{ErrorCode, ProjectId};
use platform::http::AppError;

/// The project of `X-Project-Id`, if a request names one there.
pub struct InProject(pub Option<ProjectId>);

impl FromRequest for InProject {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get("x-project-id");
        let project = header.map(|id| id.to_str().ok().and_then(|id| id.parse().ok()));
        ready(match project {
            Some(None) => Err(AppError::new(
                ErrorCode::NotFound,
                "There is no such project. Check the project's id.",
            )),
            project => Ok(Self(project.flatten())),
        })
    }
}
