//! Command, volumes and user: rendered text in the derived catalog, with `$(ENV)` where a secret stands.

use super::super::expansion::{Piece, own_variables, pieces};
use super::super::template::{Filter, Part, Template, Text, Value};
use super::context::Context;
use super::escape::{Segment, join};
use super::plan::{Known, Plan};

/// The arguments, with templates and `$NAME` filled in and everything else written so that Kubernetes leaves it as it
/// is; `None` if nothing changes.
pub(super) fn command(plan: &mut Plan, context: &Context) -> Option<Vec<String>> {
    let texts = &plan.server.command;
    if plan.server.is_rendered {
        return None;
    }
    let mut items = Vec::new();
    for text in texts {
        let text = Text::parse(text);
        let several = segments(plan, &text, "command", context);
        items.extend(several.into_iter().map(|segments| join(&expanded(plan, segments))));
    }
    refuse_templates(plan, &items, "command", texts);
    (items != *texts).then_some(items)
}

/// Docker's second expansion of one argument.
fn expanded(plan: &Plan, segments: Vec<Segment>) -> Vec<Segment> {
    let own = own_variables(plan.server);
    let mut result = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, result: &mut Vec<Segment>| {
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => result.push(Segment::Text(plain.to_owned())),
                Piece::Variable { name, .. } if own.contains(name) => result.push(plan.variable(name)),
                Piece::Variable { source, .. } => result.push(Segment::Text(source.to_owned())),
            }
        }
        text.clear();
    };
    for segment in segments {
        match segment {
            Segment::Text(more) => text.push_str(&more),
            Segment::Reference(name) => {
                flush(&mut text, &mut result);
                result.push(Segment::Reference(name));
            }
        }
    }
    flush(&mut text, &mut result);
    result
}

/// Refuses a server whose values would be read as templates by the gateway.
fn refuse_templates(plan: &mut Plan, rendered: &[String], field: &str, source: &[String]) {
    let is_value = |text: &&String| text.contains("{{") && !source.contains(text);
    if rendered.iter().any(|text| is_value(&text)) {
        plan.reasons.push(format!("a value in its {field} holds `{{{{`, which the gateway would read as a template"));
    }
}

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
    let items = segments(plan, text, field, context);
    let rendered: Vec<String> = items.iter().map(|segments| join(segments)).collect();
    refuse_templates(plan, &rendered, field, &[]);
    rendered.into_iter().filter(|text| !text.is_empty()).collect()
}

/// A text with its templates filled in: several items if it is nothing but one template of a list.
fn segments(plan: &mut Plan, text: &Text, field: &str, context: &Context) -> Vec<Vec<Segment>> {
    match text.single() {
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
    }
}

/// The result of one template: items, each a list of segments.
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
