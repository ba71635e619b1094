//! Label and field selectors: parsed from the query, matched against objects.

use serde_json::Value;

use super::resource::Resource;
use crate::http::status::{Failure, Result};

/// The selection of a list, watch or collection deletion.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<FieldRequirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Greater(i64),
    Less(i64),
}

#[derive(Debug, Clone)]
struct FieldRequirement {
    path: String,
    value: String,
    equal: bool,
}

impl Selector {
    /// Reads both selectors of a query; empty text selects everything.
    pub(crate) fn parse(resource: Resource, labels: &str, fields: &str) -> Result<Self> {
        Ok(Self { labels: Parser::new(labels).requirements()?, fields: field_requirements(resource, fields)? })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// Whether an object is selected.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|r| r.matches(labels[&r.key].as_str()))
            && self.fields.iter().all(|r| (field(object, &r.path) == r.value) == r.equal)
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        match (&self.test, value) {
            (Test::In(values), Some(value)) => values.iter().any(|v| v == value),
            (Test::NotIn(values), Some(value)) => values.iter().all(|v| v != value),
            (Test::NotIn(_) | Test::Absent, None) | (Test::Exists, Some(_)) => true,
            (Test::Greater(limit), Some(value)) => value.parse::<i64>().is_ok_and(|v| v > *limit),
            (Test::Less(limit), Some(value)) => value.parse::<i64>().is_ok_and(|v| v < *limit),
            _ => false,
        }
    }
}

fn field(object: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(object, |value, part| value.get(part));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn field_requirements(resource: Resource, text: &str) -> Result<Vec<FieldRequirement>> {
    let supported: &[&str] = match resource {
        Resource::Pods => &[
            "metadata.name",
            "metadata.namespace",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Resource::Secrets => &["metadata.name", "metadata.namespace", "type"],
        Resource::Namespaces => &["metadata.name", "metadata.namespace", "status.phase", "name"],
        Resource::ConfigMaps => &["metadata.name", "metadata.namespace"],
    };
    let mut requirements = Vec::new();
    for part in text.split(',').filter(|p| !p.is_empty()) {
        let (path, value, equal) = if let Some((path, value)) = part.split_once("!=") {
            (path, value, false)
        } else if let Some((path, value)) = part.split_once("==") {
            (path, value, true)
        } else if let Some((path, value)) = part.split_once('=') {
            (path, value, true)
        } else {
            return Err(Failure::bad_request(format!("invalid selector: '{text}'; can't understand '{part}'")));
        };
        if !supported.contains(&path) {
            let message = if matches!(resource, Resource::Pods | Resource::Namespaces | Resource::Secrets) {
                format!("field label not supported: {path}")
            } else {
                format!("\"{path}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
            };
            return Err(Failure::bad_request(message));
        }
        requirements.push(FieldRequirement { path: path.to_owned(), value: value.to_owned(), equal });
    }
    Ok(requirements)
}

/// A hand-written parser of the small grammar: `a=b,c!=d,e in (f,g),h notin (i),j,!k,n>3`.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    fn requirements(mut self) -> Result<Vec<Requirement>> {
        let mut requirements = Vec::new();
        self.blanks();
        while !self.rest.is_empty() {
            requirements.push(self.requirement()?);
            self.blanks();
            if self.rest.is_empty() {
                break;
            }
            if !self.take(",") {
                return Err(self.unexpected("',' or 'end of string'"));
            }
            self.blanks();
            if self.rest.is_empty() || self.rest.starts_with([',', '=', '(', ')', '<', '>']) {
                let found: String = self.rest.chars().take(1).collect();
                return Err(Failure::bad_request(format!("found '{found}', expected: identifier after ','")));
            }
        }
        Ok(requirements)
    }

    fn requirement(&mut self) -> Result<Requirement> {
        if self.take("!") {
            self.blanks();
            return Ok(Requirement { key: self.key()?, test: Test::Absent });
        }
        let key = self.key()?;
        self.blanks();
        let test = if self.rest.is_empty() || self.rest.starts_with(',') {
            Test::Exists
        } else if self.take("!=") {
            Test::NotIn(vec![self.value(&key)?])
        } else if self.take("==") || self.take("=") {
            Test::In(vec![self.value(&key)?])
        } else if self.take(">") {
            Test::Greater(self.number(&key)?)
        } else if self.take("<") {
            Test::Less(self.number(&key)?)
        } else {
            match self.word() {
                "in" => Test::In(self.values(&key)?),
                "notin" => Test::NotIn(self.values(&key)?),
                other => return Err(operator_expected(other)),
            }
        };
        Ok(Requirement { key, test })
    }

    fn key(&mut self) -> Result<String> {
        let key = self.word();
        if key.is_empty() {
            let found: String = self.rest.chars().take(1).collect();
            let message = format!("found '{found}', expected: !, identifier, or 'end of string'");
            return Err(Failure::bad_request(message));
        }
        match super::names::label_key(key).first() {
            None => Ok(key.to_owned()),
            Some(why) => Err(unparsable(&format!("<nil>: Invalid value: \"{key}\": {why}"))),
        }
    }

    fn value(&mut self, key: &str) -> Result<String> {
        self.blanks();
        let value = self.word();
        match super::names::label_value(value).first() {
            None => Ok(value.to_owned()),
            Some(why) => Err(unparsable(&format!("values[0][{key}]: Invalid value: \"{value}\": {why}"))),
        }
    }

    fn number(&mut self, key: &str) -> Result<i64> {
        let value = self.value(key)?;
        value.parse().map_err(|_| {
            unparsable(&format!(
                "values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
            ))
        })
    }

    fn values(&mut self, key: &str) -> Result<Vec<String>> {
        self.blanks();
        if !self.take("(") {
            return Err(self.unexpected("'('"));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(key)?);
            self.blanks();
            if self.take(")") {
                return Ok(values);
            }
            if !self.take(",") {
                return Err(self.unexpected("',', ')' or identifier"));
            }
        }
    }

    fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '!' | '(' | ')' | ',' | '>' | '<'))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn unexpected(&mut self, expected: &str) -> Failure {
        let word = self.word();
        let found = if word.is_empty() { self.rest.chars().take(1).collect() } else { word.to_owned() };
        unparsable(&format!("found '{found}', expected: {expected}"))
    }
}

