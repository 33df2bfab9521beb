//! The effective settings as TOML.

use crate::load::Loaded;

impl Loaded {
    /// The effective settings as TOML, with secrets masked; what is not the default says where it comes from.
    #[must_use]
    pub fn show(&self) -> String {
        let Ok(text) = toml::to_string(&self.settings) else {
            return String::new();
        };
        let mut section = String::new();
        let mut shown = String::new();
        for line in text.lines() {
            shown.push_str(line);
            let key = if let Some(list) = line.strip_prefix("[[") {
                section = list.trim_end_matches(']').to_owned();
                section.clone()
            } else if let Some(table) = line.strip_prefix('[') {
                section = table.trim_end_matches(']').to_owned();
                String::new()
            } else {
                // INVARIANT: no checked text has a line break, so each line with ` = ` is a whole entry.
                let name = line.split_once(" = ").map_or("", |(name, _)| name);
                crate::tree::join(&section, name)
            };
            if let Some(origin) = self.origins.get(&key) {
                shown.push_str(&format!("  # {origin}"));
            }
            shown.push('\n');
        }
        shown
    }
}
