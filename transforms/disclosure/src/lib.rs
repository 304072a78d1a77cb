//! solidata-disclosure
