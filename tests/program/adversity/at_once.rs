//! Two runs at the same time against the same objects: no update is lost, and nobody is told anything confusing.

use super::fixtures::{CLEANUP, PROVISION_NEW};
use super::setup::{Ground, folder_of};
use crate::support::program::{Mcpctl, Ran};

/// How often each is tried: who is first differs.
const TIMES: usize = 5;

/// Runs several at the same time, to their ends.
fn together(runs: Vec<Mcpctl>) -> Vec<Ran> {
    let children: Vec<_> = runs.into_iter().map(|run| (run.start(), run)).collect();
    children.into_iter().map(|(child, run)| run.end_of(child)).collect()
}

fn text(ran: &Ran) -> String {
    format!("exit code {}\n{}{}", ran.code, ran.stdout, ran.stderr)
}

#[test]
fn the_same_provision_twice() {
    let ground = Ground::sandbox();
    ground.slow(10);
    let expected = PROVISION_NEW.undisturbed(&ground);
    for _ in 0..TIMES {
        let ran = PROVISION_NEW.set(&ground);
        let run = PROVISION_NEW.begin(&ground, &[], ran);
        // both in the same folder
        let (one, other) = (run.start(), run.start());
        let other = other.wait_with_output().unwrap();
        let ran = run.end_of(one).code(0);
        assert!(other.status.success(), "{}\n{}", text(&ran), String::from_utf8_lossy(&other.stderr));
        assert_eq!(ground.look(&folder_of(&ran)), expected.after);
    }
}

/// Two folders, two servers, one base: each run keeps what the other has just applied.
#[test]
fn two_provisions_of_one_owner() {
    let ground = Ground::sandbox();
    provision_two_servers(&ground);
}

/// The same on any ground.
#[track_caller]
pub(crate) fn provision_two_servers(ground: &Ground) {
    ground.slow(30);
    for _ in 0..TIMES {
        ground.clear();
        let one = ["provision", "grafana", "--base", "prod", "--skip", "images", "--from-env"];
        let other = ["provision", "clock", "--base", "prod", "--skip", "images", "--from-env"];
        let one = ground.mcpctl(&one).env("GRAFANA_URL", "http://g").env("GRAFANA_API_KEY", "canary-key");
        let other = ground.mcpctl(&other).env("CLOCK_ZONE", "UTC");
        let ends = together(vec![one, other]);
        for ran in &ends {
            assert_eq!(ran.code, 0, "{}\n{}", text(&ends[0]), text(&ends[1]));
        }
        let config = ground.data("configmaps/mcp-gateway-config").unwrap();
        let secrets = ground.data("secrets/mcp-gateway-secrets").unwrap();
        for key in ["grafana.url", "GRAFANA_URL", "clock.zone", "CLOCK_ZONE"] {
            assert!(config.contains_key(key), "{key} is lost: {config:?}\n{}\n{}", text(&ends[0]), text(&ends[1]));
        }
        assert!(secrets.contains_key("grafana.api_key"), "{secrets:?}");
    }
    ground.slow(0);
}

/// Two owners with different values for one key: one gets it, the other is told whose it is.
#[test]
fn two_owners_of_one_key() {
    let ground = Ground::sandbox();
    ground.slow(20);
    for _ in 0..TIMES {
        ground.clear();
        let of = |base: &str, zone: &str| {
            let zone = format!("clock.zone={zone}");
            ground.mcpctl(&["provision", "clock", "--base", base, "--set", &zone, "--skip", "images"])
        };
        let ends = together(vec![of("one", "UTC"), of("two", "CET")]);
        let mut codes: Vec<i32> = ends.iter().map(|ran| ran.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, [0, 1], "{}\n{}", text(&ends[0]), text(&ends[1]));
        let (winner, loser) = if ends[0].code == 0 { ("one", &ends[1]) } else { ("two", &ends[0]) };
        assert!(loser.stderr.contains(&format!("mcpctl:{winner}")), "{}", loser.stderr);
        let zone = if winner == "one" { "UTC" } else { "CET" };
        assert_eq!(ground.data("configmaps/mcp-gateway-config").unwrap()["clock.zone"], zone);
    }
}

#[test]
fn two_cleanups() {
    let ground = Ground::sandbox();
    clean_up_twice(&ground);
}

/// The same on any ground.
#[track_caller]
pub(crate) fn clean_up_twice(ground: &Ground) {
    ground.slow(20);
    let expected = CLEANUP.undisturbed(ground);
    for _ in 0..TIMES {
        let ran = CLEANUP.set(ground);
        let run = CLEANUP.begin(ground, &[], ran);
        let (one, other) = (run.start(), run.start());
        let other = other.wait_with_output().unwrap();
        let ran = run.end_of(one);
        let told = format!("{}\n{}", text(&ran), String::from_utf8_lossy(&other.stderr));
        assert!(ran.code == 0 && other.status.success() && !told.contains("error"), "{told}");
        assert_eq!(ground.look(&folder_of(&ran)), expected.after);
    }
    ground.slow(0);
}
