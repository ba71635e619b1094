//! `mcpctl schedule` as far as no cluster is needed: what would be applied, and what is refused before anything is.

use serde_json::{Value, json};

use crate::support::program::{Mcpctl, Ran};

const IMAGE: &str = "--image registry.example/mcpctl:1";

/// A run that prints the objects of a schedule.
fn manifests(line: &str) -> Mcpctl {
    Mcpctl::new(&format!("schedule {line} {IMAGE} --manifests -n mcp"))
}

fn documents(ran: &Ran) -> Vec<Value> {
    ran.stdout.split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    documents.iter().find(|document| document["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {documents:#?}"))
}

fn pod(documents: &[Value]) -> &Value {
    &of_kind(documents, "CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
}

#[test]
fn the_objects_are_what_restricted_namespaces_admit() {
    let ran = manifests("cleanup --idle 12h --yes --cron @daily --time-zone Europe/Berlin --deadline 5m").run().code(0);
    assert!(ran.stdout.starts_with("# kubectl apply --server-side --field-manager=mcpctl:schedule -f FILE\n"));
    let documents = documents(&ran);
    let spec = &of_kind(&documents, "CronJob")["spec"];
    assert_eq!((&spec["schedule"], &spec["timeZone"]), (&json!("@daily"), &json!("Europe/Berlin")));
    assert_eq!(spec["concurrencyPolicy"], "Forbid");
    assert_eq!((&spec["successfulJobsHistoryLimit"], &spec["failedJobsHistoryLimit"]), (&json!(3), &json!(3)));
    assert_eq!(spec["jobTemplate"]["spec"]["activeDeadlineSeconds"], 300);
    let pod = pod(&documents);
    assert_eq!(
        pod["securityContext"],
        json!({
            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532,
            "seccompProfile": { "type": "RuntimeDefault" },
        })
    );
    let container = &pod["containers"][0];
    assert_eq!(
        container["securityContext"],
        json!({
            "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] }, "readOnlyRootFilesystem": true,
        })
    );
    assert_eq!(container["args"], json!(["run", "cleanup", "--idle=12h", "--yes"]));
    assert_eq!(pod["serviceAccountName"], of_kind(&documents, "ServiceAccount")["metadata"]["name"]);
}

#[test]
fn the_role_is_the_one_that_rbac_prints() {
    let ran = manifests("cleanup --yes --cron @daily").run().code(0);
    let role = Mcpctl::new("rbac cleanup -o json").run().code(0).json();
    let documents = documents(&ran);
    assert_eq!(of_kind(&documents, "Role")["rules"], role["items"][0]["rules"]);
    let subjects = &of_kind(&documents, "RoleBinding")["subjects"];
    assert_eq!(*subjects, json!([{ "kind": "ServiceAccount", "name": "mcpctl-cleanup", "namespace": "mcp" }]));
}

#[test]
fn everywhere_takes_a_role_of_the_cluster() {
    let ran = manifests("list.rhai -A --cron @hourly").run().code(0);
    let documents = documents(&ran);
    assert_eq!(of_kind(&documents, "ClusterRole")["metadata"]["name"], "mcpctl.mcp.list");
    assert!(documents.iter().all(|document| document["kind"] != "Role"));
    assert_eq!(pod(&documents)["containers"][0]["args"], json!(["run", "list", "--all-namespaces"]));
}

#[test]
fn a_file_goes_along_with_what_it_imports() {
    let script = "const PARAMS = [#{ name: \"name\", help: \"whom\" }, #{ name: \"image\", help: \"what\", option: true }];\n\
        import \"lib/a\" as a;\nfn main(args) { a::f() }";
    // the script's own `--image` stands behind its name, that of the schedule before it
    let line = format!("schedule --name nightly {IMAGE} job.rhai me --image=x --cron @daily --manifests -n mcp");
    let run = Mcpctl::new(&line).file("job.rhai", script).file("lib/a.rhai", "fn f() { 1 }").file("b.rhai", "2");
    let ran = run.run().code(0);
    let documents = documents(&ran);
    let data = of_kind(&documents, "ConfigMap")["data"].as_object().unwrap();
    assert_eq!((data.len(), &data["lib_a.rhai"]), (2, &json!("fn f() { 1 }")));
    let pod = pod(&documents);
    let container = &pod["containers"][0];
    assert_eq!(container["args"], json!(["run", "/scripts/job.rhai", "--name=me", "--image=x"]));
    assert_eq!(container["image"], "registry.example/mcpctl:1");
    assert_eq!(pod["volumes"][0]["configMap"]["items"][1], json!({ "key": "lib_a.rhai", "path": "lib/a.rhai" }));
    assert_eq!(of_kind(&documents, "CronJob")["metadata"]["name"], "mcpctl-nightly");
}

#[test]
fn a_namespace_among_the_arguments_is_that_of_the_schedule() {
    let ran = Mcpctl::new(&format!("schedule stale 24h team --yes --cron @daily {IMAGE} --manifests")).run().code(0);
    let documents = documents(&ran);
    assert_eq!(of_kind(&documents, "CronJob")["metadata"]["namespace"], "team");
    assert_eq!(pod(&documents)["containers"][0]["args"], json!(["run", "stale", "--age=24h", "--yes"]));
}

#[test]
fn nobody_is_there_to_confirm() {
    let ran = manifests("cleanup --cron @daily").run().code(1).stdout("");
    ran.says("asks before it deletes, and there is no terminal in the cluster").says("`--yes`");
}

#[test]
fn what_its_flags_rule_out_is_told_and_in_no_role() {
    let run =
        |flags: &[&str]| flags.iter().fold(manifests("cleanup --yes --cron @daily"), |run, word| run.word(word)).run();
    for flags in [["--deny", "*"], ["--allow", "none"]] {
        let ran = run(&flags).code(1).stdout("");
        ran.says("`cleanup` could do nothing").says("`cluster: delete pods`");
    }
    let ran = run(&["--allow", "cluster: list pods, cluster: delete pods"]).code(0);
    let documents = documents(&ran);
    let rules = &of_kind(&documents, "Role")["rules"];
    assert_eq!(*rules, json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["list", "delete"] }]));
    ran.says("rule out what the script can want").says("`prompt`").says("also one that `--yes` answers");
    let ran = run(&["--allow", "cluster: *, prompt, files: read"]).code(0);
    assert!(!ran.stderr.contains("rule out"), "{}", ran.stderr);
}

