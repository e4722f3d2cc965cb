//! How things look: with and without colour, with and without characters beyond ASCII.

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use ratatui::symbols::border;

use crate::cli::output::Tone;

/// What the terminal can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::ui) struct Theme {
    pub(in crate::cli::ui) colour: bool,
    pub(in crate::cli::ui) unicode: bool,
}

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

impl Theme {
    /// A tone; without colour only what can be had without it.
    pub(super) fn tone(self, tone: Tone) -> Style {
        let colour = |colour| if self.colour { Style::new().fg(colour) } else { Style::new() };
        match tone {
            Tone::Plain => Style::new(),
            Tone::Good => colour(Color::Green),
            Tone::Warn => colour(Color::Yellow),
            Tone::Bad => colour(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Dim => Style::new().add_modifier(Modifier::DIM),
            Tone::Strong => Style::new().add_modifier(Modifier::BOLD),
        }
    }

    /// What is chosen.
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn border(self) -> border::Set<'static> {
        if self.unicode { border::PLAIN } else { ASCII }
    }

    /// What stands where something was cut off.
    pub(super) fn more(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// What stands between a page and the one behind it.
    pub(super) fn then(self) -> &'static str {
        if self.unicode { "›" } else { ">" }
    }

    /// The track of a slider, before and after its knob, and the knob.
    pub(super) fn slider(self) -> (&'static str, &'static str, &'static str) {
        if self.unicode { ("━", "─", "●") } else { ("=", "-", "o") }
    }

    pub(super) fn arrows(self) -> &'static str {
        if self.unicode { "←→" } else { "left/right" }
    }

    pub(super) fn up_down(self) -> &'static str {
        if self.unicode { "↑↓" } else { "up/down" }
    }
}
