//! PostgreSQL over TLS, as `DATABASE_URL` asks for it.

use std::path::Path;

use platform::db::Database;
use platform::settings::DatabaseSettings;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use testkit::{Engine, PostgresServer, TestDatabase, settings};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server whose certificate is for `name` and signed by `authority`.
async fn server(authority: &Authority, name: &str) -> PostgresServer {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap().pem();
    let start = move || PostgresServer::with_tls(&certificate, &key.serialize_pem());
    tokio::task::spawn_blocking(start).await.unwrap()
}

/// Whether the connection that comes about is encrypted, or what an operator is told.
async fn connect(server: &PostgresServer, mode: &str, root: Option<&Path>) -> Result<bool, String> {
    let root = root.map(|path| format!("&sslrootcert={}", path.display())).unwrap_or_default();
    let url = format!("{}?sslmode={mode}{root}", server.url());
    let unused = TestDatabase::new(Engine::Sqlite).await;
    let settings = settings(&[], &unused, &[("DATABASE_URL", &url)]);
    let database = Database::connect(&DatabaseSettings::from(&settings).unwrap(), "chat").await;
    let database = database.map_err(|error| format!("{error:#}"))?;
    let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let asked = Statement::from_string(DbBackend::Postgres, asked);
    let row = database.connection().query_one_raw(asked).await.unwrap().unwrap();
    database.close().await.unwrap();
    Ok(row.try_get("", "ssl").unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked_as_the_address_says() {
    let (ours, others) = (authority("ours"), authority("others"));
    let folder = tempfile::tempdir().unwrap();
    let [root, wrong] = [("ours", &ours), ("others", &others)].map(|(name, authority)| {
        let path = folder.path().join(name);
        std::fs::write(&path, authority.pem()).unwrap();
        path
    });
    let here = server(&ours, "127.0.0.1").await;
    for mode in ["verify-full", "verify-ca"] {
        assert_eq!(connect(&here, mode, Some(&root)).await, Ok(true), "{mode}");
        for unknown in [Some(&*wrong), None] {
            let told = connect(&here, mode, unknown).await.unwrap_err();
            assert!(told.starts_with("database.url (DATABASE_URL): "), "{told}");
            assert!(told.contains("name the file of who has as `sslrootcert=`"), "{told}");
            assert!(!told.contains("omnichat@"), "{told}");
        }
    }
    for mode in ["require", "prefer"] {
        assert_eq!(connect(&here, mode, None).await, Ok(true), "{mode}");
    }
    assert_eq!(connect(&here, "disable", None).await, Ok(false));

    let elsewhere = server(&ours, "db.example.org").await;
    let told = connect(&elsewhere, "verify-full", Some(&root)).await.unwrap_err();
    assert!(told.contains("for another name"), "{told}");
    assert_eq!(connect(&elsewhere, "verify-ca", Some(&root)).await, Ok(true));

    let plain = tokio::task::spawn_blocking(PostgresServer::new).await.unwrap();
    for mode in ["require", "verify-full"] {
        let told = connect(&plain, mode, Some(&root)).await.unwrap_err();
        assert!(told.contains("does not speak TLS"), "{told}");
    }
    assert_eq!(connect(&plain, "prefer", None).await, Ok(false));
}
