//! The units of systemd, for a machine without containers.

use std::path::Path;
use std::process::Command;

use super::tools::{root, skip};

const ANALYZE: &str = "/usr/bin/systemd-analyze";

#[test]
fn systemd_understands_every_line() {
    if !Path::new(ANALYZE).exists() {
        return skip("the units of systemd", ANALYZE);
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::copy("/bin/true", &program).unwrap();
    for unit in ["omnichat@", "omnichat-migrate@", "omnichat-gateway"] {
        let text = std::fs::read_to_string(root().join(format!("deploy/systemd/{unit}.service")));
        // What it starts is not installed here.
        let programs = ["/usr/local/bin/%i-service", "/usr/sbin/nginx"];
        let text = programs.iter().fold(text.unwrap(), |text, installed| {
            text.replace(installed, program.to_str().unwrap())
        });
        let name = unit.replace('@', "@auth");
        std::fs::write(folder.path().join(format!("{unit}.service")), &text).unwrap();
        std::fs::write(folder.path().join(format!("{name}.service")), &text).unwrap();
    }
    let mut verify = Command::new(ANALYZE);
    verify.args(["verify", "--man=no", "--recursive-errors=no"]);
    verify.args(
        ["omnichat@auth", "omnichat-migrate@auth", "omnichat-gateway"]
            .map(|unit| folder.path().join(format!("{unit}.service"))),
    );
    let output = verify.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
