//! Providers behind TLS: asked where the certificate holds, and never where it does not.

use std::sync::Arc;

use mock_llm::{MockLlm, Script};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use serde_json::json;
use testkit::{Actor, Engine, TestDatabase};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use super::deployment::Process;
use super::person::PASSWORD;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a name, valid until the given year.
fn certificate(name: &str, until: i32) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
    params
}

/// Stands before a model server with a certificate, signed by an authority or else by itself; its address at `localhost`.
#[expect(clippy::disallowed_methods, reason = "it ends with the runtime")]
async fn in_front_of(
    model: &MockLlm,
    certificate: CertificateParams,
    authority: Option<&Authority>,
) -> String {
    let key = KeyPair::generate().unwrap();
    let signed = match authority {
        Some(authority) => certificate.signed_by(&key, authority),
        None => certificate.self_signed(&key),
    };
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![signed.unwrap().der().clone()], key.into())
        .unwrap();
    let (acceptor, upstream) = (TlsAcceptor::from(Arc::new(config)), model.address());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(connection).await?;
                let mut model = TcpStream::connect(upstream).await?;
                copy_bidirectional(&mut client, &mut model).await
            });
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_asked_only_where_its_certificate_holds() {
    let (model, trusted) = (MockLlm::start().await, authority());
    model.default_script(Script::tokens(["Hel", "lo"]));
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, trusted.pem()).unwrap();
    let good = in_front_of(&model, certificate("localhost", 2100), Some(&trusted)).await;
    let own = in_front_of(&model, certificate("localhost", 2100), None).await;
    let expired = in_front_of(&model, certificate("localhost", 2021), Some(&trusted)).await;
    let other = in_front_of(&model, certificate("example.org", 2100), Some(&trusted)).await;

    let database = TestDatabase::new(Engine::Sqlite).await;
    let process = Process::start(
        "omnichat",
        vec![
            ("PORT", "0".to_owned()),
            ("DATABASE_URL", database.url().to_owned()),
            ("SSL_CERT_FILE", roots.display().to_string()),
            ("OMNICHAT__GENERATION__RETRY_MILLISECONDS", "1".to_owned()),
            ("OPENAI_BASE_URL", format!("{good}/v1")),
            ("OPENROUTER_BASE_URL", format!("{own}/api/v1")),
            ("ANTHROPIC_BASE_URL", expired),
            ("GOOGLE_BASE_URL", other),
            ("OPENROUTER_API_KEY", "sk-or-test".to_owned()),
            ("ANTHROPIC_API_KEY", "sk-ant-test".to_owned()),
            ("GOOGLE_API_KEY", "google-test".to_owned()),
        ],
    );
    let user = signed_in(process.base_url()).await;
    let conversation = user.post("/api/conversations", json!({})).await.expect(201);
    let path = format!("/api/conversations/{}/messages", conversation.id("conversation"));
    let send = async |asked: &str| user.post(&path, json!({"content": "Hi", "model": asked})).await;

    let reply = send("gpt-4o-mini").await.expect(200);
    assert_eq!(reply.data("assistantMessage")["content"], "Hello");
    let asked = model.requests().len();
    for (model, fault) in
        [("deepseek", "self-signed"), ("claude-sonnet", "expired"), ("gemini", "another's")]
    {
        let refused = send(model).await.expect(502);
        assert_eq!(refused.code(), "PROVIDER_ERROR", "{fault}");
    }
    assert_eq!(model.requests().len(), asked, "nobody else was told anything");
}

/// Somebody who has just registered.
async fn signed_in(base_url: &str) -> Actor {
    let stranger = Actor::anywhere(None).at(base_url);
    let credentials = json!({"email": "ada@example.com", "password": PASSWORD});
    stranger.post("/api/auth/register", credentials.clone()).await.expect(201);
    let session = stranger.post("/api/auth/login", credentials).await.expect(200);
    Actor::anywhere(session.data("accessToken").as_str()).at(base_url)
}
