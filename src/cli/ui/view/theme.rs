//! Styles, with and without colour, with and without characters beyond ASCII.

use ratatui::style::Color;
use ratatui::style::Modifier;
use ratatui::style::Style;
use ratatui::symbols::border;

use crate::cli::output::Tone;

/// The abilities of the terminal.
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
    /// Returns the style of a tone. Without colour, only attributes.
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

    /// Returns the style of the selected item.
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn border(self) -> border::Set<'static> {
        if self.unicode { border::PLAIN } else { ASCII }
    }

    /// Returns the mark of a cut.
    pub(super) fn more(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Returns the separator between a page and the one opened from it.
    pub(super) fn then(self) -> &'static str {
        if self.unicode { "›" } else { ">" }
    }

    /// Returns the parts of a slider: the track before and after its knob, and the knob.
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
