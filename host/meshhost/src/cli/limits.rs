//! How much each piece may use: `--limit` over the installation over the defaults. Owns reading the flag; must not know what
//! the limits mean.

use meshhost_core::installation;
use meshhost_runtime::{Limit, Limits};

use crate::cli::fault::Fault;

/// What `--limit` says, checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct FlagLimits(Vec<(String, String, String)>);

impl FlagLimits {
    /// Reads `PIECE.LIMIT=VALUE` of each flag. A piece that is known by its file only goes by the file's name.
    pub(crate) fn read(flags: &[String]) -> Result<Self, Fault> {
        let mut limits = Vec::new();
        for flag in flags {
            let parts = flag
                .split_once('=')
                .and_then(|(path, value)| Some((path.rsplit_once('.')?, value)));
            let Some(((piece, limit), value)) = parts else {
                return Err(refused(flag, "is not PIECE.LIMIT=VALUE"));
            };
            Limits::default()
                .set(limit, value)
                .map_err(|error| refused(flag, &error.to_string()))?;
            limits.push((piece.to_owned(), limit.to_owned(), value.to_owned()));
        }
        Ok(Self(limits))
    }

    /// The limits of one piece.
    pub(crate) fn of(&self, piece: &str, said: &installation::Limits) -> Limits {
        let mut limits = Limits::default();
        limits.memory = said.memory.unwrap_or(limits.memory);
        limits.time = said.time.unwrap_or(limits.time);
        limits.output = said.output.unwrap_or(limits.output);
        for (_, limit, value) in self.0.iter().filter(|(name, _, _)| name == piece) {
            limits
                .set(limit, value)
                .expect("each flag was tried when it was read");
        }
        limits
    }
}

fn refused(flag: &str, why: &str) -> Fault {
    let known: Vec<&str> = Limit::ALL.iter().map(|limit| limit.name()).collect();
    Fault::usage(
        format!("--limit {}: {why}", flag.escape_debug()),
        format!(
            "write one such as cni.time=30s; the limits are {}",
            known.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_installation_and_only_for_its_piece() {
        let flags = FlagLimits::read(&["cni.memory=1GiB".to_owned()]).unwrap();
        let said = installation::Limits {
            memory: Some(1 << 20),
            ..installation::Limits::default()
        };
        assert_eq!(flags.of("cni", &said).memory, 1 << 30);
        assert_eq!(flags.of("gateway", &said).memory, 1 << 20);
        assert_eq!(
            flags.of("gateway", &installation::Limits::default()),
            Limits::default()
        );
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for flag in [
            "cni",
            "cni=1s",
            "cni.time",
            "cni.tim=1s",
            "cni.time=soon",
            "cni.time=0s",
            "",
        ] {
            assert!(FlagLimits::read(&[flag.to_owned()]).is_err(), "{flag}");
        }
    }
}
