//! Who may do what.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use auth_service::routes;
use chrono::TimeDelta;
use common::ManualClock;
use rstest::rstest;
use serde_json::json;
use testkit::{Actor, Engine, Target, a_clock};

use super::second_factors::switched_on;
use super::{Auth, PASSWORD, start, start_at, token};

/// People, and what each endpoint is tried on.
struct Town<'a> {
    auth: &'a Auth,
    clock: ManualClock,
    people: AtomicU32,
}

impl Town<'_> {
    fn new_address(&self) -> String {
        format!("person{}@example.org", self.people.fetch_add(1, Ordering::Relaxed))
    }

    async fn person(&self) -> Actor {
        let email = self.new_address();
        self.auth.register(&email).await.expect(201);
        self.auth.signed_in(&email).await
    }

    async fn target(&self, operation: &str, owner: &Actor) -> Option<Target> {
        let me = owner.get("/users/me").await.expect(200);
        let email = me.data("user")["email"].as_str().unwrap();
        let new = json!({"email": self.new_address(), "password": PASSWORD});
        let known = json!({"email": email, "password": PASSWORD});
        let target = match operation {
            "register" => Target::each("/auth/register").body(new),
            "create_user" => Target::each("/users").body(new),
            "get_me" => Target::each("/users/me"),
            "export_account" => Target::each("/users/me/export"),
            "get_profile" => Target::each("/profile"),
            "update_profile" => Target::each("/profile").body(json!({"displayName": "Ada"})),
            "check_session" => Target::each("/check_session"),
            "change_password" => Target::each("/users/me/password").body(json!({
                "currentPassword": PASSWORD, "newPassword": "another horse, another battery",
            })),
            "delete_account" => {
                Target::each("/users/me/deletion").body(json!({"password": PASSWORD}))
            }
            "log_in" => Target::each("/auth/login").body(known),
            "log_in_browser" => Target::each("/login").body(known),
            "refresh_session" => {
                let token = token(&self.auth.log_in(email, PASSWORD).await.expect(200));
                Target::each("/auth/refresh").body(json!({"refreshToken": token}))
            }
            "log_out" => Target::each("/auth/logout"),
            "log_out_browser" => Target::each("/logout"),
            "list_sessions" => Target::each("/auth/sessions"),
            "delete_session" => {
                let another = self.auth.signed_in(email).await;
                Target::own(format!("/auth/sessions/{}", self.auth.session(&another)))
            }
            "create_token" => {
                Target::each("/auth/tokens").body(json!({"name": "cli", "scopes": ["read"]}))
            }
            "list_tokens" => Target::each("/auth/tokens"),
            "delete_token" => {
                let body = json!({"name": "cli", "scopes": ["read"]});
                let made = owner.post("/auth/tokens", body).await.expect(201);
                Target::own(format!("/auth/tokens/{}", made.id("token")))
            }
            "list_events" => Target::each("/auth/events"),
            "list_revocations" => Target::each("/internal/revocations"),
            "record_token_uses" => {
                Target::each("/internal/tokens/uses").body(json!({"tokens": []}))
            }
            of_two_factors => return self.second_factor(of_two_factors, owner, email).await,
        };
        Some(target)
    }

    async fn second_factor(&self, operation: &str, owner: &Actor, email: &str) -> Option<Target> {
        const PATH: &str = "/users/me/two-factor";
        if operation == "begin_second_factor" {
            return Some(Target::each(PATH));
        }
        if operation == "enable_second_factor" {
            let pending = owner.post(PATH, json!(null)).await.expect(200);
            let app = super::second_factors::App::new(pending.data("secret").as_str()?);
            return Some(Target::prepared(PATH).body(json!({"code": app.code(&self.clock)})));
        }
        let (app, _) = switched_on(owner, &self.clock).await;
        // Each code is good for once.
        self.clock.advance(TimeDelta::seconds(30));
        let code = app.code(&self.clock);
        if operation == "disable_second_factor" {
            let body = json!({"password": PASSWORD, "code": code});
            return Some(Target::prepared(PATH).body(body));
        }
        let halfway = self.auth.log_in(email, PASSWORD).await.expect(401);
        let challenge = &halfway.json["error"]["details"]["challenge"];
        let body = json!({"challenge": challenge, "code": code});
        match operation {
            "verify_log_in" => Some(Target::each("/auth/login/verify").body(body)),
            "verify_log_in_browser" => Some(Target::each("/login/verify").body(body)),
            _ => None,
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_is_for_whom_it_should_be(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let clock = a_clock();
    let auth = start_at(engine, Arc::new(clock.clone()), &[]).await;
    let town = Town { auth: &auth, clock, people: AtomicU32::new(0) };
    let person = async || town.person().await;
    let target = async |operation: &str, owner: &Actor| town.target(operation, owner).await;
    testkit::assert_authorised(&auth, &routes::endpoints(), person, target).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_opens_anything() {
    let auth = start(Engine::Sqlite).await;
    auth.register("ada@example.org").await.expect(201);
    let ada = auth.signed_in("ada@example.org").await;
    testkit::assert_withstands_hostile_tokens(&auth, &ada, "/users/me").await;
}
