use actix_web::dev::Payload;
use actix_web::web::{Data, Path};
use actix_web::{FromRequest, HttpRequest};
use common::ProjectId;
use common::domain::project::Project;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use platform::http::{AppError, Caller};

use super::ProjectState;
use crate::routes::errors;

/// The project of the path's `{id}`, which is the caller's.
pub struct OwnedProject(pub Project);

impl FromRequest for OwnedProject {
    type Error = AppError;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::extract(request).into_inner();
        let id = Path::<ProjectId>::from_request(request, payload).into_inner();
        let state = request.app_data::<Data<ProjectState>>().cloned();
        async move {
            let caller = caller?;
            let id = id.map_err(|_| AppError::not_found())?.into_inner();
            let state =
                state.ok_or_else(|| AppError::internal("no project state is configured"))?;
            let project = state.projects.get(caller.user, id).await.map_err(errors::project)?;
            Ok(Self(project))
        }
        .boxed_local()
    }
}
