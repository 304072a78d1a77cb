//! solidata-cli
