//! The numbers of the rule.

use solidata_model::Thresholds;

/// Thresholds of the net rule. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetParams {
    /// Within which a twin lies.
    pub pair_window: i64,
    /// Within which a later page belongs to its first, or to a kept orphan.
    pub page_window: i64,
    /// Within which equal anonymous searches are one.
    pub window_anonymous: i64,
    /// Within which equal searches of one account are one.
    pub window_identified: i64,
    /// Anonymous searches a minute under which there is never a burst.
    pub burst_floor: u64,
    /// How many times the usual rate of the hour makes a burst.
    pub burst_factor: u64,
    /// Local days of history for the usual rate (at most 28).
    pub history_days: i64,
    /// Distinct queries of one signature in five minutes that make a sweep.
    pub sweep_distinct: usize,
    /// Searches of an account that count on one day.
    pub daily_cap: u32,
}

impl Default for NetParams {
    fn default() -> Self {
        Self::from(&Thresholds::default())
    }
}

impl From<&Thresholds> for NetParams {
    fn from(t: &Thresholds) -> Self {
        let ms = |seconds: u32| i64::from(seconds) * 1_000;
        Self {
            pair_window: ms(t.pair_window_s),
            page_window: ms(t.page_window_s),
            window_anonymous: ms(t.window_anonymous_s),
            window_identified: ms(t.window_identified_s),
            burst_floor: u64::from(t.burst_floor),
            burst_factor: u64::from(t.burst_factor),
            history_days: 28,
            sweep_distinct: t.sweep_distinct as usize,
            daily_cap: t.daily_cap,
        }
    }
}