fn operator_expected(found: &str) -> Failure {
    unparsable(&format!("found '{found}', expected: in, notin, =, ==, !=, gt, lt"))
}

fn unparsable(why: &str) -> Failure {
    Failure::bad_request(format!("unable to parse requirement: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn selects(selector: &str, labels: &Value) -> bool {
        Selector::parse(Resource::Pods, selector, "").unwrap().matches(&json!({"metadata": {"labels": labels}}))
    }

    #[test]
    fn every_operator_selects_what_it_says() {
        assert!(selects("a=b,c!=d", &json!({"a": "b"})));
        assert!(!selects("a==b", &json!({"a": "c"})));
        assert!(selects("a in (x, y),!z,a", &json!({"a": "y"})));
        assert!(!selects("a notin (x,y)", &json!({"a": "y"})));
        assert!(selects("a notin (x,y)", &json!({})));
        assert!(!selects("!a", &json!({"a": ""})));
        assert!(selects("n>3", &json!({"n": "10"})) && !selects("n<3", &json!({"n": "10"})));
    }

    #[test]
    fn nonsense_is_a_bad_request() {
        for text in ["a in", "a in (", "a b", "=x", "a=b,", "a>x", "a=b c", "a=-"] {
            assert_eq!(Selector::parse(Resource::Pods, text, "").unwrap_err().code(), 400, "{text}");
        }
        assert_eq!(Selector::parse(Resource::Pods, "", "spec.foo=x").unwrap_err().code(), 400);
        assert_eq!(Selector::parse(Resource::Pods, "", "nonsense").unwrap_err().code(), 400);
    }
}
