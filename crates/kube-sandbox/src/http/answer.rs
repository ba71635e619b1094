//! Routes each request, by target and method, to the code that answers it.

use bytes::Bytes;
use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::accept::Form;
use super::decode;
use super::discovery;
use super::openapi;
use super::protobuf;
use super::query::Query;
use super::route::Target;
use super::status::{Failure, Result};
use crate::api::admission::AdmissionRule;
use crate::api::change::{Change, Changed};
use crate::api::delete::{DeleteOptions, Deleted};
use crate::api::resource::{Key, Resource};
use crate::api::table::{Included, Layout, metadata_of_one};
use crate::api::watch::Watch;
use crate::world::World;
use crate::world::logs;
use crate::world::logs::Log;
use crate::world::store::State;

/// A parsed request.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) target: Target,
    pub(crate) query: Query,
    pub(crate) user_agent: String,
    pub(crate) content_type: String,
    pub(crate) form: Option<Form>,
    pub(crate) body: Bytes,
}

impl Asked {
    /// Whether it is a dry run; an invalid `dryRun` is an error later.
    pub(crate) fn is_dry_run(&self) -> bool {
        match self.method {
            Method::DELETE => DeleteOptions::parse(&self.query, &self.body).is_ok_and(|o| o.dry_run),
            _ => self.query.get("dryRun") == "All",
        }
    }

