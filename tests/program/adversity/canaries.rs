//! A secret is nowhere but in its own file and in the requests of its own Secret: every shipped script is run in every
//! form, on success and with faults, and all that can be seen of it is looked through.

use std::path::Path;

use kube_sandbox::Fault;

use super::faults::share;
use super::fixtures::CANARY;
use super::setup::{Ground, folder_of};
use crate::support::program::{Mcpctl, Ran};

/// What the canary becomes in base64, but for its last characters, which depend on what follows.
const BASE64: &str = "Y2FuYXJ5LWtleS1vZi10aGUtbWF0cml4";
/// What the proxy is told by way of credentials.
const TOKEN: &str = "canary-token";

/// The files that may hold it.
const OWN_FILES: [&str; 4] = ["key.txt", "own.env", "prod-secret.env", "other-secret.env"];

/// A line of each shipped script that has to do with the canary as much as it can, and what its standard input is.
const LINES: &[(&str, &str)] = &[
    ("provision grafana --base prod --set grafana.url=http://h --set grafana.api_key=@key.txt --skip images", ""),
    (
        "provision grafana --base other --set grafana.url=http://h --set grafana.api_key=- --skip images --force-conflicts",
        CANARY,
    ),
    ("populate-secret own.env keys", ""),
    ("populate-secret prod-secret.env keys", ""),
    ("populate-configmap prod-config.env settings", ""),
    ("create-secret made @key.json", ""),
    ("create-configmap flags {\"a\":\"b\"}", ""),
    ("set-secret mcp-gateway-secrets grafana.api_key @key.txt", ""),
    ("set-secret of-others key -", CANARY),
    ("status", ""),
    ("list", ""),
    ("sessions", ""),
    ("logs mcp-young", ""),
    ("session mcp-gateway-0ad50001 --yes", ""),
    ("stale 1h --yes", ""),
    ("cleanup --yes", ""),
    ("diff prod", ""),
    ("verify grafana --base prod --timeout 2s", ""),
    ("gateway prod", ""),
    ("generate-env grafana,clock prod", ""),
    ("servers grafana", ""),
    ("show-example grafana", ""),
    ("extract-data grafana", ""),
];

/// The forms of a run.
const FORMS: [&[&str]; 5] = [&[], &["-v", "-v"], &["-o", "json"], &["--dry-run", "-o", "json"], &["--read-only"]];

/// What goes wrong, at every request from this one on.
const FAULTS: [(usize, Fault); 4] = [
    (1, Fault::Answer { status: 422, retry_after: None }),
    (2, Fault::Answer { status: 403, retry_after: None }),
    (2, Fault::BreakAfter),
    (1, Fault::HalfAnswer),
];

/// A folder where `prod` has been provisioned.
fn provisioned(ground: &Ground) -> Ran {
    ground.proxy.clear();
    ground.clear();
    ground.populate(1);
    let run = ground.mcpctl(&LINES[0].0.split(' ').collect::<Vec<_>>());
    let run = run.file("key.txt", CANARY).file("own.env", &format!("A={CANARY}\n"));
    run.file("key.json", "{\"a\": \"b\"}").run().code(0)
}

/// What of a run shows the canary.
fn shown(ground: &Ground, ran: &Ran) -> Vec<String> {
    let mut shown = Vec::new();
    for (name, text) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
        if holds(text) || text.contains(TOKEN) {
            shown.push(format!("{name}: {text}"));
        }
    }
    look_into(&folder_of(ran), &mut shown);
    for sent in ground.proxy.sent() {
        let own = sent.path.contains("/secrets/") || sent.path.contains("/secrets?");
        let rest = format!("{} {} {}", sent.method, sent.path, sent.headers);
        if holds(&rest) || (!own && holds(&sent.body)) {
            shown.push(format!("request {} {}", sent.method, sent.path));
        }
    }
    shown
}

fn holds(text: &str) -> bool {
    text.contains(CANARY) || text.contains(BASE64)
}

fn look_into(folder: &Path, shown: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_into(&path, shown);
        } else if !OWN_FILES.contains(&path.file_name().unwrap().to_str().unwrap())
            && holds(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()))
        {
            shown.push(format!("file {}", path.display()));
        }
    }
}

