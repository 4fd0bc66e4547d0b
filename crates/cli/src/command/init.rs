//! `doorstep init`: a configuration to begin with.

use crate::arguments::{Init, Place};
use crate::failure::Failure;
use crate::output;
use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

const STARTER: &str = include_str!("../../../../doorstep.toml");

/// Writes the commented configuration. Errors: there is one already.
pub(crate) fn init(place: &Place, asked: &Init) -> Result<ExitCode, Failure> {
    let path = &place.config;
    if path.exists() && !asked.force {
        let line = format!("{} is there already; --force replaces it", path.display());
        return Err(Failure::Refused(line));
    }
    let mut file = File::create(path).map_err(Failure::file(path))?;
    file.write_all(STARTER.as_bytes()).map_err(Failure::file(path))?;
    output::line(format!(
        "wrote {}: set your market, then `doorstep import events FILE` or `doorstep serve`",
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::STARTER;
    use doorstep_server::config::Config;

    #[test]
    fn what_is_written_to_begin_with_can_be_read() {
        let config = Config::parse(STARTER).unwrap();
        assert_eq!(config.markets.len(), 1);
        assert_eq!(Config { markets: Default::default(), ..config }, Config::default());
    }
}
