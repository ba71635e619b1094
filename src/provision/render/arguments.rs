//! Command, volumes and user: rendered text in the derived catalog, with `$(ENV)` where a secret stands.

use super::super::template::{Filter, Part, Template, Text, Value};
use super::context::Context;
use super::escape::{Segment, join};
use super::plan::{Known, Plan};

/// A list with templates, rendered; `None` if it has none and stays as it is.
pub(super) fn list(plan: &mut Plan, texts: &[String], field: &str, context: &Context) -> Option<Vec<String>> {
    let parsed: Vec<Text> = texts.iter().map(|text| Text::parse(text)).collect();
    if parsed.iter().all(Text::is_plain) {
        return None;
    }
    let mut items = Vec::new();
    for (text, source) in parsed.iter().zip(texts) {
        if text.is_plain() {
            items.push(source.clone());
        } else if field != "volumes" || has_values(plan, text, context) {
            items.extend(render(plan, text, field, context));
        }
    }
    Some(items)
}

/// A single text with templates, rendered; `None` if it has none.
pub(super) fn one(plan: &mut Plan, text: &str, field: &str, context: &Context) -> Option<String> {
    let text = Text::parse(text);
    (!text.is_plain()).then(|| render(plan, &text, field, context).join(","))
}

/// Whether every template of a volume gives something: half a volume is none.
fn has_values(plan: &Plan, text: &Text, context: &Context) -> bool {
    text.templates().all(|template| match plan.value(&template.path, context) {
        Some(Known::Config(value)) => !template.evaluate(Some(value)).is_empty(),
        Some(Known::Hidden(_) | Known::Live) => true,
        None => !template.evaluate(None).is_empty(),
    })
}

fn render(plan: &mut Plan, text: &Text, field: &str, context: &Context) -> Vec<String> {
    let items = match text.single() {
        Some(template) => template_items(plan, template, field, context),
        None => {
            let mut segments = Vec::new();
            for part in &text.parts {
                match part {
                    Part::Plain(plain) => segments.push(Segment::Text(plain.clone())),
                    Part::Template(template) => {
                        for (at, item) in template_items(plan, template, field, context).into_iter().enumerate() {
                            if at > 0 {
                                segments.push(Segment::Text(",".to_owned()));
                            }
                            segments.extend(item);
                        }
                    }
                }
            }
            vec![segments]
        }
    };
    let rendered: Vec<String> = items.iter().map(|segments| join(segments)).collect();
    if rendered.iter().any(|text| text.contains("{{")) {
        plan.reasons.push(format!("a value in its {field} holds `{{{{`, which the gateway would read as a template"));
    }
    rendered.into_iter().filter(|text| !text.is_empty()).collect()
}

/// What one template gives: items, each made of segments.
fn template_items(plan: &mut Plan, template: &Template, field: &str, context: &Context) -> Vec<Vec<Segment>> {
    let known = plan.value(&template.path, context);
    let value = match known {
        Some(Known::Config(value)) => Some(value),
        Some(Known::Hidden(_) | Known::Live) => return hidden_items(plan, template, field, context),
        None => None,
    };
    let items = match template.evaluate(value) {
        Value::Text(text) => vec![text],
        Value::List(items) => items,
    };
    items.into_iter().map(|text| vec![Segment::Text(text)]).collect()
}

/// A hidden value as a reference, as far as the filters can do without looking into it.
fn hidden_items(plan: &mut Plan, template: &Template, field: &str, context: &Context) -> Vec<Vec<Segment>> {
    if let Some(filter) = template.filters.iter().find(|filter| filter.needs_value()) {
        let filter = if *filter == Filter::Volume { "volume" } else { "volume-target" };
        plan.reasons.push(format!("the secret `{}` in its {field} goes through the filter `{filter}`", template.path));
        return Vec::new();
    }
    match plan.reference(&template.path, context) {
        Ok(env) => {
            let mut segments = vec![Segment::Reference(env)];
            for filter in &template.filters {
                if let Filter::MountAs(path) = filter {
                    segments.push(Segment::Text(format!(":{path}")));
                }
            }
            vec![segments]
        }
        Err(reason) => {
            plan.reasons.push(format!("the secret `{}` in its {field} cannot be carried: {reason}", template.path));
            Vec::new()
        }
    }
}
