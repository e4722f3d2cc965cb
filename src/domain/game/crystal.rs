//! Crystals: four colours, low to high, and how many of each.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// A colour, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crystal {
    /// The lowest.
    Yellow,
    /// The second.
    Green,
    /// The third.
    Blue,
    /// The highest.
    Pink,
}

impl Crystal {
    /// All of them, from the lowest.
    pub const ALL: [Self; 4] = [Self::Yellow, Self::Green, Self::Blue, Self::Pink];

    /// One step up; none above the highest.
    pub fn higher(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

impl fmt::Display for Crystal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(["yellow", "green", "blue", "pink"][*self as usize])
    }
}

/// How many of each colour. Numbers stay far below their limit: a game holds some hundred crystals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Crystals {
    /// The lowest.
    #[serde(skip_serializing_if = "is_zero")]
    pub yellow: u32,
    /// The second.
    #[serde(skip_serializing_if = "is_zero")]
    pub green: u32,
    /// The third.
    #[serde(skip_serializing_if = "is_zero")]
    pub blue: u32,
    /// The highest.
    #[serde(skip_serializing_if = "is_zero")]
    pub pink: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Crystals {
    /// None at all.
    pub const NONE: Self = Self { yellow: 0, green: 0, blue: 0, pink: 0 };

    /// How many of one colour.
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

    /// How many in all.
    pub fn total(self) -> u32 {
        Crystal::ALL.iter().fold(0, |sum, crystal| self.of(*crystal).saturating_add(sum))
    }

    /// Each colour added to each.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.saturating_add(other.of(crystal));
        }
        self
    }

    /// What is left when these are taken; `None`: there are not so many.
    pub fn minus(mut self, other: Self) -> Option<Self> {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.checked_sub(other.of(crystal))?;
        }
        Some(self)
    }

    /// So many times as many of each.
    #[must_use]
    pub fn times(mut self, factor: u32) -> Self {
        for crystal in Crystal::ALL {
            let count = self.of_mut(crystal);
            *count = count.saturating_mul(factor);
        }
        self
    }

    /// How often these can be paid from what there is.
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
