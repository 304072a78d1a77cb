//! solidata-territory
