#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| solidata_fuzz::table_schema(data));
