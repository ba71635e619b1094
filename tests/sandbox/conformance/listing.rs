//! Lists: selectors, pages, revisions, and what a path that is wrong is answered with.

use serde_json::json;

use super::cases;
use super::request::{Api, names, revision};

cases! {
    a_list_has_its_kind_and_bare_items,
    lists_are_in_order,
    all_namespaces_are_listed,
    labels_select,
    bad_label_selectors_are_refused,
    fields_select,
    bad_field_selectors_are_refused,
    pages_make_up_the_list,
    pages_show_one_moment,
    selected_pages_do_not_count_the_rest,
    bad_tokens_and_numbers_are_refused,
    revisions_are_looked_at,
    wrong_paths_are_not_found,
    headers_are_there,
    discovery_has_what_clients_ask_for,
}

async fn make(api: &Api, labels: &[(&str, &[(&str, &str)])]) {
    for (name, labels) in labels {
        let labels: serde_json::Map<String, serde_json::Value> =
            labels.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
        api.post("secrets", &json!({"metadata": {"name": name, "labels": labels}})).await.expect(201);
    }
}

async fn a_list_has_its_kind_and_bare_items(api: Api) {
    make(&api, &[("a", &[])]).await;
    let list = api.get("secrets").await.expect(200);
    assert_eq!((list["kind"].as_str(), list["apiVersion"].as_str()), (Some("SecretList"), Some("v1")));
    assert!(list["items"][0].get("kind").is_none() && list["items"][0].get("apiVersion").is_none());
    assert_eq!(list["items"][0]["metadata"]["name"], "a");
    assert!(revision(&list).parse::<u64>().unwrap() >= revision(&list["items"][0]).parse().unwrap());
    assert!(list["metadata"].get("continue").is_none());
    assert_eq!(api.get("pods").await.expect(200)["items"], json!([]));
}

async fn lists_are_in_order(api: Api) {
    make(&api, &[("b", &[]), ("a", &[]), ("a-b", &[]), ("a.b", &[]), ("c0", &[])]).await;
    assert_eq!(names(&api.get("secrets").await.expect(200)), ["a", "a-b", "a.b", "b", "c0"]);
}

async fn all_namespaces_are_listed(api: Api) {
    make(&api, &[("everywhere", &[("case", &api.namespace)])]).await;
    let path = format!("/api/v1/secrets?labelSelector=case%3D{}", api.namespace);
    let list = api.send("GET", &path, None).await.expect(200);
    assert_eq!(names(&list), ["everywhere"]);
    assert_eq!(list["items"][0]["metadata"]["namespace"], api.namespace.as_str());
    let path = format!("/api/v1/namespaces?fieldSelector=metadata.name%3D{}", api.namespace);
    assert_eq!(names(&api.send("GET", &path, None).await.expect(200)), [api.namespace.as_str()]);
}

async fn labels_select(api: Api) {
    make(&api, &[("a", &[("x", "1"), ("y", "")]), ("b", &[("x", "2")]), ("c", &[("z.io/q", "10")]), ("d", &[])]).await;
    for (selector, expected) in [
        ("x=1", &["a"][..]),
        ("x==1", &["a"]),
        ("x!=1", &["b", "c", "d"]),
        ("x", &["a", "b"]),
        ("!x", &["c", "d"]),
        ("x in (1,2)", &["a", "b"]),
        ("x in (1, 2),y", &["a"]),
        ("x notin (1)", &["b", "c", "d"]),
        ("x,x notin (1)", &["b"]),
        ("y=", &["a"]),
        ("z.io/q=10", &["c"]),
        ("z.io/q>9", &["c"]),
        ("z.io/q<9", &[]),
        (" x = 1 , y ", &["a"]),
        ("x=1,x=2", &[]),
        ("", &["a", "b", "c", "d"]),
    ] {
        let query: String = form_urlencoded::byte_serialize(selector.as_bytes()).collect();
        let list = api.get(&format!("secrets?labelSelector={query}")).await.expect(200);
        assert_eq!(names(&list), expected, "{selector}");
    }
}

