//! How often somebody may call.

use serde_json::{Value, json};
use testkit::Engine;

use super::{PASSWORD, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn two_names_for_one_thing_share_a_limit() {
    let auth = start_with(Engine::Sqlite, &[("OMNICHAT__RATE_LIMITS__ENABLED", "true")]).await;
    let new = |n: u32| json!({"email": format!("p{n}@example.org"), "password": PASSWORD});
    let known = |n: u32| json!({"email": format!("p{n}@example.org"), "password": "wrong"});
    let code = |_: u32| json!({"challenge": "x", "code": "000000"});
    type Body<'a> = &'a dyn Fn(u32) -> Value;
    let pairs: [([&str; 2], Body<'_>); 3] = [
        (["/auth/register", "/users"], &new),
        (["/auth/login", "/login"], &known),
        (["/auth/login/verify", "/login/verify"], &code),
    ];
    for (names, body) in pairs {
        for n in 0..5 {
            let answer = auth.anonymous().post(names[n as usize % 2], body(n)).await;
            assert_ne!(answer.status, 429, "{}", answer.text);
        }
        for name in names {
            auth.anonymous().post(name, body(9)).await.expect(429);
        }
    }
}
