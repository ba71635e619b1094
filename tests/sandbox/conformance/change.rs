//! POST, PUT and merge patch: what is filled in, what is refused, dry runs, sizes, names.

use serde_json::{Value, json};

use super::cases;
use super::request::{Api, config_map, fields, owned, revision, secret};

cases! {
    a_post_fills_the_metadata_in,
    a_post_of_what_exists_is_refused,
    a_name_can_be_generated,
    a_name_is_required,
    bad_names_and_keys_are_listed,
    bad_labels_are_listed,
    long_names_are_refused,
    a_namespace_has_a_dns_label,
    a_number_as_value_is_refused,
    another_kind_is_refused,
    broken_json_is_refused,
    a_new_object_has_no_revision,
    the_namespace_must_exist,
    the_namespace_must_fit,
    string_data_is_encoded,
    bad_base64_is_refused,
    the_size_is_limited,
    binary_data_is_counted_and_kept,
    a_huge_body_is_refused,
    a_put_replaces,
    a_put_needs_its_object,
    a_put_knows_revisions_and_uids,
    an_equal_put_writes_nothing,
    a_merge_patch_merges,
    a_merge_patch_needs_its_object,
    a_merge_patch_knows_revisions,
    a_merge_patch_of_nonsense_is_refused,
    an_unknown_media_type_is_refused,
    dry_runs_change_nothing,
    unknown_dry_runs_are_refused,
    the_type_of_a_secret_is_fixed,
    immutable_objects_are_fixed,
    annotations_are_kept,
    unknown_fields_are_dropped,
    methods_are_checked,
    managed_fields_can_be_reset,
}

async fn a_post_fills_the_metadata_in(api: Api) {
    let mut body = config_map("a", &json!({"k": "v"}));
    body["metadata"]["labels"] = json!({"x": "y"});
    let object = api.post("configmaps", &body).await.expect(201);
    let metadata = &object["metadata"];
    assert_eq!(object["kind"], "ConfigMap");
    assert_eq!(metadata["namespace"], api.namespace.as_str());
    assert_eq!(metadata["uid"].as_str().unwrap().len(), 36);
    assert!(revision(&object).parse::<u64>().unwrap() > 0);
    let made = metadata["creationTimestamp"].as_str().unwrap();
    assert!(made.len() == 20 && made.ends_with('Z'), "{made}");
    let owned = owned(&object, "conformance", "Update");
    assert_eq!(owned, &json!({"f:data": {".": {}, "f:k": {}}, "f:metadata": {"f:labels": {".": {}, "f:x": {}}}}));
    assert_eq!(api.get("configmaps/a").await.expect(200), object);
}

async fn a_post_of_what_exists_is_refused(api: Api) {
    api.post("configmaps", &config_map("a", &json!({}))).await.expect(201);
    let answer = api.post("configmaps", &config_map("a", &json!({}))).await;
    let status = answer.fails(409, "AlreadyExists", "configmaps \"a\" already exists");
    assert_eq!(status["details"], json!({"name": "a", "kind": "configmaps"}));
    let answer = api.post("configmaps?dryRun=All", &config_map("a", &json!({}))).await;
    answer.fails(409, "AlreadyExists", "configmaps \"a\" already exists");
}