async fn bad_label_selectors_are_refused(api: Api) {
    let value = "a valid label must be an empty string or consist of alphanumeric characters…";
    for (selector, message) in [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt".to_owned()),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier".to_owned()),
        ("=x", "found '=', expected: !, identifier, or 'end of string'".to_owned()),
        ("a=b,", "found '', expected: identifier after ','".to_owned()),
        ("a=-", format!("unable to parse requirement: values[0][a]: Invalid value: \"-\": {value}")),
        ("a in (-)", format!("unable to parse requirement: values[0][a]: Invalid value: \"-\": {value}")),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an \
             integer"
                .to_owned(),
        ),
        ("a_=x", "unable to parse requirement: <nil>: Invalid value: \"a_\": name part must consist of…".to_owned()),
    ] {
        let query: String = form_urlencoded::byte_serialize(selector.as_bytes()).collect();
        api.get(&format!("secrets?labelSelector={query}")).await.fails(400, "BadRequest", &message);
    }
}

async fn fields_select(api: Api) {
    make(&api, &[("a", &[("x", "1")]), ("b", &[])]).await;
    for (selector, expected) in [
        ("metadata.name%3Da", &["a"][..]),
        ("metadata.name%3D%3Da", &["a"]),
        ("metadata.name!%3Da", &["b"]),
        ("metadata.name%3Da,metadata.name%3Db", &[]),
        ("type%3DOpaque", &["a", "b"]),
        ("type!%3DOpaque", &[]),
    ] {
        assert_eq!(
            names(&api.get(&format!("secrets?fieldSelector={selector}")).await.expect(200)),
            expected,
            "{selector}"
        );
    }
    let both = "secrets?fieldSelector=metadata.name%3Da&labelSelector=!x";
    assert_eq!(api.get(both).await.expect(200)["items"], json!([]));
    let everywhere = format!("/api/v1/secrets?fieldSelector=metadata.namespace%3D{}", api.namespace);
    assert_eq!(names(&api.send("GET", &everywhere, None).await.expect(200)), ["a", "b"]);
}

async fn bad_field_selectors_are_refused(api: Api) {
    for resource in ["pods", "secrets"] {
        let answer = api.get(&format!("{resource}?fieldSelector=foo%3Dx")).await;
        answer.fails(400, "BadRequest", "field label not supported: foo");
    }
    let message = "\"foo\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";
    api.get("configmaps?fieldSelector=foo%3Dx").await.fails(400, "BadRequest", message);
    let message = "invalid selector: 'foo'; can't understand 'foo'";
    api.get("pods?fieldSelector=foo").await.fails(400, "BadRequest", message);
}

async fn pages_make_up_the_list(api: Api) {
    make(&api, &[("a", &[]), ("b", &[]), ("c", &[]), ("d", &[]), ("e", &[])]).await;
    let first = api.get("secrets?limit=2").await.expect(200);
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = api.get(&format!("secrets?limit=2&continue={token}")).await.expect(200);
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(revision(&second), revision(&first));
    assert_eq!(second["metadata"]["remainingItemCount"], 1);
    let token = second["metadata"]["continue"].as_str().unwrap();
    let third = api.get(&format!("secrets?limit=2&continue={token}")).await.expect(200);
    assert_eq!(names(&third), ["e"]);
    assert!(third["metadata"].get("continue").is_none() && third["metadata"].get("remainingItemCount").is_none());
    let exact = api.get("secrets?limit=5").await.expect(200);
    assert!(exact["metadata"].get("continue").is_none());
}

async fn pages_show_one_moment(api: Api) {
    make(&api, &[("a", &[]), ("b", &[]), ("d", &[]), ("e", &[])]).await;
    let first = api.get("secrets?limit=2").await.expect(200);
    make(&api, &[("c", &[])]).await;
    api.delete("secrets/d", None).await.expect(200);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = api.get(&format!("secrets?limit=9&continue={token}")).await.expect(200);
    assert_eq!(names(&second), ["d", "e"]);
    assert_eq!(revision(&second), revision(&first));
    let again = api.get(&format!("secrets?resourceVersion={}&resourceVersionMatch=Exact", revision(&first))).await;
    assert_eq!(names(&again.expect(200)), ["a", "b", "d", "e"]);
}

