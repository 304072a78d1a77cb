//! Reads the compact protocol of Thrift, in which Parquet writes its footer and the heads of its pages, as far as is needed to refuse what no published
//! table has before a library believes it. Builds nothing; `None` is whatever is not well formed.

/// Structures in one another; Parquet's own have six.
const DEEPEST: u8 = 16;

/// Types of fields and elements.
pub(crate) mod kind {
    pub(crate) const TRUE: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const BYTE: u8 = 3;
    pub(crate) const I16: u8 = 4;
    pub(crate) const I32: u8 = 5;
    pub(crate) const I64: u8 = 6;
    pub(crate) const DOUBLE: u8 = 7;
    pub(crate) const BINARY: u8 = 8;
    pub(crate) const LIST: u8 = 9;
    pub(crate) const STRUCT: u8 = 12;
}

/// Where the reading is.
pub(crate) struct Thrift<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Thrift<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn read(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()))
    }

    /// A whole number of a field of 32 bits.
    pub(crate) fn i32(&mut self, of: u8) -> Option<i32> {
        if of == kind::I32 { i32::try_from(self.signed()?).ok() } else { None }
    }

    /// The fields of a structure: `each` hears the number and the type of each and reads it, or gives `false` to have it passed over.
    pub(crate) fn fields(&mut self, depth: u8, each: &mut dyn FnMut(&mut Self, i64, u8) -> Option<bool>) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        let mut number = 0i64;
        loop {
            let head = self.byte()?;
            let of = head & 0x0f;
            if of == 0 {
                return Some(());
            }
            number = match head >> 4 {
                0 => self.signed()?,
                step => number.checked_add(i64::from(step))?,
            };
            if !each(self, number, of)? {
                self.skip(of, depth, true)?;
            }
        }
    }

    /// The head of a list: how many elements of which type. Each takes a byte at least.
    pub(crate) fn list(&mut self) -> Option<(usize, u8)> {
        let head = self.byte()?;
        let size = match head >> 4 {
            15 => usize::try_from(self.unsigned()?).ok()?,
            size => usize::from(size),
        };
        (size <= self.bytes.len().saturating_sub(self.at)).then_some((size, head & 0x0f))
    }

    /// Over a value. Whether it is a field decides where a boolean stands: in the head of the field, or in a byte of its own.
    fn skip(&mut self, of: u8, depth: u8, field: bool) -> Option<()> {
        match of {
            kind::TRUE | kind::FALSE if field => Some(()),
            kind::TRUE | kind::FALSE | kind::BYTE => self.pass(1),
            kind::I16 | kind::I32 | kind::I64 => self.unsigned().map(drop),
            kind::DOUBLE => self.pass(8),
            kind::BINARY => {
                let length = usize::try_from(self.unsigned()?).ok()?;
                self.pass(length)
            }
            kind::LIST => {
                let (size, of) = self.list()?;
                if depth >= DEEPEST {
                    return None;
                }
                (0..size).try_for_each(|_| self.skip(of, depth + 1, false))
            }
            kind::STRUCT => self.fields(depth + 1, &mut |_, _, _| Some(false)),
            // Parquet has neither sets nor maps.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(bytes: &[u8]) -> Option<usize> {
        let mut thrift = Thrift::new(bytes);
        thrift.fields(0, &mut |_, _, _| Some(false))?;
        Some(thrift.read())
    }

    #[test]
    fn what_is_well_formed_is_passed_over() {
        // 1: i32, 2: binary, 3: bool, 4: list of two bools, 5: struct, 20: double
        let bytes =
            [0x15, 0x02, 0x18, 0x02, b'a', b'b', 0x11, 0x19, 0x21, 1, 2, 0x1c, 0x15, 0x80, 0x01, 0, 0x07, 40, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(skip(&bytes), Some(bytes.len()));
        for length in 0..bytes.len() {
            assert_eq!(skip(&bytes[..length]), None, "{length}");
        }
    }

    #[test]
    fn what_claims_more_than_there_is_is_refused() {
        // a list of 2^32 elements, a text of 2^63 bytes, a number of eleven bytes, structures without an end, a map
        assert_eq!(skip(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]), None);
        assert_eq!(skip(&[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]), None);
        assert_eq!(skip(&[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]), None);
        assert_eq!(skip(&[0x1c; 1000]), None);
        assert_eq!(skip(&[0x19; 1000]), None);
        assert_eq!(skip(&[0x1b, 0, 0]), None);
    }

    #[test]
    fn numbers_are_read() {
        let mut found = Vec::new();
        let mut thrift = Thrift::new(&[0x15, 0x03, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0]);
        let read = thrift.fields(0, &mut |thrift, number, of| {
            found.push((number, thrift.i32(of)));
            Some(true)
        });
        assert_eq!((read, found), (Some(()), vec![(1, Some(-2)), (2, Some(i32::MAX)), (3, None)]));
    }
}