    /// The layout of the requested table, if any.
    fn layout(&self, now: Timestamp) -> Result<Option<Layout>> {
        if self.form != Some(Form::Table) {
            return Ok(None);
        }
        let included = match self.query.get("includeObject") {
            "" | "Metadata" => Included::Metadata,
            "None" => Included::Nothing,
            "Object" => Included::Object,
            other => return Err(Failure::bad_request(format!("unrecognized includeObject value: \"{other}\""))),
        };
        Ok(Some(Layout { included, now }))
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum ApiResponse {
    Json {
        code: u16,
        text: Vec<u8>,
    },
    Text {
        code: u16,
        text: String,
    },
    /// The aggregated form of discovery, which has its own media type.
    Discovery(Vec<u8>),
    Watch(Watch),
    Log(logs::Followed),
    Failure(Failure),
}

/// Answers a request.
pub(crate) fn answer(world: &World, asked: &Asked, verb: &str, resource: &str) -> ApiResponse {
    let allowed = world.check_access(verb, resource, asked.target.namespace(), asked.target.name());
    let rules = world.admission(verb, resource);
    let admitted = || rules.iter().rev().try_for_each(AdmissionRule::judge);
    allowed.and_then(|()| admitted()).and_then(|()| dispatch(world, asked, &rules)).unwrap_or_else(ApiResponse::Failure)
}

fn dispatch(world: &World, asked: &Asked, rules: &[AdmissionRule]) -> Result<ApiResponse> {
    let logs = matches!(&asked.target, Target::Object { subresource, .. } if subresource == "log");
    if asked.form.is_none() && !logs && asked.target != Target::Nothing {
        return Err(Failure::not_acceptable());
    }
    match &asked.target {
        Target::Nothing => Ok(ApiResponse::Text { code: 404, text: "404 page not found\n".to_owned() }),
        Target::Document => Ok(document(asked)),
        Target::AccessReview if asked.method == Method::POST => {
            let review = match decode::media_type(&asked.content_type) {
                protobuf::MEDIA_TYPE => protobuf::object(&asked.body).ok_or_else(Failure::unsupported_body)?,
                _ => serde_json::from_slice(&asked.body).map_err(|e| Failure::bad_request(e.to_string()))?,
            };
            Ok(json(201, &world.review(review)))
        }
        Target::AccessReview => Err(Failure::method_not_allowed()),
        Target::Collection { resource, namespace } => world.with_state(|state, now| {
            state.admission = rules.to_vec();
            let answer = collection(state, now, asked, *resource, namespace);
            state.admission.clear();
            answer
        }),
        Target::Object { key, subresource } if subresource == "log" => {
            world.with_state(|state, now| logs::read(state, now, key, &asked.query)).map(|log| match log {
                Log::Text(text) => ApiResponse::Text { code: 200, text },
                Log::Followed(log) => ApiResponse::Log(log),
            })
        }
        Target::Object { key, subresource } if matches!(subresource.as_str(), "" | "status") => {
            world.with_state(|state, now| {
                state.admission = rules.to_vec();
                let answer = object(world, state, now, asked, key, subresource);
                state.admission.clear();
                answer
            })
        }
        Target::Unknown | Target::Object { .. } => Err(Failure::no_such_path()),
    }
}

fn document(asked: &Asked) -> ApiResponse {
    let path = asked.path.trim_end_matches('/');
    if asked.form == Some(Form::Discovery)
        && let Some(document) = discovery::aggregated(path)
    {
        return ApiResponse::Discovery(document.to_string().into_bytes());
    }
    match discovery::document(path).or_else(|| openapi::document(path)) {
        Some(document) => json(200, &document),
        None => ApiResponse::Text { code: 200, text: "ok".to_owned() },
    }
}

fn collection(
    state: &mut State,
    now: Timestamp,
    asked: &Asked,
    resource: Resource,
    namespace: &str,
) -> Result<ApiResponse> {
    match asked.method {
        Method::GET if asked.query.flag("watch") => {
            Watch::begin(state, resource, namespace, &asked.query, asked.layout(now)?).map(ApiResponse::Watch)
        }
        Method::GET => {
            let page = state.list(resource, namespace, &asked.query)?;
            Ok(match asked.layout(now)? {
                Some(layout) => json(200, &page.table(resource, layout)),
                None => ApiResponse::Json { code: 200, text: page.document(resource) },
            })
        }
        Method::POST if !namespace.is_empty() || !resource.namespaced() => {
            let manager = asked.query.manager(&asked.user_agent, false, "")?;
            let dry_run = asked.query.dry_run("CreateOptions")?;
            let object = decode::object(resource, &asked.query, &asked.content_type, &asked.body)?;
            let key = Key::new(resource, namespace, "");
            let changed = Change { state, now, key, manager, dry_run }.create(object)?;
            Ok(changed_object(resource, &changed))
        }
        Method::DELETE if resource.namespaced() && !namespace.is_empty() => {
            let options = DeleteOptions::parse(&asked.query, &asked.body)?;
            let page = state.list(resource, namespace, &asked.query)?;
            for (key, _) in &page.items {
                let manager = asked.query.manager(&asked.user_agent, false, "")?;
                Change { state, now, key: key.clone(), manager, dry_run: options.dry_run }.delete(&options)?;
            }
            Ok(ApiResponse::Json { code: 200, text: page.document(resource) })
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn object(
    world: &World,
    state: &mut State,
    now: Timestamp,
    asked: &Asked,
    key: &Key,
    subresource: &str,
) -> Result<ApiResponse> {
    let resource = key.resource;
    let media_type = decode::media_type(&asked.content_type);
    let applies = media_type == "application/apply-patch+yaml";
    if asked.method == Method::GET {
        let Some(found) = state.get(key) else { return Err(Failure::not_found(resource, &key.name)) };
        return Ok(match asked.layout(now)? {
            Some(layout) => {
                let object = std::iter::once(&found.value);
                json(200, &layout.table(resource, &metadata_of_one(&found.value), object))
            }
            None => ApiResponse::Json { code: 200, text: found.document(resource) },
        });
    }
    let exists = state.get(key).is_some();
    let change = |state, options: &str| -> Result<Change<'_>> {
        let manager = asked.query.manager(&asked.user_agent, applies, subresource)?;
        Ok(Change { state, now, key: key.clone(), manager, dry_run: asked.query.dry_run(options)? })
    };
    match asked.method {
        Method::PUT => {
            let object = decode::object(resource, &asked.query, &asked.content_type, &asked.body)?;
            Ok(changed_object(resource, &change(state, "UpdateOptions")?.update(object)?))
        }
        Method::PATCH if applies => {
            if !exists {
                world.check_access("create", resource.plural(), &key.namespace, &key.name)?;
            }
            let applied = decode::applied(key, &asked.body)?;
            let change = change(state, "PatchOptions")?;
            Ok(changed_object(resource, &change.apply(&applied, asked.query.flag("force"))?))
        }
        // Strategic merging differs only for lists, which no client patches here.
        Method::PATCH
            if matches!(media_type, "application/merge-patch+json" | "application/strategic-merge-patch+json") =>
        {
            let patch: Value = serde_json::from_slice(&asked.body)
                .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))?;
            Ok(changed_object(resource, &change(state, "PatchOptions")?.merge_patch(&patch)?))
        }
        Method::PATCH => Err(Failure::unsupported_patch()),
        Method::DELETE => {
            let options = DeleteOptions::parse(&asked.query, &asked.body)?;
            let manager = asked.query.manager(&asked.user_agent, false, "")?;
            let change = Change { state, now, key: key.clone(), manager, dry_run: options.dry_run };
            Ok(match change.delete(&options)? {
                Deleted::Status(status) => json(200, &status),
                Deleted::Object(object) => changed_object(resource, &Changed { code: 200, object }),
            })
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn json(code: u16, value: &Value) -> ApiResponse {
    ApiResponse::Json { code, text: value.to_string().into_bytes() }
}

fn changed_object(resource: Resource, changed: &Changed) -> ApiResponse {
    let mut text = format!("{{\"kind\":\"{}\",\"apiVersion\":\"v1\",", resource.kind()).into_bytes();
    text.extend_from_slice(&changed.object.to_string().as_bytes()[1..]);
    ApiResponse::Json { code: changed.code, text }
}
