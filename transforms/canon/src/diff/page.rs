use solidata_model::{Changes, DatasetChanges, IndicatorChange, Presence, RETIRED};
use std::fmt::Write;

/// How many keys a list for people shows.
const SHOWN: usize = 50;

/// `CHANGES.md`: what a release changes, for people, in French. It says nothing that `changes.json` does not.
pub fn changes_page(changes: &Changes) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# Ce que change `{}`\n", changes.release);
    match &changes.since {
        Some(since) => {
            let _ = writeln!(text, "Par rapport à `{since}`. Les mêmes faits, pour les machines : `changes.json`.");
        }
        None => text += "Première publication : il n’y a rien à comparer.\n",
    }
    if let Some(reason) = &changes.reason {
        let _ = writeln!(text, "\nMotif de la correction : {}.", reason.trim_end_matches('.'));
    }
    text += "\nUne valeur qui est masquée dans cette publication n’est pas rappelée ici, et une ligne disparue a un seul motif : « retirée ».\n";
    for dataset in &changes.datasets {
        let mut section = String::new();
        one(&mut section, dataset);
        if !section.is_empty() {
            let _ = write!(text, "\n## {}\n\n{section}", dataset.dataset);
        }
    }
    text
}

fn one(text: &mut String, dataset: &DatasetChanges) {
    match dataset.presence {
        Presence::Added => text.push_str("Nouveau jeu de données.\n"),
        Presence::Removed => text.push_str("Ce jeu de données n’est pas dans cette publication.\n"),
        Presence::Kept => {}
    }
    if let Some(schema) = &dataset.schema {
        match schema.level {
            None if schema.from == schema.to => {
                let _ = writeln!(text, "- Schéma {} : inchangé.", schema.to);
            }
            None => {
                let _ = writeln!(text, "- Schéma : version {} puis {}, sans changement de colonne.", schema.from, schema.to);
            }
            Some(level) => {
                let _ = writeln!(text, "- Schéma : version {} puis {}, évolution {}.", schema.from, schema.to, level.fr());
                for change in &schema.changes {
                    let column = if change.column == "*" { "ensemble de la table".to_owned() } else { format!("`{}`", change.column) };
                    let _ = writeln!(text, "  - {column} : {}.", change.what.fr());
                }
            }
        }
    }
    if let Some(rows) = &dataset.rows {
        let counts =
            [rows.before, rows.after, rows.added, rows.removed, rows.changed].map(|n| number(i64::try_from(n).unwrap_or(i64::MAX)));
        let [before, after, added, removed, changed] = counts;
        let _ = writeln!(text, "- Lignes : {before} avant, {after} après ; {added} ajoutées, {removed} retirées, {changed} modifiées.");
    }
    if let Some(keys) = &dataset.keys {
        let removed: Vec<&str> = keys.removed.iter().map(|r| r.key.as_str()).collect();
        list(text, &format!("Lignes {RETIRED}s"), &removed);
        list(text, "Lignes ajoutées", &keys.added.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // What is withheld has no line: a page of dashes says nothing.
    let given: Vec<&IndicatorChange> = dataset.indicators.iter().filter(|i| i.after.is_some()).collect();
    if !given.is_empty() {
        text.push_str("\n| Chiffre clé | Territoire | Avant | Après | Écart |\n|---|---|---:|---:|---:|\n");
        given.into_iter().for_each(|indicator| row(text, indicator));
    }
}

fn list(text: &mut String, title: &str, keys: &[&str]) {
    if keys.is_empty() {
        return;
    }
    let shown: Vec<String> = keys.iter().take(SHOWN).map(|k| format!("`{k}`")).collect();
    let rest = keys.len().saturating_sub(SHOWN);
    let more = if rest > 0 {
        format!(" et {} autres, dans `changes.json`", number(i64::try_from(rest).unwrap_or(i64::MAX)))
    } else {
        String::new()
    };
    let _ = writeln!(text, "- {title} : {}{more}.", shown.join(", "));
}

fn row(text: &mut String, indicator: &IndicatorChange) {
    let figure = |value: Option<i64>| value.map_or_else(|| "–".to_owned(), number);
    let difference = indicator.before.zip(indicator.after).and_then(|(a, b)| b.checked_sub(a));
    let difference = difference.map_or_else(|| "–".to_owned(), |d| if d > 0 { format!("+{}", number(d)) } else { number(d) });
    // Some départements are regions of the same name.
    let territory = match (&indicator.territoire_libelle, &indicator.territoire_id) {
        (Some(label), Some(id)) => format!("{label} (`{id}`)"),
        _ => "–".to_owned(),
    };
    // A bar would begin another cell.
    let [label, territory] = [&indicator.fr, &territory].map(|t| t.replace('|', "\\|"));
    let _ = writeln!(text, "| {label} | {territory} | {} | {} | {difference} |", figure(indicator.before), figure(indicator.after));
}

/// A number with French separators: U+202F between thousands, U+2212 as the sign.
fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    if n < 0 {
        text.push('\u{2212}');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_french() {
        assert_eq!([0, 12, 1234, -1_234_567].map(number), ["0", "12", "1\u{202f}234", "\u{2212}1\u{202f}234\u{202f}567"]);
    }
}
