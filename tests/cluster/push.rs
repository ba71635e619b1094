//! Images and artifacts put into the real registry.

use mcpctl::digest::sha256;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Url};

/// Puts some parts into a registry on loopback, then the manifest that names them.
pub(super) async fn push(registry: &str, name: &str, tag: &str, parts: &[&[u8]], manifest: &[u8]) {
    mcpctl::web::tls::install();
    let client = Client::builder().no_proxy().build().unwrap();
    let base = Url::parse(&format!("http://{registry}/v2/{name}/")).unwrap();
    for part in parts {
        let begun = client.post(base.join("blobs/uploads/").unwrap()).send().await.unwrap().error_for_status().unwrap();
        let mut place = base.join(begun.headers()[LOCATION].to_str().unwrap()).unwrap();
        place.query_pairs_mut().append_pair("digest", &sha256(part));
        let put = client.put(place).header(CONTENT_TYPE, "application/octet-stream").body(part.to_vec());
        put.send().await.unwrap().error_for_status().unwrap();
    }
    let put = client.put(base.join(&format!("manifests/{tag}")).unwrap()).body(manifest.to_vec());
    let put = put.header(CONTENT_TYPE, "application/vnd.oci.image.manifest.v1+json");
    put.send().await.unwrap().error_for_status().unwrap();
}