async fn selected_pages_do_not_count_the_rest(api: Api) {
    make(&api, &[("a", &[("x", "")]), ("b", &[]), ("c", &[("x", "")]), ("d", &[("x", "")])]).await;
    let first = api.get("secrets?limit=2&labelSelector=x").await.expect(200);
    assert_eq!(names(&first), ["a", "c"]);
    assert!(first["metadata"].get("remainingItemCount").is_none(), "{first}");
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = api.get(&format!("secrets?limit=2&labelSelector=x&continue={token}")).await.expect(200);
    assert_eq!(names(&second), ["d"]);
}

async fn bad_tokens_and_numbers_are_refused(api: Api) {
    let message = "invalid continue token: continue key is not valid…";
    api.get("secrets?limit=2&continue=abc").await.fails(400, "BadRequest", message);
    let message = "strconv.ParseInt: parsing \"abc\": invalid syntax";
    api.get("secrets?limit=abc").await.fails(400, "BadRequest", message);
}

async fn revisions_are_looked_at(api: Api) {
    make(&api, &[("a", &[])]).await;
    for revision in ["0", "1", ""] {
        let list = api.get(&format!("secrets?resourceVersion={revision}")).await.expect(200);
        assert_eq!(list["kind"], "SecretList");
    }
    let message = "Timeout: Too large resource version: 999999999, current: …";
    let status = api.get("secrets?resourceVersion=999999999").await.fails(504, "Timeout", message);
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    let message = "invalid resource version: resourceVersion: Invalid value: \"abc\": strconv.ParseUint: parsing \"abc\": \
                   invalid syntax";
    api.get("secrets?resourceVersion=abc").await.fails(400, "BadRequest", message);
}

async fn wrong_paths_are_not_found(api: Api) {
    let message = "the server could not find the requested resource";
    for path in ["/api/v1/nonsense", "/apis/apps/v9", &api.path("podz"), &api.path("podz/a")] {
        let status = api.send("GET", path, None).await.fails(404, "NotFound", message);
        assert_eq!(status["details"], json!({}));
    }
    let answer = api.send("GET", "/nonsense", None).await;
    assert_eq!((answer.code, answer.text.trim()), (404, "404 page not found"));
    let status = api.get("secrets/a").await.fails(404, "NotFound", "secrets \"a\" not found");
    assert_eq!(status["details"], json!({"name": "a", "kind": "secrets"}));
}

async fn headers_are_there(api: Api) {
    for rest in ["secrets", "secrets/nothing"] {
        let answer = api.get(rest).await;
        let header = |name: &str| answer.headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        assert_eq!(header("content-type"), "application/json");
        let date = header("date");
        assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
        assert_eq!(header("audit-id").len(), 36);
    }
}

async fn discovery_has_what_clients_ask_for(api: Api) {
    let version = api.send("GET", "/version", None).await.expect(200);
    assert_eq!(version["major"], "1");
    assert!(version["minor"].is_string() && version["gitVersion"].as_str().unwrap().starts_with('v'));
    let core = api.send("GET", "/api", None).await.expect(200);
    assert_eq!((core["kind"].as_str(), &core["versions"]), (Some("APIVersions"), &json!(["v1"])));
    let groups = api.send("GET", "/apis", None).await.expect(200);
    assert_eq!(groups["kind"], "APIGroupList");
    assert!(groups["groups"].as_array().unwrap().iter().any(|g| g["name"] == "authorization.k8s.io"));
    let resources = api.send("GET", "/api/v1", None).await.expect(200);
    assert_eq!((resources["kind"].as_str(), resources["groupVersion"].as_str()), (Some("APIResourceList"), Some("v1")));
    for (name, kind, namespaced, short) in [
        ("configmaps", "ConfigMap", true, json!(["cm"])),
        ("namespaces", "Namespace", false, json!(["ns"])),
        ("pods", "Pod", true, json!(["po"])),
        ("secrets", "Secret", true, json!(null)),
    ] {
        let resource = resources["resources"].as_array().unwrap().iter().find(|r| r["name"] == name).unwrap();
        assert_eq!(resource["kind"], kind);
        assert_eq!(resource["namespaced"], namespaced);
        assert_eq!(resource["shortNames"], short);
        assert!(resource["verbs"].as_array().unwrap().iter().any(|v| v == "watch"));
    }
    for path in ["/healthz", "/readyz", "/livez"] {
        assert_eq!(api.send("GET", path, None).await.text, "ok");
    }
}
