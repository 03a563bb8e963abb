//! How improbable something is for people, in points: 2 points are one in a hundred, 3 one in a thousand.
//!
//! Owns three tails: a count above its mean, a share above its usual, gaps more even than people's. Does not own what is usual.

use std::f64::consts::{LN_10, PI};

/// No single tail says more than this: a model of people is not exact so far out.
const MOST: f64 = 12.0;
/// Terms of a tail's series; they shrink quickly.
const TERMS: u32 = 40;

/// Natural logarithm of the gamma function for `x >= 0.5` (Stirling's series, moved up to where it is exact enough).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 7.0 {
        product *= x;
        x += 1.0;
    }
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * PI).ln() + 1.0 / (12.0 * x) - product.ln()
}

fn points(ln_probability: f64) -> f64 {
    (-ln_probability / LN_10).clamp(0.0, MOST)
}

/// Of several things at once, which are each rare for people by so many points (Fisher's method: the best of many
/// tries must not look rarer than it is).
pub fn together(points: &[f64]) -> f64 {
    let sum: f64 = points.iter().sum::<f64>() * LN_10;
    let (mut term, mut series) = (1.0, 1.0);
    for k in 1..points.iter().filter(|p| **p > 0.0).count() {
        term *= sum / k as f64;
        series += term;
    }
    ((sum - f64::ln(series)) / LN_10).max(0.0)
}

/// Of at least `count` events where `mean` are usual (Poisson).
pub fn of_count(count: u32, mean: f64) -> f64 {
    let n = f64::from(count);
    if n <= mean || mean <= 0.0 {
        return 0.0;
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..TERMS {
        term *= mean / (n + f64::from(k));
        sum += term;
    }
    points(n * mean.ln() - mean - ln_gamma(n + 1.0) + f64::ln(sum))
}

/// Of at least `hits` among `count` where the share `usual` is usual (binomial).
pub fn of_share(hits: u32, count: u32, usual: f64) -> f64 {
    if f64::from(hits) <= usual * f64::from(count) || usual <= 0.0 || usual >= 1.0 {
        return 0.0;
    }
    let (n, k) = (f64::from(count), f64::from(hits));
    let choose = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let odds = usual / (1.0 - usual);
    let (mut term, mut sum) = (1.0, 1.0);
    for more in hits..count {
        term *= f64::from(count - more) / f64::from(more + 1) * odds;
        sum += term;
    }
    points(choose + k * usual.ln() + (n - k) * (1.0 - usual).ln() + f64::ln(sum))
}

/// Of `count` gaps that vary by no more than `variation` (standard deviation over mean) where people's vary by
/// `usual`: the lower tail of chi-square with one degree of freedom less than gaps.
pub fn of_gaps(count: u32, variation: f64, usual: f64) -> f64 {
    if count < 2 || usual <= 0.0 || variation >= usual {
        return 0.0;
    }
    let half = f64::from(count - 1) / 2.0;
    let x = f64::from(count) * (variation / usual).powi(2) / 2.0;
    if x <= 0.0 {
        return MOST;
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..TERMS {
        term *= x / (half + f64::from(k));
        sum += term;
    }
    points(half * x.ln() - x - ln_gamma(half + 1.0) + f64::ln(sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(points: f64, probability: f64) {
        let expected = -probability.log10();
        assert!((points - expected).abs() < 0.01, "{points} instead of {expected}");
    }

    #[test]
    fn tails_are_those_of_the_tables() {
        near(of_count(10, 4.0), 0.008_132);
        near(of_count(20, 4.0), 1.01e-8);
        near(of_share(5, 5, 0.65), 0.116_03);
        near(of_share(18, 20, 0.65), 0.012_12);
        // Chi-square of 7 degrees below 0.32, of 3 below 0.16.
        near(of_gaps(8, 0.1, 0.5), 1.25e-4);
        near(of_gaps(4, 0.1, 0.5), 0.016_24);
    }

    #[test]
    fn three_rare_things_are_less_rare_than_their_product() {
        assert_eq!(together(&[]), 0.0);
        near(together(&[2.0, 0.0]), 0.01);
        // Chi-square of 6 degrees above 2 * 5 * ln 10.
        near(together(&[2.0, 2.0, 1.0]), 7.88e-4);
    }

    #[test]
    fn what_is_usual_says_nothing() {
        assert_eq!(of_count(4, 4.0), 0.0);
        assert_eq!(of_share(6, 10, 0.65), 0.0);
        assert_eq!(of_gaps(9, 0.6, 0.5), 0.0);
        assert_eq!(of_gaps(9, 0.0, 0.5), MOST);
    }
}
