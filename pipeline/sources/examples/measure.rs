//! Measures the reading of searches.
//!
//! ```text
//! cargo run --release -p solidata-sources --example measure -- make /tmp/search.ndjson 1000000   # also .bson; searches like the real ones
//! cargo run --release -p solidata-sources --example measure -- read /tmp/search.ndjson 2         # threads; the best of five passes
//! cargo run --release -p solidata-sources --example measure -- damage ../shared/soliguide/soliguide_test.archive.gz
//! ```
//! `read` takes a file whose name holds `lieux` for places. It gives the whole pass (reading, sha256, parsing into `SearchDoc`) and what its threads used of the processor. `damage` tries every
//! truncation of an archive and a flip of every byte after its gzip header, and fails if one is accepted.

use serde_json::Value;
use solidata_anonymise::contract::{PlaceDoc, SearchDoc};
use solidata_sources::{Breach, Collection, Consumer, ErrorKind, Position, Request, read_bytes, read_snapshot};
use std::error::Error;
use std::hint::black_box;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["make", path, count] => make(path, count.parse()?),
        ["read", path] => read(path, 2),
        ["read", path, threads] => read(path, threads.parse()?),
        ["damage", path] => damage(path, 0),
        ["damage", path, from] => damage(path, from.parse()?),
        _ => Err("make PATH COUNT | read PATH [THREADS] | damage ARCHIVE".into()),
    }
}

/// Uses a little of each document, so that nothing is optimised away.
struct Use;

impl Consumer for Use {
    type Worker = u64;
    fn worker(&self) -> u64 {
        0
    }
    fn search(&self, sum: &mut u64, _: Position, doc: &SearchDoc<'_>) -> Result<(), Breach> {
        *sum += doc.nb_results.unwrap_or(0).unsigned_abs();
        black_box(doc);
        Ok(())
    }
    fn lieu(&self, sum: &mut u64, _: Position, doc: PlaceDoc) -> Result<(), Breach> {
        *sum += doc.services.len() as u64;
        black_box(doc);
        Ok(())
    }
}

