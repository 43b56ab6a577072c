use std::collections::BTreeSet;

use omnichat::{TITLE, endpoints};
use platform::http::{Endpoints, Server, document};

#[test]
fn the_committed_document_is_what_the_code_says() {
    let document = document(TITLE, endpoints().chain([Server::operating_endpoints()]));
    testkit::openapi::assert_committed(
        env!("CARGO_MANIFEST_DIR"),
        "omnichat",
        &document.to_pretty_json().unwrap(),
    );
}

#[test]
fn every_operation_and_schema_has_a_name_of_its_own_and_no_path_has_two_owners() {
    let all: Vec<Endpoints> = endpoints().chain([Server::operating_endpoints()]).collect();
    assert_eq!(Endpoints::clashes(&all), Vec::<String>::new());
    let mut operations = BTreeSet::new();
    let mut paths = BTreeSet::new();
    for endpoints in &all {
        let own: BTreeSet<_> = endpoints.table().map(|endpoint| endpoint.path.clone()).collect();
        for path in own {
            assert!(paths.insert(path.clone()), "{path} is served twice");
        }
        for endpoint in endpoints.table() {
            assert!(operations.insert(&endpoint.operation_id), "{} twice", endpoint.operation_id);
        }
    }
}
