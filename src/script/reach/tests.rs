use std::path::Path;

use super::*;
use crate::embedded;
use crate::script::origin::Origin;
use crate::script::resolve::shipped_label;

fn script(label: &str, text: &str) -> Script {
    Script {
        name: "test".to_owned(),
        label: label.to_owned(),
        origin: Origin::Shipped,
        text: text.to_owned(),
        replaces_shipped: false,
    }
}

fn effects(text: &str) -> Vec<String> {
    cluster(&Reach::of(&script("<test>", text)).unwrap())
}

fn cluster(reach: &Reach) -> Vec<String> {
    reach.effects.iter().filter_map(|effect| effect.strip_prefix("cluster: ")).map(str::to_owned).collect()
}

#[test]
fn only_what_can_be_reached_counts() {
    assert_eq!(
        effects("fn main(args) { one() } fn one() { pods::list() } fn two() { secrets::get(\"s\") }"),
        ["list pods"]
    );
    assert_eq!(effects("cluster::namespaces(); fn main() { }"), ["list namespaces"]);
    assert_eq!(effects("fn f(a) { pods::list() } fn f(a, b) { secrets::list() } f(1, 2)"), ["list secrets"]);
    assert!(effects("let x = 1 + 2; print(`${x}`)").is_empty());
}

#[test]
fn every_kind_of_call_is_followed() {
    for text in [
        "[1].map(|x| pods::list())",
        "let y = 2; [1].filter(|x| { let z = y; pods::list(); true })",
        "fn f() { pods::list() } let p = Fn(\"f\"); p.call()",
        "fn f() { pods::list() } let p = Fn(\"\" + \"f\"); p.call()",
        "fn f() { pods::list() } let p = f; p.call()",
        "fn f(x) { pods::list() } 1.f(2)",
        "fn f() { this + pods::list().len() } 1.f()",
        "let x = loop { break pods::list(); };",
        "fn f() { loop { break [1].map(|x| pods::list()); } } f()",
        "print(`${pods::list().len()}`)",
        "switch 1 { 1 => pods::list(), _ => () }",
        "if false { } else { pods::list() }",
        "try { throw 1 } catch (e) { pods::list() }",
        "const A = pods::list();",
        "let a = #{ b: [pods::list()] };",
        "pods::list().filter(|pod| pod.ready)[0].name",
        "while true { return pods::list(); }",
    ] {
        assert_eq!(effects(text), ["list pods"], "{text}");
    }
}

#[test]
fn imports_are_followed_and_their_top_level_counts() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "lib.rhai",
        "import \"deep\" as deep; cluster::version(); fn f() { deep::g() } fn unused() { secrets::get(\"s\") }",
    );
    write("deep.rhai", "fn g() { pods::list(); h() } private fn h() { secrets::list() }");
    let label = folder.path().join("main.rhai").display().to_string();
    let reach = Reach::of(&script(&label, "import \"lib\" as lib; fn main() { lib::f() }")).unwrap();
    assert_eq!(cluster(&reach), ["get /version", "list pods", "list secrets"]);
    let reach = Reach::of(&script(&label, "import \"lib\" as lib; lib::deep::g()")).unwrap();
    assert_eq!(cluster(&reach), ["get /version", "list pods", "list secrets"]);
    let error = Reach::of(&script(&label, "import \"lob\" as lob; lob::f()")).unwrap_err();
    assert!(error.message.contains("no module `lob`"), "{error}");
    assert!(Path::new(&label).parent().is_some());
}

#[test]
fn a_pod_that_is_known_needs_no_look_up() {
    for text in [
        "pods::delete(pods::list())",
        "let a = pods::list(); pods::delete(a.filter(|p| p.ready))",
        "let a = pods::list(); let b = a[0]; pods::delete(b)",
        "for pod in pods::list() { pods::delete(pod) }",
        "fn main() { let a = pods::list(); a = a.filter(|p| true); pods::delete([a[0]]) }",
    ] {
        assert_eq!(effects(text), ["delete pods", "list pods"], "{text}");
    }
    for text in [
        "pods::list(); pods::delete(\"a\")",
        "let a = pods::list(); a = [\"x\"]; pods::delete(a)",
        "let a = pods::list(); pods::delete(a.map(|p| p.name))",
        "let a = pods::list(); pods::delete(a[0].name)",
        "fn f(a) { pods::delete(a) } f(pods::list())",
    ] {
        assert_eq!(effects(text), ["delete pods", "get pods", "list pods"], "{text}");
    }
}

#[test]
fn all_namespaces_written_out_are_seen() {
    assert!(Reach::of(&script("<test>", "pods::list(#{ all_namespaces: true })")).unwrap().all_namespaces);
    assert!(!Reach::of(&script("<test>", "pods::list(#{ all_namespaces: false })")).unwrap().all_namespaces);
}

#[test]
fn the_shipped_scripts_need_what_they_do_and_no_more() {
    let needs = |name: &str| {
        let label = shipped_label(&format!("{name}.rhai"));
        let reach = Reach::of(&script(&label, embedded::script(name).unwrap())).unwrap();
        let outside = ["create selfsubjectaccessreviews"];
        cluster(&reach).into_iter().filter(|effect| !outside.contains(&effect.as_str())).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(needs("list"), "list pods");
    for name in ["session", "stale", "cleanup"] {
        assert_eq!(needs(name), "delete pods, list pods", "{name}");
    }
    assert_eq!(needs("create-configmap"), "create configmaps, get configmaps, patch configmaps");
    assert_eq!(needs("create-secret"), "create secrets, get secrets, patch secrets");
    // the pods are what `--restart` looks for
    assert_eq!(
        needs("populate-configmap"),
        "create configmaps, delete pods, get configmaps, list pods, patch configmaps"
    );
    assert_eq!(needs("populate-secret"), "create secrets, delete pods, get secrets, list pods, patch secrets");
    // and with `--verify` a pod is made, watched, talked to and removed
    assert_eq!(
        needs("provision"),
        "create configmaps, create pods, create secrets, delete pods, get configmaps, get namespaces, get pods, \
         get pods/attach, get pods/log, get secrets, list pods, patch configmaps, patch secrets, watch pods"
    );
    for name in ["servers", "extract-data", "show-example", "generate-env"] {
        assert_eq!(needs(name), "", "{name}");
    }
}
