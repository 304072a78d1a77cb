//! The interim rule of the first stages: small counts are withheld, and the tables it is used on publish no total, so that nothing is left
//! to subtract from. [`crate::protect`] takes its place wherever totals are published.

/// Withholds small counts: primary suppression by a frequency threshold (DISCLOSURE §3: eleven is the strictest common French practice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmallCounts {
    threshold: u64,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its measures are published.
    Published,
    /// All its measures are withheld together, under the one marker.
    Withheld,
}

impl SmallCounts {
    /// A rule that withholds counts from 1 to `threshold - 1`.
    pub fn new(threshold: u64) -> Self {
        Self { threshold }
    }

    /// Judges a row of gross and net counts: withheld when either, or their difference, is small. A net count above the gross one is
    /// impossible; it is withheld rather than published.
    pub fn judge(&self, gross: u64, net: u64) -> Verdict {
        let small = |n: u64| n >= 1 && n < self.threshold;
        match gross.checked_sub(net) {
            Some(difference) if !small(gross) && !small(net) && !small(difference) => Verdict::Published,
            _ => Verdict::Withheld,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_the_small_ones_are_withheld() {
        let rule = SmallCounts::new(11);
        for gross in 0..60u64 {
            for net in 0..=gross {
                let small = [gross, net, gross - net].iter().any(|n| (1..=10).contains(n));
                let expected = if small { Verdict::Withheld } else { Verdict::Published };
                assert_eq!(rule.judge(gross, net), expected, "{gross} {net}");
            }
        }
        assert_eq!(rule.judge(20, 40), Verdict::Withheld);
    }
}
