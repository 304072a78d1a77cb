//! solidata-sqlmodel
