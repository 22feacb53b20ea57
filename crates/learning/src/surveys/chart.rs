//! Bars of counts as figures that a template can print. Each chart stands beside its table.

/// The width of the longest bar, in units of the picture.
const WIDTH: f64 = 300.0;
/// The height of a bar with the space below it.
const STEP: u32 = 26;

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) y: u32,
    pub(super) width: String,
    /// Where its figure stands.
    pub(super) text_x: String,
    pub(super) text_y: u32,
    pub(super) count: usize,
}

/// The bars of counts, as long as their share of all answers.
#[expect(clippy::cast_precision_loss, reason = "counts of answers are small")]
pub(super) fn bars(counts: &[usize], of: usize) -> Vec<Bar> {
    let mut y = 2;
    counts
        .iter()
        .map(|count| {
            let width = if of == 0 { 0.0 } else { WIDTH * *count as f64 / of as f64 };
            let bar = Bar {
                y,
                width: format!("{width:.1}"),
                text_x: format!("{:.1}", width + 6.0),
                text_y: y + 16,
                count: *count,
            };
            y += STEP;
            bar
        })
        .collect()
}

/// The height of a picture with so many bars.
pub(super) fn height(bars: usize) -> u32 {
    STEP.saturating_mul(u32::try_from(bars).unwrap_or(1)).saturating_add(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let found = bars(&[5, 0, 10], 20);
        assert_eq!(
            found.iter().map(|bar| (bar.y, bar.width.as_str())).collect::<Vec<_>>(),
            [(2, "75.0"), (28, "0.0"), (54, "150.0")]
        );
        assert_eq!(bars(&[0], 0)[0].width, "0.0");
        assert_eq!(height(3), 80);
    }
}
