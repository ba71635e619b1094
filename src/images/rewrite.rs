//! Other registries than the catalog's: `mcp/=registry.corp/mcp/`.

use super::Reference;
use crate::error::{Error, Result};

/// Rules that put another prefix before names of images. The first that fits an image counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrites(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    prefix: String,
    replacement: String,
}

impl Rewrites {
    /// Reads rules of the form `PREFIX=REPLACEMENT`.
    ///
    /// # Errors
    /// A rule without `=`, or with nothing on one of its sides.
    pub fn parse<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let rules = rules.into_iter().map(|text| match text.split_once('=') {
            Some((prefix, replacement)) if !prefix.is_empty() && !replacement.is_empty() => {
                Ok(Rule { prefix: prefix.to_owned(), replacement: replacement.to_owned() })
            }
            _ => Err(Error::usage(format!("`{text}` is not a valid image rule"))
                .hint("write it as `PREFIX=REPLACEMENT`, like `mcp/=registry.corp/mcp/`")),
        });
        rules.collect::<Result<_>>().map(Self)
    }

    /// The image that is to be used instead; `None` where no rule fits. A rule fits the short form of a name
    /// (`mcp/grafana:latest`) or the full one (`docker.io/mcp/grafana:latest`).
    ///
    /// # Errors
    /// The result of a rule is not a valid image reference.
    pub fn apply(&self, image: &str) -> Result<Option<String>> {
        let Ok(reference) = Reference::parse(image) else { return Ok(None) };
        let (short, full) = (reference.to_string(), written_out(&reference));
        let found = self.0.iter().find_map(|rule| {
            let rest = short.strip_prefix(&rule.prefix).or_else(|| full.strip_prefix(&rule.prefix))?;
            Some((rule, format!("{}{rest}", rule.replacement)))
        });
        let Some((rule, made)) = found else { return Ok(None) };
        match Reference::parse(&made) {
            Ok(reference) => Ok(Some(reference.to_string())),
            Err(error) => Err(Error::usage(format!(
                "the rule `{}={}` rewrites `{image}` to `{made}`, which is not a valid image reference",
                rule.prefix, rule.replacement
            ))
            .cause(error.cause.clone().unwrap_or_default())),
        }
    }
}

/// The short form with the registry before it.
fn written_out(reference: &Reference) -> String {
    let short = reference.to_string();
    let version = short.rsplit('/').next().and_then(|last| last.find([':', '@']).map(|at| last[at..].to_owned()));
    format!("{}{}", reference.name(), version.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_fits_counts() {
        let rules =
            Rewrites::parse(["mcp/=r.corp:5000/mcp/", "docker.io/=mirror.corp/hub/", "ghcr.io/o/x=o/y"]).unwrap();
        for (image, made) in [
            ("mcp/grafana", Some("r.corp:5000/mcp/grafana:latest")),
            ("docker.io/mcp/grafana:2", Some("r.corp:5000/mcp/grafana:2")),
            ("alpine:3.22.1", Some("mirror.corp/hub/library/alpine:3.22.1")),
            ("ghcr.io/o/x:1", Some("o/y:1")),
            ("ghcr.io/o/z:1", None),
            ("No Image", None),
        ] {
            assert_eq!(rules.apply(image).unwrap().as_deref(), made, "{image}");
        }
        let digest = format!("mcp/x@sha256:{}", "0".repeat(64));
        assert_eq!(rules.apply(&digest).unwrap().unwrap(), format!("r.corp:5000/{digest}"));
    }

    #[test]
    fn rules_and_what_they_make_are_checked() {
        for rule in ["mcp/", "=x", "mcp/="] {
            assert!(Rewrites::parse([rule]).unwrap_err().hints[0].contains("PREFIX=REPLACEMENT"), "{rule}");
        }
        let error = Rewrites::parse(["mcp/=R E G/"]).unwrap().apply("mcp/x").unwrap_err();
        assert!(error.message.contains("rewrites `mcp/x` to `R E G/x:latest`"), "{error}");
    }
}
