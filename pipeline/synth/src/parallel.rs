//! An ordered parallel map: results come out in the order of the jobs, whatever thread made them, and few wait at a time.

use std::sync::mpsc::sync_channel;

use crate::SynthError;

/// Makes jobs `0..count` on `threads` threads and consumes them in order. At most two results of a thread wait: memory stays bounded.
///
/// # Errors
/// The first error in the order of the jobs; later results are thrown away.
pub(crate) fn ordered<T: Send>(
    count: usize,
    threads: usize,
    make: impl Fn(usize) -> Result<T, SynthError> + Sync,
    mut consume: impl FnMut(usize, T) -> Result<(), SynthError>,
) -> Result<(), SynthError> {
    let threads = threads.clamp(1, count.max(1));
    std::thread::scope(|scope| {
        let receivers: Vec<_> = (0..threads)
            .map(|thread| {
                let (sender, receiver) = sync_channel(1);
                let make = &make;
                scope.spawn(move || {
                    for job in (thread..count).step_by(threads) {
                        // A closed channel means that the consumer has stopped.
                        if sender.send(make(job)).is_err() {
                            break;
                        }
                    }
                });
                receiver
            })
            .collect();
        for job in 0..count {
            let made = receivers[job % threads].recv().map_err(|_| SynthError::Thread)??;
            consume(job, made)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_threads() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            ordered(
                20,
                threads,
                |job| Ok(job * job),
                |_, square| {
                    seen.push(square);
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(seen, (0..20).map(|job| job * job).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_stops_everything() {
        let make = |job| if job == 5 { Err(SynthError::BadSpec("five".to_owned())) } else { Ok(job) };
        let mut last = 0;
        let error = ordered(1_000, 3, make, |job, _| {
            last = job;
            Ok(())
        })
        .unwrap_err();
        assert_eq!((error.to_string().as_str(), last), ("five", 4));
    }
}
