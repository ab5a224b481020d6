//! How much each piece may use: `--limit` over the installation over the defaults. Owns reading the flag; must not know what
//! the limits mean.

use meshhost_core::installation::{self, SaidLimit};
use meshhost_core::problem::{Problem, Problems};
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

    /// The limits of a piece that the installation says nothing of.
    pub(crate) fn of(&self, piece: &str) -> Limits {
        self.over(piece, Limits::default())
    }

    /// The limits of a piece of the installation.
    pub(crate) fn of_piece(
        &self,
        piece: &str,
        said: &installation::Limits,
    ) -> Result<Limits, Problems> {
        let mut limits = Limits::default();
        let mut problems = Problems::default();
        for SaidLimit {
            name,
            number,
            origin,
            path,
        } in &said.0
        {
            let limit = Limit::named(name).expect("the installation knows the same limits");
            if let Err(error) = limits.put(limit, *number, &limit.write(*number)) {
                problems.push(
                    Problem::at(origin, path, error.to_string())
                        .hint("leave it out to take the default"),
                );
            }
        }
        problems.or(self.over(piece, limits))
    }

    fn over(&self, piece: &str, mut limits: Limits) -> Limits {
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
    use meshhost_core::profile::Profiles;
    use meshhost_core::resolve::Layers;

    use super::*;

    #[test]
    fn the_flag_wins_over_the_installation_and_only_for_its_piece() {
        let flags = FlagLimits::read(&["cni.memory=1GiB".to_owned()]).unwrap();
        let said = said("memory: 1Mi, moduleSize: 1Mi");
        assert_eq!(flags.of_piece("cni", &said).unwrap().memory, 1 << 30);
        assert_eq!(flags.of_piece("cni", &said).unwrap().module_size, 1 << 20);
        assert_eq!(flags.of_piece("gateway", &said).unwrap().memory, 1 << 20);
        assert_eq!(flags.of("gateway"), Limits::default());
    }

    /// What an Installation says of a piece.
    fn said(limits: &str) -> installation::Limits {
        let mut layers = Layers::new();
        layers.file(
            "f.yaml",
            &format!(
                "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nspec:\n  pieces: [{{name: cni, limits: {{{limits}}}}}]\n"
            ),
        );
        let chosen = layers.choose(&Profiles::builtin()).unwrap();
        let piece = chosen.pieces.iter().find(|piece| piece.name == "cni");
        piece.unwrap().limits.clone()
    }

    #[test]
    fn an_installation_can_set_every_limit_within_its_range() {
        let said = said(
            "memory: 1Gi, time: 1m, output: 1Mi, objects: 20, stack: 1Mi, moduleSize: 1Mi, compileTime: 5s, compileMemory: 1Gi, \
             files: 2, filesSize: 1Mi, filesDepth: 2",
        );
        assert_eq!(said.0.len(), Limit::ALL.len());
        let limits = FlagLimits::default().of_piece("cni", &said).unwrap();
        for limit in Limit::ALL {
            assert_ne!(limits.get(limit), Limits::default().get(limit), "{limit}");
        }
    }

    #[test]
    fn a_limit_out_of_range_is_told_at_its_place() {
        let said = said("stack: 1Gi");
        let problems = FlagLimits::default().of_piece("cni", &said).unwrap_err();
        insta::assert_snapshot!(problems, @r#"
        f.yaml:4:40: pieces.cni.limits.stack: limit stack cannot be "1GiB": it goes from 64KiB to 256MiB
          leave it out to take the default
        "#);
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
