//! Not a target: writes the seeds of all others into the folder that `FUZZ_SEEDS` names. Run with `-runs=0`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: solidata_fuzz::seeds::write(), |data: &[u8]| {
    std::hint::black_box(data);
});