async fn a_name_can_be_generated(api: Api) {
    let object = api.post("configmaps", &json!({"metadata": {"generateName": "gen-"}})).await.expect(201);
    let name = object["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("gen-") && name.len() == 9, "{name}");
    assert_eq!(object["metadata"]["generateName"], "gen-");
}

async fn a_name_is_required(api: Api) {
    let message = "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required";
    let status = api.post("configmaps", &json!({"data": {"k": "v"}})).await.fails(422, "Invalid", message);
    let cause = json!({
        "reason": "FieldValueRequired", "message": "Required value: name or generateName is required",
        "field": "metadata.name",
    });
    assert_eq!(status["details"], json!({"kind": "ConfigMap", "causes": [cause]}));
}

async fn bad_names_and_keys_are_listed(api: Api) {
    let body = config_map("Bad_Name", &json!({"bad key": "v", "..": "v", "..a": "v", "good.key-1_": "v"}));
    let status = api.post("configmaps", &body).await.fails(
        422,
        "Invalid",
        "ConfigMap \"Bad_Name\" is invalid: [metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must \
         consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character \
         (e.g. 'example.com', regex used for validation is \
         '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), data[…",
    );
    assert_eq!(fields(&status), ["data[..]", "data[..a]", "data[bad key]", "metadata.name"]);
    let causes = status["details"]["causes"].as_array().unwrap();
    let message = |field: &str| causes.iter().find(|c| c["field"] == field).unwrap()["message"].as_str().unwrap();
    assert_eq!(
        message("data[bad key]"),
        "Invalid value: \"bad key\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
         'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    );
    assert_eq!(message("data[..]"), "Invalid value: \"..\": must not be '..'");
    assert_eq!(message("data[..a]"), "Invalid value: \"..a\": must not start with '..'");
    let status = api.post("secrets", &secret("a", &json!({"bad key": "dg=="}))).await.expect(422);
    assert_eq!(fields(&status), ["data[bad key]"]);
}

async fn bad_labels_are_listed(api: Api) {
    let body = json!({"metadata": {"name": "a", "labels": {
        "a b": "x", "ok": "bad value!", "x.y/": "z", "example.com/ok": "", "Bad_Prefix/x": "v",
    }}});
    let status = api.post("configmaps", &body).await.expect(422);
    let causes = status["details"]["causes"].as_array().unwrap();
    assert!(causes.iter().all(|c| c["field"] == "metadata.labels" && c["reason"] == "FieldValueInvalid"), "{status}");
    let mut messages: Vec<&str> = causes.iter().map(|c| c["message"].as_str().unwrap()).collect();
    messages.sort_unstable();
    let name = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
                alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
                '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    let expected = [
        "Invalid value: \"Bad_Prefix/x\": prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
         characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
         validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            .to_owned(),
        format!("Invalid value: \"a b\": {name}"),
        "Invalid value: \"bad value!\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' \
         or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
         used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            .to_owned(),
        "Invalid value: \"x.y/\": name part must be non-empty".to_owned(),
        format!("Invalid value: \"x.y/\": {name}"),
    ];
    assert_eq!(messages, expected);
}

async fn long_names_are_refused(api: Api) {
    let long = "a".repeat(254);
    let status = api.post("configmaps", &config_map(&long, &json!({}))).await.expect(422);
    assert!(
        status["details"]["causes"][0]["message"].as_str().unwrap().ends_with("must be no more than 253 characters"),
        "{status}"
    );
    let status = api.post("configmaps", &config_map("a", &json!({long: "v"}))).await.expect(422);
    assert!(
        status["details"]["causes"][0]["message"].as_str().unwrap().ends_with("must be no more than 253 characters"),
        "{status}"
    );
    let body = json!({"metadata": {"name": "a", "labels": {"l": "v".repeat(64)}}});
    let status = api.post("configmaps", &body).await.expect(422);
    assert!(
        status["details"]["causes"][0]["message"].as_str().unwrap().ends_with("must be no more than 63 characters"),
        "{status}"
    );
}

async fn a_namespace_has_a_dns_label(api: Api) {
    let answer = api.send("POST", "/api/v1/namespaces", Some(&json!({"metadata": {"name": "Bad.Name"}}))).await;
    answer.fails(
        422,
        "Invalid",
        "Namespace \"Bad.Name\" is invalid: metadata.name: Invalid value: \"Bad.Name\": a lowercase RFC 1123 label must \
         consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. \
         'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    );
    let object = api.send("GET", &format!("/api/v1/namespaces/{}", api.namespace), None).await.expect(200);
    assert_eq!(object["status"]["phase"], "Active");
    assert_eq!(object["spec"]["finalizers"], json!(["kubernetes"]));
    assert_eq!(object["metadata"]["labels"], json!({"kubernetes.io/metadata.name": api.namespace}));
}

async fn a_number_as_value_is_refused(api: Api) {
    api.post("configmaps", &config_map("a", &json!({"k": 5}))).await.fails(
        400,
        "BadRequest",
        "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field \
         ConfigMap.data of type string",
    );
}

async fn another_kind_is_refused(api: Api) {
    api.post("configmaps", &secret("a", &json!({}))).await.fails(
        400,
        "BadRequest",
        "Secret in version \"v1\" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown \
         conversion",
    );
}

async fn broken_json_is_refused(api: Api) {
    let answer = api.send_as("POST", &api.path("configmaps"), "application/json", "{\"meta".to_owned()).await;
    answer.fails(400, "BadRequest", "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: …");
}

async fn a_new_object_has_no_revision(api: Api) {
    let body = json!({"metadata": {"name": "a", "resourceVersion": "5"}});
    api.post("configmaps", &body).await.fails(500, "", "resourceVersion should not be set on objects to be created");
}

async fn the_namespace_must_exist(api: Api) {
    let nowhere = api.elsewhere("nowhere");
    let message = format!("namespaces \"{}\" not found", nowhere.namespace);
    for rest in ["configmaps", "configmaps?dryRun=All", "pods"] {
        let body = json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "a"}]}});
        let body = if rest == "pods" { body } else { config_map("a", &json!({})) };
        if rest != "pods" {
            let status = nowhere.post(rest, &body).await.fails(404, "NotFound", &message);
            assert_eq!(status["details"], json!({"name": nowhere.namespace, "kind": "namespaces"}));
        }
    }
    assert_eq!(nowhere.get("configmaps").await.expect(200)["items"], json!([]));
    nowhere.get("configmaps/a").await.fails(404, "NotFound", "configmaps \"a\" not found");
}

