//! Lists: selected, paged, and at the revision of their first page.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Value, json};

use super::resource::{Key, Resource};
use super::selector::Selector;
use super::table::Layout;
use crate::http::query::Query;
use crate::http::status::{Failure, Result};
use crate::world::store::{State, Stored};

const EXPIRED: &str = "The provided continue parameter is too old to display a consistent list result. You can start a \
    new list without the continue parameter, or use the continue token in this response to retrieve the remainder of \
    the results. Continuing with the provided token results in an inconsistent list - objects that were created, \
    modified, or deleted between the time the first chunk was returned and now may show up in the list.";

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<(Key, Arc<Stored>)>,
    revision: u64,
    next: Option<String>,
    remaining: Option<usize>,
}

/// The parameters of a list.
#[derive(Debug)]
struct Asked {
    limit: Option<usize>,
    /// The revision to show, if it is not the newest.
    revision: Option<u64>,
    after: Option<Key>,
}

impl State {
    /// Lists the objects of a kind in one namespace or (empty) in all.
    pub(crate) fn list(&self, resource: Resource, namespace: &str, query: &Query) -> Result<Page> {
        let selector = Selector::parse(resource, query.get("labelSelector"), query.get("fieldSelector"))?;
        let asked = self.asked(resource, namespace, query)?;
        let revision = asked.revision.unwrap_or(self.revision);
        if revision == self.revision {
            let objects = self.range(resource, namespace, asked.after.as_ref());
            return Ok(page(objects, &asked, &selector, revision));
        }
        let Some(objects) = self.at(revision, resource, namespace) else {
            return Err(if asked.after.is_some() {
                Failure::expired(EXPIRED)
            } else {
                Failure::expired(format!("The resourceVersion for the provided list is too old: {revision}"))
            });
        };
        let objects = objects.iter().filter(|(k, _)| asked.after.as_ref().is_none_or(|after| *k > after));
        Ok(page(objects, &asked, &selector, revision))
    }

    fn asked(&self, resource: Resource, namespace: &str, query: &Query) -> Result<Asked> {
        let limit = query.number("limit")?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        let token = query.get("continue");
        if !token.is_empty() {
            let (revision, after) = read_token(resource, namespace, token)?;
            return Ok(Asked { limit, revision: Some(revision), after: Some(after) });
        }
        let text = query.get("resourceVersion");
        let revision =
            revision_of(text).map_err(|why| Failure::bad_request(format!("invalid resource version: {why}")))?;
        if revision > self.revision {
            return Err(Failure::too_new(revision, self.revision));
        }
        let exact = query.get("resourceVersionMatch") == "Exact";
        Ok(Asked { limit, revision: exact.then_some(revision), after: None })
    }
}

/// A resourceVersion of a query; 0 if there is none.
pub(crate) fn revision_of(text: &str) -> Result<u64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        format!("resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax")
    })
}

fn page<'a>(
    objects: impl Iterator<Item = (&'a Key, &'a Arc<Stored>)>,
    asked: &Asked,
    selector: &Selector,
    revision: u64,
) -> Page {
    let mut selected = objects.filter(|(_, object)| selector.is_empty() || selector.matches(&object.value));
    let limit = asked.limit.unwrap_or(usize::MAX);
    let items: Vec<(Key, Arc<Stored>)> =
        selected.by_ref().take(limit).map(|(key, object)| (key.clone(), Arc::clone(object))).collect();
    let mut next = None;
    let mut remaining = None;
    if selected.next().is_some() {
        next = items.last().map(|(key, _)| token(key, revision));
        if selector.is_empty() {
            remaining = Some(1 + selected.count());
        }
    }
    Page { items, revision, next, remaining }
}

fn token(key: &Key, revision: u64) -> String {
    let token = json!({"v": "meta.k8s.io/v1", "rv": revision, "start": format!("{}/{}\u{0}", key.namespace, key.name)});
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token.to_string())
}

fn read_token(resource: Resource, namespace: &str, token: &str) -> Result<(u64, Key)> {
    let bad = || Failure::bad_request("invalid continue token: continue key is not valid");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let start = value["start"].as_str().ok_or_else(bad)?.trim_end_matches('\u{0}');
    let (given, name) = start.split_once('/').ok_or_else(bad)?;
    if !namespace.is_empty() && given != namespace {
        return Err(bad());
    }
    Ok((value["rv"].as_u64().ok_or_else(bad)?, Key::new(resource, given, name)))
}

impl Page {
    /// The list as a table.
    pub(crate) fn table(&self, resource: Resource, layout: Layout) -> Value {
        layout.table(resource, &self.metadata(), self.items.iter().map(|(_, object)| &object.value))
    }

    fn metadata(&self) -> Value {
        let mut metadata = json!({"resourceVersion": self.revision.to_string()});
        if let Some(next) = &self.next {
            metadata["continue"] = next.as_str().into();
        }
        if let Some(remaining) = self.remaining {
            metadata["remainingItemCount"] = remaining.into();
        }
        metadata
    }

    /// The list as JSON: the JSON of the items, joined.
    pub(crate) fn document(&self, resource: Resource) -> Vec<u8> {
        let metadata = self.metadata();
        let size: usize = self.items.iter().map(|(_, object)| object.json.len() + 1).sum();
        let mut text = Vec::with_capacity(size + 200);
        text.extend_from_slice(
            format!("{{\"kind\":\"{}List\",\"apiVersion\":\"v1\",\"metadata\":{metadata},\"items\":[", resource.kind())
                .as_bytes(),
        );
        for (index, (_, object)) in self.items.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(&object.json);
        }
        text.extend_from_slice(b"]}");
        text
    }
}
