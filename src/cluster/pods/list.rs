//! Lists pods in pages, decoding one page while the next is fetched. A partial list is never given as whole.

use std::time::Duration;

use http::{Request, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::slim::{SlimPod, Texts};
use super::{GATEWAY, MANAGED_BY, Pod, SERVER, SESSION};
use crate::cluster::{ApiResponse, Cluster, names, namespaces};
use crate::error::{Error, Result};
use crate::nearest;

/// Pods in one page: enough to be quick, few enough to stay small in memory.
const PAGE: usize = 500;
/// The phases of the API.
const PHASES: [&str; 5] = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];

/// Which pods are meant. What is `None` or false does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The namespace; `None` or `""` is the connection's.
    pub namespace: Option<String>,
    /// All namespaces, whatever [`namespace`](Self::namespace) says.
    pub all_namespaces: bool,
    /// The session id.
    pub session: Option<String>,
    /// The MCP server's name.
    pub server: Option<String>,
    /// Only pods older than this, by the server's clock.
    pub older_than: Option<Duration>,
    /// The status as kubectl words it.
    pub status: Option<String>,
    /// The API's phase.
    pub phase: Option<String>,
    /// A further label selector.
    pub selector: Option<String>,
    /// The pod's name.
    pub name: Option<String>,
    /// Also pods that the gateway did not make.
    pub any: bool,
}

impl Filter {
    /// The label selector that is sent: what the gateway made, and all that narrows it.
    ///
    /// # Errors
    /// A session or server that cannot be a label's value; an empty selector.
    pub fn label_selector(&self) -> Result<String> {
        let mut terms = Vec::new();
        if !self.any {
            terms.push(format!("{MANAGED_BY}={GATEWAY}"));
        }
        for (what, label, value) in [("session", SESSION, &self.session), ("server", SERVER, &self.server)] {
            if let Some(value) = value {
                names::check_label_value(what, value)?;
                terms.push(format!("{label}={value}"));
            }
        }
        if let Some(selector) = &self.selector {
            if selector.trim().is_empty() {
                return Err(Error::invalid("the selector is empty"));
            }
            terms.push(selector.trim().to_owned());
        }
        Ok(terms.join(","))
    }

    /// The namespace that is asked; empty for all.
    pub(super) fn place<'a>(&'a self, cluster: &'a Cluster) -> Result<&'a str> {
        if self.all_namespaces {
            return Ok("");
        }
        let namespace = self.namespace.as_deref().filter(|n| !n.is_empty()).unwrap_or(cluster.namespace());
        names::check_namespace(namespace)?;
        Ok(namespace)
    }

    pub(super) fn check(&self) -> Result<()> {
        if let Some(name) = &self.name {
            names::check_name("pod", name)?;
        }
        if let Some(phase) = self.phase.as_deref()
            && !PHASES.contains(&phase)
        {
            let near = nearest::nearest(phase, PHASES);
            return Err(Error::invalid(format!("no phase `{phase}`"))
                .cause(format!("the phases are {}", PHASES.join(", ")))
                .suggest(near));
        }
        if self.status.as_deref() == Some("") {
            return Err(Error::invalid("the status is empty"));
        }
        if self.older_than.is_some_and(|age| age.is_zero()) {
            return Err(Error::invalid("an age of zero matches every pod"));
        }
        Ok(())
    }

    /// What the server was not asked to sort out.
    pub(super) fn takes(&self, pod: &Pod) -> bool {
        let old = self.older_than.is_none_or(|age| Duration::from_secs(pod.age) > age);
        let status = self.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case(&pod.status));
        old && status
    }

    /// The path that is asked.
    pub(super) fn path(&self, cluster: &Cluster) -> Result<String> {
        let place = self.place(cluster)?;
        Ok(if place.is_empty() { "/api/v1/pods".to_owned() } else { format!("/api/v1/namespaces/{place}/pods") })
    }

    /// The query of what narrows it on the server.
    pub(super) fn query(&self) -> Result<String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let selector = self.label_selector()?;
        if !selector.is_empty() {
            query.append_pair("labelSelector", &selector);
        }
        let fields = [("status.phase", &self.phase), ("metadata.name", &self.name)];
        let fields = fields.iter().filter_map(|(field, value)| value.as_ref().map(|value| format!("{field}={value}")));
        let fields = fields.collect::<Vec<_>>().join(",");
        if !fields.is_empty() {
            query.append_pair("fieldSelector", &fields);
        }
        Ok(query.finish())
    }

    fn page(&self, cluster: &Cluster, next: &str) -> Result<Request<Vec<u8>>> {
        let mut uri = format!("{}?limit={PAGE}", self.path(cluster)?);
        let query = self.query()?;
        if !query.is_empty() {
            uri = format!("{uri}&{query}");
        }
        if !next.is_empty() {
            let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
            uri = format!("{uri}&continue={next}");
        }
        request(&uri)
    }
}

/// All pods that a filter means, by namespace and name.
///
/// # Errors
/// A filter that cannot be; the server cannot be asked or says no.
pub async fn list(cluster: &Cluster, filter: &Filter) -> Result<Vec<Pod>> {
    filter.check()?;
    let pods = collect::<Collected>(cluster, filter).await?.0.pods;
    let there = |pod: &Pod| filter.takes(pod) && !(cluster.is_dry_run() && cluster.imagined().pod_is_gone(&pod.uid));
    Ok(pods.into_iter().filter(there).collect())
}