async fn the_namespace_must_fit(api: Api) {
    let body = json!({"metadata": {"name": "a", "namespace": "elsewhere"}});
    let message = "the namespace of the provided object does not match the namespace sent on the request";
    api.post("configmaps", &body).await.fails(400, "BadRequest", message);
}

async fn string_data_is_encoded(api: Api) {
    let body =
        json!({"metadata": {"name": "a"}, "data": {"a": "eA==", "b": "eA=="}, "stringData": {"b": "two\nlines"}});
    let object = api.post("secrets", &body).await.expect(201);
    assert_eq!(object["data"], json!({"a": "eA==", "b": "dHdvCmxpbmVz"}));
    assert_eq!(object["type"], "Opaque");
    assert!(object.get("stringData").is_none());
}

async fn bad_base64_is_refused(api: Api) {
    let message = "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 0";
    api.post("secrets", &secret("a", &json!({"k": "%%%"}))).await.fails(400, "BadRequest", message);
}

async fn the_size_is_limited(api: Api) {
    let mebibyte = 1 << 20;
    let full = config_map("a", &json!({"k": "x".repeat(mebibyte)}));
    api.post("configmaps?dryRun=All", &full).await.expect(201);
    let body = config_map("a", &json!({"k": "x".repeat(mebibyte), "l": "y"}));
    let message = "ConfigMap \"a\" is invalid: []: Too long: may not be more than 1048576 bytes";
    let status = api.post("configmaps", &body).await.fails(422, "Invalid", message);
    let cause = json!({
        "reason": "FieldValueTooLong", "message": "Too long: may not be more than 1048576 bytes", "field": "[]",
    });
    assert_eq!(status["details"]["causes"], json!([cause]));
    let body = json!({"metadata": {"name": "a"}, "stringData": {"k": "x".repeat(mebibyte), "l": "y"}});
    let message = "Secret \"a\" is invalid: data: Too long: may not be more than 1048576 bytes";
    api.post("secrets", &body).await.fails(422, "Invalid", message);
    let body = json!({"metadata": {"name": "a"}, "stringData": {"k": "x".repeat(mebibyte)}});
    api.post("secrets?dryRun=All", &body).await.expect(201);
}

async fn binary_data_is_counted_and_kept(api: Api) {
    let body = json!({"metadata": {"name": "a"}, "binaryData": {"b": "AAEC"}, "data": {"t": "x"}});
    let object = api.post("configmaps", &body).await.expect(201);
    assert_eq!(object["binaryData"], json!({"b": "AAEC"}));
    let body = json!({"metadata": {"name": "b"}, "binaryData": {"b": "bad!"}});
    let message = "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: illegal base64 data at input byte 3";
    api.post("configmaps", &body).await.fails(400, "BadRequest", message);
}

async fn a_huge_body_is_refused(api: Api) {
    let body = config_map("a", &json!({"k": "x".repeat(3 << 20)}));
    let message = "Request entity too large: limit is 3145728";
    api.post("configmaps", &body).await.fails(413, "RequestEntityTooLarge", message);
}

