use super::*;

fn node(name: &str, provider: &str) -> NodeSigns {
    NodeSigns { name: name.to_owned(), provider: provider.to_owned(), ..NodeSigns::default() }
}

fn recognise(context: &str, nodes: &[NodeSigns]) -> (String, String) {
    let chosen = Strategy::recognise(context, Ok(nodes));
    (format!("{} {}", chosen.strategy.name(), chosen.strategy.cluster()), chosen.reason)
}

#[test]
fn the_nodes_say_what_the_cluster_is() {
    let kind = node("dev-control-plane", "kind://docker/dev/dev-control-plane");
    let desktop = node("desktop-control-plane", "kind://docker/desktop/desktop-control-plane");
    let k3d = node("k3d-a-server-b-server-0", "k3s://k3d-a-server-b-server-0");
    let minikube = NodeSigns { minikube: "team".into(), ..node("team", "") };
    let old_desktop = NodeSigns { os_image: "Docker Desktop".into(), ..node("docker-desktop", "") };
    for (context, node, expected) in [
        ("kind-dev", &kind, "kind dev"),
        ("renamed", &kind, "kind dev"),
        ("docker-desktop", &desktop, "Docker Desktop "),
        ("docker-desktop", &old_desktop, "Docker Desktop "),
        ("k3d-a-server-b", &k3d, "k3d a-server-b"),
        ("team", &minikube, "minikube team"),
        ("prod", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
        ("kind-prod", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
        ("docker-desktop", &node("ip-10-0-0-1", "aws:///eu/i-1"), "other "),
        ("x", &node("n", "kind://docker/--name=x/n"), "other "),
    ] {
        assert_eq!(recognise(context, std::slice::from_ref(node)).0, expected, "{context}");
    }
}

#[test]
fn the_reason_is_told() {
    let kind = node("dev-control-plane", "kind://docker/dev/dev-control-plane");
    assert_eq!(
        recognise("kind-dev", &[kind]).1,
        "kind cluster `dev`, loaded from the engine: context `kind-dev`, and node `dev-control-plane` has the \
         provider `kind://docker/dev/dev-control-plane`"
    );
    assert_eq!(
        recognise("kind-prod", &[node("n", "gce://x")]).1,
        "the nodes pull for themselves: the context `kind-prod` is named as those of kind are, but no node is of it"
    );
}

#[test]
fn the_name_of_a_context_alone_decides_nothing() {
    for context in [
        "docker-desktop",
        "docker-for-desktop",
        "kind-dev",
        "kind-kind",
        "k3d-dev",
        "minikube",
        "orbstack",
        "colima",
        "rancher-desktop",
        "prod",
    ] {
        let chosen = Strategy::recognise(context, Err("the nodes may not be listed"));
        assert_eq!((chosen.strategy.name(), chosen.strategy.way()), ("unknown", "registry"), "{context}");
        assert_eq!(
            chosen.reason,
            "it is not known how images get to the nodes, so only the registries are asked: the nodes may not be \
             listed"
        );
        assert_eq!(Strategy::recognise(context, Ok(&[])).strategy, Strategy::Unknown, "{context}");
    }
}

#[test]
fn a_container_that_is_the_api_server_shows_what_the_cluster_is() {
    let container = |label: &str, port: u16, address: &str| {
        let (name, value) = label.split_once('=').unwrap();
        Container {
            labels: [(name.to_owned(), value.to_owned())].into(),
            ports: vec![port, 80],
            addresses: vec![address.to_owned()],
        }
    };
    let kind = "io.x-k8s.kind.cluster=dev";
    for (what, server, container, podman, expected) in [
        ("kind", "https://127.0.0.1:39215", container(kind, 39215, ""), false, "kind dev"),
        ("kind by a name", "https://localhost:39215", container(kind, 39215, ""), false, "kind dev"),
        ("kind with podman", "https://127.0.0.1:39215", container(kind, 39215, ""), true, "kind dev podman"),
        ("k3d", "https://0x7f.1:6550", container("k3d.cluster=a", 6550, ""), false, "k3d a"),
        (
            "minikube",
            "https://192.168.49.2:8443",
            container("name.minikube.sigs.k8s.io=team", 1, "192.168.49.2"),
            false,
            "minikube team",
        ),
        ("a default port", "https://127.0.0.1", container(kind, 443, ""), false, "kind dev"),
        ("another port", "https://127.0.0.1:6443", container(kind, 39215, ""), false, ""),
        ("another machine", "https://10.0.0.7:39215", container(kind, 39215, "172.18.0.2"), false, ""),
        ("another label", "https://127.0.0.1:39215", container("app=dev", 39215, ""), false, ""),
        ("a label that is no name", "https://127.0.0.1:1", container("k3d.cluster=--x", 1, ""), false, ""),
        ("no address", "", container(kind, 39215, ""), false, ""),
    ] {
        let engine = EngineInfo { podman, ..EngineInfo::default() };
        let chosen = Strategy::by_container(server, &engine, &[Container::default(), container]);
        let found = chosen.map(|chosen| {
            let podman = if chosen.strategy.uses_podman() { " podman" } else { "" };
            format!("{} {}{podman}", chosen.strategy.name(), chosen.strategy.cluster())
        });
        assert_eq!(found.unwrap_or_default(), expected, "{what}");
    }
}

#[test]
fn nodes_on_a_docker_engine_are_compared_with_the_one_in_use() {
    let on = |name: &str, runtime: &str| NodeSigns { runtime: runtime.to_owned(), ..node(name, "") };
    let engine = |system: &str, host: &str, version: &str| EngineInfo {
        system: system.to_owned(),
        host: host.to_owned(),
        version: version.to_owned(),
        podman: false,
    };
    let minikube = NodeSigns { minikube: "minikube".into(), ..on("minikube", "docker://27.4.0") };
    let desktop = NodeSigns { os_image: "Docker Desktop".into(), ..on("docker-desktop", "docker://27.4.0") };
    for (what, nodes, engine, name, reason) in [
        (
            "OrbStack",
            vec![on("orbstack", "docker://27.4.0")],
            engine("OrbStack", "orbstack", "27.4.0"),
            "docker",
            "that host name",
        ),
        (
            "Colima",
            vec![on("colima", "docker://27.4.0")],
            engine("Ubuntu 24.04", "colima", "27.4.0"),
            "docker",
            "that host name",
        ),
        (
            "Rancher Desktop",
            vec![on("lima-rancher-desktop", "docker://26.1.5")],
            engine("Rancher Desktop WSL", "LIMA-rancher-desktop", "26.1.5"),
            "docker",
            "that host name",
        ),
        (
            "the version alone",
            vec![on("node", "docker://27.4.0")],
            engine("OrbStack", "engine", "27.4.0"),
            "docker",
            "that version",
        ),
        ("a v before it", vec![on("node", "docker://v27.4.0")], engine("", "", "27.4.0"), "docker", "that version"),
        (
            "an upgraded engine",
            vec![on("colima", "docker://27.3.0")],
            engine("", "colima", "27.4.0"),
            "docker",
            "that host name",
        ),
        (
            "minikube, its own engine",
            vec![minikube.clone()],
            engine("Ubuntu", "minikube", "27.4.0"),
            "docker",
            "that host name",
        ),
        (
            "minikube, the machine's engine",
            vec![minikube],
            engine("Ubuntu", "laptop", "27.4.0"),
            "minikube",
            "the label",
        ),
        (
            "Docker Desktop",
            vec![desktop],
            engine("Docker Desktop", "docker-desktop", "27.4.0"),
            "Docker Desktop",
            "the system",
        ),
        (
            "another engine",
            vec![on("vm", "docker://24.0.7")],
            engine("Debian", "laptop", "27.4.0"),
            "other",
            "is another one (`27.4.0` on `Debian`)",
        ),
        ("an engine without a name", vec![on("vm", "docker://")], engine("", "", ""), "other", "another one"),
        (
            "two nodes",
            vec![on("a", "docker://27.4.0"), on("b", "docker://27.4.0")],
            engine("", "a", "27.4.0"),
            "other",
            "no node is of",
        ),
        (
            "containerd",
            vec![on("colima", "containerd://2.1.0")],
            engine("", "colima", "2.1.0"),
            "other",
            "no node is of",
        ),
    ] {
        let mut chosen = Strategy::recognise("x", Ok(&nodes));
        if let Some(node) = Strategy::node_on_docker(&nodes) {
            chosen = chosen.with_engine(node, Ok(&engine));
        }
        assert_eq!(chosen.strategy.name(), name, "{what}: {}", chosen.reason);
        assert!(chosen.reason.contains(reason), "{what}: {}", chosen.reason);
    }
    let nodes = [on("orbstack", "docker://27.4.0")];
    let chosen = Strategy::recognise("x", Ok(&nodes)).with_engine(&nodes[0], Err("no docker engine at `unix:///x`"));
    assert_eq!(chosen.strategy, Strategy::Registry);
    assert!(chosen.reason.ends_with("`docker://27.4.0`, but no docker engine at `unix:///x`"), "{}", chosen.reason);
}

#[test]
fn a_load_is_commands_of_arguments_each() {
    let commands = |strategy: &Strategy| -> Vec<String> {
        let line = |command: &LoadCommand| {
            let environment = command.environment.iter().map(|(name, value)| format!("{name}={value} "));
            format!("{}{}", environment.collect::<String>(), command.words.join(" "))
        };
        strategy.load_commands("mcp/x:latest", Path::new("/t/image.tar")).iter().map(line).collect()
    };
    let kind = |podman| Strategy::Kind { cluster: "dev".into(), podman };
    assert_eq!(commands(&kind(false)), ["kind load docker-image mcp/x:latest --name dev"]);
    assert_eq!(
        commands(&kind(true)),
        [
            "podman save --output /t/image.tar mcp/x:latest",
            "KIND_EXPERIMENTAL_PROVIDER=podman kind load image-archive /t/image.tar --name dev"
        ]
    );
    let minikube = Strategy::Minikube { profile: "p".into() };
    assert_eq!(commands(&minikube), ["minikube image load --daemon=true --profile p mcp/x:latest"]);
    let k3d = Strategy::K3d { cluster: "a".into() };
    assert_eq!(commands(&k3d), ["k3d image import mcp/x:latest --cluster a"]);
    for none in [Strategy::Registry, Strategy::DockerDesktop, Strategy::Engine, Strategy::Unknown] {
        assert!(commands(&none).is_empty());
    }
}

#[test]
fn kind_names_the_program_of_its_containers() {
    for (provider, podman) in [("kind://docker/dev/n", false), ("kind://podman/dev/n", true)] {
        let chosen = Strategy::recognise("renamed", Ok(&[node("n", provider)]));
        assert_eq!(chosen.strategy, Strategy::Kind { cluster: "dev".into(), podman }, "{provider}");
    }
    for provider in ["kind://nerdctl/dev/n", "kind://finch/dev/n"] {
        let chosen = Strategy::recognise("kind-dev", Ok(&[node("n", provider)]));
        assert_eq!(chosen.strategy, Strategy::Unknown, "{provider}");
        assert!(chosen.reason.contains("`kind load image-archive`") && chosen.reason.contains("`--skip images`"));
    }
    let chosen = Strategy::recognise("kind-dev", Ok(&[node("n", "kind://podman/dev/n")]));
    assert!(chosen.reason.starts_with("kind cluster `dev` on podman, loaded from podman: context `kind-dev`"));
}
