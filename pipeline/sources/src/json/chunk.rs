//! Looking at many bytes at once. `wide` makes SSE2, NEON or plain code of it, without `unsafe`.

use wide::u8x16;

/// Bytes that [`string_stops`] looks at.
pub(super) const STRING_CHUNK: usize = 16;

/// Bit i is set where byte i ends a run of plain string bytes: a quote, a backslash or a control character.
#[inline(always)]
pub(super) fn string_stops(bytes: &[u8; STRING_CHUNK]) -> u32 {
    let v = u8x16::from(*bytes);
    let stops = v.simd_eq(u8x16::splat(b'"')) | v.simd_eq(u8x16::splat(b'\\')) | v.min(u8x16::splat(0x1f)).simd_eq(v);
    stops.to_bitmask()
}

/// What [`marks`] finds in 64 bytes, one bit a byte.
pub(super) struct Marks {
    pub quotes: u64,
    pub backslashes: u64,
    /// `{`, `[`, `}` and `]`.
    pub brackets: u64,
}

/// Quotes, backslashes and brackets of 64 bytes.
#[inline(always)]
pub(super) fn marks(bytes: &[u8; 64]) -> Marks {
    let mut marks = Marks { quotes: 0, backslashes: 0, brackets: 0 };
    let (parts, _) = bytes.as_chunks::<16>();
    for (i, part) in parts.iter().enumerate() {
        let v = u8x16::from(*part);
        let at = |found: u8x16| u64::from(found.to_bitmask()) << (16 * i);
        marks.quotes |= at(v.simd_eq(u8x16::splat(b'"')));
        marks.backslashes |= at(v.simd_eq(u8x16::splat(b'\\')));
        // With bit 5 set, `[` is `{` and `]` is `}`.
        let lower = v | u8x16::splat(0x20);
        marks.brackets |= at(lower.simd_eq(u8x16::splat(b'{')) | lower.simd_eq(u8x16::splat(b'}')));
    }
    marks
}
