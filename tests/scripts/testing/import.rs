//! A live namespace as a world: what is kept, what is left behind, and a rehearsal on it.

use crate::support::program::Mcpctl;

/// A world file taken from the demo cluster after something was applied to it.
fn taken() -> String {
    let live = Mcpctl::of(["eval", "--sandbox=live.json"])
        .word(r#"secrets::apply("keys", #{ token: "canary-live" }); configmaps::apply("flags", #{ beta: "canary-flag" }); ()"#)
        .run()
        .code(0);
    let ran = Mcpctl::new("sandbox import -n default --sandbox=live.json").after(live).run().code(0);
    let ran = ran.says("of namespace default; every value is replaced");
    assert!(!ran.stdout.contains("canary") && !ran.stdout.contains("Y2FuYXJ5"), "a value was taken along");
    ran.stdout
}

#[test]
fn a_cleanup_is_rehearsed_on_it() {
    let ran = Mcpctl::new("cleanup --yes --sandbox=world.json -o json").file("world.json", &taken()).run().code(0);
    assert_eq!(ran.json().as_array().unwrap().len(), 2);
    let ran = Mcpctl::new("list --sandbox=world.json").after(ran).run().code(0);
    assert!(ran.stdout.contains("CreateContainerConfigError"), "what waits goes on waiting: {}", ran.stdout);
}

#[test]
fn a_test_loads_it_as_old_as_it_was() {
    // a day ago, as far as the file knows
    let text = taken();
    let mut world: serde_json::Value = serde_json::from_str(&text).unwrap();
    let day = jiff::SignedDuration::from_hours(24);
    let earlier = |time: &str| (time.parse::<jiff::Timestamp>().unwrap() - day).to_string();
    world["taken"] = earlier(world["taken"].as_str().unwrap()).into();
    for object in world["objects"].as_array_mut().unwrap() {
        let made = earlier(object["metadata"]["creationTimestamp"].as_str().unwrap());
        object["metadata"]["creationTimestamp"] = made.into();
    }
    Mcpctl::new("test team")
        .file("team/world.json", &world.to_string())
        .file(
            "team/a_test.rhai",
            r#"
            fn test_ages() {
                sandbox::load("world.json");
                assert::equal(pods::list().len(), 9);
                assert::equal(pods::list(#{ older_than: "25h30m" }).len(), 4);
                assert::equal(sandbox::run("stale", ["25h", "--yes"]).code, 0);
            }
            fn test_keys_are_there_and_their_owner() {
                sandbox::load("world.json");
                assert::equal(sandbox::object("secret", "keys").data, #{ token: "replaced" });
                assert::equal(sandbox::object("configmap", "flags").data, #{ beta: "replaced" });
                assert::equal(configmaps::apply("flags", #{ beta: "new" }, #{ owner: "mcpctl:eval" }).result, "configured");
                assert::equal(assert::raises(|| configmaps::apply("flags", #{ beta: "x" })).kind, "conflict");
            }
            "#,
        )
        .run()
        .code(0);
}

#[test]
fn all_namespaces_can_be_taken() {
    let ran = Mcpctl::new("sandbox import -A --sandbox").run().code(0).says("of all namespaces");
    let world = ran.json();
    let pods = world["objects"].as_array().unwrap().iter().filter(|object| object["kind"] == "Pod");
    assert_eq!(pods.filter(|pod| pod["metadata"]["namespace"] == "mcp").count(), 3);
}

#[test]
fn the_command_needs_to_be_told_what_to_do() {
    Mcpctl::new("sandbox").run().code(2);
    Mcpctl::new("sandbox imprt").run().code(2).says("did you mean `import`?");
}

/// Whoever names no namespace is in the one that was taken.
#[test]
fn the_namespace_that_was_taken_is_the_current_one() {
    let world = Mcpctl::new("sandbox import -n mcp --sandbox").run().code(0).stdout;
    let ran = Mcpctl::new("list --sandbox=world.json -o name").file("world.json", &world).run().code(0);
    assert_eq!(ran.stdout.lines().count(), 3);
    // it stays so when the world is written again
    let ran = Mcpctl::of(["eval", "configmaps::apply(\"a\", #{ b: \"c\" }).namespace", "--sandbox=world.json"])
        .after(ran)
        .run()
        .code(0)
        .stdout("mcp\n");
    Mcpctl::of(["eval", "cluster::namespace()", "--sandbox=world.json"]).after(ran).run().code(0).stdout("mcp\n");
    let all = Mcpctl::new("sandbox import -A --sandbox").run().code(0).stdout;
    let run = Mcpctl::of(["eval", "cluster::namespace()", "--sandbox=world.json"]).file("world.json", &all);
    run.run().code(0).stdout("default\n");
}
