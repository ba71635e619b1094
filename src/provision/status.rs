//! Which keys a server needs, has and lacks, by the objects that its pods really refer to. `doctor` and `status` ask here,
//! so that they never disagree.
//!
//! Plain data in and out: nothing here asks a cluster.

use std::collections::BTreeSet;

use super::envfile::Role;
use super::requirements::Requirements;

/// What is known of a live ConfigMap or Secret.
#[derive(Debug, Clone, Default)]
pub struct LiveObject {
    /// Its name.
    pub name: String,
    /// Its keys; none if it does not exist.
    pub keys: BTreeSet<String>,
    /// The keys that it lacks on purpose.
    pub absent: BTreeSet<String>,
    /// Whether it could be read.
    pub is_known: bool,
}

/// A key of an object, as a container refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReference {
    /// ConfigMap or Secret.
    pub role: Role,
    /// The object's name.
    pub object: String,
    /// The key; `None` for all of them.
    pub key: Option<String>,
    /// What the pod shows: whether it gets the key.
    pub gets: Gets,
}

/// Whether a container gets what it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gets {
    /// It runs.
    Yes,
    /// It does not start for want of it.
    No,
    /// It does not run yet, for another reason.
    Unknown,
}

/// A key that a server cannot do without, and lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingKey {
    /// The key under which a user gives the value: that of the env file.
    pub key: String,
    /// Whether the ConfigMap or the Secret lacks it.
    pub role: Role,
    /// The name of that object: the one that the server's pods refer to.
    pub object: String,
    /// The key in that object.
    pub stored: String,
}

/// The keys of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyStatus {
    /// How many keys it cannot do without.
    pub needed: usize,
    /// Those that it lacks.
    pub missing: Vec<MissingKey>,
    /// Those that it lacks on purpose.
    pub absent: Vec<String>,
    /// Whether something could not be found out.
    pub is_unknown: bool,
}

impl KeyStatus {
    /// `missing`, `unknown` or `there`.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match (self.missing.is_empty(), self.is_unknown) {
            (false, _) => "missing",
            (true, true) => "unknown",
            (true, false) => "there",
        }
    }

    /// The keys that are missing, each once.
    #[must_use]
    pub fn missing_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for missing in &self.missing {
            if !keys.contains(&missing.key.as_str()) {
                keys.push(&missing.key);
            }
        }
        keys
    }
}

/// The servers whose values are in the live objects: one of their secrets or config values is there.
pub fn servers_behind<'a>(
    needs: impl IntoIterator<Item = &'a Requirements>,
    config: &BTreeSet<String>,
    secret: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_behind = |needs: &&Requirements| {
        needs.secrets.iter().any(|need| secret.contains(&need.key))
            || needs.config.iter().any(|need| !need.credential && config.contains(&need.key))
            || needs.rendered.iter().any(|one| secret.contains(&one.key))
    };
    needs.into_iter().filter(is_behind).map(|needs| needs.server.clone()).collect()
}

