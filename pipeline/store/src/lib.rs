//! solidata-store
