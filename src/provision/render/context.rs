//! What the plans of all chosen servers look at: the values, the options, and whose secrets are whose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::secret::Secret;

use super::super::catalog::Server;
use super::super::keys::{secret_key, steers_loader};
use super::{Options, Values};

/// What all plans look at.
pub(super) struct Context<'a> {
    pub(super) values: &'a Values,
    pub(super) options: &'a Options,
    /// The names and keys of the secrets of all chosen servers, with their servers.
    secrets: BTreeMap<String, BTreeSet<&'a str>>,
    /// The first parts of config paths, with the servers they belong to.
    owners: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(servers: &'a [Arc<Server>], values: &'a Values, options: &'a Options) -> Self {
        let mut secrets: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut owners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for server in servers {
            for entry in &server.secrets {
                for name in [entry.name.clone(), secret_key(&entry.name)] {
                    secrets.entry(name).or_default().insert(&server.name);
                }
            }
            for config in &server.config {
                owners.entry(&config.name).or_default().insert(&server.name);
            }
        }
        // What stands below a server's own name is its own, whatever others say.
        for server in servers {
            owners.insert(&server.name, BTreeSet::from([server.name.as_str()]));
        }
        Self { values, options, secrets, owners }
    }

    /// Whether a path or key is a secret of a chosen server.
    pub(super) fn is_secret(&self, path: &str) -> bool {
        self.secrets.contains_key(path)
    }

    /// The other server whose secret a path names, or whose credential it may be.
    pub(super) fn foreign_owner(&self, server: &str, path: &str, credential: bool) -> Option<&str> {
        if let Some(owners) = self.secrets.get(path) {
            return owners.iter().find(|owner| **owner != server).copied();
        }
        if !credential {
            return None;
        }
        let mut prefix = path;
        while let Some((above, _)) = prefix.rsplit_once('.') {
            if let Some(owners) = self.owners.get(above) {
                return owners.iter().find(|_| !owners.contains(server)).copied();
            }
            prefix = above;
        }
        None
    }

    /// Whether a variable of this name may be set.
    pub(super) fn allows(&self, env: &str) -> bool {
        !steers_loader(env) || self.options.allow_env.contains(env)
    }

    /// The value of a secret by its key; empty is none.
    pub(super) fn secret(&self, key: &str) -> Option<&Secret> {
        self.values.secrets.get(key).filter(|secret| !secret.is_empty())
    }

    /// Whether the cluster's Secret has a key whose value is not known here.
    pub(super) fn is_live(&self, key: &str) -> bool {
        self.options.live_secret_keys.contains(key) && !self.is_absent(key)
    }

    /// Whether a key has no value, on purpose.
    pub(super) fn is_absent(&self, key: &str) -> bool {
        self.values.absent.contains(key)
    }
}
