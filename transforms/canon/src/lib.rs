//! solidata-canon
