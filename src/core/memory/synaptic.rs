//! Three levels of memory of one vector that fade at different rates.

use super::entry::check_components;
use super::kernel;
use super::reserve;
use super::settings::LARGEST_DIMENSION;
use crate::error::{Check, FieldError, InvalidInput};
use crate::snapshot::{Kind, Reader, SnapshotError, Writer};

/// Bytes that the memory itself counts as, whatever the size of a pointer.
const OWN_BYTES: usize = 256;
const _: () = assert!(size_of::<SynapticMemory>() <= OWN_BYTES);

/// A sum that stays among the finite numbers.
fn saturating_sum(left: f32, right: f32) -> f32 {
    (left + right).clamp(f32::MIN, f32::MAX)
}

/// What has to cross a threshold for a level to pass something on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transfer {
    /// The norm of the level; then every component passes its share on.
    #[default]
    Norm,
    /// A component, above zero; it alone passes its share on.
    PerComponent,
}

impl Transfer {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Norm, Self::PerComponent];

    /// The name in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Norm => "norm",
            Self::PerComponent => "per-component",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|transfer| transfer.as_str() == name)
    }
}

/// How the levels fade and what they pass on, as a caller writes it down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SynapticSettings {
    /// Number of components of every event, 1 to 4,096.
    pub dimension: u32,
    /// Share of each level that fades with each event, above 0, at most 1.
    pub lambda: [f64; 3],
    /// What the first and the second level must exceed to pass something on, above 0.
    pub theta: [f64; 2],
    /// Share that the first and the second level then pass on, 0 to 1.
    pub gating: [f64; 2],
    /// What has to exceed `theta`.
    pub transfer: Transfer,
}

impl Default for SynapticSettings {
    fn default() -> Self {
        Self {
            dimension: 384,
            lambda: [0.50, 0.10, 0.01],
            theta: [1.2, 2.5],
            gating: [0.45, 0.30],
            transfer: Transfer::Norm,
        }
    }
}

impl SynapticSettings {
    /// Adds an error for each field that is out of its range, with pointers that begin with `at`.
    pub fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut check = Check::at(at, errors);
        let dimension = self.dimension;
        check.require(
            (1..=LARGEST_DIMENSION).contains(&dimension),
            "dimension",
            || format!("must be a whole number from 1 to {LARGEST_DIMENSION}, got {dimension}"),
        );
        for (index, lambda) in self.lambda.into_iter().enumerate() {
            check.require(
                lambda > 0.0 && lambda <= 1.0,
                &format!("lambda/{index}"),
                || format!("must be a number above 0 and at most 1, got {lambda}"),
            );
        }
        for (index, theta) in self.theta.into_iter().enumerate() {
            let acceptable = theta > 0.0 && theta.is_finite();
            check.require(acceptable, &format!("theta/{index}"), || {
                format!("must be a finite number above 0, got {theta}")
            });
        }
        for (index, gating) in self.gating.into_iter().enumerate() {
            check.unit_interval(&format!("gating/{index}"), gating);
        }
    }
}

/// [`SynapticSettings`] whose every field is in its range.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SynapticConfig {
    // INVARIANT: `settings.check` finds nothing.
    settings: SynapticSettings,
}

impl SynapticConfig {
    /// Takes settings that are in their ranges.
    ///
    /// # Errors
    ///
    /// Every field that is out of its range, with pointers that begin with `/config`.
    pub fn new(settings: SynapticSettings) -> Result<Self, InvalidInput> {
        let mut errors = Vec::new();
        settings.check("/config", &mut errors);
        InvalidInput::check(errors)?;
        Ok(Self { settings })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &SynapticSettings {
        &self.settings
    }
}

/// Three levels of one vector. An event adds to the first; what is strong there goes on to the second,
/// and from there to the third, which fades least.
///
/// # Example
///
/// ```
/// use assize_core::memory::{SynapticConfig, SynapticMemory, SynapticSettings};
///
/// let settings = SynapticSettings { dimension: 2, ..Default::default() };
/// let mut memory = SynapticMemory::new(SynapticConfig::new(settings)?);
/// memory.update(&[3.0, 4.0])?;
/// assert_eq!(memory.norms(), [2.75, 2.25, 0.0]);
/// # Ok::<(), assize_core::InvalidInput>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SynapticMemory {
    config: SynapticConfig,
    // INVARIANT: `dimension` finite numbers each.
    levels: [Vec<f32>; 3],
}

impl SynapticMemory {
    /// A memory whose levels are zero.
    #[must_use]
    pub fn new(config: SynapticConfig) -> Self {
        let level = || vec![0.0; config.settings.dimension as usize];
        Self {
            config,
            levels: [level(), level(), level()],
        }
    }

