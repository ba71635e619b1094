//! What scripts do: the language, `check` and `test`, the shipped workflows, and the domain behind them.

pub(super) mod catalog;
pub(super) mod check;
pub(super) mod envfile;
pub(super) mod gateway;
pub(super) mod images;
pub(super) mod manifests;
pub(super) mod provisioning;
pub(super) mod rbac;
pub(super) mod references;
pub(super) mod schedule;
pub(super) mod testing;
pub(super) mod values;
pub(super) mod verify;
