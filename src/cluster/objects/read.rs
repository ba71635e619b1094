//! Reading objects. In a dry run, what the run has imagined so far stands in for what the server has.

use http::{Request, StatusCode};
use serde::Deserialize;

use super::live::Live;
use super::{Object, ObjectKind, PROVISIONING};
use crate::cluster::{ApiResponse, Cluster, names};
use crate::error::{Error, Result};

/// Objects in one page of a list.
const PAGE: usize = 500;

/// Which objects are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// The namespace; `None` or `""` is the connection's.
    pub namespace: Option<String>,
    /// All namespaces.
    pub all_namespaces: bool,
    /// A further label selector.
    pub selector: Option<String>,
    /// Also objects that mcpctl did not make.
    pub any: bool,
}

/// One object; `None` if it is not there.
///
/// # Errors
/// A name that cannot be; the server cannot be asked or says no.
pub async fn get(cluster: &Cluster, kind: ObjectKind, namespace: &str, name: &str) -> Result<Option<Object>> {
    let namespace = place(cluster, Some(namespace))?;
    names::check_name(kind.name(), name)?;
    if cluster.is_dry_run()
        && let Some(imagined) = cluster.imagined().object(kind, namespace, name)
    {
        return Ok(imagined);
    }
    let request = Request::get(path(kind, namespace, name)).body(Vec::new()).map_err(|_| unwritable())?;
    let answer = cluster.exchange(request).await?;
    match answer.status {
        StatusCode::NOT_FOUND => Ok(None),
        status if status.is_success() => object(kind, &answer).map(Some),
        _ => Err(cluster.refusal(&answer)),
    }
}

/// The objects that mcpctl made (with [`ObjectFilter::any`]: all), by namespace and name.
///
/// # Errors
/// An empty selector; the server cannot be asked or says no.
pub async fn list(cluster: &Cluster, kind: ObjectKind, filter: &ObjectFilter) -> Result<Vec<Object>> {
    let namespace = if filter.all_namespaces { "" } else { place(cluster, filter.namespace.as_deref())? };
    let selector = filter.label_selector()?;
    let mut found = match pages(cluster, kind, namespace, &selector).await? {
        Some(found) => found,
        None => pages(cluster, kind, namespace, &selector).await?.ok_or_else(|| {
            Error::failed("the list went stale twice while it was read").hint("run the command again")
        })?,
    };
    if cluster.is_dry_run() {
        for (namespace, name, imagined) in cluster.imagined().objects(kind, namespace) {
            found.retain(|object| object.namespace != namespace || object.name != name);
            found.extend(imagined.filter(|object| filter.takes_imagined(object)));
        }
        found.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
    }
    Ok(found)
}

impl ObjectFilter {
    fn label_selector(&self) -> Result<String> {
        let managed = (!self.any).then(|| format!("app.kubernetes.io/managed-by={PROVISIONING}"));
        let further = self.selector.as_deref().map(str::trim);
        if further == Some("") {
            return Err(Error::invalid("the selector is empty"));
        }
        Ok(managed.as_deref().into_iter().chain(further).collect::<Vec<_>>().join(","))
    }

    /// Whether an imagined object is in the list; the server cannot be asked whether a further selector takes it.
    fn takes_imagined(&self, object: &Object) -> bool {
        let managed = object.labels.get("app.kubernetes.io/managed-by").is_some_and(|by| by == PROVISIONING);
        self.selector.is_none() && (self.any || managed)
    }
}

/// All pages; `None` if the list went stale in the middle.
async fn pages(cluster: &Cluster, kind: ObjectKind, namespace: &str, selector: &str) -> Result<Option<Vec<Object>>> {
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE.to_string());
        for (key, value) in [("labelSelector", selector), ("continue", &next)] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        let uri = format!("{}?{}", collection(kind, namespace), query.finish());
        let request = Request::get(uri).body(Vec::new()).map_err(|_| unwritable())?;
        let answer = cluster.exchange(request).await?;
        if answer.status == StatusCode::GONE && !next.is_empty() {
            return Ok(None);
        }
        if !answer.status.is_success() {
            return Err(cluster.refusal(&answer));
        }
        let page: Page = answer.parse()?;
        for live in page.items.into_iter().flatten() {
            found.push(live.into_object(kind, answer.now)?);
        }
        next = page.metadata.next;
        if next.is_empty() {
            return Ok(Some(found));
        }
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    items: Option<Vec<Live>>,
}

#[derive(Deserialize, Default)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: String,
}

/// The object that an answer holds.
pub(super) fn object(kind: ObjectKind, answer: &ApiResponse) -> Result<Object> {
    answer.parse::<Live>()?.into_object(kind, answer.now)
}

/// The namespace that is meant, checked.
pub(super) fn place<'a>(cluster: &'a Cluster, namespace: Option<&'a str>) -> Result<&'a str> {
    let namespace = namespace.filter(|n| !n.is_empty()).unwrap_or(cluster.namespace());
    names::check_namespace(namespace)?;
    Ok(namespace)
}

pub(super) fn path(kind: ObjectKind, namespace: &str, name: &str) -> String {
    format!("{}/{name}", collection(kind, namespace))
}

pub(super) fn collection(kind: ObjectKind, namespace: &str) -> String {
    if namespace.is_empty() {
        return format!("/api/v1/{}", kind.resource());
    }
    format!("/api/v1/namespaces/{namespace}/{}", kind.resource())
}

pub(super) fn unwritable() -> Error {
    Error::failed("a request could not be written")
}
