use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use common::domain::session::Client;
use platform::Instance;
use platform::http::{AppError, Cookies, SessionCookie};
use secrecy::{ExposeSecret, SecretString};

use super::{CallingDevice, PresentedToken};

/// How a program sends what tells its device.
const DEVICE_TOKEN: &str = "x-device-token";

/// What the request comes from, and the session that it has already, if it has one.
pub struct CallingClient(pub Client);

impl FromRequest for CallingClient {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let Ok(CallingDevice(device)) = CallingDevice::from_request(request, payload).into_inner();
        let token = PresentedToken::from_request(request, payload).into_inner();
        ready(token.map(|PresentedToken(token)| {
            let claims = token.and_then(|token| {
                let instance = request.app_data::<Data<Instance>>()?;
                // One that has expired still says which session the new one replaces.
                instance.keys.read_access(token.expose_secret()).ok()
            });
            let session = claims
                .filter(|claims| !claims.is_personal())
                .map(|claims| (claims.sub, claims.sid));
            Self(Client { device, session, device_token: device_token(request) })
        }))
    }
}

fn device_token(request: &HttpRequest) -> Option<SecretString> {
    if let Some(header) = request.headers().get(DEVICE_TOKEN) {
        return header.to_str().ok().map(Into::into);
    }
    Cookies::of(request).ok()?.read(request, SessionCookie::Device).ok().flatten()
}
