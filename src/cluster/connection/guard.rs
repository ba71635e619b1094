//! The guard: what `--read-only` and `--allow-context` refuse, request by request.

use http::Request;

use super::effects::Inquiry;
use super::verbs::Operation;
use crate::allowed::AllowedContexts;
use crate::error::{Error, Kind, Result};

/// What a connection may do.
#[derive(Debug, Clone, Default)]
pub(in crate::cluster) struct Guard {
    /// Refuse all that changes anything.
    pub(in crate::cluster) read_only: bool,
    /// The contexts that may be used.
    pub(in crate::cluster) allowed: AllowedContexts,
    /// The context of this connection; in the sandbox, which is nobody's cluster, only one that was asked for by name.
    pub(in crate::cluster) context: Option<String>,
}

impl Guard {
    /// Refuses a context that is not allowed.
    pub(in crate::cluster) fn check_context(&self) -> Result<()> {
        self.context.as_deref().map_or(Ok(()), |context| self.allowed.check(context))
    }

    /// Lets a request pass, or refuses it. One that only asks how a change would end changes nothing.
    pub(in crate::cluster) fn check<B>(&self, request: Request<B>) -> Result<Request<B>> {
        if is_judgement(&request) {
            self.check_context()?;
        } else {
            self.check_operation(&Operation::of(&request))?;
        }
        Ok(request)
    }

    /// Refuses an operation before its request is put together.
    pub(in crate::cluster) fn check_operation(&self, operation: &Operation) -> Result<()> {
        self.check_context()?;
        if operation.changes() {
            self.check_change(operation.verb, &operation.full_resource())?;
        }
        Ok(())
    }

    /// Refuses a change of a read-only connection.
    pub(in crate::cluster) fn check_change(&self, verb: &str, resource: &str) -> Result<()> {
        if !self.read_only {
            return Ok(());
        }
        Err(Error::new(Kind::Refused, format!("read only: refusing to {verb} {resource}"))
            .hint("leave out `--read-only` to allow changes"))
    }
}

/// Whether a request has the server judge a change without doing it.
pub(in crate::cluster) fn is_judgement<B>(request: &Request<B>) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.extensions().get::<Inquiry>().is_some()
        && form_urlencoded::parse(query.as_bytes()).any(|(key, value)| key == "dryRun" && value == "All")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str) -> Request<()> {
        Request::builder().method(method).uri(uri).body(()).unwrap()
    }

    #[test]
    fn read_only_refuses_changes_and_channels_but_no_reviews() {
        let guard = Guard { read_only: true, ..Guard::default() };
        assert!(guard.check(request("GET", "/api/v1/pods")).is_ok());
        assert!(guard.check(request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")).is_ok());
        for (method, uri) in [
            ("DELETE", "/api/v1/namespaces/a/pods/b"),
            ("GET", "/api/v1/namespaces/a/pods/b/attach"),
            ("PATCH", "/api/v1/namespaces/a/secrets/b"),
        ] {
            let error = guard.check(request(method, uri)).unwrap_err();
            assert_eq!(error.kind, Kind::Refused);
        }
    }

    #[test]
    fn a_judgement_passes_a_read_only_guard_and_nothing_that_only_claims_to_be_one() {
        let guard = Guard { read_only: true, ..Guard::default() };
        let mut judged = request("POST", "/api/v1/namespaces/a/pods?dryRun=All");
        assert!(guard.check(request("POST", "/api/v1/namespaces/a/pods?dryRun=All")).is_err());
        judged.extensions_mut().insert(Inquiry);
        assert!(guard.check(judged).is_ok());
        for uri in [
            "/api/v1/namespaces/a/pods",
            "/api/v1/namespaces/a/pods?dryRun=",
            "/api/v1/namespaces/a/pods?x=dryRun%3DAll",
        ] {
            let mut claimed = request("POST", uri);
            claimed.extensions_mut().insert(Inquiry);
            assert!(guard.check(claimed).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_context_must_match_one_glob() {
        let guard = |context: &str| {
            let mut allowed = AllowedContexts::default();
            allowed.allow("kind-*,dev", "--allow-context").unwrap();
            Guard { allowed, context: Some(context.to_owned()), ..Guard::default() }
        };
        assert!(guard("kind-a").check(request("GET", "/version")).is_ok());
        assert_eq!(guard("prod").check(request("GET", "/version")).unwrap_err().kind, Kind::Refused);
        assert!(Guard { context: None, ..guard("prod") }.check_context().is_ok());
    }
}
