use crate::Layer;

/// What is wrong with a text of `sql/` or of its tests, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The text is no SQL.
    #[error("{place}: not valid SQL: {detail}")]
    Syntax {
        /// The file, such as `sql/cubes/demande.sql`.
        place: String,
        /// What the parser says, with line and column.
        detail: String,
    },
    /// The text is SQL of a form that is not allowed.
    #[error("{place}: {what}; {remedy}")]
    Form {
        /// The file.
        place: String,
        /// What is there.
        what: String,
        /// What to write.
        remedy: &'static str,
    },
    /// A file name that is no table name.
    #[error("{place}: '{name}' is no table name; use lower-case letters, digits and underscores, a letter first")]
    Name {
        /// The file.
        place: String,
        /// The name.
        name: String,
    },
    /// Two tables that a model could mean.
    #[error("'{name}' is defined twice among the tables that the models of {reader} may read; rename one")]
    Twice {
        /// The name.
        name: String,
        /// The folder whose models could mean either.
        reader: &'static str,
    },
    /// Models that read each other in a circle.
    #[error("{place}: models read each other in a circle: {}; break it", path.join(" -> "))]
    Cycle {
        /// The file of the first model of the path.
        place: String,
        /// The circle, its first model repeated at the end.
        path: Vec<String>,
    },
    /// A table that nothing defines.
    #[error("{place}: unknown table '{table}'{}", nearest.as_ref().map(|n| format!("; did you mean '{n}'?")).unwrap_or_default())]
    UnknownTable {
        /// The file.
        place: String,
        /// The name that is read.
        table: String,
        /// The nearest name that may be read here.
        nearest: Option<String>,
    },
    /// A table that exists, in a layer that this model must not see.
    #[error("{place}: may not read '{table}', which is a {layer}; tables of these kinds may be read here: {readable}")]
    Layering {
        /// The file.
        place: String,
        /// The table.
        table: String,
        /// The layer of the table.
        layer: Layer,
        /// The layers that may be read.
        readable: String,
    },
    /// The query does not fit the columns of its tables.
    #[error("{place}: cannot be planned: {detail}")]
    Plan {
        /// The file.
        place: String,
        /// What DataFusion says.
        detail: String,
    },
    /// A test case that cannot be run.
    #[error("{place}: {detail}")]
    Case {
        /// The file or folder.
        place: String,
        /// What is wrong and what to write.
        detail: String,
    },
    /// The session cannot be made.
    #[error("cannot set up DataFusion: {detail}")]
    Session {
        /// Why.
        detail: String,
    },
}

impl SqlError {
    /// A short name for the kind of error, stable for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "syntax",
            Self::Form { .. } => "form",
            Self::Name { .. } => "name",
            Self::Twice { .. } => "defined_twice",
            Self::Cycle { .. } => "cycle",
            Self::UnknownTable { .. } => "unknown_table",
            Self::Layering { .. } => "layering",
            Self::Plan { .. } => "plan",
            Self::Case { .. } => "test_case",
            Self::Session { .. } => "session",
        }
    }

    /// The file or folder it is about.
    pub fn place(&self) -> &str {
        match self {
            Self::Syntax { place, .. }
            | Self::Form { place, .. }
            | Self::Name { place, .. }
            | Self::Cycle { place, .. }
            | Self::UnknownTable { place, .. }
            | Self::Layering { place, .. }
            | Self::Plan { place, .. }
            | Self::Case { place, .. } => place,
            Self::Twice { .. } | Self::Session { .. } => "",
        }
    }
}
