//! solidata-audit