/// The keys of a server. `config` and `secret` are the objects that are looked at, `references` what its pods refer to:
/// where that is another object, its keys are known by whether the pods run.
///
/// `needs` is `None` for a server that the catalog does not have.
#[must_use]
pub fn keys(
    needs: Option<&Requirements>,
    references: &[KeyReference],
    config: &LiveObject,
    secret: &LiveObject,
) -> KeyStatus {
    let live = Live { references, config, secret };
    let mut status = KeyStatus { is_unknown: needs.is_none(), ..KeyStatus::default() };
    let chosen = |key: &str| config.absent.contains(key) || secret.absent.contains(key);
    let add = |status: &mut KeyStatus, key: &str, role: Role, stored: &str| match live.has(role, stored) {
        (_, Gets::Yes) => {}
        (_, Gets::Unknown) => status.is_unknown = true,
        (object, Gets::No) => {
            let missing = MissingKey { key: key.to_owned(), role, object, stored: stored.to_owned() };
            if !status.missing.contains(&missing) {
                status.missing.push(missing);
            }
        }
    };
    if let Some(needs) = needs {
        let secrets = needs.secrets.iter().map(|need| (&need.key, need.required, true));
        let config_needs = needs.config.iter().map(|need| (&need.key, need.required, need.credential));
        let mut unmet: BTreeSet<&str> = BTreeSet::new();
        for (position, (key, is_required, is_hidden)) in secrets.chain(config_needs).enumerate() {
            let rendered = || needs.rendered.iter().filter(|one| one.needs.contains(key));
            let is_secret = position < needs.secrets.len();
            // a hidden config value has no key of its own: it is part of the variables that `provision` stores
            let mut places: Vec<(Role, &str)> = Vec::new();
            if is_secret {
                places.push((Role::Secret, key));
            } else {
                if !is_hidden {
                    places.push((Role::Config, key));
                }
                places.extend(rendered().map(|one| (Role::Secret, one.key.as_str())));
            }
            let is_met = places.iter().any(|(role, stored)| live.has(*role, stored).1 == Gets::Yes);
            if !is_met {
                unmet.insert(key);
            }
            if !is_required {
                continue;
            }
            status.needed += 1;
            if chosen(key) {
                status.absent.push(key.clone());
            } else if !is_met {
                let first = places.first().map_or(Role::Config, |(role, _)| *role);
                for (role, stored) in places.iter().filter(|(role, _)| *role == first) {
                    add(&mut status, key, *role, stored);
                }
            }
        }
        for one in &needs.rendered {
            let is_stored = one.needs.iter().all(|key| !unmet.contains(key.as_str()));
            if is_stored && !chosen(&one.key) {
                add(&mut status, &one.key, Role::Secret, &one.key);
            }
        }
    }
    // what keeps a pod from starting is missing, whether the catalog knows of it or not
    for one in references.iter().filter(|one| one.gets == Gets::No) {
        if let Some(key) = &one.key
            && !status.missing.iter().any(|missing| missing.stored == *key && missing.object == one.object)
        {
            let (role, object) = (one.role, one.object.clone());
            status.missing.push(MissingKey { key: key.clone(), role, object, stored: key.clone() });
        }
    }
    status
}

struct Live<'a> {
    references: &'a [KeyReference],
    config: &'a LiveObject,
    secret: &'a LiveObject,
}

