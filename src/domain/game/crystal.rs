//! Crystals of four colors, from low to high, and counts of them.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// A color, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crystal {
    /// The lowest color.
    Yellow,
    /// The second color.
    Green,
    /// The third color.
    Blue,
    /// The highest color.
    Pink,
}

impl Crystal {
    /// All colors, lowest first.
    pub const ALL: [Self; 4] = [Self::Yellow, Self::Green, Self::Blue, Self::Pink];

    /// Returns the next higher color; `None` for the highest.
    pub fn higher(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

impl fmt::Display for Crystal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["yellow", "green", "blue", "pink"][*self as usize])
    }
}

/// A count of each color. A game has a few hundred crystals, so counts stay far below their limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Crystals {
    /// Number of the lowest color.
    #[serde(skip_serializing_if = "is_zero")]
    pub yellow: u32,
    /// Number of the second color.
    #[serde(skip_serializing_if = "is_zero")]
    pub green: u32,
    /// Number of the third color.
    #[serde(skip_serializing_if = "is_zero")]
    pub blue: u32,
    /// Number of the highest color.
    #[serde(skip_serializing_if = "is_zero")]
    pub pink: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Crystals {
    /// No crystals.
    pub const NONE: Self = Self { yellow: 0, green: 0, blue: 0, pink: 0 };

    /// Returns the number of one color.
    pub fn of(self, crystal: Crystal) -> u32 {
        match crystal {
            Crystal::Yellow => self.yellow,
            Crystal::Green => self.green,
            Crystal::Blue => self.blue,
            Crystal::Pink => self.pink,
        }
    }

    fn of_mut(&mut self, crystal: Crystal) -> &mut u32 {
        match crystal {
            Crystal::Yellow => &mut self.yellow,
            Crystal::Green => &mut self.green,
            Crystal::Blue => &mut self.blue,
            Crystal::Pink => &mut self.pink,
        }
    }

    /// Returns the total number.
    pub fn total(self) -> u32 {
        Crystal::ALL.iter().fold(0, |sum, crystal| self.of(*crystal).saturating_add(sum))
    }

    /// Returns the sum of both counts.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.saturating_add(other.of(crystal));
        }
        self
    }

    /// Returns the difference; `None` if there are too few crystals.
    pub fn minus(mut self, other: Self) -> Option<Self> {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.checked_sub(other.of(crystal))?;
        }
        Some(self)
    }

    /// Returns the counts multiplied by a factor.
    #[must_use]
    pub fn times(mut self, factor: u32) -> Self {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.saturating_mul(factor);
        }
        self
    }

    /// Returns how often these crystals can be paid from others.
    pub fn fits_into(self, purse: Self) -> u32 {
        let times = Crystal::ALL.iter().filter(|crystal| self.of(**crystal) > 0);
        times.map(|crystal| purse.of(*crystal) / self.of(*crystal)).min().unwrap_or(0)
    }
}

impl FromIterator<Crystal> for Crystals {
    fn from_iter<T: IntoIterator<Item = Crystal>>(crystals: T) -> Self {
        let mut counted = Self::NONE;
        for crystal in crystals {
            *counted.of_mut(crystal) += 1;
        }
        counted
    }
}

impl fmt::Display for Crystals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Crystal::ALL.iter().filter(|crystal| self.of(**crystal) > 0);
        let text: Vec<String> = held.map(|crystal| format!("{} {crystal}", self.of(*crystal))).collect();
        f.write_str(if text.is_empty() { "none" } else { "" })?;
        f.write_str(&text.join(", "))
    }
}
