//! solidata-stages
