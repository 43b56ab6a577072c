//! What `make dist` packs: the same bytes from the same input, and all that an operator needs.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use super::tools::root;

const PROGRAMS: [&str; 4] = ["omnichat", "auth-service", "project-service", "chat-service"];

/// Programs that stand for the real ones, which take minutes to build.
fn stand_ins(folder: &Path, age: Duration) {
    std::fs::create_dir_all(folder).unwrap();
    for name in PROGRAMS {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho {name} \"$@\"\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + age).unwrap();
    }
}

/// Packs them, as somebody with another mask and another zone would.
fn pack(folder: &Path, umask: &str, zone: &str) -> Vec<u8> {
    std::fs::write(folder.join("sbom.json"), "{}").unwrap();
    let command =
        format!("umask {umask} && exec scripts/dist \"$1/bin\" \"$1/sbom.json\" \"$1/dist\"");
    let packing = Command::new("sh")
        .args(["-c", &command, "sh"])
        .arg(folder)
        .current_dir(root())
        .envs([("SOURCE_DATE_EPOCH", "1800000000"), ("TZ", zone)])
        .output()
        .unwrap();
    assert_done(&packing);
    std::fs::read(archive(folder)).unwrap()
}

fn archive(folder: &Path) -> std::path::PathBuf {
    let files = folder.join("dist").read_dir().unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|end| end == "gz")).unwrap()
}

fn assert_done(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    stand_ins(&one.join("bin"), Duration::ZERO);
    stand_ins(&other.join("bin"), Duration::from_hours(100_000));
    let packed = pack(&one, "022", "UTC");
    assert!(packed == pack(&other, "077", "Asia/Tokyo"), "the archives differ");

    // What came with it says that it came whole.
    let sums = Command::new("sha256sum")
        .args(["--check", "--quiet"])
        .arg(archive(&one).with_extension("gz.sha256"))
        .current_dir(one.join("dist"))
        .output();
    assert_done(&sums.unwrap());
    let unpacked = folder.path().join("unpacked");
    std::fs::create_dir(&unpacked).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--strip-components=1", "-xzf"]).arg(archive(&one)).arg("-C").arg(&unpacked);
    assert_done(&tar.output().unwrap());
    let sums = Command::new("sha256sum")
        .args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(&unpacked)
        .output();
    assert_done(&sums.unwrap());
    for file in [
        "bin/chat-service",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "docs/operations.md",
        "deploy/gateway/nginx.conf",
        "deploy/systemd/omnichat@.service",
        "scripts/restore",
        "completions/omnichat.fish",
        "sbom.cdx.json",
    ] {
        assert!(unpacked.join(file).is_file(), "{file}");
    }
    // Where Node is missing it is not built.
    let page = "web/dist/index.html";
    assert_eq!(unpacked.join(page).is_file(), root().join(page).is_file());
    let completions = std::fs::read_to_string(unpacked.join("completions/omnichat.zsh")).unwrap();
    assert_eq!(completions, "omnichat completions zsh\n");
}
