//! The French notice beside the files.

use crate::SynthSpec;
use crate::output::FileReport;

/// `README.md` of the output folder.
pub(crate) fn text(spec: &SynthSpec, files: &[FileReport]) -> String {
    let mut out = format!(
        "# Données synthétiques\n\n\
         **Rien ici n'est réel** : ni recherche, ni lieu, ni personne. Ces fichiers imitent un instantané de Soliguide pour essayer Solidata.\n\
         Le nom de chaque lieu commence par « {}». Les volumes de l'Alsace (67, 68) sont ceux du comité de pilotage du 3 octobre 2024 ;\n\
         toutes les autres fréquences sont des hypothèses.\n\n\
         Période : du {} au {} inclus. Graine : {}. La même demande donne les mêmes octets.\n\n| fichier | documents | octets |\n|---|---|---|\n",
        crate::places::MARK,
        spec.from,
        spec.to,
        spec.seed
    );
    for file in files {
        out.push_str(&format!("| `{}` | {} | {} |\n", file.name, file.documents, file.bytes));
    }
    out.push_str(
        "\n`truth.json` dit ce que la règle de décompte doit trouver, ce qui a été planté, et la liste des secrets qui ne doivent sortir nulle part.\n\
         `damaged/` contient des instantanés abîmés, qui doivent être refusés.\n",
    );
    out
}