async fn a_put_replaces(api: Api) {
    let mut body = config_map("a", &json!({"k": "v"}));
    body["metadata"]["labels"] = json!({"x": "y"});
    let first = api.post("configmaps?fieldManager=one", &body).await.expect(201);
    let second = api.put("configmaps/a?fieldManager=two", &config_map("a", &json!({"z": "1"}))).await.expect(200);
    assert_eq!(second["data"], json!({"z": "1"}));
    assert!(second["metadata"].get("labels").is_none());
    assert_ne!(revision(&first), revision(&second));
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert_eq!(owned(&second, "one", "Update"), &json!({"f:data": {}}));
    assert_eq!(owned(&second, "two", "Update"), &json!({"f:data": {"f:z": {}}}));
}

async fn a_put_needs_its_object(api: Api) {
    let message = "configmaps \"a\" not found";
    api.put("configmaps/a", &config_map("a", &json!({}))).await.fails(404, "NotFound", message);
    let message = "the name of the object (b) does not match the name on the URL (a)";
    api.put("configmaps/a", &config_map("b", &json!({}))).await.fails(400, "BadRequest", message);
}

async fn a_put_knows_revisions_and_uids(api: Api) {
    let first = api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let mut body = config_map("a", &json!({"k": "w"}));
    body["metadata"]["resourceVersion"] = json!("7");
    let message = "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes \
                   to the latest version and try again";
    api.put("configmaps/a", &body).await.fails(409, "Conflict", message);
    body["metadata"]["resourceVersion"] = json!(revision(&first));
    api.put("configmaps/a", &body).await.expect(200);
    let mut body = config_map("a", &json!({"k": "w"}));
    body["metadata"]["uid"] = json!("7");
    let message = format!(
        "Operation cannot be fulfilled on configmaps \"a\": StorageError: invalid object, Code: 4, Key: \
         /registry/configmaps/{}/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: 7, UID \
         in object meta: {}",
        api.namespace,
        first["metadata"]["uid"].as_str().unwrap(),
    );
    api.put("configmaps/a", &body).await.fails(409, "Conflict", &message);
}

async fn an_equal_put_writes_nothing(api: Api) {
    let first = api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let second = api.put("configmaps/a", &config_map("a", &json!({"k": "v"}))).await.expect(200);
    assert_eq!(first, second);
}

async fn a_merge_patch_merges(api: Api) {
    api.post("configmaps", &config_map("a", &json!({"k": "v", "l": "w"}))).await.expect(201);
    let patch = json!({"data": {"k": null, "m": "x"}, "metadata": {"labels": {"a": "b"}}});
    let object = api.merge("configmaps/a?fieldManager=p", &patch).await.expect(200);
    assert_eq!(object["data"], json!({"l": "w", "m": "x"}));
    let expected = json!({"f:data": {"f:m": {}}, "f:metadata": {"f:labels": {".": {}, "f:a": {}}}});
    assert_eq!(owned(&object, "p", "Update"), &expected);
    let again = api.merge("configmaps/a?fieldManager=p", &patch).await.expect(200);
    assert_eq!(again, object);
}

async fn a_merge_patch_needs_its_object(api: Api) {
    api.merge("configmaps/a", &json!({})).await.fails(404, "NotFound", "configmaps \"a\" not found");
}

async fn a_merge_patch_knows_revisions(api: Api) {
    api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let patch = json!({"metadata": {"resourceVersion": "7"}, "data": {"k": "w"}});
    let message = "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please apply your changes \
                   to the latest version and try again";
    api.merge("configmaps/a", &patch).await.fails(409, "Conflict", message);
}

async fn a_merge_patch_of_nonsense_is_refused(api: Api) {
    api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let status = api.merge("configmaps/a", &json!({"data": {"k": 5}})).await.fails(
        422,
        "Invalid",
        " \"\" is invalid: patch: Invalid value: …",
    );
    assert_eq!(fields(&status), ["patch"]);
}

async fn an_unknown_media_type_is_refused(api: Api) {
    api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let answer = api.send_as("PATCH", &api.path("configmaps/a"), "text/plain", "{}".to_owned()).await;
    answer.fails(415, "UnsupportedMediaType", "415: Unsupported Media Type");
    let answer = api.send_as("POST", &api.path("configmaps"), "text/plain", "{}".to_owned()).await;
    let message = "the body of the request was in an unknown format - accepted media types include: application/json, \
                   application/yaml…";
    answer.fails(415, "UnsupportedMediaType", message);
}

