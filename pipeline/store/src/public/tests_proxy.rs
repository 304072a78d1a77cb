//! The conformance suite and publications over HTTP through a proxy that makes faults.

use super::{
    proxy::{Plan, Proxy},
    tests::{s3_at, s3_endpoints, unique},
    *,
};
use crate::{Fault, conformance, release::publish_all, release::tests as release};
use std::time::Instant;

/// The store at an endpoint whose client gives up a request after half a second: the stalls of the proxy last longer.
fn impatient(endpoint: &str) -> PublicStore {
    s3_at(endpoint, &[("AWS_TIMEOUT", "500 ms")])
}

/// How many suites: `SOLIDATA_FAULT_SEEDS`, or one, which takes ten seconds.
fn seeds() -> u64 {
    std::env::var("SOLIDATA_FAULT_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_conforms_through_faults() {
    let suites = s3_endpoints().into_iter().map(async |endpoint| {
        let (begun, mut seen) = (Instant::now(), vec![0; 8]);
        for seed in 0..seeds() {
            let proxy = Proxy::start(&endpoint, Plan::Faults { share: 15, seed }).await;
            let (store, scratch) = (impatient(&proxy.address), tempfile::tempdir().unwrap());
            conformance::run_disturbed(&store, &unique(), scratch.path()).await.unwrap_or_else(|e| panic!("{endpoint}, seed {seed}: {e}"));
            seen.iter_mut().zip(proxy.counts()).for_each(|(seen, new)| *seen += new);
        }
        println!("{endpoint}: throttled, 500 before and after, stalls before and after, cuts in requests and answers, passed: {seen:?}");
        println!("{endpoint}: {} suites through faults in {:.1} s", seeds(), begun.elapsed().as_secs_f64());
        assert!(seen.iter().all(|n| *n > 0), "{seen:?}");
    });
    futures::future::join_all(suites).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_are_published_through_faults() {
    let dirs = ["a", "b", "c"].map(release::folder);
    std::fs::write(dirs[1].path().join("large.parquet"), vec![7u8; 11 << 20]).unwrap();
    for endpoint in s3_endpoints() {
        let clean = s3_at(&endpoint, &[]).under(&unique()).with_parts_of(5 << 20);
        let undisturbed = s3_at(&endpoint, &[]).under(&unique()).with_parts_of(5 << 20);
        let proxy = Proxy::start(&endpoint, Plan::Faults { share: 15, seed: 7 }).await;
        let root = clean.root.clone();
        let store = PublicStore { root, ..impatient(&proxy.address).with_parts_of(5 << 20) };
        for month in [&[0, 1][..], &[2][..]] {
            let drafts: Vec<_> = month.iter().map(|i| release::draft(dirs[*i].path(), &format!("2024-0{}", i + 1))).collect();
            publish_all(&undisturbed, drafts.clone(), None, &()).await.unwrap();
            let mut runs = 0;
            while let Err(e) = publish_all(&store, drafts.clone(), None, &()).await {
                runs += 1;
                assert!(runs < 5 && e.fault() == Fault::Unavailable, "{endpoint}: {e}");
            }
        }
        let published = async |store: &PublicStore| {
            let mut all = release::everything(store).await;
            all.retain(|path, _| !path.starts_with("staging/"));
            all
        };
        assert!(published(&clean).await == published(&undisturbed).await, "{endpoint}");
        println!("{endpoint}: {:?}", proxy.counts());
    }
}

/// `rclone serve s3` takes conditions and ignores them. So does a server that never sees them; but one that looks at signatures refuses the request,
/// since what is left out was signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_sees_a_condition_is_refused() {
    let (endpoints, mut found_out) = (s3_endpoints(), 0);
    for endpoint in &endpoints {
        for header in ["if-none-match", "if-match"] {
            let proxy = Proxy::start(endpoint, Plan::Without(header)).await;
            let store = s3_at(&proxy.address, &[]).under(&unique());
            let e = publish_all(&store, vec![release::draft(release::folder("a").path(), "2024-01")], None, &()).await.unwrap_err();
            match e {
                StoreError::Unconditional { .. } => found_out += 1,
                StoreError::Denied { .. } => {}
                e => panic!("{endpoint} without {header}: {e}"),
            }
            assert_eq!(e.fault(), Fault::Usage);
            let there = s3_at(endpoint, &[]);
            let there = PublicStore { root: store.root.clone(), ..there }.list("").await.unwrap();
            assert!(there.iter().all(|o| o.path.ends_with("probe.txt")), "{there:?}");
        }
    }
    assert!(endpoints.is_empty() || found_out >= 2, "no server was there that does not look at signatures, such as moto");
}
