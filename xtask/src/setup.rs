//! Finding out which system packages are missing, and installing them.

use std::process::Command;

use crate::{
    Options,
    packages::{Manager, NEEDS, Purpose},
    run::{self, Failure, Outcome},
};

/// Installs what `purpose` needs; with `--no-install` only says what that would be.
pub(crate) fn run(options: &Options, purpose: Purpose) -> Outcome {
    let Some(manager) = manager() else {
        // Windows brings what a build needs with its compiler; elsewhere we cannot look.
        if !cfg!(windows) {
            eprintln!("xtask: no apt, dnf, pacman or brew here; install what CONTRIBUTING.md lists by hand");
        }
        return Ok(());
    };
    let missing = missing(manager, purpose);
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("Ringside needs packages that are not installed:");
    for (why, names) in &missing {
        eprintln!("  {}\n      {why}", names.join(" "));
    }
    if options.no_install {
        eprintln!("Nothing was installed (--no-install).");
        return Ok(());
    }
    let names: Vec<&str> = missing.into_iter().flat_map(|(_, names)| names).collect();
    install(manager, &names)
}

fn manager() -> Option<Manager> {
    let candidates = if cfg!(target_os = "macos") {
        &[(Manager::Brew, "brew")][..]
    } else if cfg!(target_os = "linux") {
        &[
            (Manager::Apt, "apt-get"),
            (Manager::Dnf, "dnf"),
            (Manager::Pacman, "pacman"),
        ][..]
    } else {
        &[][..]
    };
    candidates
        .iter()
        .find(|(_, program)| run::succeeds(program, ["--version"]))
        .map(|(manager, _)| *manager)
}

/// Every need with packages that are not there, as (why, names).
fn missing(manager: Manager, purpose: Purpose) -> Vec<(&'static str, Vec<&'static str>)> {
    NEEDS
        .iter()
        .filter(|need| need.purpose <= purpose)
        .map(|need| {
            let names = need
                .names(manager)
                .iter()
                .copied()
                .filter(|name| !installed(manager, name))
                .collect();
            (need.why, names)
        })
        .filter(|(_, names): &(_, Vec<_>)| !names.is_empty())
        .collect()
}

fn installed(manager: Manager, name: &str) -> bool {
    match manager {
        Manager::Apt => run::output("dpkg-query", ["-W", "-f=${db:Status-Status}", name])
            .is_some_and(|status| status.contains("installed") && !status.contains("not-installed")),
        Manager::Dnf => run::succeeds("rpm", ["-q", name]),
        Manager::Pacman => run::succeeds("pacman", ["-Q", name]),
        Manager::Brew => run::succeeds("brew", ["list", "--versions", name]),
    }
}

fn install(manager: Manager, names: &[&str]) -> Outcome {
    let steps: Vec<Vec<&str>> = match manager {
        // `--no-remove`: an audio server that conflicts with what is here must not push it out.
        Manager::Apt => vec![
            vec!["apt-get", "update", "--quiet"],
            [
                &[
                    "apt-get",
                    "install",
                    "--yes",
                    "--quiet",
                    "--no-install-recommends",
                    "--no-remove",
                ],
                names,
            ]
            .concat(),
        ],
        Manager::Dnf => vec![[&["dnf", "install", "--assumeyes"], names].concat()],
        Manager::Pacman => vec![[&["pacman", "-S", "--needed", "--noconfirm"], names].concat()],
        Manager::Brew => vec![[&["brew", "install"], names].concat()],
    };
    let sudo = manager != Manager::Brew && !is_root();
    if sudo && !run::succeeds("sudo", ["--version"]) {
        let lines: Vec<String> = steps.iter().map(|step| format!("  {}", step.join(" "))).collect();
        return Err(Failure::because(format!(
            "run this as root, then come back:\n{}",
            lines.join("\n")
        )));
    }
    for step in steps {
        let words = if sudo {
            [&["sudo"], &step[..]].concat()
        } else {
            step
        };
        eprintln!("$ {}", words.join(" "));
        let Some((program, args)) = words.split_first() else {
            continue;
        };
        let mut command = Command::new(program);
        // The installer's chatter belongs on stderr: stdout is for what was asked for.
        command
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(std::io::stderr());
        run::finish(&mut command).map_err(|failure| {
            Failure::because(failure.sentence.unwrap_or_else(|| {
                format!(
                    "`{}` failed; see above, install the packages by hand, then come back",
                    words.join(" ")
                )
            }))
        })?;
    }
    Ok(())
}

fn is_root() -> bool {
    run::output("id", ["-u"]).is_some_and(|id| id.trim() == "0")
}
