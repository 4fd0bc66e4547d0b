//! The adapters: those shipped, and those of a folder, which add to them or replace them by name.

use crate::error::AppError;
use doorstep_domain::provider::{Adapter, AdapterFile};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(include_str!(concat!("../../adapters/", $name, ".toml"))),+]
    };
}

/// The tables that come with the program.
const SHIPPED: &[&str] = shipped![
    "aftership",
    "doordash_drive",
    "easypost",
    "onfleet",
    "shipday",
    "stuart",
    "uber_direct",
];

/// Adapters by name.
pub struct Adapters(BTreeMap<String, Known>);

/// An adapter, and the text it was read from.
struct Known {
    adapter: Arc<Adapter>,
    text: String,
    is_shipped: bool,
}

impl Adapters {
    /// Reads those shipped, and every `.toml` of the folder. Errors: [`AppError::Invalid`] of a
    /// table that cannot be, with the file and the reason.
    pub fn open(folder: Option<&Path>) -> Result<Adapters, AppError> {
        let mut adapters = Adapters(BTreeMap::new());
        for text in SHIPPED {
            adapters.add("a shipped adapter", (*text).to_owned(), true)?;
        }
        let Some(folder) = folder else {
            return Ok(adapters);
        };
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |error: std::io::Error| AppError::machine(path.clone(), error)
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            adapters.add(&path.display().to_string(), text, false)?;
        }
        Ok(adapters)
    }

    fn add(&mut self, origin: &str, text: String, is_shipped: bool) -> Result<(), AppError> {
        let file: AdapterFile =
            toml::from_str(&text).map_err(|error| AppError::invalid(origin, error))?;
        let adapter = Adapter::new(file).map_err(|error| AppError::invalid(origin, error))?;
        let name = adapter.name().to_owned();
        self.0.insert(name, Known { adapter: Arc::new(adapter), text, is_shipped });
        Ok(())
    }

    /// An adapter by name.
    pub fn find(&self, name: &str) -> Option<Arc<Adapter>> {
        self.0.get(name).map(|known| Arc::clone(&known.adapter))
    }

    /// As [`Adapters::find`]. Errors: there is none.
    pub fn named(&self, name: &str) -> Result<Arc<Adapter>, AppError> {
        let missing = || AppError::NotFound { what: "adapter", id: name.to_owned() };
        self.find(name).ok_or_else(missing)
    }

    /// The text an adapter was read from.
    pub fn text(&self, name: &str) -> Result<&str, AppError> {
        let missing = || AppError::NotFound { what: "adapter", id: name.to_owned() };
        self.0.get(name).map(|known| known.text.as_str()).ok_or_else(missing)
    }

    /// Each with whether it is shipped, by name.
    pub fn all(&self) -> impl Iterator<Item = (&Adapter, bool)> {
        self.0.values().map(|known| (&*known.adapter, known.is_shipped))
    }

    /// What there is, in words.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        format!("there are {}", names.join(", "))
    }
}
