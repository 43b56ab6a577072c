#[test]
fn no_layer_mentions_what_it_must_not_know() {
    let violations = testkit::layers::violations(env!("CARGO_MANIFEST_DIR"));
    assert!(violations.is_empty(), "{violations:#?}");
}
