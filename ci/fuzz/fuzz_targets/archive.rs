#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| solidata_fuzz::archive(data));
