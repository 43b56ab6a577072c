//! What a browser finds at the gateway: the web app, the documentation, TLS.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use auth_service::AuthService;
use reqwest::Method;
use testkit::{Actor, Engine, TestApp};

use super::nginx::{Nginx, Upstreams};
use super::{Gateway, table};

/// A path of the web app for each of its first segments.
const PAGES: [&str; 6] = ["/c/1", "/p", "/s/x/y", "/settings/", "/signin", "/signup"];

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_is_of_all_services() {
    let auth = TestApp::start::<AuthService>(Engine::Sqlite, &[]).await;
    let address = auth.base_url.trim_start_matches("http://");
    let upstreams = Upstreams { auth: address, project: "127.0.0.1:1", chat: "127.0.0.1:1" };
    let Some(nginx) = Nginx::start(&upstreams) else { return };
    let get =
        async |path: &str| Actor::anywhere(None).get(&format!("{}{path}", nginx.base_url)).await;
    for path in ["/openapi.json", "/api/openapi.json/"] {
        let document = get(path).await.expect(200);
        assert_eq!(document.header("content-type"), Some("application/json"));
        for path in ["/auth/login", "/projects/{id}", "/conversations", "/health"] {
            assert!(document.json["paths"][path].is_object(), "{path}");
        }
        assert!(!document.text.contains("/internal"));
    }
    for path in
        ["/", "/docs", "/api/docs/", "/docs/swagger-initializer.js", "/redoc", "/api/redoc/"]
    {
        get(path).await.expect(200);
    }
    let page = get("/docs/swagger-initializer.js").await;
    assert!(page.text.contains("\"/openapi.json\""), "{}", page.text);
    assert!(get("/redoc").await.text.contains("\"/openapi.json\""));
    get("/redoc/redoc.standalone.js").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_app_is_served_where_it_is_there() {
    let Some(gateway) = Gateway::start() else { return };
    for path in PAGES {
        assert_eq!(gateway.get(path).await.expect(404).code(), "NOT_FOUND");
    }
    assert_eq!(gateway.get("/").await.json["path"], "/docs/");

    gateway.nginx.share("web/index.html", "<p>The app</p>");
    gateway.nginx.share("web/assets/app-1a2b.js", "run()");
    gateway.nginx.share("web/icon.svg", "<svg/>");
    for path in PAGES.iter().chain(&["/", "/index.html"]) {
        let page = gateway.get(path).await.expect(200);
        assert_eq!(page.text, "<p>The app</p>", "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'self';") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    let script = gateway.get("/assets/app-1a2b.js").await.expect(200);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(script.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(
        gateway.get("/icon.svg").await.expect(200).header("cache-control"),
        Some("no-cache")
    );
    for path in
        ["/api/c/1", "/api/", "/api/settings", "/nowhere", "/assets/gone.js", "/assets/", "/cx"]
    {
        assert_eq!(gateway.get(path).await.expect(404).code(), "NOT_FOUND", "{path}");
    }
    let refused = gateway.call(Method::DELETE, "/c/1").await.expect(405);
    assert_eq!((refused.code(), refused.header("allow")), ("METHOD_NOT_ALLOWED", Some("GET")));
}

#[test]
fn the_web_apps_routes_are_not_the_apis() {
    let first = |path: &str| path.split('/').nth(1).unwrap().to_owned();
    for (_, endpoint) in table() {
        for page in PAGES {
            assert_ne!(first(&endpoint.path), first(page));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_in_its_newest_version_alone() {
    let folder = tempfile::tempdir().unwrap();
    let [certificate, key] = ["tls.crt", "tls.key"].map(|name| folder.path().join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for path in [folder.path(), &key] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let tls = folder.path().to_str().unwrap();
    let changes = [("include place.conf;", "include machine.conf;"), ("/etc/omnichat/tls", tls)];
    let Some(gateway) = Gateway::start_with(&changes) else { return };

    let root = reqwest::Certificate::from_pem(&std::fs::read(&certificate).unwrap()).unwrap();
    let client = || {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        client.tls_certs_only([root.clone()])
    };
    let secure = format!("https://{}", gateway.nginx.tls_address);
    let http = client().build().unwrap();
    let answer = http.get(format!("{secure}/api/projects")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    let seen: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(
        (&seen["path"], &seen["headers"]["x-forwarded-proto"]),
        (&"/projects".into(), &"https".into())
    );
    let refused = http.get(format!("{secure}/nowhere")).send().await.unwrap();
    assert!(refused.headers().contains_key("strict-transport-security"));

    let old = client().tls_version_max(reqwest::tls::Version::TLS_1_2).build().unwrap();
    assert!(old.get(&secure).send().await.is_err());
    let plain = http.post(format!("{}/projects?a=b", gateway.nginx.base_url)).send().await.unwrap();
    assert_eq!(plain.status(), 308);
    assert_eq!(plain.headers()["location"], "https://127.0.0.1/projects?a=b");
}
