//! Invented people: professional accounts, volunteers, administrators, widgets, one API partner. Every personal string holds a token.

use super::lands::{Land, Lands, label};
use super::secrets::{Secrets, token};
use crate::rng::{Rng, Weighted, rank_power_1_1};
use crate::text::hex_text;

/// How an account is identified in the log.
#[derive(Debug, Clone)]
pub(crate) enum AccountKey {
    /// `userData.user_id` as an ObjectId.
    Id([u8; 12]),
    /// `userData.user_id` as text.
    IdText(String),
    /// Old documents: `userData.userObjectId`.
    Legacy([u8; 12]),
    /// Old documents: the top-level field `user`.
    User([u8; 12]),
    /// Only the mail address.
    Email,
}

/// One account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub status: &'static str,
    pub role: Option<&'static str>,
    pub key: AccountKey,
    pub email: String,
    /// The same address as some forms send it: capitals and spaces around.
    pub shouted_email: String,
    pub user_name: String,
    pub orga_id: i32,
    pub orga_name: String,
    pub territory: String,
    /// Index into the towns of its département.
    pub home: usize,
}

/// A partner's page that embeds the search box.
#[derive(Debug, Clone)]
pub(crate) struct Widget {
    pub name: String,
    pub orga_id: Option<i32>,
    pub referrer: String,
}

/// The people of one département.
#[derive(Debug, Clone)]
pub(crate) struct Circle {
    pub professionals: Vec<Account>,
    pub activity: Weighted,
    pub others: Vec<Account>,
    pub admins: Vec<Account>,
    pub widgets: Vec<Widget>,
}

/// Everybody.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    /// One circle for each chosen département, in the same order.
    pub circles: Vec<Circle>,
    pub partner: Account,
    pub bot: Account,
    /// Addresses of pages that people came from, some with a personal token in the query.
    pub intranets: Vec<String>,
}

const FIRST_NAMES: &[&str] = &["Jean", "Marie", "Fatou", "Oumar", "Élodie", "Mehdi", "Svetlana", "Hans", "Aminata", "Luc"];
const LAST_NAMES: &[&str] = &["Dupont", "Curie", "Diallo", "Traoré", "Schmitt", "Benali", "Petrova", "Muller", "Sow", "Weber"];
const ORGANISATIONS: &[&str] = &["CCAS", "Centre social", "Accueil de jour", "Mission locale", "Association", "Hôpital", "Foyer"];

impl Crowd {
    pub(crate) fn build(seed: u64, lands: &Lands, secrets: &mut Secrets) -> Self {
        let circles = lands.chosen.iter().map(|land| circle(seed, land, secrets)).collect();
        let mut rng = Rng::derive(seed, "crowd", &[]);
        let mut partner = account(&mut rng, "API_USER", "", 0, secrets);
        partner.key = AccountKey::Id(object_id(&mut rng));
        let mut bot = account(&mut rng, "SOLI_BOT", "", 0, secrets);
        bot.role = Some("BOT");
        let intranets = (0..20)
            .map(|_| {
                let token = token(&mut rng);
                secrets.plant("referrer", format!("https://intranet.exemple.fr/aide?user=jean.{token}%40exemple.fr"), &token)
            })
            .collect();
        Self { circles, partner, bot, intranets }
    }
}

fn circle(seed: u64, land: &Land, secrets: &mut Secrets) -> Circle {
    let mut rng = Rng::derive(seed, "circle", &[label(&land.row.code)]);
    let code = land.row.code.as_str();
    let count = match code {
        "67" => 330,
        "68" => 400,
        _ => (land.row.population / 3_400).clamp(8, 800) as usize,
    };
    let mut professionals: Vec<Account> = (0..count)
        .map(|_| {
            let home = land.weights.draw(&mut rng);
            account(&mut rng, "PRO", code, home, secrets)
        })
        .collect();
    // The fifth most active account works in a small commune, of which it makes most of the searches: the dominance test.
    let small = land.towns.len().saturating_sub(1).min(24);
    if let Some(dominant) = professionals.get_mut(4).filter(|_| !land.reserved.contains(&small)) {
        dominant.home = small;
    }
    let others = (0..count / 8 + 2)
        .map(|i| {
            account(
                &mut rng,
                if i % 2 == 0 { "SIMPLE_USER" } else { "VOLUNTEER" },
                code,
                land.weights.draw(&mut Rng::derive(seed, "home", &[label(code), i as i64])),
                secrets,
            )
        })
        .collect();
    let admins = (0..3).map(|i| account(&mut rng, if i == 2 { "ADMIN_SOLIGUIDE" } else { "ADMIN_TERRITORY" }, code, 0, secrets)).collect();
    let widgets = (0..4)
        .map(|i| {
            let token = token(&mut rng);
            let name = secrets.plant("widget", format!("widget-{token}"), &token);
            let referrer = secrets.plant("referrer", format!("https://www.mairie-{token}.exemple.fr/solidarites"), &token);
            Widget { name, orga_id: (i == 0).then(|| rng.between(1_000, 90_000) as i32), referrer }
        })
        .collect();
    Circle { activity: Weighted::new((1..=count).map(rank_power_1_1)), professionals, others, admins, widgets }
}

pub(crate) fn object_id(rng: &mut Rng) -> [u8; 12] {
    let mut id = [0; 12];
    // An account made between 2018 and 2023.
    id[..4].copy_from_slice(&(rng.between(1_514_764_800, 1_700_000_000) as u32).to_be_bytes());
    id[4..].copy_from_slice(&rng.bits().to_be_bytes());
    id
}

fn account(rng: &mut Rng, status: &'static str, territory: &str, home: usize, secrets: &mut Secrets) -> Account {
    let (first, last) = (rng.pick(FIRST_NAMES), rng.pick(LAST_NAMES));
    let mark = token(rng);
    let email = format!("{}.{mark}@exemple.org", crate::text::slug(first));
    let email = secrets.plant("courriel", email, &mark);
    let shouted_email = format!(" {} ", email.to_uppercase());
    let mark = token(rng);
    let user_name = secrets.plant("nom", format!("{first} {last} {mark}"), &mark);
    let mark = token(rng);
    let orga_name = secrets.plant("organisation", format!("{} {mark}", rng.pick(ORGANISATIONS)), &mark);
    let id = object_id(rng);
    let key = match rng.below(100) {
        0..=79 => AccountKey::Id(id),
        80..=87 => AccountKey::IdText(hex_text(&id)),
        88..=92 => AccountKey::Legacy(id),
        93..=95 => AccountKey::User(id),
        _ => AccountKey::Email,
    };
    let role = match rng.below(3) {
        0 => "OWNER",
        1 => "EDITOR",
        _ => "READER",
    };
    let territory = if rng.chance(0.005) { "00" } else { territory };
    Account {
        status,
        role: (status == "PRO").then_some(role),
        key,
        email,
        shouted_email,
        user_name,
        orga_id: rng.between(1, 90_000) as i32,
        orga_name,
        territory: territory.to_owned(),
        home,
    }
}