#[test]
fn what_is_missing_or_wrong_is_said_before_a_cluster_is_asked() {
    for (line, why) in [
        ("cleanup --yes --image x", "`--cron` is missing"),
        ("cleanup --yes --cron @daily", "`--image` is missing"),
        ("cleanup --yes --image x --cron @dayly", "did you mean `@daily`?"),
        ("cleanup --yes --image x --cron @daily --idel 3h", "unexpected argument `--idel`"),
        ("no-such-script --image x --cron @daily", "no script `no-such-script`"),
        ("cleanup --yes --image x --cron @daily --name A/B", "`A/B` cannot be a schedule"),
        ("cleanup --yes --image x --cron @daily --sandbox", "the sandbox has no schedules"),
        ("list --sandbox", "the sandbox has no schedules"),
    ] {
        let ran = Mcpctl::new(&format!("schedule {line}")).run();
        assert!(ran.code != 0 && ran.stderr.contains(why), "{line}: {} {}", ran.code, ran.stderr);
    }
    let fields = Mcpctl::of(["schedule", "cleanup", "--yes", "--image", "x", "--cron", "0 3 * *"]).run().code(2);
    fields.says("it has 4 fields, not five");
}

#[test]
fn a_secret_is_not_written_down() {
    let script =
        "const PARAMS = [#{ name: \"token\", help: \"a secret\", kind: \"secret\", option: true }];\nfn main(args) {}";
    let run = Mcpctl::new(&format!("schedule job.rhai --token @key --cron @daily {IMAGE} --manifests -n mcp"));
    let ran = run.file("job.rhai", script).file("key", "canary-schedule").run().code(2).stdout("");
    assert!(!ran.stderr.contains("canary-schedule"));
    ran.says("`--token` is a secret");
}

#[test]
fn a_secret_that_would_be_asked_for_is_refused_too() {
    manifests("set-secret keys token --yes --cron @daily").run().code(2).says("`--value` is a secret");
    let script =
        "const PARAMS = [#{ name: \"token\", help: \"a secret\", kind: \"secret\", or: () }];\nfn main(args) {}";
    let asks = script.replace("{}", "{ args.token ?? ui::ask_secret(\"token\") }");
    manifests("job.rhai --cron @daily").file("job.rhai", &asks).run().code(2).says("`--token` is a secret");
    manifests("job.rhai --cron @daily").file("job.rhai", script).run().code(0);
}

#[test]
fn the_flags_of_a_new_schedule_with_a_command_name_the_script_of_that_name() {
    for line in ["list --cron @daily --image i", "--cron @daily logs a"] {
        let name = if line.starts_with("list") { "list" } else { "logs" };
        Mcpctl::new(&format!("schedule {line}")).run().code(2).stderr(&format!(
            "error: `schedule {name}` takes no `--cron`\n\
             hint: the script `{name}` is scheduled as `mcpctl schedule {name}.rhai --cron TIMES --image IMAGE`\n"
        ));
    }
    Mcpctl::new("schedule remove a --image i").run().code(2).stderr("error: `schedule remove` takes no `--image`\n");
    let help = Mcpctl::new("schedule list --help").run().code(0).stdout;
    assert!(!help.contains("--cron"), "{help}");
}

#[test]
fn two_namespaces_are_refused() {
    let line = format!("schedule list.rhai default --cron @daily {IMAGE} --manifests -n mcp");
    Mcpctl::new(&line).run().code(2).says("two namespaces are named: `default` and, by `-n`, `mcp`");
}
