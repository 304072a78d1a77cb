//! solidata-synth