impl Live<'_> {
    /// The object that a key comes from, and whether it is there.
    fn has(&self, role: Role, key: &str) -> (String, Gets) {
        let named = if role == Role::Config { self.config } else { self.secret };
        let of_role = || self.references.iter().filter(|one| one.role == role);
        let by_key: Vec<&KeyReference> = of_role().filter(|one| one.key.as_deref() == Some(key)).collect();
        let refers = match by_key.is_empty() {
            true => of_role().filter(|one| one.key.is_none()).collect(),
            false => by_key,
        };
        // the pod that does not start says most
        let other = refers.iter().find(|one| one.object != named.name && one.gets == Gets::No);
        let other = other.or_else(|| match refers.iter().any(|one| one.object == named.name) {
            true => None,
            false => refers.first(),
        });
        match other {
            Some(one) if one.key.is_some() || one.gets == Gets::No => (one.object.clone(), one.gets),
            Some(one) => (one.object.clone(), Gets::Unknown),
            None if named.keys.contains(key) => (named.name.clone(), Gets::Yes),
            None if named.is_known => (named.name.clone(), Gets::No),
            None => (named.name.clone(), Gets::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::catalog::{Catalog, Server};
    use crate::provision::requirements::requirements;

    fn needs(text: &str) -> Vec<Requirements> {
        let catalog = Catalog::parse(text.as_bytes(), "test").unwrap();
        catalog.servers.values().map(|server: &std::sync::Arc<Server>| requirements(server)).collect()
    }

    const GRAFANA: &str = "registry:\n  grafana:\n    image: mcp/grafana\n    secrets: [{name: grafana.api_key, env: KEY}]\n    \
                           env: [{name: GRAFANA_URL, value: '{{grafana.url}}'}]\n  time: {image: mcp/time}\n";

    fn object(name: &str, keys: &[&str]) -> LiveObject {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        LiveObject { name: name.to_owned(), keys, absent: BTreeSet::new(), is_known: true }
    }

    fn refers(object: &str, key: &str, gets: Gets) -> KeyReference {
        KeyReference { role: Role::Secret, object: object.to_owned(), key: Some(key.to_owned()), gets }
    }

    fn stored(status: &KeyStatus) -> Vec<String> {
        let mut keys: Vec<String> =
            status.missing.iter().map(|missing| format!("{}/{}", missing.object, missing.stored)).collect();
        keys.sort();
        keys
    }

    #[test]
    fn a_server_is_in_use_by_one_of_its_values() {
        let needs = needs(GRAFANA);
        let set = |keys: &[&str]| object("x", keys).keys;
        assert_eq!(servers_behind(&needs, &set(&["grafana.url"]), &set(&[])), set(&["grafana"]));
        assert!(servers_behind(&needs, &set(&[]), &set(&["x"])).is_empty());
    }

    #[test]
    fn the_object_that_a_pod_refers_to_counts() {
        let needs = needs(GRAFANA);
        let grafana = needs.iter().find(|needs| needs.server == "grafana");
        let (config, empty, full) = (object("c", &[]), object("s", &[]), object("s", &["grafana.api_key"]));
        let of = |references: &[KeyReference], secret| keys(grafana, references, &config, secret);
        assert_eq!(stored(&of(&[], &empty)), ["s/grafana.api_key"]);
        assert_eq!(of(&[], &full).state(), "there");
        let key = "grafana.api_key";
        assert_eq!(of(&[refers("team", key, Gets::Yes)], &empty).state(), "there");
        assert_eq!(stored(&of(&[refers("team", key, Gets::No)], &full)), ["team/grafana.api_key"]);
        assert_eq!(of(&[refers("team", key, Gets::Unknown)], &full).state(), "unknown");
        assert_eq!(stored(&of(&[refers("s", "extra", Gets::No)], &full)), ["s/extra"]);
    }

    #[test]
    fn what_cannot_be_read_or_is_not_in_the_catalog_is_unknown_and_what_is_chosen_is_not_missing() {
        let needs = needs(GRAFANA);
        let grafana = needs.iter().find(|needs| needs.server == "grafana");
        let (config, mut secret) = (object("c", &[]), LiveObject::default());
        assert_eq!(keys(grafana, &[], &config, &secret).state(), "unknown");
        assert_eq!(keys(None, &[], &config, &object("s", &[])).state(), "unknown");
        secret = object("s", &[]);
        secret.absent.insert("grafana.api_key".to_owned());
        let status = keys(grafana, &[], &config, &secret);
        assert_eq!((status.state(), status.absent.len(), status.needed), ("there", 1, 1));
    }

    #[test]
    fn a_variable_that_provision_stores_may_be_missing_too() {
        let text = "registry:\n  db:\n    image: db\n    secrets: [{name: db.password, env: PASSWORD}]\n    \
                    env: [{name: DB_URL, value: 'pg://{{db.password}}@{{db.host}}'}, {name: T, value: '{{db.token}}'}]\n    \
                    config: [{name: db, required: [token], properties: {token: {type: string}}}]\n";
        let needs = needs(text);
        let secret = object("s", &["db.password"]);
        let missing = |config: &[&str]| keys(needs.first(), &[], &object("c", config), &secret);
        assert_eq!(stored(&missing(&[])), ["s/db.T"]);
        assert_eq!(missing(&[]).missing_keys(), ["db.token"]);
        assert_eq!(stored(&missing(&["db.host"])), ["s/db.DB_URL", "s/db.T"]);
    }
}
