//! Which token servers a registry may name, and which of them get its login.
//!
//! Docker sends a registry's login wherever the registry says. Here it goes to the registry's own domain only.

use reqwest::Url;

use super::Reference;
use super::reference::DOCKER_HUB;
use crate::error::{Error, Result};
use crate::hostname;

/// The token server of Docker Hub.
const DOCKER_HUB_REALM: &str = "auth.docker.io";

/// Domains under which clouds give each customer a name: hosts there belong to different people. Their registries are
/// their own token servers.
const SHARED: [&str; 4] = ["amazonaws.com", "azurecr.io", "ocir.io", "pkg.dev"];

/// The address of the token server that an image's registry names, if it may be asked: over `https`, on this machine only
/// if the registry is, without a login in the address. One that is to get the registry's login must be of the registry's
/// own domain.
///
/// # Errors
/// Any other, with registry, token server and the next step.
pub(super) fn check(image: &Reference, realm: &str, with_login: bool) -> Result<Url> {
    let (registry, host) = (image.registry(), image.host());
    let refused = |realm: &str, why: &str| {
        Error::failed(format!("refusing to get a token for `{image}`"))
            .cause(format!("its registry `{registry}` names the token server `{realm}`, {why}"))
            .object(format!("image/{image}"))
    };
    let Ok(url) = Url::parse(realm) else {
        return Err(refused("", "which is not a valid address").hint(ask_the_owner(registry)));
    };
    let server = hostname::of_url(&url);
    let (registry_here, server_here) = (hostname::is_loopback(host), hostname::is_loopback(&server));
    let is_encrypted = url.scheme() == "https" || (url.scheme() == "http" && server_here && registry_here);
    let why = if !is_encrypted {
        "which is not asked over `https`"
    } else if server_here && !registry_here {
        "which is this machine"
    } else if !url.username().is_empty() || url.password().is_some() {
        "with a login in its address"
    } else {
        ""
    };
    if !why.is_empty() {
        return Err(refused(&server, why).hint(ask_the_owner(registry)));
    }
    if with_login && !belongs(&server, host) {
        return Err(refused(&server, "which is of another domain, so the registry's login is not sent there")
            .hint(format!("`docker logout {registry}` asks without the login"))
            .hint(
                "get it with `docker pull`, or a catalog with a program that trusts that server, then name the file",
            ));
    }
    Ok(url)
}

fn ask_the_owner(registry: &str) -> String {
    format!("check the name of the registry, or ask the people who run `{registry}`")
}

/// Whether a token server may get the login of a registry.
fn belongs(server: &str, registry: &str) -> bool {
    if registry == DOCKER_HUB {
        return server == DOCKER_HUB_REALM;
    }
    let both_here = hostname::is_loopback(server) && hostname::is_loopback(registry);
    let is_shared = |host: &str| SHARED.iter().any(|domain| host == *domain || host.ends_with(&format!(".{domain}")));
    both_here || server == registry || (hostname::same_domain(server, registry) && !is_shared(registry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(registry: &str, realm: &str, with_login: bool) -> Result<Url> {
        check(&Reference::parse(&format!("{registry}/x/y:1")).unwrap(), realm, with_login)
    }

    #[test]
    fn a_login_goes_to_the_registrys_own_domain_only() {
        for (registry, realm) in [
            ("docker.io", "https://auth.docker.io/token"),
            ("ghcr.io", "https://ghcr.io/token"),
            ("ghcr.io", "https://GHCR.IO./token"),
            ("registry.gitlab.com", "https://gitlab.com/jwt/auth"),
            ("registry.corp.example:5000", "https://auth.corp.example:8443/token"),
            ("one.azurecr.io", "https://one.azurecr.io/oauth2/token"),
            ("r.intern", "https://r.intern:5001/auth"),
            ("localhost:5000", "http://127.0.0.1:5001/token"),
            ("127.0.0.1:5000", "http://[::1]:5001/token"),
            ("10.0.0.1:5000", "https://10.0.0.1/token"),
        ] {
            checked(registry, realm, true).unwrap_or_else(|error| panic!("{registry} {realm}: {error}"));
        }
        for (registry, realm) in [
            ("docker.io", "https://auth.docker.com/token"),
            ("docker.io", "https://hub.docker.io/token"),
            ("ghcr.io", "https://ghcr.io.evil.example/token"),
            ("ghcr.io", "https://evil.example/ghcr.io"),
            ("registry.co.uk", "https://evil.co.uk/token"),
            ("one.azurecr.io", "https://evil.azurecr.io/token"),
            ("1.dkr.ecr.eu-west-1.amazonaws.com", "https://2.dkr.ecr.eu-west-1.amazonaws.com/token"),
            ("10.0.0.1:5000", "https://10.0.0.2/token"),
            ("localhost:5000", "https://evil.example/token"),
        ] {
            let error = checked(registry, realm, true).unwrap_err();
            let cause = error.cause.clone().unwrap_or_default();
            assert!(cause.contains("which is of another domain") && cause.contains(registry), "{realm}: {cause}");
            assert!(error.hints[0].contains(&format!("docker logout {registry}")), "{:?}", error.hints);
            assert!(checked(registry, realm, false).is_ok(), "{realm}: anyone may ask without a login");
        }
    }

    #[test]
    fn no_token_server_is_asked_in_the_open_here_or_with_a_login_in_its_address() {
        for (registry, realm, why) in [
            ("r.corp", "http://r.corp/token", "not asked over `https`"),
            ("localhost:5000", "http://evil.example/token", "not asked over `https`"),
            ("r.corp", "http://127.0.0.1/token", "not asked over `https`"),
            ("r.corp", "https://localhost/token", "which is this machine"),
            ("r.corp", "https://0x7f.1/token", "which is this machine"),
            ("r.corp", "https://me:canary-pw@r.corp/token", "with a login in its address"),
            ("r.corp", "https://r.corp@evil.example/token", "with a login in its address"),
            ("r.corp", "file:///etc/passwd", "not asked over `https`"),
            ("r.corp", "/token", "not a valid address"),
            ("r.corp", "", "not a valid address"),
        ] {
            for with_login in [true, false] {
                let error = checked(registry, realm, with_login).unwrap_err();
                assert!(error.to_string().contains(why), "{realm}: {error}");
                assert!(!format!("{error:?}").contains("canary") && !error.hints.is_empty());
            }
        }
    }
}
