//! Faults, kills and runs at the same time against the real API server: a bounded selection of what the sandbox is put
//! through.

use crate::program::adversity::fixtures::{CLEANUP, LIST, POPULATE_SECRET, PROVISION_AGAIN, PROVISION_NEW};
use crate::program::adversity::setup::Ground;
use crate::program::adversity::{at_once, faults, kill};
use crate::support::cluster_namespace::{Place, client};

/// Namespaces with a proxy before each of them.
fn grounds(count: usize) -> (Vec<Place>, Vec<Ground>) {
    let places: Vec<Place> = (0..count).map(|_| Place::new("faults")).collect();
    let grounds = places.iter().map(|place| Ground::new(client(), place.api())).collect();
    (places, grounds)
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn list_withstands_every_fault() {
    let (_places, grounds) = grounds(2);
    faults::withstands(&grounds, LIST);
    faults::another_authority(&grounds[0]);
    faults::clocks_that_differ(&grounds[0]);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn cleanup_withstands_every_fault() {
    let (_places, grounds) = grounds(3);
    faults::withstands(&grounds, CLEANUP);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn populate_secret_withstands_every_fault() {
    let (_places, grounds) = grounds(3);
    faults::withstands(&grounds, POPULATE_SECRET);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn provision_withstands_every_fault() {
    let (_places, grounds) = grounds(3);
    faults::withstands(&grounds, PROVISION_NEW);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn pages_and_watches_that_are_gone_go_on() {
    let (_places, grounds) = grounds(1);
    faults::pages_that_are_gone(&grounds[0]);
    faults::watches_that_are_cut(&grounds[0]);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn provision_and_cleanup_can_be_killed() {
    let (_places, grounds) = grounds(2);
    kill::survives(&grounds, PROVISION_NEW, 10, 4);
    kill::survives(&grounds, PROVISION_AGAIN, 10, 5);
    kill::survives(&grounds, CLEANUP, 10, 6);
}

#[test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
fn two_runs_at_once_lose_nothing() {
    let (_places, grounds) = grounds(1);
    at_once::provision_two_servers(&grounds[0]);
    at_once::clean_up_twice(&grounds[0]);
}
