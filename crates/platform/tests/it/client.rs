use std::time::Duration;

use platform::Instance;
use platform::client::{Identity, Sibling, SiblingError, http_client};
use platform::settings::SiblingSettings;
use reqwest::Method;
use testkit::{Engine, TestDatabase, settings};

#[tokio::test(start_paused = true)]
async fn a_sibling_that_does_not_answer_is_not_asked_for_a_while() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let settings = settings(&[], &database, &[]);
    let instance = Instance::new(&settings).unwrap();
    let http = http_client(Duration::from_secs(1)).unwrap();
    let siblings = SiblingSettings::from(&settings).unwrap();
    let nobody = "http://127.0.0.1:1";
    let sibling = Sibling::new("chat-service", nobody, http, &siblings, "auth-service", instance);
    let call = async |sibling: &Sibling| {
        sibling.call(Method::GET, "/", Identity::Service, &[]).await.unwrap_err()
    };
    for _ in 0..5 {
        let error = call(&sibling).await;
        assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
    }
    // Whichever way it is called.
    for one in [&sibling, &sibling.clone().within(Duration::from_secs(9))] {
        let error = call(one).await;
        assert!(matches!(error, SiblingError::Resting { .. }), "{error}");
    }
    let error = call(&sibling.clone().untiring()).await;
    assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
    tokio::time::advance(Duration::from_secs(10)).await;
    let error = call(&sibling).await;
    assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
}
