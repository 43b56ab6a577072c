use chat_service::{ChatService, routes};
use platform::cli::Service;
use platform::http::{Server, document};

#[test]
fn the_committed_document_is_what_the_code_says() {
    let document =
        document(ChatService::TITLE, [routes::endpoints(), Server::operating_endpoints()]);
    testkit::openapi::assert_committed(
        env!("CARGO_MANIFEST_DIR"),
        "chat",
        &document.to_pretty_json().unwrap(),
    );
}

#[test]
fn every_endpoint_has_a_limit() {
    testkit::assert_limited::<ChatService>();
}