fn read(path: &str, threads: usize) -> Result<(), Box<dyn Error>> {
    let collection = if path.contains("lieux") { Collection::Lieux } else { Collection::Search };
    let wanted = [collection];
    let request = Request::new(&wanted, threads);
    let mut best = f64::MAX;
    for _ in 0..5 {
        let (start, used) = (Instant::now(), processor_seconds());
        let receipt = read_snapshot(Path::new(path), &request, &Use)?;
        let (seconds, used) = (start.elapsed().as_secs_f64(), processor_seconds() - used);
        best = best.min(seconds);
        let (bytes, documents) = (receipt.digest.bytes as f64, receipt.documents_of(collection));
        println!(
            "{seconds:.3} s, {used:.3} s of processor, {:.0} MB/s, {:.0} MB/s per processor second, {:.2} million documents/s, {} quarantined",
            bytes / seconds / 1e6,
            bytes / used / 1e6,
            documents as f64 / seconds / 1e6,
            receipt.quarantine.len()
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("best {best:.3} s; {}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

/// User and system time of this process, where `/proc` is.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn make(path: &str, count: u64) -> Result<(), Box<dyn Error>> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for i in 0..count {
        let doc = search(i, &mut random);
        if path.ends_with(".bson") {
            let value: Value = serde_json::from_str(&doc)?;
            let Value::Object(fields) = value else { return Err("not an object".into()) };
            out.write_all(&bson::Document::try_from(fields)?.to_vec()?)?;
        } else {
            out.write_all(doc.as_bytes())?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

/// The example of the specification, with values that vary in length and kind.
fn search(i: u64, random: &mut u64) -> String {
    let mut pick = |n: u64| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) % n
    };
    const CITIES: [(&str, &str); 6] = [
        ("Strasbourg", "67000"),
        ("Sélestat", "67600"),
        ("Illkirch-Graffenstaden", "67400"),
        ("Mulhouse", "68100"),
        ("Colmar", "68000"),
        ("Saint-Louis", "68300"),
    ];
    const CATEGORIES: [&str; 6] = ["food_packages", "food_distribution", "shower", "legal_advice", "emergency_accommodation", "health"];
    const WORDS: [&str; 4] = ["colis alimentaire bebe", "restos du coeur horaires", "l\\u00e9gal \\\"aide\\\"", "médecin"];
    let (city, postal) = CITIES[pick(6) as usize];
    let department = if postal.starts_with("67") { "Bas-Rhin" } else { "Haut-Rhin" };
    let code = &postal[..2];
    let street = 1 + pick(300);
    let text = pick(100) < 22;
    let category = if text { "null".to_owned() } else { format!("\"{}\"", CATEGORIES[pick(6) as usize]) };
    let word = if text { format!("\"{}\"", WORDS[pick(4) as usize]) } else { "null".to_owned() };
    let address = pick(100) < 41;
    let slug = city.to_lowercase().replace('é', "e");
    let (kind, value, label) = if address {
        ("position", format!("{street}-rue-des-orphelins-{postal}-{slug}"), format!("{street} Rue des Orphelins, {postal} {city}"))
    } else {
        ("ville", format!("{slug}-{postal}"), format!("{city} ({postal})"))
    };
    let pro = pick(100) < 22;
    let account = pick(700);
    let user = if pro {
        format!(
            r#""email":"prenom.nom{account}@example.org","language":"fr","orgaId":"{account}","orgaName":"Association {account}","origin":"SOLIGUIDE","referrer":null,"role":"OWNER","status":"PRO","territory":"{code}","userName":"Prénom Nom {account}","user_id":"5f{account:022}""#
        )
    } else {
        r#""email":null,"language":"fr","orgaId":null,"orgaName":null,"origin":"SOLIGUIDE","referrer":null,"role":null,"status":"NOT_LOGGED","territory":null,"userName":"","user_id":null"#.to_owned()
    };
    let (results, lon, lat) = (pick(60), pick(9999), pick(9999));
    let pmr = if pick(100) < 8 { r#""pmr":true"# } else { "" };
    let women = if pick(100) < 5 { r#""women""# } else { "" };
    let page = 1 + u64::from(pick(10) == 0);
    let (day, hour, minute, ms) = (1 + pick(28), pick(24), pick(60), pick(1000));
    let date = format!(r#"{{"$date":"2024-03-{day:02}T{hour:02}:{minute:02}:54.{ms:03}Z"}}"#);
    format!(
        r#"{{"_id":{{"$oid":"65f1c0de{i:016x}"}},"adminSearch":false,"category":{category},"categories":[],"languages":null,"location":{{"areas":{{"codePostal":"{postal}","departement":"{department}","departementCode":"{code}","pays":"fr","region":"Grand Est","regionCode":"44","ville":"{city}","city":"{city}","cityCode":"67482","department":"{department}","departmentCode":"{code}","postalCode":"{postal}","slugs":{{"department":null,"country":"fr","region":null,"city":null,"ville":null,"departement":null,"pays":"france"}}}},"coordinates":[7.{lon:04},48.{lat:04}],"distance":10000,"geoType":"{kind}","geoValue":"{value}","label":"{label}","region":"Grand Est","country":"fr","city":"{city}","department":"{department}","postalCode":"{postal}"}},"modalities":{{{pmr}}},"nbResults":{results},"options":{{"limit":20,"page":{page}}},"placeType":"LIEU","publics":{{"administrative":[],"familialle":[],"gender":[{women}],"other":[]}},"userData":{{{user}}},"word":{word},"searchType":"CATEGORY","slug":"food_packages","createdAt":{date},"updatedAt":{date},"__v":0}}"#
    )
}

fn damage(path: &str, from: usize) -> Result<(), Box<dyn Error>> {
    let whole = std::fs::read(path)?;
    let request = Request::new(&[Collection::Lieux], 1);
    read_bytes("whole", &whole, &request, &())?;
    let name =
        if whole.get(3).is_some_and(|flags| flags & 8 != 0) { whole[10..].iter().position(|b| *b == 0).map_or(0, |n| n + 1) } else { 0 };
    let mut trials = 0u64;
    let mut same = 0;
    let whole_content = gunzip(&whole)?;
    let mut accepted = Vec::new();
    let mut try_one = |bytes: &[u8], what: String| {
        trials += 1;
        match read_bytes("damaged.archive.gz", bytes, &request, &()) {
            Err(error) if error.kind() == ErrorKind::Damaged => {}
            Err(error) => accepted.push(format!("{what}: {error}")),
            // Deflate has several ways to say the same, and bits that say nothing: only a pinned sha256 can tell such files apart.
            Ok(_) if gunzip(bytes).is_ok_and(|content| content == whole_content) => same += 1,
            Ok(_) => accepted.push(format!("{what}: accepted")),
        }
    };
    for length in from..whole.len() {
        try_one(&whole[..length], format!("cut to {length}"));
    }
    for at in from.max(10 + name)..whole.len() {
        let mut bad = whole.clone();
        // All bits, one bit.
        for mask in [0xff, 1 << (at % 8)] {
            bad[at] = whole[at] ^ mask;
            try_one(&bad, format!("byte {at} xor {mask:#04x}"));
        }
    }
    println!("{trials} damaged archives: {} not refused as damaged, {same} that decompress to the same bytes", accepted.len());
    accepted.iter().for_each(|one| println!("{one}"));
    if accepted.is_empty() { Ok(()) } else { Err("damage was not noticed".into()) }
}

fn gunzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    flate2::bufread::MultiGzDecoder::new(bytes).read_to_end(&mut content)?;
    Ok(content)
}
