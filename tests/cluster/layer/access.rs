//! Questions about the cluster itself.

use mcpctl::cluster::access;

use crate::layers::cluster_layer::setup::in_test;

#[tokio::test]
#[ignore = "needs a cluster: set MCPCTL_E2E_KUBECONFIG"]
async fn rights_namespaces_and_version() {
    in_test(|stage| async move {
        let cluster = stage.connect(|options| {
            options.read_only = true;
            options.dry_run = true;
        });
        assert!(access::can(&cluster, "delete", "pods", &stage.namespace, "").await.unwrap());
        assert!(access::can(&cluster, "get", "pods/log", "", "").await.unwrap());
        assert!(access::namespaces(&cluster).await.unwrap().contains(&stage.namespace));
        assert!(access::version(&cluster).await.unwrap().starts_with("v1."));
        let effects: Vec<String> = cluster.recorder().effects().into_iter().map(|effect| effect.0).collect();
        assert_eq!(
            effects,
            ["cluster: create selfsubjectaccessreviews", "cluster: get /version", "cluster: list namespaces"]
        );
    })
    .await;
}
