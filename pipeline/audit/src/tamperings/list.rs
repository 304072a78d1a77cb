//! Every tampering, from the clumsy to the careful.

use super::store::{AUGUST, JULY, SEPTEMBER, World, correct_sums, damage, edit, forge_september, read, replace, sign_manifest, write};
use solidata_model::{ChainLink, Digest, Done, Index, Manifest, ReleaseState};
use solidata_signing::{SecretKey, key_entry, sign_index};
use std::{fs, path::Path};

type Tampering = (&'static str, fn(&World, &Path));

pub(super) const TAMPERINGS: &[Tampering] = &[
    ("one bit of a page of a Parquet file", |_, root| {
        damage(root, &format!("{SEPTEMBER}/data/essai.parquet"), |b| {
            let middle = b.len() / 2;
            b[middle] ^= 1;
        });
    }),
    ("one figure of a CSV file", |_, root| replace(root, &format!("{SEPTEMBER}/data/essai.csv"), "lieu-00007,7\n", "lieu-00007,8\n")),
    ("a space at the end of a schema", |_, root| damage(root, &format!("{JULY}/schemas/essai.json"), |b| b.push(b' '))),
    ("a file is removed", |_, root| fs::remove_file(root.join(AUGUST).join("data/essai.csv")).unwrap()),
    ("a file is added", |_, root| fs::write(root.join(AUGUST).join("data/more.csv"), "id\n").unwrap()),
    ("a file is renamed", |_, root| {
        let data = root.join(AUGUST).join("data");
        fs::rename(data.join("essai.csv"), data.join("essais.csv")).unwrap();
    }),
    ("a file of another release under the right name", |_, root| {
        fs::copy(root.join(JULY).join("data/essai.parquet"), root.join(AUGUST).join("data/essai.parquet")).unwrap();
    }),
    ("the provenance names another builder", |_, root| replace(root, &format!("{AUGUST}/provenance.intoto.json"), "#builder", "#another")),
    ("a field of the manifest", |_, root| {
        edit(root, &format!("{SEPTEMBER}/manifest.json"), |m: &mut Manifest| m.licence = "cc-by-4.0".into());
    }),
    ("a field of the manifest, and its line of SHA256SUMS made to fit", |_, root| {
        edit(root, &format!("{SEPTEMBER}/manifest.json"), |m: &mut Manifest| m.licence = "cc-by-4.0".into());
        correct_sums(root, SEPTEMBER, "manifest.json");
    }),
    ("a line of SHA256SUMS is removed", |_, root| {
        damage(root, &format!("{JULY}/SHA256SUMS"), |b| drop(b.drain(..=b.iter().position(|c| *c == b'\n').unwrap())));
    }),
    ("a digest in SHA256SUMS", |_, root| damage(root, &format!("{JULY}/SHA256SUMS"), |b| b[0] = if b[0] == b'0' { b'1' } else { b'0' })),
    ("a comment in SHA256SUMS", |_, root| damage(root, &format!("{JULY}/SHA256SUMS"), |b| b.extend_from_slice(b"# checked\n"))),
    ("a line of SHA256SUMS that is none", |_, root| damage(root, &format!("{JULY}/SHA256SUMS"), |b| b.extend_from_slice(b"checked\n"))),
    ("the manifest of another release, with its signature and its SHA256SUMS", |_, root| {
        for name in ["manifest.json", "manifest.json.minisig", "SHA256SUMS"] {
            fs::copy(root.join(JULY).join(name), root.join(AUGUST).join(name)).unwrap();
        }
    }),
    ("the signature of a manifest is removed", |_, root| fs::remove_file(root.join(AUGUST).join("manifest.json.minisig")).unwrap()),
    ("the signature of another manifest", |_, root| {
        fs::copy(root.join(JULY).join("manifest.json.minisig"), root.join(AUGUST).join("manifest.json.minisig")).unwrap();
    }),
    ("the trusted comment of a signature", |_, root| {
        replace(root, &format!("{AUGUST}/manifest.json.minisig"), "trusted comment: solidata", "trusted comment: checked");
    }),
    ("a manifest signed by a stranger", |w, root| sign_manifest(root, AUGUST, &w.forger)),
    ("a manifest signed by the key that was replaced before", |w, root| sign_manifest(root, SEPTEMBER, &w.first)),
    ("a link of the chain is removed", |_, root| fs::remove_file(root.join("chain/000002.json")).unwrap()),
    ("two links of the chain are exchanged", |_, root| {
        let [a, b] = ["chain/000001.json", "chain/000002.json"].map(|path| root.join(path));
        let [first, second] = [&a, &b].map(|path| fs::read(path).unwrap());
        fs::write(a, second).unwrap();
        fs::write(b, first).unwrap();
    }),
    ("two releases change places in the chain, every number made to fit", |_, root| {
        let [mut a, mut b]: [ChainLink; 2] = ["chain/000001.json", "chain/000002.json"].map(|path| read(root, path));
        (a.number, b.number, a.previous_manifest_sha256, b.previous_manifest_sha256) = (2, 1, Some(b.manifest_sha256), None);
        write(root, "chain/000001.json", &b);
        write(root, "chain/000002.json", &a);
    }),
    ("a link of the chain names another manifest", |_, root| {
        edit(root, "chain/000003.json", |link: &mut ChainLink| link.manifest_sha256 = Digest::of(b"another"));
    }),
    ("a release is taken out of the index", |_, root| edit(root, "index.json", |i: &mut Index| drop(i.releases.pop()))),
    ("a release is marked superseded", |_, root| {
        edit(root, "index.json", |i: &mut Index| i.releases[2].state = ReleaseState::Superseded);
    }),
    ("the counter of the index", |_, root| edit(root, "index.json", |i: &mut Index| i.counter += 1)),
    ("the log tells of another index before", |_, root| {
        edit(root, "index.json", |i: &mut Index| i.log[2].previous_sha256 = Some(Digest::of(b"another")));
    }),
    ("the signature of the index is removed", |_, root| edit(root, "index.json", |i: &mut Index| i.signature = None)),
    ("the index is signed by a stranger", |w, root| {
        edit(root, "index.json", |i: &mut Index| i.signature = resigned(i, &w.forger).signature);
    }),
    ("a stranger adds a key without endorsement, and signs", |w, root| {
        edit(root, "index.json", |index: &mut Index| {
            let entry = key_entry(w.forger.public(), index.counter + 1, Some(&w.forger)).unwrap();
            let done = vec![Done::Rotate { public_key: w.forger.public().to_string() }];
            let next = index.next(Some(Digest::of(b"before")), done, Vec::new(), Some(entry)).unwrap();
            *index = sign_index(next, &w.forger).unwrap();
        });
    }),
    ("a release that fits to everything, but is not signed", |_, root| forge_september(root, None)),
    ("a release that fits to everything; the key that was replaced signs it and the index, as if it had never been", |w, root| {
        forge_september(root, Some(&w.first));
        edit(root, "index.json", |index: &mut Index| {
            index.keys.truncate(1);
            index.log.remove(2);
            index.log[2].counter = 3;
            index.counter = 3;
            *index = sign_index(index.clone(), &w.first).unwrap();
        });
    }),
    ("a release that fits to everything; a stranger signs all releases and the index, with a list of keys of his own", |w, root| {
        forge_september(root, Some(&w.forger));
        sign_manifest(root, JULY, &w.forger);
        sign_manifest(root, AUGUST, &w.forger);
        edit(root, "index.json", |index: &mut Index| {
            index.log.remove(2);
            index.log[2].counter = 3;
            index.counter = 3;
            index.log[0].done[0] = Done::Rotate { public_key: w.forger.public().to_string() };
            index.keys = vec![key_entry(w.forger.public(), 1, None).unwrap()];
            *index = sign_index(index.clone(), &w.forger).unwrap();
        });
    }),
    ("the index is made to look as if it had never been signed", |_, root| unsign(root)),
    ("the same, and every signature is removed", |_, root| {
        unsign(root);
        for prefix in [JULY, AUGUST, SEPTEMBER] {
            fs::remove_file(root.join(prefix).join("manifest.json.minisig")).unwrap();
        }
    }),
    ("the index before the last release, which the same key signed", |w, root| fs::write(root.join("index.json"), &w.older[1]).unwrap()),
    ("the same, and the newest link is removed", |w, root| {
        fs::write(root.join("index.json"), &w.older[1]).unwrap();
        fs::remove_file(root.join("chain/000003.json")).unwrap();
    }),
    ("the index before the change of the key", |w, root| fs::write(root.join("index.json"), &w.older[0]).unwrap()),
    ("the index is removed", |_, root| fs::remove_file(root.join("index.json")).unwrap()),
];

/// Signed by a key that the index does not name.
fn resigned(index: &Index, key: &SecretKey) -> Index {
    let mut alone = Index { keys: vec![key_entry(key.public(), 1, None).unwrap()], ..index.clone() };
    alone = sign_index(alone, key).unwrap();
    Index { signature: alone.signature, ..index.clone() }
}

/// Takes keys, signature and what the log tells of them out of the index.
fn unsign(root: &Path) {
    edit(root, "index.json", |index: &mut Index| {
        index.signature = None;
        index.keys.clear();
        index.log[0].done.remove(0);
        index.log.remove(2);
        index.log[2].counter = 3;
        index.counter = 3;
    });
}
