//! Granted files as inputs: which wishes they fulfil and their digest. Must not know how files are read.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::card::{Card, GrantedFile};
use crate::installation::Grants;
use crate::nearest;
use crate::path::Path;
use crate::problem::Problem;
use crate::revision::RecordedFiles;

/// Compares the files that were granted to the piece that the installation calls `piece` with those it asks for.
#[must_use]
pub fn check(piece: &str, card: &Card, grants: &Grants) -> Vec<Problem> {
    let wishes = || card.files.iter().map(|wanted| wanted.name.as_str());
    let path = |wish: &str| {
        Path::of("pieces")
            .key(piece)
            .key("grants")
            .key("files")
            .key(wish)
    };
    let not_wanted = grants
        .files
        .iter()
        .filter(|(wish, _)| !wishes().any(|wanted| wanted == *wish))
        .map(|(wish, (_, origin))| {
            let hint = nearest::hint(wish, wishes());
            Problem::at(
                origin,
                path(wish),
                format!("piece {piece} does not ask for these files"),
            )
            .hint(hint.unwrap_or_else(|| "it asks for no files at all".to_owned()))
        });
    let missing = card
        .files
        .iter()
        .filter(|wanted| wanted.required && !grants.files.contains_key(&wanted.name))
        .map(|wanted| {
            let name = &wanted.name;
            Problem::nowhere(
                "",
                format!("piece {piece} needs the files {name}: {}", wanted.purpose),
            )
            .hint(format!(
                "grant a file or a folder with `--grant {piece}:{name}=PATH`, or in the Installation with `{}`",
                path(name)
            ))
        });
    not_wanted.chain(missing).collect()
}

/// What is recorded of files that are sorted by wish and path.
#[must_use]
pub fn recorded(files: &[GrantedFile]) -> Vec<RecordedFiles> {
    let mut by_wish: BTreeMap<&str, Vec<&GrantedFile>> = BTreeMap::new();
    for file in files {
        by_wish.entry(&file.wish).or_default().push(file);
    }
    by_wish
        .into_iter()
        .map(|(wish, files)| RecordedFiles {
            wish: wish.to_owned(),
            count: files.len(),
            digest: digest(&files),
        })
        .collect()
}

/// `sha256:…` of a chart: of an archive the digest of its bytes, which is the one that registries and repositories tell; of a
/// folder that of its paths and contents.
#[must_use]
pub fn chart(files: &[GrantedFile]) -> String {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    match files {
        [archive] if archive.content.starts_with(&GZIP) => {
            written(Sha256::new_with_prefix(&archive.content))
        }
        files => digest(&files.iter().collect::<Vec<_>>()),
    }
}

/// `sha256:…` of paths and contents: of each file the length of its path, the path, the length of its content and the
/// content, lengths as eight bytes, big end first.
#[must_use]
pub fn digest(files: &[&GrantedFile]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        for bytes in [file.path.as_bytes(), &file.content] {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
    }
    written(hash)
}

fn written(hash: Sha256) -> String {
    let hex: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::WantedFile;
    use crate::source::{Origin, Source, SourceKind};

    fn file(wish: &str, path: &str, content: &str) -> GrantedFile {
        GrantedFile {
            wish: wish.to_owned(),
            path: path.to_owned(),
            content: content.into(),
        }
    }

    #[test]
    fn a_digest_tells_paths_from_contents() {
        let of = |files: &[GrantedFile]| digest(&files.iter().collect::<Vec<_>>());
        let one = of(&[file("a", "x", "yz")]);
        assert_eq!(
            one,
            of(&[file("b", "x", "yz")]),
            "the wish is recorded apart"
        );
        for other in [
            &[file("a", "xy", "z")][..],
            &[file("a", "x", "y"), file("a", "z", "")],
            &[],
        ] {
            assert_ne!(one, of(other));
        }
    }

    #[test]
    fn is_recorded_by_wish() {
        let recorded = recorded(&[file("a", "1", ""), file("a", "2", ""), file("b", "1", "")]);
        let counts: Vec<_> = recorded
            .iter()
            .map(|r| (r.wish.as_str(), r.count))
            .collect();
        assert_eq!(counts, [("a", 2), ("b", 1)]);
    }

    #[test]
    fn grants_are_compared_with_wishes() {
        let wanted = |name: &str, required| WantedFile {
            name: name.to_owned(),
            purpose: "what is shown".to_owned(),
            required,
        };
        let mut card = crate::bundle::tests::card("dash", Vec::new(), Vec::new());
        let said = |card: &Card, granted: &[&str]| -> Vec<String> {
            let flag = Source::new(SourceKind::Argument, "--grant", "g");
            let files = granted
                .iter()
                .map(|wish| ((*wish).to_owned(), ("p".to_owned(), Origin::whole(&flag))))
                .collect();
            let grants = Grants {
                files,
                ..Grants::default()
            };
            let problems = check("dash", card, &grants);
            problems.iter().map(ToString::to_string).collect()
        };
        assert_eq!(said(&card, &[]), [""; 0]);
        assert_eq!(
            said(&card, &["files"]),
            [
                "--grant g: pieces.dash.grants.files.files: piece dash does not ask for these files\n  it asks for no files at all"
            ]
        );
        card.files = vec![wanted("files", true), wanted("extra", false)];
        assert_eq!(said(&card, &["files"]), [""; 0]);
        assert_eq!(
            said(&card, &["filse"]),
            [
                "--grant g: pieces.dash.grants.files.filse: piece dash does not ask for these files\n  did you mean `files`?",
                "piece dash needs the files files: what is shown\n  grant a file or a folder with `--grant dash:files=PATH`, or in the Installation with `pieces.dash.grants.files.files`",
            ]
        );
    }
}
