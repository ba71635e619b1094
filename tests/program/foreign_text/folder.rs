//! The folder that the runs of these tests work in: every file of it is a stranger's.

use super::api::Api;
use super::marker::{MARK, quoted};
use crate::support::program::Mcpctl;

/// A script with a marked header.
pub(super) const SCRIPT: &str = "scripts/marked.rhai";

/// A script whose file has a marked name.
pub(super) const MARKED_FILE: &str = "./X\u{1b}[31m\u{202e}\u{200b}\u{9b}2J\nerror: forged$(touch x).rhai";

/// A run in that folder, with a cluster that answers with marked texts.
pub(super) fn prepared(run: Mcpctl, api: &Api) -> Mcpctl {
    run.file(SCRIPT, &script())
        .file(MARKED_FILE, "fn main(args) { 1 }")
        .file("scripts/broken.rhai", &format!("//! {}\nfn main(args) {{ let {} }}", line(), line()))
        .file(&format!("scripts/{}", &MARKED_FILE[2..]), "fn main(args) { pods::list() }")
        .file(
            "marked_test.rhai",
            &format!("fn test_x() {{ print({}); assert::equal({}, 1) }}", quoted(&line()), quoted(MARK)),
        )
        .file("catalog.yaml", &catalog())
        .file("kubeconfig", &kubeconfig(api))
        .file("prod-config.env", &format!("# {}\nMARKED_URL=\"{}\"\nmarked.url='x'\n", line(), line()))
        .file("prod-secret.env", &format!("# {}\nmarked.key=\"canary-{}\"\nbroken {}\n", line(), line(), line()))
        .file("state/mcpctl/journal.jsonl", &journal())
        .env("XDG_STATE_HOME", "state")
        .env("KUBECONFIG", "kubeconfig")
        .env("MCPCTL_CATALOG", "catalog.yaml")
        .input(&format!("pods::list()\nprint({})\nthrow {}\n:run marked\n", quoted(&line()), quoted(MARK)))
}

/// The mark without its line end and quotes, for files in which a text is a line.
fn line() -> String {
    MARK.replace("\r\n", " ").replace(['"', '\''], "")
}

fn script() -> String {
    let comment = line();
    // what a script prints is its own text, of as many lines as it likes
    let (text, printed) = (quoted(MARK), quoted(&line()));
    format!(
        "//! Summary {comment}\n//!\n//! More {comment}\n//! .so /etc/passwd\n//! 'br \\X'tty: x'\n\
         const PARAMS = [\n\
         #{{ name: \"kind\", help: {text}, kind: \"choice\", choices: [\"other\", \"$(touch x)\", \"`touch x`\"], option: true, or: \"other\" }},\n\
         #{{ name: \"value\", help: {text}, or: {text}, option: true }},\n];\n\
         fn main(args) {{\n    print({printed});\n    ui::info({text});\n    ui::warn({text});\n    ui::step({text}, {text});\n\
         \x20   ui::table([#{{ name: {text}, value: {text} }}]);\n    fail({text}, {text})\n}}\n"
    )
}

fn catalog() -> String {
    let text = quoted(MARK);
    format!(
        "version: 3\nname: {text}\ndisplayName: {text}\nregistry:\n  marked:\n    description: {text}\n    title: {text}\n    \
         type: server\n    image: {text}\n    readme: {text}\n    toolsUrl: {text}\n    icon: {text}\n    tools:\n      - name: {text}\n    \
         secrets:\n      - name: marked.key\n        env: MARKED_KEY\n        example: {text}\n        description: {text}\n    \
         env:\n      - name: MARKED_URL\n        value: \"{{{{marked.url}}}}\"\n        example: {text}\n    command: [{text}]\n    \
         allowHosts: [{text}]\n    volumes: [{text}]\n    user: {text}\n    config:\n      - name: marked\n        description: {text}\n        \
         type: object\n        properties:\n          url: {{ type: string, description: {text}, example: {text}, default: {text} }}\n        \
         required: [url]\n  {text}:\n    description: {text}\n    title: {text}\n    image: {text}\n"
    )
}

fn kubeconfig(api: &Api) -> String {
    let text = quoted(MARK);
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {text}\nclusters:\n- {{name: {text}, cluster: {{server: \"{}\"}}}}\n\
         users:\n- {{name: {text}, user: {{}}}}\n\
         contexts:\n- {{name: {text}, context: {{cluster: {text}, user: {text}, namespace: marked}}}}\n\
         - {{name: \"$(touch x)\", context: {{cluster: {text}, user: {text}}}}}\n",
        api.url()
    )
}

fn journal() -> String {
    let entry = serde_json::json!({
        "time": "2026-01-01T00:00:00Z", "context": MARK, "server": MARK, "namespace": MARK, "script": MARK, "action": MARK,
        "kind": MARK, "name": MARK, "result": MARK, "reason": MARK, "keys": {"added": [MARK], "changed": [MARK], "removed": [MARK]},
    });
    format!("{entry}\n{}\n", line())
}
