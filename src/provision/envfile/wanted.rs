//! The values that a server needs, as its catalog describes them.

use std::sync::Arc;

use crate::clean;
use crate::error::{Error, Result};
use crate::provision::catalog::Server;
use crate::provision::requirements::{Requirements, requirements};
use crate::secret::Vault;

/// The env file of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// `BASE-config.env`, which becomes the ConfigMap.
    Config,
    /// `BASE-secret.env`, which becomes the Secret.
    Secret,
}

impl Role {
    /// The placeholder for a value that the user has to fill in.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Config => "<REPLACE_WITH_YOUR_VALUE>",
            Self::Secret => "<REPLACE_WITH_YOUR_SECRET>",
        }
    }

    /// Whether a value is a placeholder of either role, or contains one.
    #[must_use]
    pub fn is_placeholder(value: &str) -> bool {
        value.contains(Self::Config.placeholder()) || value.contains(Self::Secret.placeholder())
    }
}

/// One value that one server needs. The strings are the original ones of the catalog: they are cleaned when they are
/// written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedValue {
    /// The server that needs it.
    pub server: String,
    /// The key in the env file.
    pub key: String,
    /// The file it belongs to.
    pub role: Role,
    /// What it is for; may be empty.
    pub description: String,
    /// An example; may be empty.
    pub example: String,
    /// The default value.
    pub or: Option<String>,
    /// Whether the server requires it.
    pub required: bool,
    /// The type of the value in the catalog (`string`, `integer`, `boolean`); may be empty.
    pub kind: String,
    /// Whether to hide it although it is config.
    pub credential: bool,
}

impl WantedValue {
    /// A required value without more information.
    pub fn new(server: impl Into<String>, key: impl Into<String>, role: Role) -> Self {
        Self {
            server: server.into(),
            key: key.into(),
            role,
            description: String::new(),
            example: String::new(),
            or: None,
            required: true,
            kind: String::new(),
            credential: false,
        }
    }

    /// All values that a server needs, config first.
    #[must_use]
    pub fn by(needs: &Requirements) -> Vec<Self> {
        let config = needs.config.iter().map(|need| Self {
            description: need.description.clone(),
            example: need.example.clone().unwrap_or_default(),
            or: need.default.clone(),
            required: need.required,
            kind: match need.choices.as_slice() {
                [] => need.value_type.name().to_owned(),
                choices => format!("{}: {}", need.value_type.name(), choices.join(", ")),
            },
            credential: need.credential,
            ..Self::new(&needs.server, &need.key, Role::Config)
        });
        let secrets = needs.secrets.iter().map(|need| Self {
            description: need.description.clone(),
            example: need.example.clone(),
            required: need.required,
            credential: true,
            ..Self::new(&needs.server, &need.key, Role::Secret)
        });
        config.chain(secrets).collect()
    }

    /// Its value in a new env file: the catalog's default, else the placeholder if it is required, else nothing.
    /// Ignores the default of a secret, and one with control or invisible characters, which cannot be seen in the file.
    #[must_use]
    pub fn first_value(&self) -> &str {
        let is_unseen = |c: char| clean::needs_cleaning(c) && !matches!(c, '\n' | '\t');
        let is_usable = |text: &&str| !text.contains(is_unseen) && !Vault::holds_secret(text);
        let default = self.or.as_deref().filter(|_| self.role == Role::Config).filter(is_usable);
        match default {
            Some(text) => text,
            None if self.required => self.role.placeholder(),
            None => "",
        }
    }
}

/// The values that each of some servers needs.
///
/// # Errors
/// A server that needs a value under an invalid name; the error lists all such names.
pub fn needs(servers: &[Arc<Server>]) -> Result<Vec<Requirements>> {
    servers
        .iter()
        .map(|server| {
            let needs = requirements(server);
            if needs.problems.is_empty() {
                return Ok(needs);
            }
            let error = Error::invalid(format!("`{}` cannot be provisioned", server.name));
            Err(needs.problems.into_iter().fold(error, Error::detail))
        })
        .collect()
}