/// What is kept of the pages of a list.
pub(super) trait Collector: Default + Send + 'static {
    /// Takes one page.
    fn add(self, answer: &ApiResponse) -> Result<Self>;
}

/// All pages as a collector keeps them, and the version of the list.
pub(super) async fn collect<C: Collector>(cluster: &Cluster, filter: &Filter) -> Result<(C, String)> {
    match pages(cluster, filter).await? {
        Some(whole) => Ok(whole),
        None => pages(cluster, filter).await?.ok_or_else(|| {
            Error::failed("the list of pods went stale twice while it was read").hint("run the command again")
        }),
    }
}

/// One pod by name, also one that the gateway did not make.
///
/// # Errors
/// It is not there; the server cannot be asked or says no.
pub async fn get(cluster: &Cluster, namespace: &str, name: &str) -> Result<Pod> {
    let filter = Filter { namespace: Some(namespace.to_owned()), ..Filter::default() };
    let namespace = filter.place(cluster)?;
    names::check_name("pod", name)?;
    let answer = cluster.exchange(request(&format!("/api/v1/namespaces/{namespace}/pods/{name}"))?).await?;
    if answer.status == StatusCode::NOT_FOUND {
        namespaces::check(cluster, namespace).await?;
    }
    if !answer.status.is_success() {
        return Err(cluster.refusal(&answer));
    }
    let pod: SlimPod<'_> = borrow(&answer)?;
    let pod = pod.into_pod(&mut Texts::default(), answer.now);
    if cluster.is_dry_run() && cluster.imagined().pod_is_gone(&pod.uid) {
        return Err(Error::not_found(format!("no pod `{name}` in namespace `{namespace}`"))
            .cause("this dry run would have deleted it"));
    }
    Ok(pod)
}

/// All pages; `None` if the list went stale in the middle (410) and must be started again.
async fn pages<C: Collector>(cluster: &Cluster, filter: &Filter) -> Result<Option<(C, String)>> {
    let mut collected = C::default();
    let mut answer = cluster.call(filter.page(cluster, "")?).await?;
    loop {
        let head: Head = borrow(&answer)?;
        let next = head.metadata.next;
        if next.is_empty() {
            return Ok(Some((collected.add(&answer)?, head.metadata.resource_version)));
        }
        let decoding = tokio::task::spawn_blocking(move || collected.add(&answer));
        let fetching = cluster.exchange(filter.page(cluster, &next)?);
        let (decoded, fetched) = tokio::join!(decoding, fetching);
        collected = decoded.map_err(|_| Error::failed("reading a page of pods ended early"))??;
        answer = fetched?;
        if answer.status == StatusCode::GONE {
            return Ok(None);
        }
        if !answer.status.is_success() {
            return Err(cluster.refusal(&answer));
        }
    }
}

fn request(uri: &str) -> Result<Request<Vec<u8>>> {
    Request::get(uri).body(Vec::new()).map_err(|_| Error::failed("the request for pods could not be written"))
}

pub(super) fn borrow<'a, T: Deserialize<'a>>(answer: &'a ApiResponse) -> Result<T> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| crate::cluster::connection::errors::unexpected_answer(&answer.operation, &error))
}

/// Only what says whether there are more pages; skipping the items costs little.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    metadata: HeadMetadata,
    #[serde(rename = "items")]
    _items: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
struct HeadMetadata {
    #[serde(default, rename = "continue")]
    next: String,
    #[serde(default, rename = "resourceVersion")]
    resource_version: String,
}

#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) items: Option<Vec<SlimPod<'a>>>,
}

#[derive(Default)]
struct Collected {
    pods: Vec<Pod>,
    texts: Texts,
    /// The clock of the first page: all ages of one list are taken at one time.
    now: Option<Timestamp>,
}

impl Collector for Collected {
    fn add(mut self, answer: &ApiResponse) -> Result<Self> {
        let now = *self.now.get_or_insert(answer.now);
        let page: Page<'_> = borrow(answer)?;
        for pod in page.items.into_iter().flatten() {
            self.pods.push(pod.into_pod(&mut self.texts, now));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_always_names_the_gateway_unless_any_is_asked_for() {
        let managed = "app.kubernetes.io/managed-by=mcp-gateway";
        assert_eq!(Filter::default().label_selector().unwrap(), managed);
        let filter = Filter {
            session: Some("s1".to_owned()),
            server: Some("time".to_owned()),
            selector: Some(" team in (a, b) ".to_owned()),
            ..Filter::default()
        };
        let narrowed = format!("{managed},{SESSION}=s1,{SERVER}=time,team in (a, b)");
        assert_eq!(filter.label_selector().unwrap(), narrowed);
        assert_eq!(Filter { any: true, ..Filter::default() }.label_selector().unwrap(), "");
    }

    #[test]
    fn a_slip_does_not_widen_a_filter() {
        let wrong = [
            Filter { session: Some(String::new()), ..Filter::default() },
            Filter { session: Some("a,b!=c".to_owned()), ..Filter::default() },
            Filter { server: Some("a=b".to_owned()), ..Filter::default() },
            Filter { selector: Some(" ".to_owned()), ..Filter::default() },
        ];
        for filter in wrong {
            assert!(filter.label_selector().is_err(), "{filter:?}");
        }
        let wrong = [
            Filter { phase: Some("running".to_owned()), ..Filter::default() },
            Filter { status: Some(String::new()), ..Filter::default() },
            Filter { older_than: Some(Duration::ZERO), ..Filter::default() },
        ];
        for filter in wrong {
            assert!(filter.check().is_err(), "{filter:?}");
        }
    }
}