/// Runs a line in the folder of an earlier run; temporary files go into the folder, too.
fn run(ground: &Ground, line: (&str, &str), flags: &[&str], earlier: Ran) -> Ran {
    let words: Vec<&str> = line.0.split(' ').chain(flags.iter().copied()).collect();
    let temporary = folder_of(&earlier).join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    let run = ground.mcpctl(&words).after(earlier).env("TMPDIR", temporary.display().to_string());
    run.input(line.1).run()
}

#[test]
fn every_shipped_script_is_looked_at() {
    let scripts = Mcpctl::new("scripts -o json").run().code(0).json();
    for script in scripts.as_array().unwrap() {
        let name = script["name"].as_str().unwrap();
        let is_its = |line: &(&str, &str)| line.0.split(' ').next() == Some(name);
        assert!(LINES.iter().any(is_its), "`{name}` has no line here");
    }
}

#[test]
fn no_form_of_a_run_shows_it() {
    let grounds: Vec<Ground> = (0..3).map(|_| Ground::sandbox()).collect();
    let wrong = share(&grounds, LINES, |ground, line| {
        let mut ran = provisioned(ground);
        let mut wrong = Vec::new();
        for flags in FORMS {
            ran = run(ground, *line, flags, ran);
            // a wrong line would show nothing, whatever it does
            if ran.code == 2 {
                wrong.push(format!("{} {flags:?} is wrong: {}", line.0, ran.stderr));
            }
            let seen = shown(ground, &ran);
            wrong.extend(seen.into_iter().map(|seen| format!("{} {flags:?} shows it: {seen}", line.0)));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let own = |sent: &crate::support::fault_proxy::Sent| sent.path.contains("/secrets/") && holds(&sent.body);
    assert!(grounds.iter().any(|ground| ground.proxy.sent().iter().any(own)), "it was sent where it belongs");
}

#[test]
fn no_failure_shows_it() {
    let grounds: Vec<Ground> = (0..3).map(|_| Ground::sandbox()).collect();
    let wrong = share(&grounds, LINES, |ground, line| {
        let mut ran = provisioned(ground);
        let mut wrong = Vec::new();
        for (first, fault) in FAULTS {
            ground.proxy.clear();
            (first..first + 30).for_each(|nth| ground.proxy.order(nth, fault));
            ran = run(ground, *line, &["-v", "-v", "--request-timeout", "2s"], ran);
            let seen = shown(ground, &ran);
            wrong.extend(seen.into_iter().map(|seen| format!("{} with {fault:?} shows it: {seen}", line.0)));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Programs that a run starts (a credential plugin here) see neither in their words nor in their environment what came
/// by a file or by standard input; nor do the words of mcpctl itself hold it.
#[test]
fn no_other_program_sees_it() {
    let ground = Ground::sandbox();
    let ran = provisioned(&ground);
    let folder = folder_of(&ran);
    let spy = "#!/bin/sh\ncat /proc/$$/environ /proc/$$/cmdline /proc/$PPID/cmdline >> SPIED\n\
               echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t\"}}'\n";
    let spied = folder.join("spied");
    std::fs::write(folder.join("spy"), spy.replace("SPIED", spied.to_str().unwrap())).unwrap();
    let config = std::fs::read_to_string(ground.proxy.kubeconfig()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&config).unwrap();
    config["users"][0]["user"] = serde_json::json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": "Never",
        "args": [folder.join("spy").display().to_string()],
    }});
    std::fs::write(folder.join("spied-on"), config.to_string()).unwrap();
    let mut ran = ran;
    for (line, input) in [LINES[1], LINES[2], LINES[7], LINES[8]] {
        let run = ground.mcpctl(&line.split(' ').collect::<Vec<_>>()).after(ran);
        let run = run.env("KUBECONFIG", folder.join("spied-on").display().to_string()).word("--yes");
        ran = run.input(input).run().code(0);
    }
    let read = "let s = secrets::get(\"mcp-gateway-secrets\"); process::run([\"sh\", \"-c\", \"cat /proc/$$/environ /proc/$$/cmdline >> spied\"])";
    let ran = ground.mcpctl(&["eval", read]).after(ran).run().code(0);
    let seen = String::from_utf8_lossy(&std::fs::read(spied).unwrap()).into_owned();
    assert!(seen.contains("KUBECONFIG=") && seen.contains("populate-secret"), "the spy was asked: {seen}");
    assert!(!holds(&seen), "{seen}");
    drop(ran);
}
