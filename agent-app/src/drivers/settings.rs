//! Settings: one TOML file that always loads (D-008).
//!
//! A bad value is named and replaced by its default; unknown keys and comments stay as they are; a file that is
//! no TOML at all is kept aside as `settings.toml.broken`. Saving replaces the file as a whole, so that a crash
//! leaves the old one or the new one.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use agent_core::{Setting, Theme};
use toml_edit::{DocumentMut, Item, value};

const FILE: &str = "settings.toml";

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The look.
    pub theme: Theme,
    /// What the sign-in page starts with.
    pub server: String,
    /// What the sign-in page starts with.
    pub address: String,
    /// Name of the capture device; `None` is the system's default.
    pub input: Option<String>,
    /// Name of the playback device.
    pub output: Option<String>,
    /// Name of the ring device.
    pub ring: Option<String>,
}

/// The file and what it holds.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    document: DocumentMut,
}

/// Why settings could not be saved.
#[derive(Debug, thiserror::Error)]
#[error("settings are not saved in {path}: {source}; changes last until you close Ringside")]
pub struct SaveError {
    path: PathBuf,
    source: io::Error,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "the data folder {dir} cannot be {verb}: {problem}; name a folder you can write to, or none to keep nothing"
)]
pub struct FolderError {
    dir: PathBuf,
    verb: &'static str,
    problem: String,
}

/// Makes a data folder and tries whether files can be made in it.
///
/// # Errors
/// When it cannot be made, is no folder, or cannot be written.
pub fn prepare(dir: &Path) -> Result<(), FolderError> {
    let fails = |verb, problem: String| FolderError {
        dir: dir.to_owned(),
        verb,
        problem,
    };
    if dir.exists() && !dir.is_dir() {
        return Err(fails("used", "it is not a folder".into()));
    }
    fs::create_dir_all(dir).map_err(|e| fails("made", e.to_string()))?;
    // A name nobody else uses: another Ringside may be saving here at this moment.
    let trial = dir.join(format!(".ringside-trial-{}", std::process::id()));
    fs::write(&trial, "")
        .and_then(|()| fs::remove_file(&trial))
        .map_err(|e| fails("written", e.to_string()))
}

/// Where settings live when nobody says: the system's place for them; the current folder as a last resort.
pub fn default_dir() -> PathBuf {
    directories::ProjectDirs::from("org", "Ringside", "Ringside")
        .map_or_else(|| PathBuf::from("."), |dirs| dirs.config_dir().to_owned())
}

impl SettingsFile {
    /// Reads the settings of a folder. Never fails: what was wrong comes as sentences.
    pub fn load(dir: &Path) -> (Self, Settings, Vec<String>) {
        let path = dir.join(FILE);
        let mut warnings = Vec::new();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                warnings.push(keep_aside(&path, "it is not text"));
                String::new()
            }
            Err(error) => {
                warnings.push(format!("Settings in {} cannot be read: {error}", path.display()));
                String::new()
            }
        };
        let document = match text.parse::<DocumentMut>() {
            Ok(document) => document,
            Err(error) => {
                warnings.push(keep_aside(&path, error.message()));
                DocumentMut::new()
            }
        };
        let file = Self { path, document };
        let settings = file.read(&mut warnings);
        (file, settings, warnings)
    }

    fn read(&self, warnings: &mut Vec<String>) -> Settings {
        let mut text = |keys: &[&str]| -> Option<String> {
            let item = keys
                .iter()
                .try_fold(self.document.as_item(), |item, key| item.get(key))?;
            match item.as_str() {
                Some(text) => Some(text.to_owned()),
                None => {
                    let name = keys.join(".");
                    let found = item.to_string();
                    warnings.push(format!(
                        "Setting {name} = {} is not text: its default is used",
                        found.trim()
                    ));
                    None
                }
            }
        };
        let theme = text(&["theme"]);
        let mut settings = Settings {
            theme: Theme::default(),
            server: text(&["sign_in", "server"]).unwrap_or_default(),
            address: text(&["sign_in", "address"]).unwrap_or_default(),
            input: text(&["audio", "input"]),
            output: text(&["audio", "output"]),
            ring: text(&["audio", "ring"]),
        };
        match theme.as_deref() {
            None => {}
            Some("dark") => settings.theme = Theme::Dark,
            Some("light") => settings.theme = Theme::Light,
            Some(other) => warnings.push(format!(
                "Setting theme = \"{other}\" is neither dark nor light: dark is used"
            )),
        }
        settings
    }

    /// Remembers one thing and saves.
    ///
    /// # Errors
    /// When the file cannot be written; the setting holds until the end all the same.
    pub fn remember(&mut self, setting: &Setting) -> Result<(), SaveError> {
        match setting {
            Setting::Theme(theme) => {
                self.document["theme"] = value(match theme {
                    Theme::Dark => "dark",
                    Theme::Light => "light",
                });
            }
            Setting::LastSignIn { server, address } => {
                let table = self.table("sign_in");
                table["server"] = value(server);
                table["address"] = value(address);
            }
        }
        self.save().map_err(|source| SaveError {
            path: self.path.clone(),
            source,
        })
    }

    fn table(&mut self, name: &str) -> &mut Item {
        if !self.document.get(name).is_some_and(Item::is_table_like) {
            self.document[name] = Item::Table(toml_edit::Table::new());
        }
        &mut self.document[name]
    }

    fn save(&self) -> io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        let new = self.path.with_extension("toml.new");
        let mut file = fs::File::create(&new)?;
        file.write_all(self.document.to_string().as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, &self.path)
    }
}