    /// The settings that it was made with.
    #[must_use]
    pub const fn settings(&self) -> &SynapticSettings {
        &self.config.settings
    }

    /// The levels, the one that fades soonest first; `dimension` finite numbers each.
    #[must_use]
    pub fn levels(&self) -> [&[f32]; 3] {
        self.levels.each_ref().map(Vec::as_slice)
    }

    /// The Euclidean norm of each level; finite.
    #[must_use]
    pub fn norms(&self) -> [f32; 3] {
        let norm = |level: &[f32]| kernel::norm(level).min(f32::MAX);
        self.levels().map(norm)
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let numbers: usize = self.levels.iter().map(Vec::capacity).sum();
        (OWN_BYTES + numbers * size_of::<f32>()) as u64
    }

    /// Lets the levels fade, adds an event, and passes on what exceeds a threshold.
    ///
    /// # Errors
    ///
    /// A vector of another dimension at `/vector`, or the first component that is not finite,
    /// as in `/vector/17`. Nothing has changed then.
    pub fn update(&mut self, vector: &[f32]) -> Result<(), InvalidInput> {
        let settings = self.config.settings;
        let mut errors = Vec::new();
        let dimension = settings.dimension as usize;
        check_components("", vector, dimension, f32::MAX, &mut errors);
        InvalidInput::check(errors)?;
        for (level, lambda) in self.levels.iter_mut().zip(settings.lambda) {
            let kept = (1.0 - lambda) as f32;
            level.iter_mut().for_each(|number| *number *= kept);
        }
        let [first, second, third] = &mut self.levels;
        for (number, event) in first.iter_mut().zip(vector) {
            *number = saturating_sum(*number, *event);
        }
        let ([theta1, theta2], [gating1, gating2]) = (settings.theta, settings.gating);
        pass_on(
            first,
            second,
            theta1 as f32,
            gating1 as f32,
            settings.transfer,
        );
        pass_on(
            second,
            third,
            theta2 as f32,
            gating2 as f32,
            settings.transfer,
        );
        Ok(())
    }

    /// Sets all levels to zero.
    pub fn reset(&mut self) {
        self.levels.iter_mut().for_each(|level| level.fill(0.0));
    }

    /// The whole state as bytes; equal memories give equal bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut writer = Writer::new(Kind::SynapticMemory);
        let settings = self.settings();
        writer.u32(settings.dimension);
        let numbers = settings.lambda.iter().chain(&settings.theta);
        numbers
            .chain(&settings.gating)
            .for_each(|number| writer.f64(*number));
        writer.u8(settings.transfer as u8);
        for number in self.levels.iter().flatten() {
            writer.bytes(&number.to_le_bytes());
        }
        writer.finish()
    }

    /// The memory that [`snapshot`](Self::snapshot) was taken of.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] says in what way the bytes are foreign or damaged.
    pub fn restore(snapshot: &[u8]) -> Result<Self, SnapshotError> {
        let mut reader = Reader::open(Kind::SynapticMemory, snapshot)?;
        let settings = SynapticSettings {
            dimension: reader.u32()?,
            lambda: [reader.f64()?, reader.f64()?, reader.f64()?],
            theta: [reader.f64()?, reader.f64()?],
            gating: [reader.f64()?, reader.f64()?],
            transfer: reader.choice(&Transfer::ALL, "transfer")?,
        };
        let config =
            SynapticConfig::new(settings).map_err(|_| SnapshotError::Malformed("configuration"))?;
        let mut level = || {
            let count = settings.dimension as usize;
            let bytes = reader.bytes(count * size_of::<f32>())?;
            let mut level = reserve(count).map_err(|_| SnapshotError::Malformed("dimension"))?;
            let numbers = bytes.as_chunks().0.iter();
            level.extend(numbers.map(|bytes| f32::from_le_bytes(*bytes)));
            if level.iter().all(|number| number.is_finite()) {
                Ok(level)
            } else {
                Err(SnapshotError::Malformed("a level is not finite"))
            }
        };
        let levels = [level()?, level()?, level()?];
        reader.finish()?;
        Ok(Self { config, levels })
    }
}

fn pass_on(from: &mut [f32], to: &mut [f32], theta: f32, gating: f32, transfer: Transfer) {
    let all = transfer == Transfer::Norm && kernel::norm(from) > theta;
    let each = transfer == Transfer::PerComponent;
    for (from, to) in from.iter_mut().zip(to) {
        let strong = if all | (each & (*from > theta)) {
            *from
        } else {
            0.0
        };
        let passed = strong * gating;
        *from -= passed;
        *to = saturating_sum(*to, passed);
    }
}
