//! The terminal as a full screen: taken over, drawn on, and given back in every case.
//!
//! The only module that drives a terminal. The content comes from outside.

use std::io;
use std::io::IsTerminal;
use std::io::Stdout;
use std::io::Write;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event;
use ratatui::crossterm::event::Event;
use ratatui::crossterm::event::KeyCode;
use ratatui::crossterm::event::KeyEvent;
use ratatui::crossterm::event::KeyEventKind;
use ratatui::crossterm::event::KeyModifiers;
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal;
use ratatui::crossterm::terminal::EnterAlternateScreen;
use ratatui::crossterm::terminal::LeaveAlternateScreen;
use tokio::sync::mpsc;

use crate::cli::error::CliError;
use crate::cli::output::input_event::InputEvent;
use crate::cli::output::input_event::Key;
use crate::cli::output::printer::lock;
use crate::cli::output::settings::OutputSettings;

/// The interval at which the input thread checks if it is still needed.
const LOOK: Duration = Duration::from_millis(100);

/// The function that gives the terminal back, while it is taken over.
static GIVE_BACK: Mutex<Option<fn()>> = Mutex::new(None);

/// The terminal, taken over until this value is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Checks that there is a terminal that can be drawn on.
    ///
    /// # Errors
    /// There is none, or it can only print line by line (2).
    pub fn possible(settings: &OutputSettings) -> Result<(), CliError> {
        let refused = |message: &str| {
            let error = CliError::usage(message).code("no_terminal");
            Err(error.hint("run 'esctl stream list', 'esctl stream read' or 'esctl replay' without a terminal"))
        };
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return refused("stdin and stdout must be a terminal");
        }
        if settings.dumb {
            return refused("the terminal cannot be drawn on: TERM is dumb");
        }
        Ok(())
    }

    /// Takes over the terminal. The channel has the input until the terminal is gone.
    ///
    /// # Errors
    /// As [`Screen::possible`]. The terminal fails (6).
    pub fn open(settings: &OutputSettings) -> Result<(Self, mpsc::UnboundedReceiver<InputEvent>), CliError> {
        Self::possible(settings)?;
        *lock(&GIVE_BACK) = Some(restore);
        // From here on the drop gives it back, even if one of the steps fails.
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).map_err(|error| failed(&error))?;
        let mut screen = Self { terminal };
        terminal::enable_raw_mode().map_err(|error| failed(&error))?;
        execute!(io::stdout(), EnterAlternateScreen).map_err(|error| failed(&error))?;
        screen.terminal.clear().map_err(|error| failed(&error))?;
        let (sender, typed) = mpsc::unbounded_channel();
        thread::Builder::new().name("keys".into()).spawn(move || read(&sender)).map_err(|error| failed(&error))?;
        Ok((screen, typed))
    }

    /// Returns the columns and rows of the terminal.
    ///
    /// # Errors
    /// The terminal does not report its size (6).
    pub fn size(&self) -> Result<(u16, u16), CliError> {
        let size = self.terminal.size().map_err(|error| failed(&error))?;
        Ok((size.width, size.height))
    }

    /// Draws the whole screen.
    ///
    /// # Errors
    /// The terminal cannot be written (6).
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> Result<(), CliError> {
        self.terminal.draw(draw).map(|_| ()).map_err(|error| failed(&error))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back if it is taken over: before anything else is printed, and before the program ends.
pub(crate) fn give_back() {
    let restore = lock(&GIVE_BACK).take();
    if let Some(restore) = restore {
        restore();
    }
}

/// Returns true while the terminal is taken over. Nothing else may be printed on it then.
pub(crate) fn is_taken() -> bool {
    lock(&GIVE_BACK).is_some()
}

fn restore() {
    // A failure cannot be reported any more.
    let _ = terminal::disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = io::stdout().flush();
}

fn failed(error: &io::Error) -> CliError {
    CliError::unavailable("cannot use the terminal").code("terminal_failed").caused_by(error)
}

/// Sends input events until the receiver or the terminal is gone.
fn read(sender: &mpsc::UnboundedSender<InputEvent>) {
    while !sender.is_closed() {
        let typed = match event::poll(LOOK) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let wanted = match typed {
            Ok(Event::Key(key)) => key_of(key).map(InputEvent::Key),
            Ok(Event::Resize(columns, rows)) => Some(InputEvent::Size(columns, rows)),
            Ok(_) => None,
            Err(_) => return,
        };
        if let Some(typed) = wanted
            && sender.send(typed).is_err()
        {
            return;
        }
    }
}

fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    Some(match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(c) if !control => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU8;
    use std::sync::atomic::Ordering;

    use super::GIVE_BACK;
    use super::give_back;
    use super::is_taken;
    use crate::cli::output::message::print_panic_to;
    use crate::cli::output::printer::lock;

    static GIVEN_BACK: AtomicU8 = AtomicU8::new(0);

    #[test]
    fn the_terminal_is_given_back_once_and_before_the_last_words() {
        let note = || {
            GIVEN_BACK.fetch_add(1, Ordering::SeqCst);
        };
        *lock(&GIVE_BACK) = Some(note);
        assert!(is_taken());
        let mut said = Vec::new();
        print_panic_to(&mut said, "it broke\u{1b}[2J");
        assert_eq!((GIVEN_BACK.load(Ordering::SeqCst), is_taken()), (1, false));
        assert!(String::from_utf8(said).unwrap().starts_with("error: it broke\\u001b[2J\nhint: "));
        give_back();
        assert_eq!(GIVEN_BACK.load(Ordering::SeqCst), 1);
    }
}