fn keep_aside(path: &Path, problem: &str) -> String {
    let aside = path.with_extension("toml.broken");
    let problem = problem.lines().next().unwrap_or("it is damaged");
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "The settings file was unreadable ({problem}). Defaults are used; the old file is kept as {}",
            aside.display()
        ),
        Err(error) => {
            format!("The settings file is unreadable ({problem}) and cannot be moved aside: {error}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &[u8]) -> (tempfile::TempDir, SettingsFile, Settings, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), text).unwrap();
        let (file, settings, warnings) = SettingsFile::load(dir.path());
        (dir, file, settings, warnings)
    }

    #[test]
    fn d_008_nothing_there_gives_defaults_in_silence() {
        let dir = tempfile::tempdir().unwrap();
        let (_, settings, warnings) = SettingsFile::load(&dir.path().join("not/yet"));
        assert_eq!((settings, warnings), (Settings::default(), vec![]));
    }

    #[test]
    fn d_008_bad_values_are_named_and_the_rest_is_kept() {
        let (_dir, _, settings, warnings) =
            load(b"theme = \"pink\"\n[sign_in]\nserver = 7\naddress = \"pat@x\"\n");
        assert_eq!(settings.address, "pat@x");
        assert_eq!(settings.theme, Theme::Dark);
        assert!(
            warnings.iter().any(|w| w.contains("theme") && w.contains("pink")),
            "{warnings:?}"
        );
        assert!(
            warnings.iter().any(|w| w.contains("sign_in.server")),
            "{warnings:?}"
        );
    }

    #[test]
    fn d_008_unknown_keys_and_comments_survive_a_save() {
        let (dir, mut file, _, warnings) =
            load(b"# mine\nfuture = [1, 2]\n[sign_in]\nserver = \"a\" # here\nother = true\n");
        assert!(warnings.is_empty());
        file.remember(&Setting::Theme(Theme::Light)).unwrap();
        file.remember(&Setting::LastSignIn {
            server: "b".into(),
            address: "c".into(),
        })
        .unwrap();
        let text = fs::read_to_string(dir.path().join(FILE)).unwrap();
        for kept in [
            "# mine",
            "future = [1, 2]",
            "other = true",
            "theme = \"light\"",
            "server = \"b\"",
        ] {
            assert!(text.contains(kept), "{kept} in {text}");
        }
        let (_, settings, _) = SettingsFile::load(dir.path());
        assert_eq!((settings.theme, settings.server.as_str()), (Theme::Light, "b"));
    }

    #[test]
    fn d_008_a_corrupt_file_is_kept_aside() {
        for corrupt in [&b"= nonsense ["[..], &[0xff, 0xfe, 0x00][..]] {
            let (dir, mut file, settings, warnings) = load(corrupt);
            assert_eq!(settings, Settings::default());
            assert!(warnings[0].contains("settings.toml.broken"), "{warnings:?}");
            assert_eq!(
                fs::read(dir.path().join("settings.toml.broken")).unwrap(),
                corrupt
            );
            file.remember(&Setting::Theme(Theme::Light)).unwrap();
            assert!(SettingsFile::load(dir.path()).2.is_empty());
        }
    }

    #[test]
    fn d_008_a_folder_that_cannot_be_written_is_said() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let (mut file, _, _) = SettingsFile::load(&dir.path().join("file/below"));
        let error = file.remember(&Setting::Theme(Theme::Light)).unwrap_err();
        assert!(error.to_string().contains("not saved"));
    }

    #[test]
    fn d_008_a_data_folder_is_made_and_left_empty_or_refused_with_a_sentence() {
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("not/yet");
        prepare(&new).unwrap();
        prepare(&new).unwrap();
        assert_eq!(fs::read_dir(&new).unwrap().count(), 0);
        let file = dir.path().join("file");
        fs::write(&file, "mine").unwrap();
        for (bad, problem) in [
            (file.clone(), "cannot be used: it is not a folder"),
            (file.join("below"), "cannot be made: "),
        ] {
            let said = prepare(&bad).unwrap_err().to_string();
            let path = bad.display().to_string();
            assert!(said.contains(&path) && said.contains(problem), "{said}");
            assert!(said.contains("name a folder you can write to"), "{said}");
        }
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }
}
