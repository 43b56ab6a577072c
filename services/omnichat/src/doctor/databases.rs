use platform::Module;
use platform::db::{Database, Encryption, Inspection, SchemaState};
use platform::settings::{DatabaseSettings, Settings};

use super::Finding;
use crate::modules::Parts;

/// Each service's database: whether it is there, and what we may do with it.
pub async fn look_at(settings: &Settings) -> Vec<Finding> {
    let settings = match DatabaseSettings::from(settings) {
        Ok(settings) => settings,
        Err(error) => return vec![Finding::bad("database", error.to_string())],
    };
    let mut findings = Vec::new();
    for service in ["auth", "project", "chat"] {
        let what = format!("database of {service}");
        let inspected = async {
            let database = Database::connect(&settings, service).await?;
            Ok((database.inspect().await?, database.is_read_from_replica().await))
        };
        match inspected.await {
            Ok((inspection, replica)) => {
                findings.extend(judge(&what, &inspection, &settings));
                findings.extend(replica.map(|is_used| judge_replica(&what, is_used)));
            }
            Err(error) => {
                let error: anyhow::Error = error;
                let mend = "Start it, mend DATABASE_URL, or run `omnichat migrate` if this is the first start";
                findings.push(Finding::bad(what, format!("{error:#}. {mend}")));
            }
        }
    }
    findings
}

fn judge(what: &str, inspection: &Inspection, settings: &DatabaseSettings) -> Vec<Finding> {
    let Inspection { version, encryption, is_superuser, may_migrate, forbidden } = inspection;
    let mut findings = vec![match encryption {
        Encryption::Needless => Finding::good(what, format!("{version}, on this machine")),
        Encryption::On => Finding::good(what, format!("{version}, by TLS")),
        Encryption::Off => {
            let says = format!(
                "{version}, and what is said to it can be read on its way. Add `?sslmode=verify-full` to DATABASE_URL"
            );
            Finding::doubtful(what, says)
        }
    }];
    let rights = format!("rights at the {what}");
    findings.push(if *forbidden > 0 {
        let says = format!("{forbidden} tables cannot be read and written. Run deploy/postgres/roles.sql, then `migrate` as the role that owns the schema");
        Finding::bad(rights, says)
    } else if settings.migrate_on_start && !may_migrate {
        let says = "the schema cannot be changed. Set OMNICHAT__DATABASE__MIGRATE_ON_START=false, and run `migrate` as the role that owns it";
        Finding::bad(rights, says)
    } else if *is_superuser {
        let says = "more than are needed: a superuser's. deploy/postgres/roles.sql makes roles that may do what they must";
        Finding::doubtful(rights, says)
    } else {
        Finding::good(rights, "as they should be")
    });
    findings
}

fn judge_replica(what: &str, is_used: bool) -> Finding {
    let replica = format!("replica of the {what}");
    if is_used {
        Finding::good(replica, "has all that was written")
    } else {
        let says = "does not answer, or is behind, so that lists are read from the primary. Look at pg_stat_replication there, and mend DATABASE_READ_URL";
        Finding::doubtful(replica, says)
    }
}

/// Whether each schema is what this program needs.
pub async fn look_at_schemas(parts: &Parts) -> Vec<Finding> {
    let modules: [&dyn Module; 3] = [&parts.auth, &parts.project, &parts.chat];
    let mut findings = Vec::new();
    for module in modules {
        let what = format!("schema of {}", module.name());
        findings.push(match module.schema().await {
            Ok(SchemaState { missing, unknown }) => match (missing.as_slice(), unknown.len()) {
                ([], 0) => Finding::good(what, "this version's"),
                ([], _) => Finding::good(what, "a newer version's, which this one can use"),
                (missing, _) => {
                    let says = format!("{} migrations are missing. Run `migrate`", missing.len());
                    Finding::bad(what, says)
                }
            },
            Err(error) => Finding::bad(what, format!("{error:#}")),
        });
    }
    findings
}
