use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use common::{ErrorCode, MessageId, SessionId};
use futures_util::stream::{Stream, StreamExt};
use platform::Instance;
use platform::http::{AppError, Caller, event_stream, nameless_event, prefers_event_stream};
use platform::revocations::Revocations;

use crate::generation::{session_revoked, until_revoked};

/// Whoever listens to events: as long as the session lasts, and no longer.
pub struct Listener {
    session: SessionId,
    revocations: Revocations,
    prefers_events: bool,
}

impl Listener {
    /// Whether it wants events, if the request's body does not say.
    pub fn prefers_events(&self) -> bool {
        self.prefers_events
    }

    /// The answer that streams a reply's events.
    pub fn stream(
        self,
        message: MessageId,
        events: impl Stream<Item = Bytes> + 'static,
    ) -> HttpResponse {
        event_stream(self.events(message, events))
    }

    /// A reply's events, as long as the session lasts.
    pub fn events(
        self,
        message: MessageId,
        events: impl Stream<Item = Bytes> + 'static,
    ) -> impl Stream<Item = Bytes> + 'static {
        let Self { session, revocations, .. } = self;
        let revoked = async move { revocations.revoked(session).await };
        until_revoked(events, revoked, session_revoked(message))
    }

    /// The answer that streams a completion's events. Unlike a reply, it ends with whoever listens.
    pub fn stream_completion(self, events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
        let Self { session, revocations, .. } = self;
        let revoked = async move { revocations.revoked(session).await };
        let ended =
            AppError::new(ErrorCode::SessionRevoked, "The session was ended. Sign in again.");
        let farewell = nameless_event(&ended.in_openais_form());
        event_stream(until_revoked(events, revoked, farewell))
    }

    /// The answer that streams events which are about no message.
    pub fn stream_events(self, events: impl Stream<Item = Bytes> + 'static) -> HttpResponse {
        let Self { session, revocations, .. } = self;
        let revoked = Box::pin(async move { revocations.revoked(session).await });
        event_stream(events.take_until(revoked))
    }
}

impl FromRequest for Listener {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = Caller::from_request(request, payload).into_inner();
        let prefers_events = prefers_event_stream(request);
        let instance = request
            .app_data::<Data<Instance>>()
            .ok_or_else(|| AppError::internal("the instance is not configured"));
        ready(caller.and_then(|Caller { session, .. }| {
            Ok(Self { session, revocations: instance?.revocations.clone(), prefers_events })
        }))
    }
}
