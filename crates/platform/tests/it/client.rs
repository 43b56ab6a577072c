use std::time::Duration;

use platform::Instance;
use platform::client::{Identity, Sibling, SiblingError};
use reqwest::Method;
use testkit::{Engine, TestDatabase, settings};

#[tokio::test(start_paused = true)]
async fn a_sibling_that_does_not_answer_is_not_asked_for_a_while() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let settings = settings(&[], &database, &[("CHAT_SERVICE_URL", "http://127.0.0.1:1")]);
    let instance = Instance::new(&settings).unwrap();
    let sibling = Sibling::chat(&settings, "auth-service", &instance).unwrap();
    let call = async |sibling: &Sibling| {
        sibling.call(Method::GET, "/", Identity::Service, &[]).await.unwrap_err()
    };
    for _ in 0..5 {
        let error = call(&sibling).await;
        assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
    }
    // Whichever way it is called.
    for one in [&sibling, &sibling.clone().deleting()] {
        let error = call(one).await;
        assert!(matches!(error, SiblingError::Resting { .. }), "{error}");
    }
    let error = call(&sibling.clone().untiring()).await;
    assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
    tokio::time::advance(Duration::from_secs(10)).await;
    let error = call(&sibling).await;
    assert!(matches!(error, SiblingError::Unreachable { .. }), "{error}");
}
