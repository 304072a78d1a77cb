//! Azure by its emulator, which `ci/cloud/serve.sh start` starts. The emulators of Google Cloud Storage that can be had do not do: `ci/cloud/README.md`.

use super::{
    proxy::{Plan, Proxy},
    tests::unique,
    *,
};
use crate::{
    conformance,
    release::{find_stale, publish_all, tests as release},
};

/// What a variable of the environment names; nothing, said aloud, when it is not set.
fn named(variable: &str) -> Vec<String> {
    match std::env::var(variable) {
        Ok(endpoints) => endpoints.split_whitespace().map(String::from).collect(),
        Err(_) if std::env::var("CI").is_ok_and(|ci| ci == "true") => panic!("{variable} names no server (see ci/cloud/serve.sh)"),
        Err(_) => {
            println!("SKIPPED: {variable} names no server (see ci/cloud/serve.sh)");
            Vec::new()
        }
    }
}

fn azure(endpoint: &str, more: &[(&str, &str)]) -> PublicStore {
    // The key that ci/cloud/serve.sh gives to the account; it opens nothing else.
    let vars = [
        ("AZURE_STORAGE_ENDPOINT", endpoint),
        ("AZURE_STORAGE_ACCOUNT_NAME", "testaccount"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "dGVzdHNlY3JldA=="),
    ];
    let vars = vars.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    PublicStore { address: format!("az://public at {endpoint}"), ..PublicStore::open("az://public", vars).unwrap() }
}

fn clouds() -> Vec<PublicStore> {
    named("SOLIDATA_TEST_AZURE").iter().map(|endpoint| azure(endpoint, &[])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clouds_conform() {
    for store in clouds() {
        let scratch = tempfile::tempdir().unwrap();
        conformance::run(&store, &unique(), scratch.path()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_published_to_clouds() {
    let dirs = ["a", "b"].map(release::folder);
    for store in clouds() {
        let store = store.under(&unique());
        for (dir, month) in dirs.iter().zip(["2024-01", "2024-02"]) {
            publish_all(&store, vec![release::draft(dir.path(), month)], None, &()).await.unwrap();
        }
        assert_eq!(store.read_index().await.unwrap().0.sealed, 2, "{}", store.address());
        assert!(find_stale(&store).await.unwrap().is_empty(), "{}", store.address());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clouds_conform_through_faults() {
    for endpoint in named("SOLIDATA_TEST_AZURE") {
        let (server, account) = endpoint.rsplit_once('/').unwrap();
        let proxy = Proxy::start(server, Plan::Faults { share: 15, seed: 1 }).await;
        let store = azure(&format!("{}/{account}", proxy.address), &[("AZURE_TIMEOUT", "500 ms")]);
        let scratch = tempfile::tempdir().unwrap();
        conformance::run_disturbed(&store, &unique(), scratch.path()).await.unwrap();
        println!("{endpoint}: {:?}", proxy.counts());
        assert!(proxy.counts().iter().take(7).sum::<u64>() > 10);
    }
}
