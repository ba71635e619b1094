//! The type `Requirement`.

use rhai::Dynamic;

use crate::primitives::api::typed::{PropertyOf, Typed, column, property, text, texts, wide};
use crate::provision::catalog::Server;
use crate::provision::expansion::env_texts;
use crate::provision::requirements::{ConfigNeed, Requirements};
use crate::provision::template::Text;

/// One thing that a server needs, has fixed, or could be given in vain.
#[derive(Debug, Clone, Default)]
pub struct Requirement {
    server: String,
    key: String,
    kind: &'static str,
    env: String,
    required: bool,
    value_type: &'static str,
    or: Option<String>,
    example: String,
    choices: Vec<String>,
    credential: bool,
    rendered: Vec<String>,
    description: String,
}

impl Requirement {
    /// All of one server: secrets, config, what is fixed, and what no template uses.
    #[must_use]
    pub(in crate::primitives) fn of(server: &Server, needs: &Requirements) -> Vec<Self> {
        let secrets = needs.secrets.iter().map(|need| Self {
            key: need.key.clone(),
            kind: "secret",
            env: need.env.clone(),
            required: need.required,
            value_type: "string",
            example: need.example.clone(),
            credential: true,
            description: need.description.clone(),
            ..Self::default()
        });
        let config = needs
            .config
            .iter()
            .map(|need| Self { env: users(server, &need.key).join(","), ..Self::of_config(need, "config") });
        let unused = needs.unused.iter().map(|need| Self::of_config(need, "unused"));
        let fixed = needs.fixed.iter().map(|entry| Self {
            key: entry.name.clone(),
            kind: "static",
            env: entry.name.clone(),
            value_type: "string",
            or: Some(entry.value.clone()),
            ..Self::default()
        });
        let all = secrets.chain(config).chain(fixed).chain(unused);
        all.map(|one| {
            let with_it = needs.rendered.iter().filter(|rendered| rendered.needs.contains(&one.key));
            let rendered = with_it.map(|rendered| rendered.key.clone()).collect();
            Self { server: needs.server.clone(), rendered, ..one }
        })
        .collect()
    }

    fn of_config(need: &ConfigNeed, kind: &'static str) -> Self {
        Self {
            key: need.key.clone(),
            kind,
            required: need.required,
            value_type: need.value_type.name(),
            or: need.default.clone(),
            example: need.example.clone().unwrap_or_default(),
            choices: need.choices.clone(),
            credential: need.credential,
            description: need.description.clone(),
            ..Self::default()
        }
    }
}

/// The variables whose text uses a path, else the field of the server that does.
fn users(server: &Server, path: &str) -> Vec<String> {
    let uses = |text: &Text| text.templates().any(|template| template.path == path);
    let entries = server.env.iter().zip(env_texts(server));
    entries.filter(|(_, text)| uses(text)).map(|(entry, _)| entry.name.clone()).collect()
}

impl Typed for Requirement {
    const NAME: &'static str = "Requirement";
    const PROPERTIES: &'static [PropertyOf<Self>] = &[
        wide("server", "string", "the server").get(|need| text(&need.server)),
        column(
            "key",
            "string",
            "the key in the env file, and in the ConfigMap or Secret; of a static one the variable",
        )
        .get(|need| text(&need.key)),
        column(
            "kind",
            "string",
            "`secret`, `config`, `static` (part of the container, in neither file) or `unused` (no template \
             uses it)",
        )
        .get(|need| need.kind.into()),
        column(
            "env",
            "string",
            "the environment variables that carry it, with commas between them; empty if none does",
        )
        .get(|need| text(&need.env)),
        column("required", "bool", "whether the server cannot do without it").get(|need| need.required.into()),
        column("value_type", "string", "`string`, `integer`, `number`, `boolean`, `array` or `object`")
            .get(|need| need.value_type.into()),
        column("or", "any", "the value where nobody gives one, of a static one its value; `()` if there is none")
            .get(|need| need.or.clone().map_or(Dynamic::UNIT, Dynamic::from)),
        wide("example", "string", "what it may look like; may be empty").get(|need| text(&need.example)),
        wide("choices", "array", "the values it may have, if they are listed").get(|need| texts(&need.choices)),
        wide("credential", "bool", "whether its value must not be seen").get(|need| need.credential.into()),
        property(
            "rendered",
            "array",
            "the keys of the Secret under which `provision` stores variables that hold it and a value that must \
             not be seen",
        )
        .get(|need| texts(&need.rendered)),
        column("description", "string", "what it is for, in the catalog's words").get(|need| text(&need.description)),
    ];
}
