//! The web app, where it was built; else the documentation in its place.

use reqwest::Method;
use testkit::{Actor, Engine, Reply, TestDatabase};

use super::deployment::Process;

async fn get(process: &Process, path: &str) -> Reply {
    Actor::anywhere(None).at(process.base_url()).get(path).await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_at_all_its_addresses_and_nowhere_else() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let variables = vec![("PORT", "0".to_owned()), ("DATABASE_URL", database.url().to_owned())];
    let process = Process::start("omnichat", variables);
    let front = get(&process, "/").await;
    // Where the app was not built, a client that follows redirects is at the documentation.
    let is_built = !front.text.contains("Swagger UI");
    if is_built {
        assert!(front.text.contains("id=\"root\""), "{}", front.text);
    } else {
        eprintln!("skipped in part: the web app is not built (scripts/build-web)");
    }
    for path in ["/c", "/c/anything", "/p/x/y", "/s/token", "/settings/keys", "/signin", "/signup"]
    {
        let page = get(&process, path).await;
        assert_eq!(page.status.as_u16(), if is_built { 200 } else { 404 }, "{path}");
        if is_built {
            assert_eq!(page.text, front.text, "{path}");
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'self'"), "{policy}");
            assert_eq!(page.header("cache-control"), Some("no-cache"));
        }
    }
    if is_built {
        let script = front.text.split("src=\"/assets/").nth(1).unwrap().split('"').next().unwrap();
        let script = get(&process, &format!("/assets/{script}")).await.expect(200);
        assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert!(script.header("cache-control").unwrap().contains("immutable"));
    }
    for path in ["/assets/../Cargo.toml", "/assets/none.js", "/cargo.txt", "/.vite/manifest.json"] {
        assert_eq!(get(&process, path).await.expect(404).code(), "NOT_FOUND", "{path}");
    }
    // An address of the API is the API's.
    get(&process, "/conversations").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_files_are_sent_as_small_as_the_client_takes_them() {
    let database = TestDatabase::new(Engine::Sqlite).await;
    let variables = vec![("PORT", "0".to_owned()), ("DATABASE_URL", database.url().to_owned())];
    let process = Process::start("omnichat", variables);
    let front = get(&process, "/").await;
    let Some(script) = front.text.split("src=\"/assets/").nth(1) else {
        return eprintln!("skipped: the web app is not built (scripts/build-web)");
    };
    let script = format!("/assets/{}", script.split('"').next().unwrap());
    let stranger = Actor::anywhere(None).at(process.base_url());
    let sent = async |accepted: Option<&str>| {
        let request = stranger.request(Method::GET, &script);
        let request = match accepted {
            Some(accepted) => request.header("accept-encoding", accepted),
            None => request,
        };
        let reply = stranger.send(request).await.expect(200);
        assert_eq!(reply.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert!(reply.header("vary").unwrap().contains("accept-encoding"));
        let size: usize = reply.header("content-length").unwrap().parse().unwrap();
        (reply.header("content-encoding").map(str::to_owned), size)
    };
    let (encoding, whole) = sent(None).await;
    assert_eq!(encoding, None);
    // As browsers say it.
    let (encoding, size) = sent(Some("gzip, deflate, br, zstd")).await;
    assert_eq!(encoding.as_deref(), Some("br"));
    assert!(size * 2 < whole, "{size} of {whole}");
    for (accepted, expected) in [
        ("gzip", Some("gzip")),
        ("br;q=0, gzip", Some("gzip")),
        ("identity", None),
        ("zstd", None),
        ("no; such=thing", None),
    ] {
        let (encoding, size) = sent(Some(accepted)).await;
        assert_eq!(encoding.as_deref(), expected, "{accepted}");
        assert_eq!(size < whole, expected.is_some(), "{accepted}");
    }
}

#[test]
fn no_endpoint_begins_as_an_address_of_the_app_does() {
    let own = ["c", "p", "s", "settings", "signin", "signup", "assets"];
    for endpoints in omnichat::endpoints() {
        for endpoint in endpoints.table() {
            let first = endpoint.path.split('/').nth(1).unwrap();
            assert!(!own.contains(&first), "{}", endpoint.path);
        }
    }
}