async fn dry_runs_change_nothing(api: Api) {
    let object = api.post("configmaps?dryRun=All", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    assert!(object["metadata"].get("resourceVersion").is_none(), "{object}");
    api.get("configmaps/a").await.expect(404);
    let first = api.post("configmaps", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let changed = config_map("a", &json!({"k": "w"}));
    for answer in [
        api.put("configmaps/a?dryRun=All", &changed).await,
        api.merge("configmaps/a?dryRun=All", &json!({"data": {"k": "w"}})).await,
    ] {
        let object = answer.expect(200);
        assert_eq!(object["data"], json!({"k": "w"}));
        assert_eq!(revision(&object), revision(&first));
    }
    assert_eq!(api.get("configmaps/a").await.expect(200), first);
}

async fn unknown_dry_runs_are_refused(api: Api) {
    let body = config_map("a", &json!({}));
    api.post("configmaps", &body).await.expect(201);
    for (answer, options) in [
        (api.post("configmaps?dryRun=Some", &body).await, "CreateOptions"),
        (api.put("configmaps/a?dryRun=Some", &body).await, "UpdateOptions"),
        (api.merge("configmaps/a?dryRun=Some", &body).await, "PatchOptions"),
    ] {
        let message = format!(
            "{options}.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""
        );
        answer.fails(422, "Invalid", &message);
    }
}

async fn the_type_of_a_secret_is_fixed(api: Api) {
    api.post("secrets", &secret("a", &json!({}))).await.expect(201);
    let mut body = secret("a", &json!({}));
    body["type"] = json!("x/y");
    let message = "Secret \"a\" is invalid: type: Invalid value: \"x/y\": field is immutable";
    api.put("secrets/a", &body).await.fails(422, "Invalid", message);
}

async fn immutable_objects_are_fixed(api: Api) {
    let mut body = config_map("a", &json!({"k": "v"}));
    body["immutable"] = json!(true);
    api.post("configmaps", &body).await.expect(201);
    let why = "Forbidden: field is immutable when `immutable` is set";
    let message = format!("ConfigMap \"a\" is invalid: data: {why}");
    api.merge("configmaps/a", &json!({"data": {"k": "w"}})).await.fails(422, "Invalid", &message);
    let message = format!("ConfigMap \"a\" is invalid: immutable: {why}");
    api.merge("configmaps/a", &json!({"immutable": null})).await.fails(422, "Invalid", &message);
    api.merge("configmaps/a", &json!({"metadata": {"labels": {"a": "b"}}})).await.expect(200);
}

async fn annotations_are_kept(api: Api) {
    let text = "any text: with \"quotes\", ünïcode\nand lines";
    let body = json!({"metadata": {"name": "a", "annotations": {"example.com/Note": text}}});
    let object = api.post("configmaps", &body).await.expect(201);
    assert_eq!(object["metadata"]["annotations"]["example.com/Note"], text);
}

async fn unknown_fields_are_dropped(api: Api) {
    let body = json!({"metadata": {"name": "a", "colour": "red"}, "dota": {"k": "v"}, "data": {"k": "v"}});
    let object = api.post("configmaps", &body).await.expect(201);
    assert!(object.get("dota").is_none() && object["metadata"].get("colour").is_none(), "{object}");
    assert_eq!(object["data"], json!({"k": "v"}));
}

async fn methods_are_checked(api: Api) {
    let message = "the server does not allow this method on the requested resource";
    for (method, rest) in [("POST", "configmaps/a"), ("PUT", "configmaps"), ("PATCH", "configmaps")] {
        api.send(method, &api.path(rest), Some(&json!({}))).await.fails(405, "MethodNotAllowed", message);
    }
    let answer: Value = api.send("DELETE", "/api/v1/namespaces", None).await.fails(405, "MethodNotAllowed", message);
    assert_eq!(answer["details"], json!({}));
}

async fn managed_fields_can_be_reset(api: Api) {
    api.apply("configmaps/a", "one", &config_map("a", &json!({"k": "v"}))).await.expect(201);
    let object = api.merge("configmaps/a", &json!({"metadata": {"managedFields": [{}]}})).await.expect(200);
    assert!(object["metadata"].get("managedFields").is_none(), "{object}");
    // What nobody owns is given to a manager of that name when somebody applies.
    let message = "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .data.k";
    api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "w"}))).await.fails(409, "Conflict", message);
    let object = api.apply("configmaps/a", "two", &config_map("a", &json!({"k": "v"}))).await.expect(200);
    assert_eq!(owned(&object, "before-first-apply", "Update"), &json!({"f:data": {".": {}, "f:k": {}}}));
}
