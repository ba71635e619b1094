//! Names: keys of Secrets and ConfigMaps, environment variables, and what their names reveal.

use crate::error::{Error, Result};

/// The longest key that Kubernetes accepts in a ConfigMap or Secret.
const LONGEST_KEY: usize = 253;

/// The key under which the gateway looks for a secret: braces stripped, every character outside
/// `[A-Za-z0-9._-]` replaced by `___`.
#[must_use]
pub fn secret_key(name: &str) -> String {
    let name = name.strip_prefix("{{").unwrap_or(name);
    let name = name.strip_suffix("}}").unwrap_or(name);
    let mut key = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_ascii() && is_key_byte(letter as u8) {
            key.push(letter);
        } else {
            key.push_str("___");
        }
    }
    key
}

/// The Secret's key for a variable of a server that `provision` has rendered.
#[must_use]
pub fn rendered_key(server: &str, env: &str) -> String {
    secret_key(&format!("{server}.{env}"))
}

/// Whether a text is a valid key of a ConfigMap or a Secret.
#[must_use]
pub fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_KEY
        && text != "."
        && !text.starts_with("..")
        && text.bytes().all(is_key_byte)
}

/// Whether a byte is valid in a key.
pub(crate) const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Whether a text is a valid environment variable name for every shell and program.
#[must_use]
pub fn is_env_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && text.len() <= LONGEST_KEY
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A template path as an environment variable name, `GRAFANA_API_KEY` for `grafana.api-key`: the variable of
/// `--from-env`, and the one for a hidden value if the catalog has no name for it.
#[must_use]
pub fn env_name_of(path: &str) -> String {
    let name: String = path
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' })
        .collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Names of variables that make a loader, an interpreter or a shell run or read a file.
const LOADERS: [&str; 41] = [
    "BASHOPTS",
    "BASH_ENV",
    "CLASSPATH",
    "CORECLR_PROFILER_PATH",
    "DOTNET_STARTUP_HOOKS",
    "ENV",
    "GCONV_PATH",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GLIBC_TUNABLES",
    "HOSTALIASES",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LOCPATH",
    "LUA_CPATH",
    "LUA_INIT",
    "LUA_PATH",
    "NODE_OPTIONS",
    "NODE_PATH",
    "OPENSSL_CONF",
    "OPENSSL_MODULES",
    "PATH",
    "PERL5DB",
    "PERL5LIB",
    "PERL5OPT",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
    "SHELLOPTS",
    "SSLKEYLOGFILE",
    "_JAVA_OPTIONS",
];

/// Whether an environment variable of this name can make a loader or an interpreter run other code, like LD_PRELOAD:
/// its value must be trusted like code.
#[must_use]
pub fn steers_loader(name: &str) -> bool {
    ["LD_", "DYLD_", "BASH_FUNC_"].iter().any(|prefix| name.starts_with(prefix)) || LOADERS.binary_search(&name).is_ok()
}

/// Splits a list of server names: `a,b` is two; ignores blanks around names and duplicates.
///
/// # Errors
/// An empty name, or no name at all.
pub fn split_servers(list: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in list.split(',').map(str::trim) {
        if name.is_empty() {
            return Err(Error::usage(if list.trim().is_empty() {
                "no server is named".to_owned()
            } else {
                format!("the list of servers `{}` contains an empty name", clean(list))
            })
            .hint("name servers like `grafana,time`; `mcpctl servers` prints every name"));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Whether the name is valid in the gateway's `--servers a,b` and in a key.
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    is_key(name) && !name.starts_with('-')
}

/// Foreign text on one line, see [`crate::clean`].
#[must_use]
pub fn clean(text: &str) -> String {
    crate::clean::cell(text).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secret_keys_are_those_the_gateway_looks_up() {
        for (name, key) in [
            ("grafana.api_key", "grafana.api_key"),
            ("{{dockerhub.username}}", "dockerhub.username"),
            ("a b/c", "a___b___c"),
            ("{{ x }}", "___x___"),
            ("é", "___"),
            ("", ""),
        ] {
            assert_eq!(secret_key(name), key);
        }
    }

    #[test]
    fn the_list_of_loaders_is_sorted_and_found() {
        assert!(LOADERS.is_sorted());
        for name in ["LD_PRELOAD", "DYLD_INSERT_LIBRARIES", "PATH", "NODE_OPTIONS", "ENV", "PERL5OPT", "_JAVA_OPTIONS"]
        {
            assert!(steers_loader(name), "{name}");
        }
        for name in ["NODE_ENV", "AWS_REGION", "PATHS", "MY_LD_PRELOAD", "ENVIRONMENT"] {
            assert!(!steers_loader(name), "{name}");
        }
    }

    #[test]
    fn lists_of_servers_are_trimmed_and_without_doubles() {
        assert_eq!(split_servers(" a, b ,a").unwrap(), ["a", "b"]);
        assert_eq!(split_servers("a,,b").unwrap_err().kind.exit_code(), 2);
        assert_eq!(split_servers(" ").unwrap_err().message, "no server is named");
    }

    proptest! {
        #[test]
        fn every_secret_key_is_a_key_or_empty(name in any::<String>()) {
            let key = secret_key(&name);
            prop_assert!(key.bytes().all(is_key_byte));
            prop_assert_eq!(secret_key(&key), key);
        }

        #[test]
        fn every_path_gives_an_env_name(path in ".{1,40}") {
            prop_assert!(is_env_name(&env_name_of(&path)));
        }
    }
}
