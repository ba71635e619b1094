//! The form of an answer that a client requests in its `Accept` header.

/// The supported forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object itself.
    Json,
    /// `Table` of `meta.k8s.io/v1`, which kubectl prints.
    Table,
    /// All resources of all groups at once: `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`.
    Discovery,
}

impl Form {
    /// The first supported form in the header; `None` if there is none.
    pub(crate) fn of(accept: &str) -> Option<Self> {
        if accept.trim().is_empty() {
            return Some(Self::Json);
        }
        let found = accept.split(',').find_map(Self::of_clause);
        // a request for metadata only gets whole objects, which have it at the same place
        found.or_else(|| accept.contains("as=PartialObjectMetadata").then_some(Self::Json))
    }

    fn of_clause(clause: &str) -> Option<Self> {
        let mut parts = clause.split(';').map(str::trim);
        if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
            return None;
        }
        let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let value = |name: &str| parameters.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value);
        match (value("as"), value("g"), value("v")) {
            ("", ..) => Some(Self::Json),
            ("Table", "meta.k8s.io", "v1") => Some(Self::Table),
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => Some(Self::Discovery),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_there_is_wins() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
        assert_eq!(Form::of(table), Some(Form::Table));
        assert_eq!(Form::of("application/json;as=Table;v=v9;g=meta.k8s.io, application/json"), Some(Form::Json));
        assert_eq!(Form::of("application/vnd.kubernetes.protobuf,application/json"), Some(Form::Json));
        assert_eq!(
            Form::of("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
            Some(Form::Discovery)
        );
        assert_eq!(Form::of(""), Some(Form::Json));
        assert_eq!(Form::of("image/png"), None);
    }
}
