//! Running ours and MIT's by turns, as often as there is time for.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// How many runs are made of each program.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// If there is time.
    pub most: usize,
    /// What all of them may take together. The first is made in any case.
    pub time: Duration,
}

impl Turns {
    pub const fn new(most: usize, seconds: u64) -> Self {
        Turns { most, time: Duration::from_secs(seconds) }
    }

    /// How many there is time for where the first ones of both took so long: an odd number, for the median's sake.
    fn after(self, first: Duration) -> usize {
        let fit = (self.time.as_secs_f64() / first.as_secs_f64().max(1e-9)) as usize;
        let fit = fit.clamp(1, self.most.max(1));
        if fit.is_multiple_of(2) { fit - 1 } else { fit }
    }

    /// Runs both, ours first.
    pub fn take<T>(
        self,
        mut ours: impl FnMut() -> Result<T>,
        mut mit: impl FnMut() -> Result<T>,
    ) -> Result<[Vec<T>; 2]> {
        let begun = Instant::now();
        let mut both = [vec![ours()?], vec![mit()?]];
        let [of_ours, of_mit] = &mut both;
        for _ in 1..self.after(begun.elapsed()) {
            of_ours.push(ours()?);
            of_mit.push(mit()?);
        }
        Ok(both)
    }
}

pub fn median(mut times: Vec<f64>) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("no run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_runs_as_there_is_time_for() {
        let after = |seconds| Turns::new(5, 60).after(Duration::from_secs_f64(seconds));
        assert_eq!([0.0, 1.0, 12.0, 12.1, 20.0, 21.0, 90.0].map(after), [5, 5, 5, 3, 3, 1, 1]);
        assert_eq!(Turns::new(1, 60).after(Duration::ZERO), 1);
        let mut order = Vec::new();
        let log = std::cell::RefCell::new(&mut order);
        let note = |who| {
            log.borrow_mut().push(who);
            Ok(1.0)
        };
        let [ours, mit] = Turns::new(3, 60).take(|| note("ours"), || note("mit")).unwrap();
        assert_eq!((ours.len(), mit.len()), (3, 3));
        assert_eq!(order, ["ours", "mit", "ours", "mit", "ours", "mit"]);
    }

    #[test]
    fn the_middle_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]).unwrap(), 2.0);
        assert!(median(Vec::new()).is_err());
    }
}
