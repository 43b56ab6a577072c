use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use common::domain::session::Device;
use platform::http::client_address;

const USER_AGENT_CHARACTERS: usize = 200;

/// What the request comes from, as far as it tells.
pub struct CallingDevice(pub Device);

impl FromRequest for CallingDevice {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request.headers().get(USER_AGENT).map(|value| {
            String::from_utf8_lossy(value.as_bytes()).chars().take(USER_AGENT_CHARACTERS).collect()
        });
        let ip = Some(client_address(request).to_string());
        ready(Ok(Self(Device { user_agent, ip })))
    }
}
