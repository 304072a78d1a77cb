//! Why a cell is withheld, in words.

use super::{Joint, PERIOD};
use crate::DemandError;
use solidata_disclosure::{Explanation, Pattern, explain};

impl Joint<'_> {
    /// Why a cell is or is not given, in words and for the operator only: the words tell true things about withheld cells. The cell is named as
    /// `PERIOD/TERRITORY/CATEGORY/OUTCOME`, and `…/brutes` for gross searches.
    ///
    /// # Errors
    /// When there is no such cell.
    pub fn explain(&self, pattern: &Pattern, cell: &str) -> Result<String, DemandError> {
        let [period, below @ ..] = self.lists.cell(cell)?;
        let periods = &self.cube.dimensions()[PERIOD];
        let period =
            periods.find(period).map_err(|_| DemandError::Cell { cell: cell.to_owned(), detail: format!("{period} was not given") })?;
        let mut nodes = vec![period];
        for (dimension, name) in self.cube.dimensions().iter().skip(1).zip(below) {
            nodes.push(dimension.find(name)?);
        }
        let Some(at) = self.cube.cell(&nodes) else { return Ok(format!("{cell}: zero, which is public: it tells of no one")) };
        let name = |c: u32| self.cube.names(c as usize).join("/");
        let several = |cells: &[u32]| {
            let mut names: Vec<String> = cells.iter().take(5).map(|c| name(*c)).collect();
            if cells.len() > names.len() {
                names.push(format!("{} more", cells.len() - names.len()));
            }
            names.join(", ")
        };
        Ok(match explain(&self.problem, pattern, at as u32) {
            Explanation::Published => format!("{cell}: published"),
            Explanation::Hidden => format!("{cell}: no table gives it"),
            Explanation::Sticky => format!("{cell}: withheld since an earlier release withheld it"),
            Explanation::Primary => match self.reasons[at] {
                Some(reason) => format!("{cell}: primary: {reason}"),
                None => format!("{cell}: holds the same searches as a cell that a rule withholds"),
            },
            Explanation::Secondary { protects, formula, keeps } => {
                let mut text = format!("{cell}: secondary");
                if let Some(formula) = formula {
                    text += &format!("\n  if it were published, anyone could compute {}:\n  {}", several(&protects), formula.words(name));
                } else if protects.is_empty() && keeps.is_empty() {
                    text += "\n  it holds the same searches as another withheld cell";
                }
                if !keeps.is_empty() {
                    text += &format!("\n  it was withheld for the sum or the interval of {}", several(&keeps));
                }
                text
            }
        })
    }
}
