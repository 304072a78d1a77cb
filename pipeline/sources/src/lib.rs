//! solidata-sources
