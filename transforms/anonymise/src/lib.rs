//! solidata-anonymise
